"""What a blind stocktake hides: the record of what is being counted, from those who do not approve counts there.

What is for sale stays for sale; lists, histories and files of the stock room, the hints of a till and what a scan says
of a piece leave it out until the count is booked or given up.
"""

from collections.abc import Collection
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet

from core.actors import Actor
from core.locations.models import Location
from inventory.models import Count
from inventory.permissions import APPROVE_COUNTS
from inventory.selectors.counts import in_scope

M = TypeVar("M", bound=Model)
RUNNING = (Count.State.OPEN, Count.State.REVIEW)


def blind_counts(*, actor: Actor) -> list[Count]:
    """The running blind stocktakes whose record this actor must not see: no query for who approves everywhere."""
    if actor.may(APPROVE_COUNTS) and actor.places(APPROVE_COUNTS) is None:
        return []
    rows = Count.objects.filter(is_blind=True, state__in=RUNNING)
    return [count for count in rows if not actor.may(APPROVE_COUNTS, at=count.location_id)]


def without_blind(rows: QuerySet[M], *, actor: Actor, prefix: str = "") -> QuerySet[M]:
    """Rows with a variant and a location, without those whose record is being counted blind.

    ``prefix`` is the way to these fields (``movement__``).
    """
    for count in blind_counts(actor=actor):
        told: dict[str, Any] = {f"{prefix}location": count.location_id}
        if count.scope:
            told[f"{prefix}variant__in"] = in_scope(count).values("pk")
        rows = rows.exclude(Q(**told))
    return rows


def hidden_variants(*, actor: Actor, location_id: UUID | None = None) -> QuerySet[Any] | None:
    """The variants that are being counted blind at a location (None: at any); None where there are none."""
    found: QuerySet[Any] | None = None
    for count in blind_counts(actor=actor):
        if location_id in (None, count.location_id):
            scope = in_scope(count).order_by().values("pk")
            found = scope if found is None else found.union(scope)
    return found


def hidden_among(ids: Collection[UUID], location_id: UUID, *, actor: Actor) -> set[UUID]:
    """Those of some variants whose record is being counted blind at a location; one query where nothing is."""
    found: set[UUID] = set()
    for count in blind_counts(actor=actor):
        if count.location_id == location_id:
            found.update(in_scope(count).filter(pk__in=ids).values_list("pk", flat=True))
    return found


def is_hidden(variant_id: UUID, location_id: UUID, *, actor: Actor) -> bool:
    """Whether the record of this one is being counted blind."""
    return variant_id in hidden_among([variant_id], location_id, actor=actor)


def hidden_places(variant_id: UUID, *, actor: Actor) -> list[UUID]:
    """The locations where the record of this variant is being counted blind."""
    counts = blind_counts(actor=actor)
    return [count.location_id for count in counts if in_scope(count).filter(pk=variant_id).exists()]


def places_told(places: frozenset[UUID] | None, *, actor: Actor) -> frozenset[UUID] | None:
    """Of these locations (None: all) those of which a sum may be told: not where anything is being counted blind."""
    hidden = {count.location_id for count in blind_counts(actor=actor)}
    if not hidden:
        return places
    return (frozenset(Location.objects.values_list("pk", flat=True)) if places is None else places) - hidden
