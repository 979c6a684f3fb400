"""Read the stock at full depth: what is set aside, how it got there, what it was worth."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import QuerySet, Sum

from core.errors import NotFound
from inventory.models import StockDocument, StockLevel, StockMovement, StockReservation


def reservations(*, places: frozenset[UUID] | None, live_only: bool = False) -> QuerySet[StockReservation]:
    """Goods set aside at the given locations (None: all); ``live_only``: those that still hold."""
    rows = StockReservation.objects.select_related("variant__product", "location")
    if places is not None:
        rows = rows.filter(location_id__in=places)
    if live_only:
        rows = rows.filter(state=StockReservation.State.LIVE, expires_at__gt=datetime.now(UTC))
    return rows


def find_reservation(reservation_id: UUID, *, places: frozenset[UUID] | None) -> StockReservation:
    """A reservation. Raises `NotFound`."""
    row = reservations(places=places).filter(pk=reservation_id).first()
    if row is None:
        raise NotFound("There is no such reservation.")
    return row


def find_level(variant_id: UUID, location_id: UUID, *, places: frozenset[UUID] | None) -> StockLevel:
    """The stock of a variant at a location. Raises `NotFound`, also where nothing was ever kept of it."""
    rows = StockLevel.objects.select_related("variant__product", "location")
    row = rows.filter(variant=variant_id, location=location_id).first()
    if row is None or (places is not None and location_id not in places):
        raise NotFound("Nothing is kept of this here.")
    return row


def history_of(
    variant_id: UUID,
    location_id: UUID,
    *,
    kind: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
) -> QuerySet[StockMovement]:
    """Every movement of a variant at a location, for ``-version``; ``since`` and ``until`` are of when it happened."""
    rows = StockMovement.objects.filter(variant=variant_id, location=location_id)
    rows = rows.prefetch_related("lots__lot", "serials__serial")
    if kind:
        rows = rows.filter(kind=kind)
    if since is not None:
        rows = rows.filter(occurred_at__gte=since)
    return rows if until is None else rows.filter(occurred_at__lt=until)


def find_document(document_id: UUID, *, places: frozenset[UUID] | None) -> StockDocument:
    """A stock document at one of the locations (None: any). Raises `NotFound`."""
    rows = StockDocument.objects.select_related("location").filter(pk=document_id)
    row = (rows if places is None else rows.filter(location__in=places)).first()
    if row is None:
        raise NotFound("There is no such stock document.")
    return row


def levels_then(levels: Sequence[StockLevel], instant: datetime) -> Mapping[tuple[UUID, UUID], dict[str, Decimal]]:
    """What some levels were at an instant: their present less what moved since, by the index of each level."""
    if not levels:
        return {}
    rows = StockMovement.objects.filter(
        variant__in={level.variant_id for level in levels},
        location__in={level.location_id for level in levels},
        occurred_at__gt=instant,
    ).values("variant_id", "location_id")
    states = ("on_hand", "damaged", "in_transit")
    moved = {
        (row["variant_id"], row["location_id"]): row
        for row in rows.annotate(on_hand=Sum("delta"), damaged_=Sum("damaged"), in_transit_=Sum("in_transit"))
    }
    then = {}
    for level in levels:
        key = (level.variant_id, level.location_id)
        since: Mapping[str, Any] = moved.get(key, {})
        gone = (since.get("on_hand"), since.get("damaged_"), since.get("in_transit_"))
        then[key] = {
            name: getattr(level, name) - (units or Decimal(0)) for name, units in zip(states, gone, strict=True)
        }
    return then
