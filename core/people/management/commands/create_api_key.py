from argparse import ArgumentParser
from datetime import UTC, datetime, timedelta
from typing import Any

from core.actors import SYSTEM
from core.errors import Invalid
from core.locations.selectors import locations_by_code
from core.people.permissions import BUILT_IN_ROLES, PERMISSIONS, permissions_of_role
from core.people.services import create_api_key
from core.tenancy.commands import TenantCommand


class Command(TenantCommand):
    help = "Make an API key of a shop and print its token, once. It is kept as a hash and cannot be shown again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("name", help="what the key is for, for instance 'Web shop'")
        parser.add_argument("--permissions", default="", help="separated by commas, for instance orders.sell")
        parser.add_argument("--role", help=f"the permissions of a built-in role: {', '.join(sorted(BUILT_IN_ROLES))}")
        parser.add_argument("--location", action="append", default=[], help="code of a location to limit it to; repeat")
        parser.add_argument("--expires-days", type=int, help="how long it opens something; default: until revoked")

    def work(self, **options: Any) -> None:
        permissions = [code.strip() for code in options["permissions"].split(",") if code.strip()]
        role, days = options["role"], options["expires_days"]
        if role is not None and role not in BUILT_IN_ROLES:
            raise Invalid(f"There is no role {role!r}; there are {', '.join(sorted(BUILT_IN_ROLES))}.")
        if days is not None and not 0 < days <= 3650:
            raise Invalid("A key expires after 1 to 3650 days.")
        if not permissions and role is None:
            raise Invalid(f"Name --role or --permissions, of: {', '.join(sorted(PERMISSIONS))}.")
        key, token = create_api_key(
            name=options["name"],
            permissions=[*permissions, *(permissions_of_role(role) if role else ())],
            locations=locations_by_code(options["location"]),
            expires_at=datetime.now(UTC) + timedelta(days=days) if days else None,
            actor=SYSTEM,
        )
        self.stderr.write(f"{key.name}: {len(key.permissions)} permissions. The token is shown only now:")
        self.stdout.write(token)
