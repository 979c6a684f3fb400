"""Routes of the exceptions, included at the root."""

from django.urls import URLPattern, URLResolver, path

from core.sync import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("exceptions/", views.Inbox.as_view(), name="exceptions"),
    path("exceptions/<uuid:flag_id>/", views.OneException.as_view(), name="exception"),
    path("exceptions/<uuid:flag_id>/settle/", views.Settled.as_view(), name="exception-settle"),
    path("exceptions/<uuid:flag_id>/book/", views.Booked.as_view(), name="exception-book"),
]
