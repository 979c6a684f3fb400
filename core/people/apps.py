from django.apps import AppConfig


class PeopleConfig(AppConfig):
    name = "core.people"
    label = "people"

    def ready(self) -> None:
        import core.people.events
        import core.people.navigation  # noqa: F401
