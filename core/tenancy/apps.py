from django.apps import AppConfig


class TenancyConfig(AppConfig):
    name = "core.tenancy"
    label = "tenancy"

    def ready(self) -> None:
        from core.tenancy.guard import watch_connections

        watch_connections()
