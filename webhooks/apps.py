from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    name = "webhooks"

    def ready(self) -> None:
        import webhooks.events
        import webhooks.jobs
        import webhooks.navigation
        import webhooks.permissions
        import webhooks.subscribers  # noqa: F401
