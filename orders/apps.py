from django.apps import AppConfig


class OrdersConfig(AppConfig):
    name = "orders"

    def ready(self) -> None:
        import orders.events
        import orders.jobs
        import orders.navigation
        import orders.permissions  # noqa: F401
