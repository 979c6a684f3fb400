"""Change how the shop sells: limits and what needs somebody's consent."""

from collections.abc import Mapping
from typing import Any

from django.db import transaction

from core.actors import Actor
from core.audit.models import AuditEntry
from core.audit.services import record
from core.decisions import decide
from core.outbox.services import emit
from orders.events import PolicyChanged
from orders.models import SellingPolicy
from orders.permissions import MANAGE_POLICY
from orders.selectors.policy import AWAY_LIMITS

MOST_DAYS = 36_500
POLICY_FIELDS = (
    "discount_percent",
    "refund_amount",
    "return_days",
    "no_receipt",
    "no_receipt_credit",
    "no_receipt_period_days",
    "no_receipt_days",
    "points_per_unit",
    "point_value",
    "points_expire_days",
    "bought_as_new",
    "bought_good",
    "bought_fair",
    "bought_parts",
    *AWAY_LIMITS,
)
PERCENTAGES = ("discount_percent", "bought_as_new", "bought_good", "bought_fair", "bought_parts")


def _wrong(name: str, value: Any) -> str:
    return "" if _can_be(name, value) else "This cannot be."


def _can_be(name: str, value: Any) -> bool:
    """Whether a limit exists and may have this value."""
    if name not in POLICY_FIELDS:
        return False
    if name == "no_receipt":
        return value in SellingPolicy.NoReceipt.values
    if value is None:
        return bool(SellingPolicy._meta.get_field(name).null)
    most = 100 if name in PERCENTAGES else MOST_DAYS if name.endswith("_days") else None
    least = 1 if name in ("no_receipt_period_days", "points_expire_days") else 0
    return bool(value >= least and (most is None or value <= most))


@transaction.atomic
def change_policy(values: Mapping[str, Any], *, actor: Actor, version: int | None = None) -> SellingPolicy:
    """Change some limits; what is not named stays. Repeating changes nothing.

    Raises:
        Forbidden: the actor may not.
        Invalid: a field does not exist or cannot have this value.
        StaleVersion: ``version`` is not the present one.
    """
    actor.require(MANAGE_POLICY)
    row, changes = decide(SellingPolicy, values, fields=POLICY_FIELDS, wrong=_wrong, expected_version=version)
    if not changes:
        return row
    record(
        AuditEntry.Action.CHANGE,
        actor=actor,
        object_type="policy",
        object_id=row.pk,
        object_label="selling",
        changes=changes,
    )
    emit(PolicyChanged(policy_id=row.pk, version=row.version, fields=sorted(changes)), actor=actor)
    return row
