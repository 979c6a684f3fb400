"""API routes of this app, included under /api/v1/."""

from django.urls import URLPattern, URLResolver, path

from realtime.api.views import Tickets

urlpatterns: list[URLPattern | URLResolver] = [path("live/tickets/", Tickets.as_view(), name="live-tickets")]
