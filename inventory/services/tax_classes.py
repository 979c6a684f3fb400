"""Tax classes: goods that are taxed alike, by one tax or by several at once."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from core.actors import Actor
from core.errors import Conflict
from core.money import plain_decimal
from core.outbox.services import emit
from core.retry import with_locks
from inventory.events import TaxClassCreated, TaxClassDeleted, TaxClassUpdated
from inventory.models import Product, TaxClass, Variant
from inventory.permissions import MANAGE_PRODUCTS
from inventory.selectors.groups import taxed_as
from inventory.services.edits import added, clean_name, conflict, edited, fault, invalid, locked, removed
from inventory.services.groups import touch

MOST_PARTS = 8
NAME = 60
PLACES = Decimal("0.0001")
TOP_RATE = Decimal(1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxPart:
    """One of several taxes: ``rate`` in per cent; ``on_top`` is also taken of the parts before it."""

    name: str
    rate: Decimal
    on_top: bool = False


def combined_rate(parts: Sequence[TaxPart]) -> Decimal:
    """What the parts come to together, in per cent of the price without tax, to four places."""
    whole = Decimal(0)
    for part in parts:
        whole += part.rate * (1 + whole / 100) if part.on_top else part.rate
    return whole.quantize(PLACES, ROUND_HALF_UP)


@transaction.atomic
def create_tax_class(
    *, name: str, actor: Actor, rate: Decimal | None = None, parts: Sequence[TaxPart] = ()
) -> TaxClass:
    """Add a tax class with one ``rate`` in per cent, or with ``parts``, whose combined rate it gets.

    Raises:
        Forbidden: the actor may not manage products.
        Invalid: a rate is not from 0 to below 1000, a part is wrong, or rate and parts contradict each other.
        Conflict: there is one of this name.
    """
    values = _rates({"rate": rate, "parts": parts} if rate is not None else {"parts": parts})
    if "rate" not in values:
        raise invalid(fault("/rate", "required", "A tax class has a rate or parts."))
    row = TaxClass(name=clean_name(name, longest=NAME), **values)
    added(row, actor=actor, object_type="tax_class", fields=("name", "rate", "parts"), taken=_same)
    emit(TaxClassCreated(tax_class_id=row.pk, version=row.version, name=row.name, rate=row.rate), actor=actor)
    return row


def update_tax_class(
    tax_class_id: UUID, changes: dict[str, Any], *, actor: Actor, expected_version: int | None = None
) -> TaxClass:
    """Rename a tax class or change what it takes: any of ``name``, ``rate`` and ``parts``.

    A rate alone takes the place of parts. Its products show up in lists of what changed, for tills keep the rate.
    What was sold keeps the rate it was sold at.

    Raises:
        NotFound, StaleVersion: it is not there, or not as the caller saw it.
        Forbidden, Invalid, Conflict: as in `create_tax_class`.
    """

    @transaction.atomic
    def update() -> TaxClass:
        actor.require(MANAGE_PRODUCTS)
        row = locked(TaxClass, tax_class_id, called="tax class", expected_version=expected_version)
        wanted = _rates(changes)
        if "name" in changes:
            wanted["name"] = clean_name(changes["name"], longest=NAME)
        fields = edited(row, wanted, actor=actor, object_type="tax_class", taken=_same)
        if not fields:
            return row
        touch(_products_of(row.pk))
        emit(
            TaxClassUpdated(tax_class_id=row.pk, version=row.version, name=row.name, rate=row.rate, fields=fields),
            actor=actor,
        )
        return row

    return with_locks(update)


def delete_tax_class(
    tax_class_id: UUID, *, actor: Actor, move_to: UUID | None = None, expected_version: int | None = None
) -> int:
    """Take a tax class away; its variants become those of ``move_to``. Answers how many.

    Raises:
        NotFound, StaleVersion: it is not there, or not as the caller saw it.
        Invalid: ``move_to`` is unknown or the class itself.
        Conflict: variants are taxed by it and ``move_to`` is not given; ``details`` has the count.
    """

    @transaction.atomic
    def delete() -> int:
        actor.require(MANAGE_PRODUCTS)
        row = locked(TaxClass, tax_class_id, called="tax class", expected_version=expected_version, to_delete=True)
        moved = taxed_as(row.pk)
        if moved and move_to is None:
            raise Conflict(f"{row.name} is in use ({moved} variants). Say where they go.", details={"variants": moved})
        if move_to is not None and (move_to == row.pk or not TaxClass.objects.filter(pk=move_to).exists()):
            raise invalid(fault("/move_to", "unknown", "There is no such other tax class."))
        if moved:
            touch(_products_of(row.pk))
            Variant.objects.filter(tax_class=row).update(tax_class=move_to)
        told = TaxClassDeleted(
            tax_class_id=row.pk, version=row.version + 1, name=row.name, moved_to=move_to, variants=moved
        )
        changes = {"moved_to": (None, move_to), "variants": (moved, 0)}
        removed(row, actor=actor, object_type="tax_class", changes=changes)
        emit(told, actor=actor)
        return moved

    return with_locks(delete)


def _products_of(tax_class_id: UUID) -> Any:
    return Product.objects.filter(pk__in=Variant.objects.filter(tax_class=tax_class_id).values("product_id"))


def _rates(given: dict[str, Any]) -> dict[str, Any]:
    """``rate`` and ``parts`` as they are stored; whichever is not named leaves the other to decide."""
    if not {"rate", "parts"} & given.keys():
        return {}
    parts: Sequence[TaxPart] = given.get("parts") or ()
    errors = _faults(parts)
    rate = given.get("rate")
    if rate is not None and not _is_rate(rate):
        errors.append(fault("/rate", "range", "A rate is a number of per cent from 0 to below 1000, four places."))
    if errors:
        raise invalid(*errors)
    if not parts:
        return {} if rate is None else {"rate": rate.quantize(PLACES), "parts": []}
    whole = combined_rate(parts)
    if whole >= TOP_RATE:
        raise invalid(fault("/parts", "range", "All parts together stay below 1000 per cent."))
    if rate is not None and rate != whole:
        raise invalid(fault("/rate", "not-the-sum", f"The parts come to {plain_decimal(whole)} per cent together."))
    stored = [
        {"name": " ".join(part.name.split()), "rate": plain_decimal(part.rate), "on_top": part.on_top} for part in parts
    ]
    return {"rate": whole, "parts": stored}


def _faults(parts: Sequence[TaxPart]) -> list[dict[str, str]]:
    errors = []
    if len(parts) > MOST_PARTS:
        errors.append(fault("/parts", "too-many", f"At most {MOST_PARTS} parts."))
    names: set[str] = set()
    for at, part in enumerate(parts[:MOST_PARTS]):
        name = " ".join(part.name.split())
        if not name or len(name) > NAME or not name.isprintable():
            errors.append(fault(f"/parts/{at}/name", "name", f"A name of 1 to {NAME} printable characters."))
        elif name.casefold() in names:
            errors.append(fault(f"/parts/{at}/name", "twice", f"{name} stands twice."))
        names.add(name.casefold())
        if not _is_rate(part.rate):
            errors.append(fault(f"/parts/{at}/rate", "range", "Per cent from 0 to below 1000, four places."))
    return errors


def _is_rate(rate: Decimal) -> bool:
    return rate.is_finite() and 0 <= rate < TOP_RATE and rate == rate.quantize(PLACES)


def _same() -> Conflict:
    return conflict("/name", "taken", "There is a tax class of this name already.")
