from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from core.tenancy.commands import PlainCommand
from core.tenancy.selectors import find_tenant
from core.tenancy.services import delete_tenant


class Command(PlainCommand):
    help = "Delete a shop with all its data. Asks for the name, or takes --yes."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("tenant", help="the shop: its host name, the first part of it, or its UUID")
        parser.add_argument("--yes", action="store_true", help="do not ask")

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = find_tenant(options["tenant"])
        if not options["yes"]:
            try:
                answer = input(f"This deletes {tenant.name} and everything it ever sold. Type its name to go on: ")
            except EOFError:
                answer = ""
            if answer != tenant.name:
                raise CommandError("Nothing was deleted.")
        delete_tenant(tenant)
        self.stdout.write(f"{tenant.name} is gone: schema, host names, cache entries and files.")
