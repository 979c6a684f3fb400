from django.apps import AppConfig


class SyncConfig(AppConfig):
    name = "core.sync"
    label = "sync"

    def ready(self) -> None:
        import core.sync.events
        import core.sync.navigation
        import core.sync.sources  # noqa: F401
