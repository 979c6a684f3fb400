"""A stocktake from its opening to its end: open, review, count again, give up. Entries and booking stand beside it.

The shop sells meanwhile. What a person counted is compared with what the ledger says of the moment they counted it.
Locks: the count's own row, then the stock levels.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from core.actors import Actor
from core.api.idempotency import fingerprint
from core.audit.models import AuditEntry
from core.audit.services import record
from core.errors import Conflict, Invalid, NotFound, ReusedIdentifier, StaleVersion, refuse
from core.ids import reference
from core.locations.selectors import active_location
from core.outbox.services import emit
from core.retry import with_locks
from inventory.events import CountClosed, CountOpened
from inventory.models import Brand, Category, Count, CountLine, ScanCode, StockLevel, Variant
from inventory.permissions import APPROVE_COUNTS, COUNT_STOCK
from inventory.selectors.counts import SCOPES, on_hand_as_of, seen_in
from inventory.services.policy import stock_policy

State = Count.State
MOST_IN_SCOPE = 5000
MODELS: dict[str, Any] = {"categories": Category, "brands": Brand, "variants": Variant}


@dataclass(frozen=True, slots=True, kw_only=True)
class CountDraft:
    """What is to be counted. ``scope``: ids of ``categories``, ``brands``, ``variants``; none of them means everything.

    ``recount_above`` is money: variances of more value are counted again; None: as the shop decided. ``is_blind``:
    those who count do not see what the record says.
    """

    count_id: UUID
    location_id: UUID
    name: str = ""
    scope: Mapping[str, Sequence[UUID]] = field(default_factory=dict)
    is_blind: bool = True
    recount_above: Decimal | None = None

    def hash(self) -> bytes:
        """What a repeat must have in common with the first try."""
        scope = {name: sorted(str(pk) for pk in ids) for name, ids in self.scope.items() if ids}
        above = None if self.recount_above is None else self.recount_above.normalize()
        return fingerprint([self.location_id, self.name, scope, self.is_blind, above])


@dataclass(frozen=True, slots=True)
class Opened:
    """The count, and whether this call opened it (False: it was there already)."""

    count: Count
    is_new: bool


def open_count(draft: CountDraft, *, actor: Actor) -> Opened:
    """Begin a stocktake. Safe to repeat with the same ``count_id``.

    Raises:
        Forbidden: the actor may not open counts at this location.
        Invalid, NotFound: the location or something of the scope does not exist; everything wrong is named.
        ReusedIdentifier: the id belongs to another count.
    """
    actor.require(APPROVE_COUNTS, at=draft.location_id)
    try:
        location = active_location(draft.location_id)
        scope = _scope(draft)
    except (Invalid, NotFound) as refusal:
        return _twin(draft, actor, refusal)
    count = Count(
        id=draft.count_id,
        request_hash=draft.hash(),
        number=f"C-{reference(draft.count_id)}",
        name=draft.name,
        location=location,
        scope=scope,
        is_blind=draft.is_blind,
        recount_above=stock_policy().recount_above if draft.recount_above is None else draft.recount_above,
        created_by_kind=actor.kind,
        created_by_id=actor.id,
        created_by_label=actor.label[:200],
    )
    try:
        with_locks(lambda: _insert(count, actor))
    except IntegrityError as conflict:
        return _twin(draft, actor, conflict)
    return Opened(count, True)


@transaction.atomic
def review_count(count_id: UUID, *, actor: Actor, expected_version: int | None = None) -> Count:
    """End the counting and compare: a line per counted variant, against the record of the moment it was counted.

    Raises:
        NotFound: there is no such count where the actor counts.
        Forbidden: the actor may not review counts here.
        StaleVersion: it is not at ``expected_version`` any more.
        Conflict: it is not being counted, or nobody has counted anything.
    """
    count = locked_count(count_id, actor=actor, needed=APPROVE_COUNTS, expected_version=expected_version)
    _must_be(count, State.OPEN, "It is not being counted.")
    write_lines(count)
    if not count.lines.exists():
        raise Conflict("Nobody has counted anything yet.")
    _go_to(count, State.REVIEW, actor)
    return count


@transaction.atomic
def recount(
    count_id: UUID,
    *,
    actor: Actor,
    variants: Sequence[UUID] | None = None,
    expected_version: int | None = None,
) -> Count:
    """Let variances be counted again: the ``variants`` named, or (None) those of more value than the threshold.

    Raises:
        NotFound, Forbidden, StaleVersion: as in `review_count`.
        Conflict: it is not under review, or nothing is to be counted again.
    """
    count = locked_count(count_id, actor=actor, needed=APPROVE_COUNTS, expected_version=expected_version)
    _must_be(count, State.REVIEW, "Only a count under review has something to count again.")
    lines = list(count.lines.all())
    if variants is None:
        again = [line for line in lines if _is_above(line, count.recount_above)]
    else:
        again = [line for line in lines if line.variant_id in set(variants)]
    if not again:
        raise Conflict("Nothing is to be counted again.")
    for line in again:
        line.is_recount_wanted = True
    CountLine.objects.bulk_update(again, ["is_recount_wanted"])
    count.round += 1
    _go_to(count, State.OPEN, actor, told={"recounted": (None, len(again))})
    return count


@transaction.atomic
def resume_count(count_id: UUID, *, actor: Actor, expected_version: int | None = None) -> Count:
    """Go on counting in the same round: somebody had not finished, or a device comes back late.

    Raises:
        NotFound, Forbidden, StaleVersion: as in `review_count`.
        Conflict: it is not under review.
    """
    count = locked_count(count_id, actor=actor, needed=APPROVE_COUNTS, expected_version=expected_version)
    _must_be(count, State.REVIEW, "Only a count under review can be taken up again.")
    _go_to(count, State.OPEN, actor)
    return count


@transaction.atomic
def cancel_count(count_id: UUID, *, actor: Actor, expected_version: int | None = None) -> Count:
    """Give a count up. Nothing is booked; one that is given up already stays so.

    Raises:
        NotFound, Forbidden, StaleVersion: as in `review_count`.
        Conflict: it is booked.
    """
    count = locked_count(count_id, actor=actor, needed=APPROVE_COUNTS, expected_version=expected_version)
    if count.state == State.CANCELLED:
        return count
    if count.state == State.CLOSED:
        raise Conflict("It is booked. Count again instead.")
    count.closed_at = datetime.now(UTC)
    _go_to(count, State.CANCELLED, actor)
    emit(
        CountClosed(
            count_id=count.pk,
            version=count.version,
            number=count.number,
            location_id=count.location_id,
            is_booked=False,
            articles=0,
            variances=0,
        ),
        actor=actor,
    )
    return count


def locked_count(
    count_id: UUID, *, actor: Actor, needed: str = COUNT_STOCK, expected_version: int | None = None
) -> Count:
    """The count's row, locked. Raises `NotFound` where the actor does not count, `Forbidden`, `StaleVersion`."""
    rows = Count.objects.select_for_update(of=("self",)).select_related("location")
    count = rows.filter(pk=count_id).first()
    if count is None or not actor.may(COUNT_STOCK, at=count.location_id):
        raise NotFound("There is no such stocktake.")
    actor.require(needed, at=count.location_id)
    if expected_version is not None and count.version != expected_version:
        raise StaleVersion
    return count


