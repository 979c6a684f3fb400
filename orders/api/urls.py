"""API routes of this app, included under /api/v1/."""

from django.urls import URLPattern, URLResolver, path

from orders.api import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("orders/", views.Orders.as_view(), name="api-orders"),
    path("orders/<uuid:order_id>/", views.OrderOne.as_view(), name="api-order"),
    path("customers/", views.Customers.as_view(), name="api-customers"),
    path("customers/<uuid:customer_id>/", views.CustomerOne.as_view(), name="api-customer"),
]
