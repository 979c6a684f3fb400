import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import CommandError

from core.actors import SYSTEM
from core.locations.models import Location
from core.tenancy.commands import TenantCommand
from orders.imports.errors import RefusedRows
from orders.imports.formats import FORMATS
from orders.imports.notes import counted
from orders.imports.services import import_file, new_run
from orders.models import ImportRun

LISTED = 20


class Command(TenantCommand):
    help = "Import a shop's sales history from a file, all of it or nothing. Repeating it changes nothing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("file", type=Path, help="a CSV file, plain or packed with gzip")
        parser.add_argument("--format", required=True, choices=sorted(FORMATS), help="what kind of file it is")
        parser.add_argument("--no-stock", action="store_true", help="leave the stock ledger alone")
        parser.add_argument("--location", default="", help="code of the location that sold it, if there are several")

    def work(self, **options: Any) -> None:
        run = new_run(
            file_name=options["file"].name,
            format_name=options["format"],
            location=_location(options["location"]),
            moves_stock=not options["no_stock"],
            actor=SYSTEM,
        )
        try:
            import_file(run, options["file"], actor=SYSTEM, tell=self._tell)
        except RefusedRows as refusal:
            for row in refusal.rows[:LISTED]:
                self.stderr.write(f"row {row['row']}, {row['column']} {row['value']!r}: {row['reason']}")
            if refusal.count > LISTED:
                self.stderr.write(f"… and {refusal.count - LISTED:,} more rows")
            raise
        self._report(run)

    def _tell(self, done: int, total: int | None = None, message: str = "") -> None:
        if sys.stderr.isatty():
            share = f"{100 * done // total:3d} %" if total else "    "
            sys.stderr.write(f"\r\033[K{share} {message}")
            if total and done >= total:
                sys.stderr.write("\n")
            sys.stderr.flush()

    def _report(self, run: ImportRun) -> None:
        say = self.stdout.write
        say(
            f"Read {counted(run.lines_read, 'line')} of {counted(run.documents_read, 'document')},"
            f" {run.first_day} to {run.last_day}."
        )
        if run.documents_added:
            added = (
                counted(run.documents_added, "document"),
                counted(run.lines_added, "line"),
                f"{counted(run.articles_added, 'article')} with {counted(run.codes_added, 'code')}",
                counted(run.customers_added, "customer"),
                counted(run.movements_added, "stock movement"),
            )
            say(f"Added {', '.join(added)}.")
        else:
            say("Nothing was added.")
        say(f"Sum of the file {run.sum_read.normalize():f}, of what was added {run.sum_added.normalize():f}.")
        if run.documents_known:
            say(f"Already there: {counted(run.documents_known, 'document')}.")
        for conflict in run.conflicts[:LISTED]:
            say(
                f"Conflict, left alone: {conflict['number']} (row {conflict['row']}) has {conflict['lines']} lines and"
                f" {conflict['total']}, imported were {conflict['imported_lines']} and {conflict['imported_total']}."
            )
        if run.documents_conflicting > LISTED:
            say(f"… and {run.documents_conflicting - LISTED:,} more conflicts")
        for note in run.notes:
            say(f"{note['title']}: {note['text']}" + (f" ({note['count']:,})" if note["count"] else ""))


def _location(code: str) -> Location:
    places = list(Location.objects.filter(is_active=True, **({"code": code} if code else {}))[:2])
    if len(places) == 1:
        return places[0]
    if code:
        raise CommandError(f"There is no active location with the code {code!r}.")
    known = ", ".join(Location.objects.filter(is_active=True).values_list("code", flat=True)) or "none"
    raise CommandError(f"Say which location sold it: --location CODE. There are: {known}.")
