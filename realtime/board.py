"""What the board shows to somebody: each part only with the permission for it, from the places it holds for."""

from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Coalesce

from core.actors import Actor
from core.locations.models import Location
from core.locations.selectors import business_today
from core.people.permissions import VIEW_EVENTS
from inventory.models import Product, StockException, StockLevel
from inventory.permissions import MANAGE_PRODUCTS, VIEW_STOCK
from inventory.selectors.alerts import alerts_by_kind
from orders.models import Order
from orders.permissions import IMPORT_HISTORY, SELL, VIEW_ORDERS
from orders.selectors.board import Hour, Today, has_sold, last_hours, last_sales, today
from realtime.chart import Chart, chart_of
from realtime.sockets.past import read_past
from realtime.sockets.presence import count_screens

Places = frozenset[UUID] | None
SHORT_ROWS = 8
PARTS = (VIEW_ORDERS, VIEW_STOCK, SELL, IMPORT_HISTORY, MANAGE_PRODUCTS, VIEW_EVENTS)


@dataclass(frozen=True, slots=True)
class Sales:
    """The sales part: figures of today, the last documents, 24 hours."""

    today: Today
    last: list[Order]
    hours: list[Hour]
    chart: Chart


@dataclass(frozen=True, slots=True)
class Stock:
    """The stock part: what runs out, worst first, and what a person must look at."""

    rows: list[StockLevel]
    out: int
    low: int
    exceptions: int
    alerts: list[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Board:
    """Everything on the board. ``seq`` was read first, so what is shown is never older than it says."""

    epoch: UUID
    seq: int
    day: date
    sales: Sales | None
    stock: Stock | None
    screens: int
    has_products: bool
    has_sold: bool
    has_places: bool
    may_sell: bool
    may_import: bool
    may_add_products: bool
    may_see_stream: bool

    @property
    def is_new(self) -> bool:
        """Nothing was ever sold: the board helps to begin."""
        return not self.has_sold


def board_key(actor: Actor) -> str:
    """The same text for everybody who would be shown the same board now, another one after every event.

    The stream's head is in it and is read before the board is, so what is kept under it is never older than it says.
    """
    stream = read_past(most=0)
    parts = [f"{code}={_places_text(actor, code)}" for code in PARTS if actor.may(code)]
    return f"board:{stream.epoch}:{stream.head}:{sha256('|'.join(parts).encode()).hexdigest()[:32]}"


def _places_text(actor: Actor, code: str) -> str:
    places = actor.places(code)
    return "*" if places is None else ",".join(sorted(map(str, places)))


def board_for(actor: Actor) -> Board:
    """The board as this actor may see it."""
    stream = read_past(most=0)
    sold = has_sold()
    return Board(
        epoch=stream.epoch,
        seq=stream.head,
        day=business_today(),
        sales=_sales(actor.places(VIEW_ORDERS)) if actor.may(VIEW_ORDERS) else None,
        stock=_stock(actor.places(VIEW_STOCK), alerts_by_kind(actor=actor)) if actor.may(VIEW_STOCK) else None,
        screens=count_screens(),
        has_products=sold or Product.objects.exists(),
        has_sold=sold,
        has_places=Location.objects.filter(is_active=True).count() > 1,
        may_sell=actor.may(SELL),
        may_import=actor.may(IMPORT_HISTORY),
        may_add_products=actor.may(MANAGE_PRODUCTS),
        may_see_stream=actor.may(VIEW_EVENTS),
    )


def _sales(places: Places) -> Sales:
    hours = last_hours(places)
    return Sales(today(places), list(last_sales(places)), hours, chart_of(hours))


def _stock(places: Places, alerts: list[tuple[str, int]]) -> Stock:
    levels = StockLevel.objects.filter(
        variant__is_stocked=True, variant__is_active=True, variant__product__is_active=True
    )
    exceptions = StockException.objects.filter(resolved_at=None)
    if places is not None:
        levels, exceptions = levels.filter(location_id__in=places), exceptions.filter(location_id__in=places)
    out = Q(on_hand__lte=0, version__gt=0)
    low = Q(on_hand__gt=0, on_hand__lte=Coalesce("low_at", "cover_at"))
    rows = _worst_first(levels.filter(out | low))
    counts = levels.aggregate(out=Count("variant_id", filter=out), low=Count("variant_id", filter=low))
    return Stock(
        rows=list(rows[:SHORT_ROWS]),
        out=counts["out"],
        low=counts["low"],
        exceptions=exceptions.count(),
        alerts=alerts,
    )


def _worst_first(levels: QuerySet[StockLevel]) -> QuerySet[StockLevel]:
    return levels.select_related("variant__product", "location").order_by("on_hand", "variant__sku", "location__code")
