from django.apps import AppConfig


class ProjectConfig(AppConfig):
    """Makes the Celery application the current one in every process that asks for background work."""

    name = "retail_saas"

    def ready(self) -> None:
        import retail_saas.celery  # noqa: F401
