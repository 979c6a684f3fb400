"""Routes of devices."""

from django.urls import URLPattern, URLResolver, path

from core.devices import enrolling, views

urlpatterns: list[URLPattern | URLResolver] = [
    path("settings/devices/", views.Devices.as_view(), name="devices"),
    path("settings/devices/new/", views.NewDevice.as_view(), name="device-new"),
    path("settings/devices/invitations/<uuid:enrolment_id>/", views.Invitation.as_view(), name="device-invitation"),
    path("settings/devices/<uuid:device_id>/", views.DeviceOne.as_view(), name="device"),
    path("settings/devices/<uuid:device_id>/revoke/", views.RevokeDevice.as_view(), name="device-revoke"),
    path("devices/enrol/", enrolling.EnrolCode.as_view(), name="device-enrol-code"),
    path("devices/enrol/<str:enrolment_code>/", enrolling.Enrol.as_view(), name="device-enrol"),
]
