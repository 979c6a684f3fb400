"""Receive, correct and count stock: facts that are booked whatever the record says."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction

from core.actors import Actor
from core.audit.models import AuditEntry
from core.audit.services import record
from core.errors import Invalid, NotFound, ReusedIdentifier
from core.locations.selectors import active_location
from core.money import plain_decimal
from core.retry import with_locks
from inventory.models import StockDocument, StockLevel, StockMovement, Variant
from inventory.permissions import ADJUST_STOCK
from inventory.reasons import USUAL
from inventory.services.changes import Change, Key, Level
from inventory.services.incoming import make_lots
from inventory.services.ledger import lock_states, move_stock
from inventory.services.stating import (
    MOST_LINES,
    Kind,
    Stated,
    StockChange,
    StockLine,
    check_note,
    effect_of,
    read_statement,
    value_of,
)

__all__ = ["MOST_LINES", "Booked", "Effect", "StockChange", "StockLine", "book_stock", "preview_stock"]
NOTHING_THERE = Level(Decimal(0), Decimal(0), Decimal(0), None)


@dataclass(frozen=True, slots=True)
class Booked:
    """The document, and whether this call made it (False: it was there already)."""

    document: StockDocument
    is_new: bool


@dataclass(frozen=True, slots=True)
class Effect:
    """What booking would do to one variant. ``value`` is None where nobody knows what the goods cost."""

    variant: Variant
    quantity: Decimal
    before: Level
    change: Change
    value: Decimal | None

    @property
    def on_hand(self) -> Decimal:
        return self.before.on_hand + self.change.on_hand

    @property
    def damaged(self) -> Decimal:
        return self.before.damaged + self.change.damaged


def preview_stock(change: StockChange, *, actor: Actor) -> list[Effect]:
    """What `book_stock` would do now, by variant; it books nothing. Show values to those who may see costs only.

    Raises: as `book_stock` does for what is wrong.
    """
    actor.require(ADJUST_STOCK, at=change.location_id)
    active_location(change.location_id)
    effects = _effects(change, read_statement(change, actor=actor))
    check_note(change, _moved_value(effects))
    return effects


def book_stock(change: StockChange, *, actor: Actor) -> Booked:
    """Book a receipt, an adjustment or a count in one transaction; safe to repeat with the same ``document_id``.

    A count states what is there; the ledger gets the difference to the record, taken under the lock. Several lines
    of one variant add up; their costs are averaged.

    Raises:
        Forbidden: the actor may not change stock at this location, or states costs without seeing them.
        Invalid, NotFound: a line or the location is wrong, or a note is missing; every wrong line is named.
        ReusedIdentifier: the id belongs to another document.
        Busy: the locks were not to be had in time.
    """
    actor.require(ADJUST_STOCK, at=change.location_id)
    try:
        location = active_location(change.location_id)
        stated = read_statement(change, actor=actor)
        if change.kind == Kind.ADJUSTMENT:
            check_note(change, _moved_value(_effects(change, stated)))
    except (Invalid, NotFound) as refusal:
        return _twin(change, actor, refusal)
    document = StockDocument(
        id=change.document_id,
        kind=change.kind,
        location=location,
        reason_code=(change.reason_code or USUAL) if change.kind == Kind.ADJUSTMENT else "",
        reason=change.reason,
        request_hash=change.hash(),
        created_by_kind=actor.kind,
        created_by_id=actor.id,
        created_by_label=actor.label[:200],
        occurred_at=change.occurred_at or datetime.now(UTC),
    )
    try:
        with_locks(lambda: _commit(document, change, stated, actor))
    except IntegrityError as conflict:
        return _twin(change, actor, conflict)
    return Booked(document, True)


def _effects(change: StockChange, stated: Sequence[Stated]) -> list[Effect]:
    rows = StockLevel.objects.filter(location=change.location_id, variant__in=[one.variant for one in stated])
    levels = {row.variant_id: Level(row.on_hand, row.damaged, row.in_transit, row.average_cost) for row in rows}
    effects = []
    for one in stated:
        level = levels.get(one.variant.pk, NOTHING_THERE)
        made = effect_of(change, one, level)
        effects.append(Effect(one.variant, one.quantity, level, made, value_of(made, one.variant, level)))
    return effects


def _moved_value(effects: Sequence[Effect]) -> Decimal:
    """The value at stake: up and down added together; what is moved to damaged and back counts with its whole value."""
    return sum((_at_stake(effect) for effect in effects), Decimal(0))


def _at_stake(effect: Effect) -> Decimal:
    made = effect.change
    units = max(abs(made.on_hand), abs(made.damaged))
    return abs(value_of(Change(on_hand=-units), effect.variant, effect.before) or Decimal(0))


@transaction.atomic
def _commit(document: StockDocument, change: StockChange, stated: Sequence[Stated], actor: Actor) -> None:
    """The document's own row first, then the lots it names, then the stock rows."""
    document.lines = []
    document.save(force_insert=True)
    lots = make_lots(stated)
    by_key: dict[Key, Stated] = {(one.variant.pk, document.location_id): one for one in stated}
    before = lock_states(list(by_key))
    changes: dict[Key, Change] = {}
    for key, one in by_key.items():
        made = effect_of(change, one, before[key])
        sign = -1 if made.on_hand < 0 and one.quantity > 0 else 1
        named = tuple((lots[one.variant.pk, code], units * sign) for code, units in one.lots.items())
        changes[key] = replace(made, lots=named if change.kind != Kind.COUNT else (), serials=tuple(one.serials))
    document.lines = [_line(by_key[key], before[key], changes[key]) for key in sorted(by_key)]
    document.save(update_fields=["lines"])
    record(
        AuditEntry.Action.CHANGE,
        actor=actor,
        object_type="stock",
        object_id=document.pk,
        object_label=f"{document.get_kind_display()}, {len(by_key)} variants",
        changes={
            "kind": (None, document.kind),
            **({"reason_code": (None, document.reason_code)} if document.reason_code else {}),
            "reason": (None, document.reason),
            "lines": (None, len(by_key)),
        },
    )
    move_stock(
        deltas=changes,
        kind=_movement_kind(change),
        reference_type="stock_document",
        reference_id=document.pk,
        actor=actor,
        occurred_at=document.occurred_at,
        may_refuse=False,
        reason=document.reason,
    )


