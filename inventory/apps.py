from django.apps import AppConfig


class InventoryConfig(AppConfig):
    name = "inventory"

    def ready(self) -> None:
        import inventory.events
        import inventory.jobs
        import inventory.navigation
        import inventory.permissions
        import inventory.scan_kinds  # noqa: F401
