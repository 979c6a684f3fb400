"""The platform's own API routes, included under /api/v1/."""

from django.urls import URLPattern, URLResolver, path

from core.api import devices, documents, locations, platform, shop
from core.sync import api as sync

urlpatterns: list[URLPattern | URLResolver] = [
    path("", platform.Root.as_view(), name="api-root"),
    path("devices/", devices.Devices.as_view(), name="api-devices"),
    path("devices/current/", devices.Current.as_view(), name="api-current-device"),
    path("devices/current/report/", devices.CurrentReport.as_view(), name="api-current-device-report"),
    path("devices/<uuid:device_id>/", devices.DeviceOne.as_view(), name="api-device"),
    path("devices/<uuid:device_id>/revoke/", devices.DeviceRevoke.as_view(), name="api-device-revoke"),
    path("events/", platform.Events.as_view(), name="api-events"),
    path("jobs/<uuid:job_id>/", platform.JobOne.as_view(), name="api-job"),
    path("locations/", locations.Locations.as_view(), name="api-locations"),
    path("locations/<uuid:location_id>/", locations.LocationOne.as_view(), name="api-location"),
    path("sync/", sync.Sync.as_view(), name="api-sync"),
    path("exceptions/", sync.Exceptions.as_view(), name="api-exceptions"),
    path("exceptions/<uuid:flag_id>/", sync.ExceptionOne.as_view(), name="api-exception"),
    path("exceptions/<uuid:flag_id>/settle/", sync.ExceptionSettled.as_view(), name="api-exception-settle"),
    path("exceptions/<uuid:flag_id>/book/", sync.ExceptionBooked.as_view(), name="api-exception-book"),
    path("exceptions/<uuid:flag_id>/put-right/", sync.ExceptionPutRight.as_view(), name="api-exception-put-right"),
    path("shop/", shop.Shop.as_view(), name="api-shop"),
    path("schema/", documents.Schema.as_view(), name="api-schema"),
    path("docs/", documents.Docs.as_view(), name="api-docs"),
    path("docs/problems/", documents.Problems.as_view(), name="api-problems"),
]
