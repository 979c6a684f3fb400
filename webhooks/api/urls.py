"""API routes of this app, included under /api/v1/."""

from django.urls import URLPattern, URLResolver, path

from webhooks.api import views

_ONE = "webhook-endpoints/<uuid:endpoint_id>/"
_DELIVERY = "webhook-endpoints/deliveries/<int:delivery_id>/"

urlpatterns: list[URLPattern | URLResolver] = [
    path("webhook-endpoints/", views.Endpoints.as_view()),
    path(_ONE, views.EndpointOne.as_view()),
    path(f"{_ONE}rotate-secret/", views.RotateSecret.as_view()),
    path(f"{_ONE}test/", views.TestEndpoint.as_view()),
    path(f"{_ONE}replay/", views.ReplayEndpoint.as_view()),
    path(f"{_ONE}deliveries/", views.Deliveries.as_view()),
    path(_DELIVERY, views.DeliveryOne.as_view()),
    path(f"{_DELIVERY}replay/", views.ReplayDelivery.as_view()),
    path("event-types/", views.EventTypes.as_view()),
]
