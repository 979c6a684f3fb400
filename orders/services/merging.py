"""Two customers that are one: merged so that every row stays, and taken back to the row."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from core.actors import Actor
from core.audit.models import AuditEntry
from core.audit.services import field_values
from core.errors import Conflict, Invalid, NotFound, ReusedIdentifier
from core.outbox.services import emit
from core.retry import with_locks
from inventory.models import ScanCode
from orders.errors import CustomerAnonymised
from orders.errors import CustomerMerged as IsMerged
from orders.events import CustomerMerged, CustomerUnmerged
from orders.models import Consent, CouponUse, CreditAccount, Customer, CustomerGroup, CustomerMerge, Order
from orders.permissions import MERGE_CUSTOMERS
from orders.services.customer_rows import note_customer
from orders.services.customers import FIELDS

FILLED = tuple(name for name in FIELDS if name != "number")
OWN = (CreditAccount.Kind.CREDIT, CreditAccount.Kind.POINTS)
"""Accounts that a customer has one of."""
OWNED = (("orders", Order), ("consents", Consent), ("coupon_uses", CouponUse))


@dataclass(frozen=True, slots=True)
class Merged:
    """The merge, and whether this call made it (False: it was made before)."""

    merge: CustomerMerge
    is_new: bool


def merge_customers(merge_id: UUID, *, kept_id: UUID, gone_id: UUID, actor: Actor) -> Merged:
    """Give everything of one customer to another: orders, agreements, groups, cards, gift cards.

    What is blank of the kept one is filled from the other. The other stays as a row that points to the kept one.
    Safe to repeat with the same ``merge_id``.

    Raises:
        Forbidden, NotFound: the actor may not; there is no such customer.
        Invalid: both are the same.
        CustomerMerged, CustomerAnonymised: one of them was merged or anonymised before.
        Conflict: the other one still has store credit or points.
        ReusedIdentifier: the id belongs to a merge of others.
        Busy: the locks were not to be had in time.
    """
    actor.require(MERGE_CUSTOMERS)
    if kept_id == gone_id:
        error = {"pointer": "/gone", "code": "same", "detail": "This is the same customer."}
        raise Invalid(error["detail"], details={"errors": [error]})
    return with_locks(lambda: _merge(merge_id, kept_id, gone_id, actor))


def undo_merge(merge_id: UUID, *, actor: Actor) -> Merged:
    """Take a merge back: what had moved goes back, what was made since stays with the kept one.

    A second time it changes nothing.

    Raises:
        Forbidden, NotFound: the actor may not; there is no such merge.
        CustomerAnonymised: the person's data are gone, and with them what the other one was.
        Conflict: the kept one was merged itself since; take that back first.
        Busy: the locks were not to be had in time.
    """
    actor.require(MERGE_CUSTOMERS)
    return with_locks(lambda: _undo(merge_id, actor))


@transaction.atomic(durable=True)
def _merge(merge_id: UUID, kept_id: UUID, gone_id: UUID, actor: Actor) -> Merged:
    people = _lock(kept_id, gone_id)
    stands = CustomerMerge.objects.filter(pk=merge_id).first()
    if stands is not None:
        if (stands.kept_id, stands.gone_id) != (kept_id, gone_id):
            raise ReusedIdentifier("This id belongs to a merge of other customers.")
        return Merged(stands, False)
    kept, gone = people[kept_id], people[gone_id]
    for one in (kept, gone):
        if one.merged_into_id:
            raise IsMerged(details={"customer": str(one.pk), "merged_into": str(one.merged_into_id)})
        if one.anonymised_at:
            raise CustomerAnonymised(details={"customer": str(one.pk)})
    _refuse_balances(gone)
    before = {"kept": field_values(kept, *FIELDS), "gone": field_values(gone, *FIELDS)}
    filled = {name: getattr(gone, name) for name in FILLED if getattr(gone, name) and not getattr(kept, name)}
    for name, value in filled.items():
        setattr(kept, name, value)
    moved = _move_rows(kept, gone) | {"filled": sorted(filled)}
    gone.merged_into = kept
    _save(kept, gone)
    merge = CustomerMerge.objects.create(
        id=merge_id,
        kept=kept,
        gone=gone,
        moved=moved,
        before=before,
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor_label=actor.label[:200],
    )
    note_customer(AuditEntry.Action.CHANGE, kept, {"merged": (gone.number, kept.number)}, actor)
    emit(CustomerMerged(**_told(merge)), actor=actor)
    return Merged(merge, True)


def _move_rows(kept: Customer, gone: Customer) -> dict[str, Any]:
    """Give the rows of one to the other; answers which, by table."""
    moved: dict[str, Any] = {}
    for name, table in OWNED:
        moved[name] = []
        rows: Any = table._default_manager.filter(customer=gone).order_by("pk")
        # A refund of an order that is being booked now was not to be seen; once its order is ours, it is.
        while keys := list(rows.all().values_list("pk", flat=True)):
            table._default_manager.filter(pk__in=keys).update(customer=kept)
            moved[name] += [str(key) for key in keys]
    cards = ScanCode.objects.filter(kind=ScanCode.Kind.CUSTOMER, target_id=gone.pk)
    moved["codes"] = list(cards.values_list("pk", flat=True))
    cards.update(target_id=kept.pk)
    gift_cards = CreditAccount.objects.filter(customer=gone, kind=CreditAccount.Kind.GIFT_CARD)
    moved["gift_cards"] = [str(key) for key in gift_cards.values_list("pk", flat=True)]
    gift_cards.update(customer=kept)
    mine, theirs = set(kept.groups.values_list("pk", flat=True)), set(gone.groups.values_list("pk", flat=True))
    moved["groups"], moved["added_groups"] = _texts(theirs), _texts(theirs - mine)
    kept.groups.add(*CustomerGroup.objects.filter(pk__in=theirs - mine))
    gone.groups.clear()
    return moved


def _refuse_balances(gone: Customer) -> None:
    """What the shop owes a person is a ledger of its own: it is not to vanish on a row nobody looks at."""
    if CreditAccount.objects.filter(customer=gone, kind__in=OWN).exclude(balance=0).exists():
        raise Conflict("This customer still has store credit or points. Keep this one, or use them up first.")


@transaction.atomic(durable=True)
def _undo(merge_id: UUID, actor: Actor) -> Merged:
    merge = CustomerMerge.objects.select_for_update(no_key=True).filter(pk=merge_id).first()
    if merge is None:
        raise NotFound("There is no such merge.")
    if merge.undone_at:
        return Merged(merge, False)
    people = _lock(merge.kept_id, merge.gone_id)
    kept, gone = people[merge.kept_id], people[merge.gone_id]
    if kept.anonymised_at or gone.anonymised_at:
        raise CustomerAnonymised
    if kept.merged_into_id:
        raise Conflict("The kept customer was merged into another since. Take that back first.")
    _move_back(merge, kept, gone)
    for name in merge.moved["filled"]:
        if getattr(kept, name) == merge.before["gone"][name]:
            setattr(kept, name, "")
    gone.merged_into = None
    _save(kept, gone)
    merge.undone_at = datetime.now(UTC)
    merge.save(update_fields=["undone_at"])
    note_customer(AuditEntry.Action.CHANGE, kept, {"merged": (kept.number, gone.number)}, actor)
    emit(CustomerUnmerged(**_told(merge)), actor=actor)
    return Merged(merge, True)


def _move_back(merge: CustomerMerge, kept: Customer, gone: Customer) -> None:
    moved = merge.moved
    for name, table in OWNED:
        table._default_manager.filter(pk__in=moved[name], customer=kept).update(customer=gone)
    cards = ScanCode.objects.filter(pk__in=moved["codes"], kind=ScanCode.Kind.CUSTOMER, target_id=kept.pk)
    cards.update(target_id=gone.pk)
    CreditAccount.objects.filter(pk__in=moved["gift_cards"], customer=kept).update(customer=gone)
    others = CustomerMerge.objects.filter(kept=kept, undone_at=None).exclude(pk=merge.pk)
    still = {group for other in others.values_list("moved", flat=True) for group in other["groups"]}
    kept.groups.remove(*CustomerGroup.objects.filter(pk__in=set(moved["added_groups"]) - still))
    known = CustomerGroup.objects.filter(pk__in=moved["groups"])
    gone.groups.add(*known)


def _lock(*ids: UUID) -> dict[UUID, Customer]:
    rows = Customer.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")
    people = {row.pk: row for row in rows}
    if len(people) < len(ids):
        raise NotFound("There is no such customer.")
    return people


def _save(*people: Customer) -> None:
    for person in people:
        person.version += 1
        person.save()


def _told(merge: CustomerMerge) -> dict[str, Any]:
    return {
        "customer_id": merge.kept_id,
        "version": merge.kept.version,
        "gone_id": merge.gone_id,
        "gone_version": merge.gone.version,
        "merge_id": merge.pk,
    }


def _texts(keys: set[UUID]) -> list[str]:
    return sorted(str(key) for key in keys)
