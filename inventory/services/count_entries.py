"""What people count, from any number of devices, each scan with its time. An entry is added once, whenever it comes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from core.actors import Actor
from core.audit.models import AuditEntry
from core.audit.services import record
from core.errors import Conflict, Forbidden, Invalid, NotFound
from core.locations.selectors import can_have_happened
from core.retry import with_locks
from inventory.models import Count, CountEntry, Variant
from inventory.permissions import APPROVE_COUNTS
from inventory.selectors import targets_of
from inventory.selectors.counts import in_scope
from inventory.services.counts import locked_count
from inventory.services.lines import MOST_UNITS

MOST_ENTRIES = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryDraft:
    """So many of a variant (or of a code; a pack's counts its units), seen at an instant. The id is the device's."""

    entry_id: UUID
    quantity: Decimal
    variant_id: UUID | None = None
    code: str = ""
    counted_at: datetime | None = None
    device: str = ""


@dataclass(frozen=True, slots=True)
class EntryResult:
    """What became of an entry: ``applied``, ``duplicate`` or ``refused`` with a ``code`` and the reason in words."""

    entry_id: UUID
    result: str
    code: str = ""
    detail: str = ""
    variant: Variant | None = None
    quantity: Decimal | None = None


def add_entries(count_id: UUID, entries: Sequence[EntryDraft], *, actor: Actor) -> list[EntryResult]:
    """Add what was counted; answers each entry in the given order. One bad entry harms no other; a repeat adds nothing.

    Raises:
        NotFound: there is no such count where the actor counts.
        Conflict: it is not being counted (any more): nothing of this batch was added, and the device keeps it.
        Invalid: there are more than 500 entries, or none.
    """
    if not 1 <= len(entries) <= MOST_ENTRIES:
        error = {"pointer": "/entries", "code": "length", "detail": f"Between 1 and {MOST_ENTRIES} entries."}
        raise Invalid(error["detail"], details={"errors": [error]})
    return with_locks(lambda: _add(count_id, entries, actor))


@transaction.atomic
def _add(count_id: UUID, entries: Sequence[EntryDraft], actor: Actor) -> list[EntryResult]:
    count = locked_count(count_id, actor=actor)
    known = {row.pk: row for row in CountEntry.objects.filter(pk__in=[entry.entry_id for entry in entries])}
    if count.state != Count.State.OPEN and not all(entry.entry_id in known for entry in entries):
        raise Conflict("It is not being counted any more.", details={"state": count.state})
    targets = targets_of({entry.code for entry in entries if entry.variant_id is None})
    ids = {target.variant_id for target in targets.values()} | {one.variant_id for one in entries if one.variant_id}
    variants = {row.pk: row for row in in_scope(count).filter(pk__in=ids).select_related("product")}
    again = set(count.lines.filter(is_recount_wanted=True).values_list("variant_id", flat=True))
    now = datetime.now(UTC)
    fresh: dict[UUID, CountEntry] = {}
    results = []
    for entry in entries:
        target = targets.get(entry.code) if entry.variant_id is None else None
        variant = variants.get(entry.variant_id or (target.variant_id if target else entry.entry_id))
        quantity = target.units(entry.quantity) if target else entry.quantity
        earlier = known.get(entry.entry_id) or fresh.get(entry.entry_id)
        if earlier is not None:
            results.append(_repeated(entry, earlier, quantity, count))
        elif problem := _wrong(entry, variant, quantity, now=now, may_be=again if count.round > 1 else None):
            results.append(EntryResult(entry.entry_id, "refused", *problem))
        else:
            assert variant is not None and quantity is not None
            fresh[entry.entry_id] = CountEntry(
                id=entry.entry_id,
                count=count,
                variant=variant,
                quantity=quantity,
                code=entry.code[:80],
                round=count.round,
                counted_at=entry.counted_at or now,
                device=entry.device[:80],
                created_by_kind=actor.kind,
                created_by_id=actor.id,
                created_by_label=actor.label[:200],
            )
            results.append(EntryResult(entry.entry_id, "applied", variant=variant, quantity=quantity))
    CountEntry.objects.bulk_create(fresh.values())
    return results


@transaction.atomic
def take_back_entry(count_id: UUID, entry_id: UUID, *, actor: Actor) -> bool:
    """Take an entry back: one's own, or anybody's for those who approve. Answers whether this call did it.

    Raises:
        NotFound: there is no such count or entry.
        Forbidden: it is somebody else's entry.
        Conflict: the count is not being counted any more.
    """
    count = locked_count(count_id, actor=actor)
    entry = CountEntry.objects.filter(pk=entry_id, count=count).first()
    if entry is None:
        raise NotFound("There is no such entry.")
    if entry.created_by_id != actor.id and not actor.may(APPROVE_COUNTS, at=count.location_id):
        raise Forbidden("It is somebody else's entry.")
    if entry.taken_back_at is not None:
        return False
    if count.state != Count.State.OPEN:
        raise Conflict("It is not being counted any more.", details={"state": count.state})
    entry.taken_back_at = datetime.now(UTC)
    entry.save(update_fields=["taken_back_at"])
    record(
        AuditEntry.Action.CHANGE,
        actor=actor,
        object_type="count",
        object_id=count.pk,
        object_label=str(count),
        changes={"taken_back": (entry.quantity, None)},
    )
    return True


def _repeated(entry: EntryDraft, earlier: CountEntry, quantity: Decimal | None, count: Count) -> EntryResult:
    same = earlier.count_id == count.pk and earlier.code == entry.code[:80]
    same = same and (quantity is None or earlier.quantity == quantity)
    same = same and (entry.variant_id in (None, earlier.variant_id))
    if not same:
        return EntryResult(entry.entry_id, "refused", "identifier-reused", "This id belongs to another entry.")
    return EntryResult(entry.entry_id, "duplicate")


def _wrong(
    entry: EntryDraft, variant: Variant | None, quantity: Decimal | None, *, now: datetime, may_be: set[UUID] | None
) -> tuple[str, str] | None:
    """Why an entry cannot be added: a code and words."""
    if variant is None:
        return "unknown", "This is nothing that is counted here."
    if quantity is None or not 0 <= quantity <= MOST_UNITS:
        return "range", "Nobody can count that many."
    if may_be is not None and variant.pk not in may_be:
        return "not-in-round", "This one was counted already. Only what differed is counted again."
    if entry.counted_at is not None and not can_have_happened(entry.counted_at, now=now):
        return "time", "This time cannot be right."
    return None
