"""The part of the ledger that changes what goods are worth and moves none: costs that became known late."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import connection

from core.actors import Actor

REVALUE = """
    WITH wanted AS (
        SELECT * FROM unnest(%(variants)s::uuid[], %(amounts)s::numeric[], %(units)s::numeric[])
            AS t (variant_id, amount, units)
    ), held AS MATERIALIZED (
        SELECT level.variant_id, level.average_cost, wanted.amount, wanted.units,
               level.on_hand + level.damaged + level.in_transit AS there
        FROM inventory_stocklevel AS level JOIN wanted USING (variant_id)
        WHERE level.location_id = %(location)s
        ORDER BY level.variant_id, level.location_id
        FOR NO KEY UPDATE OF level
    ), costed AS (
        SELECT held.*, coalesce(held.average_cost, variant.unit_cost, 0) AS before,
               coalesce(held.average_cost, 0) AS valued
        FROM held JOIN inventory_variant AS variant ON variant.id = held.variant_id
    ), priced AS (
        SELECT costed.*, CASE WHEN there > 0 THEN
            greatest(round(before + amount * least(there, units) / (units * there), 4), 0) END AS after
        FROM costed
    ), raised AS (
        UPDATE inventory_stocklevel AS level
        SET average_cost = coalesce(priced.after, level.average_cost), version = level.version + 1
        FROM priced WHERE level.variant_id = priced.variant_id AND level.location_id = %(location)s
        RETURNING level.variant_id, level.location_id, level.on_hand, level.version, priced.there, priced.before,
                  coalesce(priced.after, priced.before) AS after,
                  coalesce(priced.there * (priced.after - priced.valued), 0) AS revaluation
    ), booked AS (
        INSERT INTO inventory_stockmovement
            (variant_id, location_id, delta, balance, unit_cost, revaluation, version, kind, reference_type,
             reference_id, reason, actor_kind, actor_id, occurred_at, recorded_at)
        SELECT variant_id, location_id, 0, on_hand, after, revaluation, version, 'cost', %(reference_type)s,
               %(reference_id)s, %(reason)s, %(actor_kind)s, %(actor_id)s, %(occurred_at)s, now()
        FROM raised
    )
    SELECT variant_id, greatest(there, 0), before, after, revaluation, version FROM raised ORDER BY variant_id
"""


@dataclass(frozen=True, slots=True)
class Revalued:
    """A level whose goods turned out to cost more (or less): ``units`` still held, each at ``after`` from now on."""

    variant_id: UUID
    units: Decimal
    before: Decimal
    after: Decimal
    revaluation: Decimal
    version: int

    @property
    def value(self) -> Decimal:
        """What the goods still held gained by it."""
        return self.units * (self.after - self.before)


def revalue(
    costs: Mapping[UUID, tuple[Decimal, Decimal]],
    *,
    location_id: UUID,
    reference_type: str,
    reference_id: UUID,
    actor: Actor,
    occurred_at: datetime,
    reason: str = "",
) -> list[Revalued]:
    """Book costs that became known late: an amount per variant, and for how many units received it is.

    The part for the units still held raises their average (never below zero); what of the amount is not in ``value``
    is an expense of the caller's document. Call it in the document's transaction, after its row.
    """
    keys = sorted(costs)
    with connection.cursor() as cursor:
        cursor.execute(
            REVALUE,
            {
                "variants": keys,
                "amounts": [costs[key][0] for key in keys],
                "units": [costs[key][1] for key in keys],
                "location": location_id,
                "reference_type": reference_type,
                "reference_id": reference_id,
                "reason": reason[:200],
                "actor_kind": actor.kind,
                "actor_id": actor.id,
                "occurred_at": occurred_at,
            },
        )
        return [Revalued(*row) for row in cursor.fetchall()]
