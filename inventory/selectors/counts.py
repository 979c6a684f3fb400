"""Read stocktakes: what is to be counted, what was counted, and what the record says was there at that moment."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F, Max, OuterRef, Q, QuerySet, Subquery, Sum

from core.actors import Actor
from core.errors import NotFound
from inventory.models import Category, Count, CountEntry, CountLine, StockLevel, Variant
from inventory.permissions import APPROVE_COUNTS, COUNT_STOCK

SCOPES = ("categories", "brands", "variants")

# A booked count holds from the moment its article was counted, not from the moment somebody approved it.
AS_OF = """
    SELECT wanted.variant_id, coalesce(sum(movement.delta), 0)
    FROM unnest(%(variants)s::uuid[], %(instants)s::timestamptz[]) AS wanted (variant_id, instant)
    LEFT JOIN (
        inventory_stockmovement AS movement
        LEFT JOIN inventory_countline AS line
          ON movement.reference_type = 'count' AND line.count_id = movement.reference_id
         AND line.variant_id = movement.variant_id
    ) ON movement.variant_id = wanted.variant_id AND movement.location_id = %(location)s
     AND coalesce(line.counted_at, movement.occurred_at) <= wanted.instant
    GROUP BY wanted.variant_id
"""


def on_hand_as_of(instants: Mapping[UUID, datetime], *, location_id: UUID) -> dict[UUID, Decimal]:
    """What the ledger says of each variant at a moment of its own, at one location. One query."""
    with connection.cursor() as cursor:
        cursor.execute(
            AS_OF, {"variants": list(instants), "instants": list(instants.values()), "location": location_id}
        )
        return dict(cursor.fetchall())


def counts(*, actor: Actor) -> QuerySet[Count]:
    """Stocktakes at the locations where the actor counts."""
    rows = Count.objects.select_related("location")
    places = actor.places(COUNT_STOCK)
    return rows if places is None else rows.filter(location__in=places)


def find_count(count_id: UUID, *, actor: Actor) -> Count:
    """One stocktake. Raises `NotFound`, also where the actor does not count."""
    count = counts(actor=actor).filter(pk=count_id).first()
    if count is None:
        raise NotFound("There is no such stocktake.")
    return count


def may_see_expected(count: Count, *, actor: Actor) -> bool:
    """Whether this actor may know what the record says: whoever approves, and everybody where it is not blind."""
    return not count.is_blind or actor.may(APPROVE_COUNTS, at=count.location_id)


def in_scope(count: Count) -> QuerySet[Variant]:
    """The variants that are to be counted. A category means those below it too."""
    rows = Variant.objects.filter(is_stocked=True)
    wanted = {name: count.scope[name] for name in SCOPES if count.scope.get(name)}
    if not wanted:
        return rows
    either = Q(pk__in=wanted.get("variants", []))
    if "categories" in wanted:
        either |= Q(product__category__in=_with_those_below(wanted["categories"]))
    if "brands" in wanted:
        either |= Q(product__brand__in=wanted["brands"])
    return rows.filter(either)


def _with_those_below(categories: Collection[str]) -> set[UUID]:
    children: dict[UUID | None, list[UUID]] = {}
    for pk, parent in Category.objects.values_list("pk", "parent_id"):
        children.setdefault(parent, []).append(pk)
    found: set[UUID] = set()
    todo = [UUID(str(pk)) for pk in categories]
    while todo:
        pk = todo.pop()
        if pk not in found:
            found.add(pk)
            todo += children.get(pk, [])
    return found


@dataclass(frozen=True, slots=True)
class Seen:
    """What people counted of a variant: the sum of the newest round it was counted in, and when the last of it was."""

    quantity: Decimal
    counted_at: datetime
    round: int


def seen_in(count: Count) -> dict[UUID, Seen]:
    """What was counted of each variant. Entries that were taken back do not count."""
    live = CountEntry.objects.filter(count=count, taken_back_at__isnull=True)
    newest = live.filter(variant=OuterRef("variant")).order_by("-round").values("round")[:1]
    rows = live.annotate(newest=Subquery(newest)).filter(round=F("newest")).values("variant_id", "round").order_by()
    found = rows.annotate(sum=Sum("quantity"), last=Max("counted_at"))
    return {row["variant_id"]: Seen(row["sum"], row["last"], row["round"]) for row in found}


def uncounted(count: Count, *, seen: Collection[UUID]) -> list[UUID]:
    """Variants in the scope that the record says are here, and nobody has counted."""
    rows = StockLevel.objects.filter(location=count.location_id, variant__in=in_scope(count)).exclude(on_hand=0)
    return list(rows.exclude(variant__in=seen).order_by("variant_id").values_list("variant_id", flat=True))


@dataclass(frozen=True, slots=True)
class Variance:
    """One line of a stocktake with what it differs by, in units and in money."""

    line: CountLine
    units: Decimal
    value: Decimal | None


def variances(count: Count, *, only_different: bool = False) -> list[Variance]:
    """The lines of a count under review or booked, the dearest difference first."""
    rows = count.lines.select_related("variant__product")
    found = [_variance(row) for row in rows]
    if only_different:
        found = [row for row in found if row.units]
    return sorted(found, key=lambda row: (-abs(row.value or Decimal(0)), -abs(row.units), row.line.variant.sku))


def _variance(line: CountLine) -> Variance:
    units = line.counted - line.expected
    return Variance(line, units, None if line.unit_cost is None else units * line.unit_cost)


def own_entries(count: Count, *, actor: Actor, most: int = 50) -> list[CountEntry]:
    """What the actor has entered, newest first."""
    rows = CountEntry.objects.filter(count=count, created_by_id=actor.id).select_related("variant__product")
    return list(rows.order_by("-recorded_at", "-pk")[:most])


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a stocktake is."""

    entries: int
    articles: int
    to_count: int


def progress_of(count: Count) -> Progress:
    """Entries, articles counted, and how many of the scope have stock here."""
    live: Any = CountEntry.objects.filter(count=count, taken_back_at__isnull=True)
    there = StockLevel.objects.filter(location=count.location_id, variant__in=in_scope(count)).exclude(on_hand=0)
    return Progress(live.count(), live.values("variant").distinct().count(), there.count())
