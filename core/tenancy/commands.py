"""What commands for one shop share: find it, work in it, refuse in one sentence."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from core.errors import DomainError
from core.tenancy.context import use_tenant
from core.tenancy.selectors import find_tenant


class PlainCommand(BaseCommand):
    """A command whose refusals are one line and a non-zero exit."""

    requires_system_checks = ()

    def execute(self, *args: Any, **options: Any) -> str | None:
        try:
            return super().execute(*args, **options)
        except DomainError as refusal:
            raise CommandError(refusal.detail) from refusal


class TenantCommand(PlainCommand):
    """A command that works inside one shop: subclasses write `work`."""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("tenant", help="the shop: its host name, the first part of it, or its UUID")

    def handle(self, *args: Any, **options: Any) -> str | None:
        with use_tenant(find_tenant(options["tenant"])):
            self.work(**options)
        return None

    def work(self, **options: Any) -> None:
        raise NotImplementedError
