from django.apps import AppConfig


class LocationsConfig(AppConfig):
    name = "core.locations"
    label = "locations"

    def ready(self) -> None:
        import core.locations.events
        import core.locations.navigation  # noqa: F401
