from itertools import chain
from typing import Any

from django.core.management.base import CommandError
from django.db import transaction

from core.secrets import KEPT, Unreadable, reseal
from core.tenancy.commands import PlainCommand
from core.tenancy.context import use_tenant
from core.tenancy.selectors import active_tenants
from orders.services.parking import reseal_parked_cards


class Command(PlainCommand):
    help = "Encrypt all that shops keep secret under the first of FIELD_KEYS, so that an older key can be taken away."

    def handle(self, *args: Any, **options: Any) -> None:
        done, unreadable = 0, 0
        for tenant in active_tenants():
            with use_tenant(tenant), transaction.atomic():
                for row, field, place in chain.from_iterable(find() for find in KEPT):
                    try:
                        setattr(row, field, reseal(getattr(row, field), place=place))
                    except Unreadable:
                        unreadable += 1
                        continue
                    row.save(update_fields=[field])
                    done += 1
                cards, lost = reseal_parked_cards()
                done, unreadable = done + cards, unreadable + lost
        self.stdout.write(f"{done} secrets are under the first key now.")
        if unreadable:
            raise CommandError(
                f"{unreadable} could not be read with any of FIELD_KEYS: keep the keys, nothing was lost."
            )
