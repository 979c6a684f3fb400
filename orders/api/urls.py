"""API routes of this app, included under /api/v1/."""

from django.urls import URLPattern, URLResolver, path

from orders.api import approvals, parking, views

urlpatterns: list[URLPattern | URLResolver] = [
    path("orders/", views.Orders.as_view(), name="api-orders"),
    path("orders/parked/", parking.ParkedCarts.as_view(), name="api-parked"),
    path("orders/parked/<uuid:order_id>/resume/", parking.ResumeCart.as_view(), name="api-parked-resume"),
    path("orders/parked/<uuid:order_id>/discard/", parking.DiscardCart.as_view(), name="api-parked-discard"),
    path("approvals/", approvals.Approvals.as_view(), name="api-approvals"),
    path("approvals/approvers/", approvals.Approvers.as_view(), name="api-approvers"),
    path("approvals/pin/", approvals.Pin.as_view(), name="api-pin"),
    path("policy/", approvals.Policy.as_view(), name="api-policy"),
    path("orders/<uuid:order_id>/", views.OrderOne.as_view(), name="api-order"),
    path("customers/", views.Customers.as_view(), name="api-customers"),
    path("customers/<uuid:customer_id>/", views.CustomerOne.as_view(), name="api-customer"),
]
