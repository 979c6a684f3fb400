import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from core.tenancy.commands import PlainCommand
from webhooks.type_docs import as_json, as_page, broken_promises, present, remembered

MOST_SHOWN = 20


class Command(PlainCommand):
    help = (
        "Check that docs/event-types.md and docs/event-schemas.json say what the events are, or --write them."
        " Refuses a change that would break receivers and has no new schema_version."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--write", action="store_true", help="bring both files up to date")

    def handle(self, *args: Any, **options: Any) -> None:
        folder = Path(settings.BASE_DIR) / "docs"
        schemas, page = folder / "event-schemas.json", folder / "event-types.md"
        known = json.loads(schemas.read_text()) if schemas.exists() else {}
        now = present()
        if broken := broken_promises(known, now):
            raise CommandError("\n".join(["Receivers would stumble:", *broken[:MOST_SHOWN]]))
        history = remembered(known, now)
        files = {schemas: as_json(history), page: as_page(history)}
        late = [file for file, text in files.items() if not file.exists() or file.read_text() != text]
        if options["write"]:
            for file in late:
                file.write_text(files[file])
            self.stdout.write(f"{len(now)} event types; written: {len(late)} files.")
        elif late:
            names = " and ".join(file.name for file in late)
            raise CommandError(f"{names} are not up to date: run manage.py event_types --write.")
