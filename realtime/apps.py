from django.apps import AppConfig


class RealtimeConfig(AppConfig):
    name = "realtime"

    def ready(self) -> None:
        import realtime.jobs
        import realtime.navigation
        import realtime.subscribers  # noqa: F401
