from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from core.actors import SYSTEM
from core.ids import uuid7
from core.outbox.epochs import begin_epoch
from core.tenancy.commands import PlainCommand
from core.tenancy.context import use_tenant
from core.tenancy.selectors import active_tenants, find_tenant


class Command(PlainCommand):
    help = (
        "Begin a new epoch of a shop's event stream, after its rows were replaced from a backup: readers of the feed"
        " and the sockets read the state anew, and webhooks that were waiting are parked instead of being sent."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("shop", nargs="?", help="its host name, the first part of it, or its UUID")
        parser.add_argument("--all", action="store_true", help="every shop: the whole database was restored")
        parser.add_argument("--reason", required=True, help="for the audit log and for whoever hears of it")

    def handle(self, *args: Any, **options: Any) -> None:
        if bool(options["shop"]) == options["all"]:
            raise CommandError("Name one shop, or --all.")
        for shop in active_tenants() if options["all"] else [find_tenant(options["shop"])]:
            with use_tenant(shop):
                begun = begin_epoch(uuid7(), reason=options["reason"], actor=SYSTEM)
            self.stdout.write(
                f"{shop.name}: epoch {begun.epoch} begins after number {begun.head};"
                f" {begun.parked} webhook deliveries are parked."
            )
