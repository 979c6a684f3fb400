"""Routes of this app, included at the root."""

from django.urls import URLPattern, URLResolver, path

from realtime.web import notices, push
from realtime.web.views import BoardPage, BoardParts, FirstStepsAway, LiveStatusPage

urlpatterns: list[URLPattern | URLResolver] = [
    path("", BoardPage.as_view(), name="board"),
    path("board/data/", BoardParts.as_view(), name="board-data"),
    path("first-steps/away/", FirstStepsAway.as_view(), name="first-steps-away"),
    path("notifications/", notices.Notices.as_view(), name="notices"),
    path("notifications/read/", notices.NoticesRead.as_view(), name="notices-read"),
    path("notifications/wishes/", notices.Wishes.as_view(), name="notice-wishes"),
    path("notifications/push/<uuid:subscription_id>/test/", push.PushTest.as_view(), name="push-test"),
    path("notifications/push/<uuid:subscription_id>/end/", push.PushEnd.as_view(), name="push-end"),
    path("notifications/<uuid:notice_id>/", notices.NoticeOpened.as_view(), name="notice-opened"),
    path("live/status/", LiveStatusPage.as_view(), name="live-status"),
]