def _movement_kind(change: StockChange) -> StockMovement.Kind:
    why = change.why
    if why is not None and why.on_hand and why.damaged:
        return StockMovement.Kind.DAMAGE
    return StockMovement.Kind(change.kind)


def _line(one: Stated, before: Level, made: Change) -> dict[str, Any]:
    line: dict[str, Any] = {
        "variant": str(one.variant.pk),
        "quantity": plain_decimal(one.quantity),
        "before": plain_decimal(before.on_hand),
        "after": plain_decimal(before.on_hand + made.on_hand),
    }
    if made.damaged:
        line |= {
            "damaged_before": plain_decimal(before.damaged),
            "damaged_after": plain_decimal(before.damaged + made.damaged),
        }
    if made.unit_cost is not None:
        line["unit_cost"] = plain_decimal(made.unit_cost, places=4)
    if one.lots:
        line["lots"] = [{"code": code, "quantity": plain_decimal(units)} for code, units in one.lots.items()]
    if one.serials:
        line["serials"] = one.serials
    return line


def _twin(change: StockChange, actor: Actor, conflict: Exception) -> Booked:
    """The document an earlier try made, or else ``conflict``."""
    stored = StockDocument.objects.select_related("location").filter(pk=change.document_id).first()
    if stored is None:
        raise conflict
    if stored.created_by_id != actor.id:
        raise NotFound("There is no such document.") from conflict
    if bytes(stored.request_hash) != change.hash():
        raise ReusedIdentifier("This id belongs to a stock change with other content.") from conflict
    return Booked(stored, False)
