"""How the shop handles its stock: one row of decisions, read by whatever they bind."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db import transaction

from core.actors import Actor
from core.audit.models import AuditEntry
from core.audit.services import record
from core.decisions import decide
from core.outbox.services import emit
from inventory.events import StockPolicyChanged
from inventory.models import StockPolicy
from inventory.permissions import MANAGE_STOCK_POLICY

MOST_DAYS = 3650
MOST_MONEY = Decimal(10) ** 12
DAYS = {"expiring_days": 0, "markdown_days": 0, "dead_days": 1, "cover_days": 1, "sales_days": 1, "target_days": 1}
"""Fields that count days, with the fewest there can be."""
MONEY = ("note_above", "recount_above")
FIELDS = ("sells_expired", *MONEY, *DAYS)


def stock_policy() -> StockPolicy:
    """The decisions of this shop; what nobody decided yet is the default, version 0."""
    return StockPolicy.objects.filter(pk=1).first() or StockPolicy(id=1, version=0)


@transaction.atomic
def change_stock_policy(values: Mapping[str, Any], *, actor: Actor, expected_version: int | None = None) -> StockPolicy:
    """Decide some of it anew; what is not named stays. The same decisions again change nothing.

    Days are whole business days, ``note_above`` and ``recount_above`` money in the shop's currency.

    Raises:
        Forbidden: the actor may not.
        StaleVersion: it is not at ``expected_version`` any more.
        Invalid: a field does not exist or cannot have this value; every one is named.
    """
    actor.require(MANAGE_STOCK_POLICY)
    row, changes = decide(StockPolicy, values, fields=FIELDS, wrong=_wrong, expected_version=expected_version)
    if not changes:
        return row
    record(
        AuditEntry.Action.CHANGE,
        actor=actor,
        object_type="stock_policy",
        object_id=row.pk,
        object_label="stock",
        changes=changes,
    )
    emit(StockPolicyChanged(policy_id=row.pk, version=row.version, fields=sorted(changes)), actor=actor)
    return row


def _wrong(name: str, value: Any) -> str:
    """What is wrong with a value, "" for nothing."""
    if name not in FIELDS:
        return "There is no such setting."
    if value is None:
        return "" if StockPolicy._meta.get_field(name).null else "This needs a value."
    if name in DAYS:
        return "" if DAYS[name] <= value <= MOST_DAYS else f"Between {DAYS[name]} and {MOST_DAYS} days."
    if name in MONEY:
        return "" if Decimal(0) <= value <= MOST_MONEY else "An amount of money, zero or more."
    return ""
