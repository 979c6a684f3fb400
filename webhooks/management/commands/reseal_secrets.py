from typing import Any

from django.core.management.base import CommandError
from django.db import transaction

from core.secrets import Unreadable, reseal
from core.tenancy.commands import PlainCommand
from core.tenancy.context import use_tenant
from core.tenancy.selectors import active_tenants
from webhooks.models import SigningSecret


class Command(PlainCommand):
    help = "Encrypt every signing secret under the first of FIELD_KEYS, so that an older key can be taken away."

    def handle(self, *args: Any, **options: Any) -> None:
        done, unreadable = 0, 0
        for tenant in active_tenants():
            with use_tenant(tenant), transaction.atomic():
                for row in SigningSecret.objects.select_for_update().order_by("pk"):
                    try:
                        row.sealed = reseal(row.sealed, place=row.place)
                    except Unreadable:
                        unreadable += 1
                        continue
                    row.save(update_fields=["sealed"])
                    done += 1
        self.stdout.write(f"{done} secrets are under the first key now.")
        if unreadable:
            raise CommandError(
                f"{unreadable} could not be read with any of FIELD_KEYS: keep the keys, nothing was lost."
            )
