from django.apps import AppConfig


class DevicesConfig(AppConfig):
    name = "core.devices"
    label = "devices"

    def ready(self) -> None:
        import core.devices.events  # noqa: F401
