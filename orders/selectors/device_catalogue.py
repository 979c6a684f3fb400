"""The catalogue of a device: all of it once, page by page, and then what changed since, by the numbered events."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from core.actors import SYSTEM, Actor
from core.locations.selectors import active_location
from core.outbox.models import Event, Stream
from core.outbox.selectors import Reset, Slice, events_after
from inventory.permissions import VIEW_STOCK
from inventory.selectors.device_changes import TOLD, named_by, variants_of
from inventory.selectors.device_goods import Place, for_sale_anywhere, goods
from orders.permissions import SELL
from orders.selectors.device_tables import Table, tables_for

EVERYTHING_IS_NEW = ("import.finished",)
"""Events after which goods are there that no event names."""
MOST_EVENTS = 1_000
MOST_CHANGED = 5_000
"""Articles that one answer tells anew; more than that are read as a whole."""
MOST_BEHIND = 20_000
"""Events about goods that a device is told; with more behind, all of it is read sooner."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """What the first page says: where in the stream the catalogue is true for (at least), and how long it will be."""

    epoch: UUID | None
    seq: int
    articles: int
    tables: Mapping[str, Table]


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What is different since a number of the stream.

    ``products``: all that a device keeps of these is replaced by ``articles``; ``gone``: variants that are not sold
    any more. ``tables`` are those whose marks differ; they come with the last part.
    """

    epoch: UUID | None
    seq: int
    at: datetime
    articles: list[dict[str, Any]]
    products: list[UUID]
    gone: list[UUID]
    tables: Mapping[str, Table]
    has_more: bool


def place_of(location_id: UUID, *, actor: Actor) -> Place:
    """A location whose catalogue the actor may keep: who sells or sees stock there. Raises `Forbidden`, `NotFound`."""
    if not actor.may(SELL, at=location_id):
        actor.require(VIEW_STOCK, at=location_id)
    active_location(location_id)
    return Place(location_id=location_id, shows_stock=actor.may(VIEW_STOCK, at=location_id))


def beginning(place: Place, *, actor: Actor) -> Beginning:
    """What is said before the first page is read, so that what changes while the pages are read is told afterwards."""
    stream = Stream.objects.filter(pk=1).first()
    return Beginning(
        epoch=stream.epoch if stream else None,
        seq=stream.head if stream else 0,
        articles=for_sale_anywhere().count(),
        tables=tables_for(actor, place.location_id),
    )


def changes_since(
    after: int, place: Place, *, actor: Actor, epoch: UUID | None = None, marks: Mapping[str, str] | None = None
) -> Changes:
    """What a device that is at ``after`` must do to be where the shop is (or, with ``has_more``, nearer to it).

    ``marks`` names the tables it has. What is told is as it is now, so it may be newer than ``seq``: the event that
    says so follows and changes nothing.

    Raises:
        Reset: the place in the stream is not known (any more), or too much is different: read all of it.
    """
    at = datetime.now(UTC)
    slice_, ids, products = _named(after, place, epoch)
    told = goods(ids, place)
    sold = {UUID(row["id"]) for row in told}
    tables = {} if slice_.has_more else tables_for(actor, place.location_id)
    has = marks or {}
    return Changes(
        epoch=slice_.epoch,
        seq=slice_.next_after,
        at=at,
        articles=told,
        products=sorted(products),
        gone=sorted(ids - sold),
        tables={name: table for name, table in tables.items() if has.get(name) != table.mark},
        has_more=slice_.has_more,
    )


def _named(after: int, place: Place, epoch: UUID | None) -> tuple[Slice, set[UUID], set[UUID]]:
    """A stretch of the stream and the goods it names: a shorter one where it would name too many."""
    limit = MOST_EVENTS
    while True:
        found = events_after(after, actor=SYSTEM, limit=limit, subscriptions=(*TOLD, *EVERYTHING_IS_NEW), epoch=epoch)
        is_new = any(event["type"] in EVERYTHING_IS_NEW for event in found.events)
        if is_new or (found.has_more and _is_far_behind(after)):
            raise _too_much(found)
        named = named_by(found.events, location_id=place.location_id)
        ids = variants_of(named)
        if len(ids) <= MOST_CHANGED:
            return found, ids, named.products
        if limit == 1:
            raise _too_much(found)
        limit = max(1, len(found.events) // 4)


def _is_far_behind(after: int) -> bool:
    behind = Event.objects.filter(seq__gt=after, type__in=TOLD).order_by("seq")
    return behind[: MOST_BEHIND + 1].count() > MOST_BEHIND


def _too_much(found: Slice) -> Reset:
    return Reset(
        "So much has changed that all of it is read anew.",
        details={"epoch": str(found.epoch) if found.epoch else None, "head": found.head, "because": "much"},
    )
