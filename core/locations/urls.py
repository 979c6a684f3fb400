"""Routes of locations."""

from django.urls import URLPattern, URLResolver, path

from core.locations import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("settings/shop/", views.Shop.as_view(), name="shop-details"),
    path("settings/locations/", views.Locations.as_view(), name="locations"),
    path("settings/locations/new/", views.LocationEdit.as_view(), name="location-new"),
    path("settings/locations/<uuid:location_id>/", views.LocationEdit.as_view(), name="location-edit"),
]
