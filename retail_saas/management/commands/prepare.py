import json
from argparse import ArgumentParser
from typing import Any

from django.conf import settings

from core.tenancy.commands import PlainCommand
from core.tenancy.services import migrate_everything
from retail_saas.demo import ensure_demo_shop


class Command(PlainCommand):
    help = "Bring every schema to the newest shape and, in development, make the demo shop. Repeating is cheap."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--no-demo", action="store_true", help="make no demo shop")

    def handle(self, *args: Any, **options: Any) -> None:
        changed = migrate_everything(tell=self._tell)
        if changed:
            self._tell(f"{changed} schemas brought up to date")
        shops = []
        if settings.IS_DEVELOPMENT and not options["no_demo"]:
            shops = [ensure_demo_shop(tell=self._tell)]
        self.stdout.write(json.dumps({"shops": shops}))

    def _tell(self, words: str) -> None:
        self.stderr.write(words)
