from django.apps import AppConfig


class AnalyticsConfig(AppConfig):
    name = "analytics"

    def ready(self) -> None:
        import analytics.checks
        import analytics.events
        import analytics.jobs
        import analytics.navigation
        import analytics.permissions  # noqa: F401
