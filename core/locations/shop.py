"""Change who the shop is, as its papers say it."""

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from core.actors import Actor
from core.audit.models import AuditEntry
from core.audit.services import record
from core.decisions import decide
from core.errors import fault, refuse
from core.locations.events import ShopUpdated
from core.locations.models import ShopDetails
from core.locations.papers import SHOP_FIELDS, keep_papers, tidy, wrong_texts
from core.outbox.services import emit
from core.people.permissions import MANAGE_SHOP
from core.tenancy.context import current_tenant


@transaction.atomic
def change_shop(values: Mapping[str, str], *, actor: Actor, version: int | None = None) -> ShopDetails:
    """Say who the shop is; what is not named stays. Receipts of what was sold before keep what they said.

    A repeat changes nothing.

    Raises:
        Forbidden: the actor may not.
        Invalid: every text that cannot be is named.
        StaleVersion: ``version`` is not the present one; 0 is that of a shop that nobody described yet.
    """
    actor.require(MANAGE_SHOP)
    kept = {name: tidy(values[name], name) for name in SHOP_FIELDS if name in values}
    faults = list(wrong_texts(kept, of=ShopDetails))
    if kept.get("email") and not _is_email(kept["email"]):
        faults.append(fault("/email", "address", "This is no e-mail address."))
    refuse(*faults)
    row, changes = decide(ShopDetails, kept, fields=SHOP_FIELDS, wrong=_nothing, expected_version=version)
    if not changes:
        return row
    keep_papers(row)
    shop = current_tenant()
    record(
        AuditEntry.Action.CHANGE,
        actor=actor,
        object_type="shop",
        object_id=shop.pk,
        object_label=shop.name,
        changes=changes,
    )
    emit(ShopUpdated(shop_id=shop.pk, version=row.version, fields=sorted(changes)), actor=actor)
    return row


def _nothing(name: str, value: Any) -> str:
    return ""


def _is_email(text: str) -> bool:
    try:
        validate_email(text)
    except ValidationError:
        return False
    return True