def write_lines(count: Count, *, zeros: Sequence[UUID] = (), at: datetime | None = None) -> None:
    """Make the count's lines what its entries and the ledger say now; ``zeros`` are variants of which there is nothing.

    To be called with the count's row locked; for booking, with the levels locked too.
    """
    seen = seen_in(count)
    instants = {variant: one.counted_at for variant, one in seen.items()}
    instants |= {variant: at or datetime.now(UTC) for variant in zeros}
    expected = on_hand_as_of(instants, location_id=count.location_id)
    costs = {
        row["variant_id"]: row["average_cost"] if row["average_cost"] is not None else row["variant__unit_cost"]
        for row in StockLevel.objects.filter(location=count.location_id, variant__in=instants).values(
            "variant_id", "average_cost", "variant__unit_cost"
        )
    }
    wanted = dict(count.lines.filter(is_recount_wanted=True).values_list("variant_id", "is_recount_wanted"))
    count.lines.all().delete()
    CountLine.objects.bulk_create(
        [
            CountLine(
                count=count,
                variant_id=variant,
                counted=seen[variant].quantity if variant in seen else Decimal(0),
                counted_at=instant,
                expected=expected[variant],
                unit_cost=costs.get(variant),  # type: ignore[misc]  # may be null: COST says so
                is_recount_wanted=variant in wanted and (variant not in seen or seen[variant].round < count.round),
            )
            for variant, instant in sorted(instants.items())
        ],
        batch_size=2000,
    )


