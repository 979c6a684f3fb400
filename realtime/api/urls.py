"""API routes of this app, included under /api/v1/."""

from django.urls import URLPattern, URLResolver, path

from realtime.api.views import Snapshot, Tickets

urlpatterns: list[URLPattern | URLResolver] = [
    path("live/tickets/", Tickets.as_view(), name="live-tickets"),
    path("live/snapshot/", Snapshot.as_view(), name="live-snapshot"),
]
