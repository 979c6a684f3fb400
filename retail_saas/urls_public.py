"""The routes of the public host: what the product is. No shop's data is reachable from here."""

from django.urls import URLPattern, URLResolver, path

from core.web.public import Landing

urlpatterns: list[URLPattern | URLResolver] = [path("", Landing.as_view(), name="landing")]

handler400 = "core.web.errors.bad_request"
handler403 = "core.web.errors.forbidden"
handler404 = "core.web.errors.not_found"
handler500 = "core.web.errors.server_error"
