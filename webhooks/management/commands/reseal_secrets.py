from collections.abc import Iterator
from typing import Any

from django.core.management.base import CommandError
from django.db import transaction
from django.db.models import Model

from core.devices.models import SealKey
from core.secrets import Unreadable, reseal
from core.tenancy.commands import PlainCommand
from core.tenancy.context import use_tenant
from core.tenancy.selectors import active_tenants
from webhooks.models import Endpoint, SigningSecret
from webhooks.services.extra_headers import place_of


def _sealed() -> Iterator[tuple[Model, str, str]]:
    """Everything of a shop that is encrypted: the row, the field, the place it is bound to."""
    for endpoint in Endpoint.objects.select_for_update(no_key=True).exclude(sealed_headers="").order_by("pk"):
        yield endpoint, "sealed_headers", place_of(endpoint)
    for secret in SigningSecret.objects.select_for_update().order_by("pk"):
        yield secret, "sealed", secret.place
    for pair in SealKey.objects.select_for_update().order_by("pk"):
        yield pair, "private", pair.place


class Command(PlainCommand):
    help = "Encrypt all that shops keep secret under the first of FIELD_KEYS, so that an older key can be taken away."

    def handle(self, *args: Any, **options: Any) -> None:
        done, unreadable = 0, 0
        for tenant in active_tenants():
            with use_tenant(tenant), transaction.atomic():
                for row, field, place in _sealed():
                    try:
                        setattr(row, field, reseal(getattr(row, field), place=place))
                    except Unreadable:
                        unreadable += 1
                        continue
                    row.save(update_fields=[field])
                    done += 1
        self.stdout.write(f"{done} secrets are under the first key now.")
        if unreadable:
            raise CommandError(
                f"{unreadable} could not be read with any of FIELD_KEYS: keep the keys, nothing was lost."
            )
