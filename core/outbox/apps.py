from django.apps import AppConfig


class OutboxConfig(AppConfig):
    name = "core.outbox"
    label = "outbox"

    def ready(self) -> None:
        import core.outbox.events
        import core.outbox.jobs  # noqa: F401
