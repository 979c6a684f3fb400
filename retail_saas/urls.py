"""The routes of a shop. Every one of them names its permission (core.E001)."""

from django.conf import settings
from django.urls import URLPattern, URLResolver, include, path

from core.web import install
from core.web.styleguide import StyleGuide

urlpatterns: list[URLPattern | URLResolver] = [
    # First, and the sales first of it: every address before theirs is tried by every sale.
    path(
        "api/v1/",
        include(
            [
                path("", include("orders.api.urls")),
                path("", include("inventory.api.urls")),
                path("", include("core.api.urls")),
                path("", include("analytics.api.urls")),
                path("", include("webhooks.api.urls")),
                path("", include("realtime.api.urls")),
            ]
        ),
    ),
    path("", include("core.people.urls")),
    path("", include("core.devices.urls")),
    path("", include("core.locations.urls")),
    path("", include("core.audit.urls")),
    path("", include("core.jobs.urls")),
    path("", include("core.sync.urls")),
    path("", include("inventory.urls")),
    path("", include("orders.urls")),
    path("", include("analytics.urls")),
    path("", include("webhooks.urls")),
    path("", include("realtime.urls")),
    path("app.webmanifest", install.Manifest.as_view(), name="manifest"),
    path("service-worker.js", install.Worker.as_view(), name="service-worker"),
    path("offline/", install.Offline.as_view(), name="offline"),
    path("waiting/", install.Waiting.as_view(), name="waiting"),
]

if settings.IS_DEVELOPMENT:
    urlpatterns.append(path("styleguide/", StyleGuide.as_view(), name="styleguide"))

handler400 = "core.web.errors.bad_request"
handler403 = "core.web.errors.forbidden"
handler404 = "core.web.errors.not_found"
handler500 = "core.web.errors.server_error"
