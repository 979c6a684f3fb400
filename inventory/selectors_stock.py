"""Read the stock at full depth: what is set aside, how it got there, what it was worth."""

from datetime import UTC, datetime
from uuid import UUID

from django.db.models import QuerySet

from core.errors import NotFound
from inventory.models import StockLevel, StockReservation


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
