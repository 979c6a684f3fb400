from django.apps import AppConfig


class InventoryConfig(AppConfig):
    name = "inventory"

    def ready(self) -> None:
        import inventory.events
        import inventory.jobs
        import inventory.navigation
        import inventory.permissions  # noqa: F401
