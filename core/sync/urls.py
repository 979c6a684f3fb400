"""Routes of the exceptions, included at the root."""

from django.urls import URLPattern, URLResolver, path

from core.sync import rescue_views, views

urlpatterns: list[URLPattern | URLResolver] = [
    path("settings/devices/rescue/", rescue_views.Rescue.as_view(), name="device-rescue"),
    path("exceptions/", views.Inbox.as_view(), name="exceptions"),
    path("exceptions/<uuid:flag_id>/", views.OneException.as_view(), name="exception"),
    path("exceptions/<uuid:flag_id>/settle/", views.Settled.as_view(), name="exception-settle"),
    path("exceptions/<uuid:flag_id>/book/", views.Booked.as_view(), name="exception-book"),
]
