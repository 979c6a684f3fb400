from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from core.tenancy.commands import PlainCommand
from core.tenancy.context import use_tenant
from core.tenancy.selectors import active_tenants, find_tenant
from orders.auditor import CHECKS, audit_books


class Command(PlainCommand):
    help = "Check that a shop's books are right (all shops without a name). Changes nothing; exit 1 when they are not."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("tenant", nargs="?", help="the shop: its host name, the first part of it, or its UUID")

    def handle(self, *args: Any, **options: Any) -> None:
        tenants = [find_tenant(options["tenant"])] if options["tenant"] else active_tenants()
        wrong = 0
        for tenant in tenants:
            with use_tenant(tenant):
                findings = audit_books()
            wrong += len(findings)
            for finding in findings:
                self.stdout.write(f"{tenant}: it does not hold that {finding.law}:")
                for row in finding.rows:
                    self.stdout.write("    " + ", ".join(str(value) for value in row))
        if wrong:
            raise CommandError(f"{wrong} laws are broken.")
        self.stdout.write(f"The books of {len(tenants)} shops are right ({len(CHECKS)} laws each).")
