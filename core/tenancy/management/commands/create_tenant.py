from argparse import ArgumentParser
from typing import Any

from django.conf import settings

from core.people.services import create_owner
from core.tenancy.commands import PlainCommand
from core.tenancy.context import use_tenant
from core.tenancy.services import create_tenant, delete_tenant


class Command(PlainCommand):
    help = "Make a shop with its owner. Without --password one is generated and shown once."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="the shop's name, for instance 'Corner Books'")
        parser.add_argument("--host", required=True, help="host name; a single word gets the base domain")
        parser.add_argument("--owner", required=True, help="e-mail address of the owner")
        parser.add_argument("--password")
        parser.add_argument("--currency", default="EUR")
        parser.add_argument("--country", default="")
        parser.add_argument("--locale", default="en-GB")
        parser.add_argument("--time-zone", default="UTC")

    def handle(self, *args: Any, **options: Any) -> None:
        host = options["host"]
        if "." not in host:
            host = f"{host}.{settings.BASE_DOMAIN}"
        tenant = create_tenant(
            name=options["name"],
            host=host,
            currency=options["currency"],
            country=options["country"],
            locale=options["locale"],
            time_zone=options["time_zone"],
        )
        try:
            with use_tenant(tenant):
                password = create_owner(email=options["owner"], password=options["password"])
        except BaseException:
            delete_tenant(tenant)
            raise
        self.stdout.write(f"{tenant.name} is open at http://{host}:{settings.PORT}/ (schema {tenant.schema_name}).")
        if options["password"] is None:
            self.stdout.write(f"Log in as {options['owner']} with the password {password}")
