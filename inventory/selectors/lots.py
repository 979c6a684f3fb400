"""Read lots and pieces: where they are, when they expire, where each of them came from and went."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Case, DateField, Exists, F, OuterRef, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce

from core.actors import Actor
from core.errors import Forbidden, NotFound
from core.locations.selectors import business_today
from inventory.models import Lot, LotLevel, MovementLot, MovementSerial, NamedGoods, Serial
from inventory.permissions import VIEW_STOCK
from inventory.selectors.blind import hidden_places, hidden_variants

LAST = date(9999, 12, 31)


def lots(
    *, places: frozenset[UUID] | None, held_only: bool = True, expires_by: date | None = None, words: str = ""
) -> QuerySet[Lot]:
    """Lots with ``on_hand`` at the given locations (None: all) and ``ends``, for ``("ends", "id")``.

    ``held_only``: those of which there is something, or less than nothing; ``words``: a SKU, or a part of the code.
    """
    levels = LotLevel.objects.all() if places is None else LotLevel.objects.filter(location_id__in=places)
    rows = Lot.objects.select_related("variant__product")
    held = levels.exclude(on_hand=0).values("lot")
    if held_only:
        rows = rows.filter(pk__in=held)
    if expires_by is not None:
        rows = rows.filter(expires_on__lte=expires_by)
    if words := words.strip():
        rows = rows.filter(code__icontains=words) | rows.filter(variant__sku__iexact=words)
    here = Case(When(levels__in=levels, then=F("levels__on_hand")), default=Value(Decimal(0)))
    return rows.annotate(
        on_hand=Coalesce(Sum(here), Value(Decimal(0))),
        ends=Coalesce("expires_on", Value(LAST), output_field=DateField()),
    )


def to_mark_down(*, actor: Actor, days: int) -> QuerySet[Lot]:
    """Lots on hand at the actor's locations that expire within so many days and may still be sold."""
    today = business_today()
    rows: QuerySet[Any] = lots(places=actor.places(VIEW_STOCK), expires_by=today + timedelta(days=days))
    rows = rows.filter(expires_on__gte=today, state=Lot.State.OPEN, on_hand__gt=0)
    hidden = hidden_variants(actor=actor)
    return rows if hidden is None else rows.exclude(variant__in=hidden)


def find_lot(lot_id: UUID) -> Lot:
    """A lot. Raises `NotFound`."""
    lot = Lot.objects.select_related("variant__product").filter(pk=lot_id).first()
    if lot is None:
        raise NotFound("There is no such lot.")
    return lot


def lot_levels(lot: Lot, *, actor: Actor) -> list[LotLevel]:
    """Where the lot lies, at the actor's locations, without those where it is being counted blind."""
    places, hidden = actor.places(VIEW_STOCK), hidden_places(lot.variant_id, actor=actor)
    rows = LotLevel.objects.filter(lot=lot).exclude(on_hand=0).exclude(location__in=hidden).select_related("location")
    return list((rows if places is None else rows.filter(location_id__in=places)).order_by("location__code"))


def way_of_lot(lot: Lot, *, actor: Actor) -> QuerySet[MovementLot]:
    """Every movement of the lot at the actor's locations, for ``-id``: its receipts and whom it went to.

    Without those of a location where it is being counted blind.
    """
    places, hidden = actor.places(VIEW_STOCK), hidden_places(lot.variant_id, actor=actor)
    rows = MovementLot.objects.filter(lot=lot).exclude(movement__location__in=hidden)
    rows = rows.select_related("movement__location")
    return rows if places is None else rows.filter(movement__location_id__in=places)


def serials(*, actor: Actor, words: str = "", state: str = "", is_free: bool = False) -> QuerySet[Serial]:
    """Pieces for ``("number", "id")``, also those that are nowhere; ``words`` begin a number, or are a SKU.

    ``is_free``: without those that a document waits for.

    Without articles that are being counted blind: which pieces are missing from the list would tell as well.
    """
    places, hidden = actor.places(VIEW_STOCK), hidden_variants(actor=actor)
    rows = Serial.objects.select_related("variant__product", "location")
    if hidden is not None:
        rows = rows.exclude(variant__in=hidden)
    if places is not None:
        rows = rows.filter(location_id__in=places) | rows.filter(location__isnull=True)
    if state:
        rows = rows.filter(state=state)
    if is_free:
        rows = rows.exclude(Exists(NamedGoods.objects.filter(serial=OuterRef("pk"))))
    if words := words.strip():
        rows = rows.filter(number__istartswith=words) | rows.filter(variant__sku__iexact=words)
    return rows


def find_serial(serial_id: UUID, *, actor: Actor) -> Serial:
    """A piece. Raises `NotFound`, and `Forbidden` while its article is being counted blind."""
    row = Serial.objects.select_related("variant__product", "location").filter(pk=serial_id).first()
    if row is None:
        raise NotFound("There is no such piece.")
    if hidden_places(row.variant_id, actor=actor):
        raise Forbidden("This is being counted blind. Its pieces are shown again when the count is booked.")
    return row


def way_of_serial(serial: Serial, *, places: frozenset[UUID] | None) -> list[MovementSerial]:
    """Every movement of the piece at the given locations (None: all), the latest first."""
    rows = MovementSerial.objects.filter(serial=serial).select_related("movement__location").order_by("-id")
    return list(rows if places is None else rows.filter(movement__location_id__in=places))
