"""Read the stock at full depth: what is set aside, how it got there, what it was worth."""

from datetime import UTC, datetime
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from core.actors import Actor
from core.errors import NotFound
from inventory.models import StockDocument, StockLevel, StockMovement, StockReservation
from inventory.permissions import VIEW_STOCK
from inventory.selectors import stock_levels
from inventory.selectors.blind import without_blind

MOST_WORDS = 6


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


def levels_like(*, actor: Actor, location_id: UUID | None = None, words: str = "") -> QuerySet[StockLevel]:
    """The levels the actor may see, with ``sku`` on each row, also of what is not for sale any more.

    Every word must stand in the name of the product or begin the SKU.
    """
    rows = stock_levels(places=actor.places(VIEW_STOCK)).annotate(sku=F("variant__sku"))
    rows = without_blind(rows, actor=actor)
    if location_id is not None:
        rows = rows.filter(location=location_id)
    for word in words.split()[:MOST_WORDS]:
        rows = rows.filter(Q(variant__product__name__icontains=word) | Q(variant__sku__istartswith=word))
    return rows


def kept_by(rows: QuerySet[StockLevel], instant: datetime) -> QuerySet[StockLevel]:
    """Those levels of which something had moved by then: what was sold out belongs to it, what came later does not."""
    moved = StockMovement.objects.filter(
        variant=OuterRef("variant"), location=OuterRef("location"), occurred_at__lte=instant
    )
    return rows.filter(Exists(moved))
