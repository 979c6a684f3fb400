from django.apps import AppConfig


class LocationsConfig(AppConfig):
    name = "core.locations"
    label = "locations"
