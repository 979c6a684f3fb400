from django.apps import AppConfig


class OrdersConfig(AppConfig):
    name = "orders"

    def ready(self) -> None:
        import orders.api.sync_kinds
        import orders.api.sync_remedies
        import orders.events
        import orders.jobs
        import orders.navigation
        import orders.permissions
        import orders.scan_kinds
        import orders.web.causes
        import orders.web.exceptions  # noqa: F401
        from inventory.customer_groups import register_groups
        from orders.models import CustomerGroup

        register_groups(lambda: dict(CustomerGroup.objects.values_list("pk", "name")))
        from core.locations.closing import keeps_open
        from orders.selectors.closing import drawers_left

        keeps_open(drawers_left)
        from core.outbox.retention import keeps_history

        keeps_history("order")
