"""Routes of this app, included at the root."""

from django.urls import URLPattern, URLResolver, path

from webhooks.web import views

_ONE = "settings/webhooks/<uuid:endpoint_id>/"
_DELIVERY = "settings/webhooks/deliveries/<int:delivery_id>/"

urlpatterns: list[URLPattern | URLResolver] = [
    path("settings/webhooks/", views.Endpoints.as_view(), name="webhooks"),
    path("settings/webhooks/new/", views.NewEndpoint.as_view(), name="webhook-new"),
    path(_ONE, views.OneEndpoint.as_view(), name="webhook"),
    path(f"{_ONE}edit/", views.EditEndpoint.as_view(), name="webhook-edit"),
    path(f"{_ONE}toggle/", views.TurnOnOrOff.as_view(), name="webhook-toggle"),
    path(f"{_ONE}test/", views.Test.as_view(), name="webhook-test"),
    path(f"{_ONE}replay/", views.Replay.as_view(), name="webhook-replay"),
    path(f"{_ONE}rotate/", views.Rotate.as_view(), name="webhook-rotate"),
    path(f"{_ONE}delete/", views.Delete.as_view(), name="webhook-delete"),
    path(_DELIVERY, views.OneDelivery.as_view(), name="webhook-delivery"),
    path(f"{_DELIVERY}replay/", views.ReplayDelivery.as_view(), name="webhook-delivery-replay"),
]
