"""Two customers that are one: merged so that every row stays, and taken back to the row."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction

from core.actors import Actor
from core.audit.models import AuditEntry
from core.audit.services import field_values
from core.errors import Conflict, NotFound, ReusedIdentifier, fault, refuse
from core.locations.selectors import business_today
from core.outbox.services import emit
from core.retry import with_locks
from inventory.models import ScanCode
from orders.errors import CustomerAnonymised
from orders.errors import CustomerMerged as IsMerged
from orders.events import CustomerMerged, CustomerUnmerged
from orders.models import Consent, CouponUse, CreditAccount, CreditEntry, Customer, CustomerGroup, CustomerMerge, Order
from orders.permissions import MERGE_CUSTOMERS
from orders.selectors.credit import spendable
from orders.services import credit
from orders.services.customer_rows import note_customer
from orders.services.customers import FIELDS

FILLED = tuple(name for name in FIELDS if name != "number")
OWN = (CreditAccount.Kind.CREDIT, CreditAccount.Kind.POINTS)
"""Accounts that a customer has one of: their balances move, the accounts with all their lines stay where they are."""
OWNED = (("orders", Order), ("consents", Consent), ("coupon_uses", CouponUse))


@dataclass(frozen=True, slots=True)
class Merged:
    """The merge, and whether this call made it (False: it was made before)."""

    merge: CustomerMerge
    is_new: bool


def merge_customers(merge_id: UUID, *, kept_id: UUID, gone_id: UUID, actor: Actor) -> Merged:
    """Give everything of one customer to another: orders, agreements, groups, cards, gift cards, credit and points.

    What is blank of the kept one is filled from the other. The other stays as a row that points to the kept one.
    Safe to repeat with the same ``merge_id``.

    Raises:
        Forbidden, NotFound: the actor may not; there is no such customer.
        Invalid: both are the same.
        CustomerMerged, CustomerAnonymised: one of them was merged or anonymised before.
        ReusedIdentifier: the id belongs to a merge of others.
        Busy: the locks were not to be had in time.
    """
    actor.require(MERGE_CUSTOMERS)
    if kept_id == gone_id:
        refuse(fault("/gone", "same", "This is the same customer."))
    return with_locks(lambda: _merge(merge_id, kept_id, gone_id, actor))


def undo_merge(merge_id: UUID, *, actor: Actor) -> Merged:
    """Take a merge back: what had moved goes back, what was made since stays with the kept one.

    A second time it changes nothing.

    Raises:
        Forbidden, NotFound: the actor may not; there is no such merge.
        CustomerAnonymised: the person's data are gone, and with them what the other one was.
        Conflict: the kept one was merged itself since; take that back first.
        NotEnoughCredit: credit or points that had moved are spent.
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
    before = {"kept": field_values(kept, *FIELDS), "gone": field_values(gone, *FIELDS)}
    filled = {name: getattr(gone, name) for name in FILLED if getattr(gone, name) and not getattr(kept, name)}
    for name, value in filled.items():
        setattr(kept, name, value)
    moved = _move_rows(kept, gone) | {"filled": sorted(filled), "credit": _move_credit(merge_id, kept, gone, actor)}
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


def _move_credit(merge_id: UUID, kept: Customer, gone: Customer, actor: Actor) -> list[dict[str, Any]]:
    """Book the balances of one over to the other, each part with its last day; answers what moved."""
    moved = []
    for account in CreditAccount.objects.filter(customer=gone, kind__in=OWN).exclude(balance=0).order_by("pk"):
        target = credit.account_for(kept.pk, account.kind)
        locked = credit.lock_accounts([account.pk, target.pk])
        if parts := _parts(locked[account.pk]):
            _book_over(account.pk, target.pk, parts, ("merge", merge_id), actor)
            moved.append({"account": str(account.pk), "to": str(target.pk), "parts": parts})
    return moved


def _parts(account: CreditAccount) -> list[dict[str, Any]]:
    """The balance of an account as parts that expire together; what has expired already stays to be booked out."""
    lots = account.entries.filter(remaining__gt=0, expires_on__gte=business_today()).order_by("expires_on", "id")
    parts: list[dict[str, Any]] = [
        {"lot": lot.pk, "amount": str(lot.remaining), "expires_on": str(lot.expires_on)} for lot in lots
    ]
    rest = spendable(account) - sum((Decimal(part["amount"]) for part in parts), Decimal(0))
    return [*parts, {"lot": 0, "amount": str(rest), "expires_on": ""}] if rest else parts


def _book_over(source: UUID, target: UUID, parts: list[dict[str, Any]], cause: tuple[str, UUID], actor: Actor) -> None:
    """Take the parts from one account and give them to the other; a debt of points goes the other way."""
    reference_type, merge_id = cause
    total = sum((Decimal(part["amount"]) for part in parts), Decimal(0))
    common: dict[str, Any] = {"kind": CreditEntry.Kind.MERGE, "reference_type": reference_type, "actor": actor}
    if total < 0:
        credit.take(target, -total, reference_id=merge_id, may_refuse=False, **common)
        credit.give(source, -total, reference_id=merge_id, **common)
        return
    credit.take(source, total, reference_id=merge_id, **common)
    for part in parts:
        last_day = date.fromisoformat(part["expires_on"]) if part["expires_on"] else None
        reference_id = uuid5(merge_id, str(part["lot"]))  # one cause gives once, and each part has its own
        credit.give(target, Decimal(part["amount"]), reference_id=reference_id, expires_on=last_day, **common)


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
    for one in merge.moved.get("credit", []):
        source, target = UUID(one["to"]), UUID(one["account"])
        credit.lock_accounts([source, target])
        _book_over(source, target, one["parts"], ("unmerge", merge.pk), actor)
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
