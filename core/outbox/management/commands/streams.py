import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.db import DatabaseError

from core.events import plain
from core.outbox.status import StreamStatus, stream_status
from core.tenancy.commands import PlainCommand
from core.tenancy.context import use_tenant
from core.tenancy.models import Tenant
from core.tenancy.selectors import active_tenants, find_tenant

COLUMNS = "{shop:<24} {state:<8} {head:>9} {kept_from:>9} {unnumbered:>6} {lag:>8} {waiting:>8} {overdue:>8}  {last}"


class Command(PlainCommand):
    help = (
        "How the event streams of the shops are doing, trouble first; ends with 1 when something waits too long."
        " Head, the lowest number the feed keeps, events without a number, deliveries that wait."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("shop", nargs="?", help="only this one: its host name, the first part of it, or its UUID")
        parser.add_argument("--older-than", type=float, default=60.0, metavar="SECONDS", help="what is too long (60)")
        parser.add_argument("--json", action="store_true", help="one JSON object per line and shop, with its epoch")

    def handle(self, *args: Any, **options: Any) -> None:
        limit: float = options["older_than"]
        shops = [find_tenant(options["shop"])] if options["shop"] else active_tenants()
        lines = sorted((_line(shop, limit) for shop in shops), key=lambda line: (-line["worst_seconds"], line["shop"]))
        if options["json"]:
            for line in lines:
                self.stdout.write(json.dumps(line))
        else:
            self._table(lines)
        if any(line["state"] != "well" for line in lines):
            sys.exit(1)

    def _table(self, lines: list[dict[str, Any]]) -> None:
        if not lines:
            self.stdout.write("There is no shop yet; `manage.py create_tenant` makes one.")
            return
        words = {name: name for name in ("shop", "state", "head", "unnumbered", "waiting", "overdue", "last")}
        self.stdout.write(COLUMNS.format(**words, kept_from="kept", lag="for s").replace("unnumbered", "no seq"))
        for line in lines:
            if "problem" in line:
                self.stdout.write(f"{line['shop']:<24} {line['state']:<8} {line['problem']}")
                continue
            backlogs = line["readers"].values()
            self.stdout.write(
                COLUMNS.format(
                    shop=line["shop"][:24],
                    state=line["state"],
                    head=line["head"],
                    kept_from=line["kept_from"] or "-",
                    unnumbered=line["unnumbered"],
                    lag=f"{line['lag_seconds']:.1f}",
                    waiting=sum(each["waiting"] for each in backlogs),
                    overdue=f"{max([0.0, *(each['overdue_seconds'] for each in backlogs)]):.1f}",
                    last=line["last_recorded_at"] or "no event yet",
                )
            )


def _line(shop: Tenant, limit: float) -> dict[str, Any]:
    """What there is to say of one shop. One whose tables cannot be read is the worst trouble of all."""
    try:
        with use_tenant(shop):
            found = stream_status()
    except DatabaseError as problem:
        words = str(problem).strip().splitlines()[0]
        return {"shop": shop.name, "schema": shop.schema_name, "state": "broken", "problem": words} | _WORST
    return {"shop": shop.name, "schema": shop.schema_name} | _plain(found, limit)


# JSON has no infinity: as old as nothing can be.
_WORST = {"worst_seconds": 1e12}


def _plain(found: StreamStatus, limit: float) -> dict[str, Any]:
    return {
        "state": "late" if found.worst_seconds > limit else "well",
        "epoch": plain(found.epoch),
        "head": found.head,
        "kept_from": found.kept_from,
        "unnumbered": found.unnumbered,
        "lag_seconds": round(found.lag_seconds, 3),
        "last_recorded_at": plain(found.last_event.recorded_at) if found.last_event else None,
        "readers": {
            name: {"waiting": backlog.waiting, "overdue_seconds": round(backlog.overdue_seconds, 3)}
            for name, backlog in found.backlogs.items()
        },
        "worst_seconds": round(found.worst_seconds, 3),
    }
