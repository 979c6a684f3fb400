"""API routes of this app, included under /api/v1/."""

from django.urls import URLPattern, URLResolver, path

from realtime.api import notices, push
from realtime.api.views import Snapshot, Tickets

urlpatterns: list[URLPattern | URLResolver] = [
    path("live/tickets/", Tickets.as_view(), name="live-tickets"),
    path("live/snapshot/", Snapshot.as_view(), name="live-snapshot"),
    path("notifications/", notices.Notices.as_view()),
    path("notifications/summary/", notices.Summary.as_view()),
    path("notifications/read/", notices.Read.as_view()),
    path("notification-wishes/", notices.Wishes.as_view()),
    path("push/", push.Push.as_view()),
    path("push/<uuid:subscription_id>/", push.Subscription.as_view()),
    path("push/<uuid:subscription_id>/test/", push.Test.as_view()),
]
