"""Pages of this app, included at the root."""

from django.urls import URLPattern, URLResolver, path

from orders.web import imports, till, views

urlpatterns: list[URLPattern | URLResolver] = [
    path("till/", till.Till.as_view(), name="till"),
    path("till/articles/", till.TillArticles.as_view(), name="till-articles"),
    path("orders/", views.Orders.as_view(), name="orders"),
    path("orders/<uuid:order_id>/", views.OrderOne.as_view(), name="order"),
    path("orders/<uuid:order_id>/receipt/", views.Receipt.as_view(), name="order-receipt"),
    path("customers/", views.Customers.as_view(), name="customers"),
    path("customers/<uuid:customer_id>/", views.CustomerOne.as_view(), name="customer"),
    path("imports/", imports.Imports.as_view(), name="imports"),
    path("imports/<uuid:run_id>/", imports.ImportOne.as_view(), name="import"),
]
