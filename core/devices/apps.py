from django.apps import AppConfig


class DevicesConfig(AppConfig):
    name = "core.devices"
    label = "devices"

    def ready(self) -> None:
        import core.devices.events
        import core.devices.navigation
        import core.devices.sealing  # noqa: F401
        from core.devices.closing import devices_there
        from core.locations.closing import keeps_open

        keeps_open(devices_there)
