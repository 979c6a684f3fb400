from typing import Any

from core.checks import permission_of, routes
from core.tenancy.commands import PlainCommand


class Command(PlainCommand):
    help = "List every route of a shop with its permission and view."

    def handle(self, *args: Any, **options: Any) -> None:
        for path, callback in sorted(routes(), key=lambda route: route[0]):
            needed = permission_of(callback)
            words = needed if isinstance(needed, str) else ", ".join(f"{m} {p}" for m, p in (needed or {}).items())
            view = getattr(callback, "view_class", None) or getattr(callback, "cls", callback)
            self.stdout.write(f"/{path:60} {words:50} {view.__module__}.{view.__qualname__}")
