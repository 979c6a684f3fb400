from django.apps import AppConfig


class InventoryConfig(AppConfig):
    name = "inventory"

    def ready(self) -> None:
        import inventory.api.sync_kinds
        import inventory.api.sync_remedies
        import inventory.events
        import inventory.jobs
        import inventory.navigation
        import inventory.permissions
        import inventory.scan_kinds
        import inventory.web.exceptions  # noqa: F401
        from core.locations.closing import keeps_open
        from inventory.selectors.closing import counts_left, stock_left, transfers_left

        for keeper in (stock_left, transfers_left, counts_left):
            keeps_open(keeper)