def _is_above(line: CountLine, threshold: Decimal | None) -> bool:
    units = line.counted - line.expected
    if threshold is None or not units:
        return False
    return line.unit_cost is None or abs(units * line.unit_cost) > threshold


@transaction.atomic(durable=True)
def _insert(count: Count, actor: Actor) -> None:
    count.save(force_insert=True)
    ScanCode.objects.bulk_create(
        [ScanCode(code=count.number, kind=ScanCode.Kind.COUNT, target_id=count.pk)], ignore_conflicts=True
    )
    _record(AuditEntry.Action.CREATE, count, actor, {"location": (None, count.location_id), "name": (None, count.name)})
    emit(
        CountOpened(
            count_id=count.pk,
            version=count.version,
            number=count.number,
            location_id=count.location_id,
            is_blind=count.is_blind,
        ),
        actor=actor,
    )


def _scope(draft: CountDraft) -> dict[str, list[str]]:
    """The scope as it is kept. Raises `Invalid` with every part that does not exist."""
    errors = [
        {"pointer": f"/scope/{name}", "code": "unknown", "detail": "There is no such scope."}
        for name in sorted(draft.scope.keys() - set(SCOPES))
    ]
    scope: dict[str, list[str]] = {}
    for name in SCOPES:
        ids = list(dict.fromkeys(draft.scope.get(name) or []))
        known = set(MODELS[name].objects.filter(pk__in=ids).values_list("pk", flat=True)) if ids else set()
        if len(ids) > MOST_IN_SCOPE:
            errors.append({"pointer": f"/scope/{name}", "code": "length", "detail": f"At most {MOST_IN_SCOPE}."})
        errors += [
            {"pointer": f"/scope/{name}/{place}", "code": "unknown", "detail": "There is no such thing."}
            for place, pk in enumerate(ids[:MOST_IN_SCOPE])
            if pk not in known
        ]
        if ids:
            scope[name] = [str(pk) for pk in ids]
    if draft.recount_above is not None and draft.recount_above < 0:
        errors.append({"pointer": "/recount_above", "code": "range", "detail": "A threshold is not below zero."})
    refuse(*errors)
    return scope


def _go_to(count: Count, state: str, actor: Actor, *, told: Mapping[str, tuple[Any, Any]] | None = None) -> None:
    before, count.state = count.state, state
    count.version += 1
    count.save(update_fields=["state", "round", "closed_at", "version"])
    _record(AuditEntry.Action.CHANGE, count, actor, {"state": (before, state), **(told or {})})


def _record(action: AuditEntry.Action, count: Count, actor: Actor, changes: Mapping[str, tuple[Any, Any]]) -> None:
    record(action, actor=actor, object_type="count", object_id=count.pk, object_label=str(count), changes=changes)


def _must_be(count: Count, state: str, otherwise: str) -> None:
    if count.state != state:
        raise Conflict(otherwise, details={"state": count.state})


def _twin(draft: CountDraft, actor: Actor, conflict: Exception) -> Opened:
    """The count an earlier try opened, or else ``conflict``."""
    stored = Count.objects.select_related("location").filter(pk=draft.count_id).first()
    if stored is None:
        raise conflict
    if stored.created_by_id != actor.id:
        raise NotFound("There is no such stocktake.") from conflict
    if bytes(stored.request_hash) != draft.hash():
        raise ReusedIdentifier("This id belongs to a stocktake with other content.") from conflict
    return Opened(stored, False)
