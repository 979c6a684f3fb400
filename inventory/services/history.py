"""Book movements of long ago, many at once: the ledger's laws in one statement instead of one call per document.

Like `inventory.services.ledger` it keeps: level = sum of movements, versions 1, 2, 3 … without gaps per variant and
location, one movement per cause, variant and location. Goods go at the average cost of today. What is booked are facts,
so nothing is refused and levels may go below zero; nobody can act on a shortage of last year, so it leaves no
`StockException` and no event per level. The caller tells one event for all of it.
"""

from dataclasses import dataclass

from django.db import connection, transaction

from core.actors import Actor

MAKE = """
    CREATE TEMPORARY TABLE stock_fact (
        variant_id uuid NOT NULL, location_id uuid NOT NULL, delta numeric(14,3) NOT NULL, kind text NOT NULL,
        reference_type text NOT NULL, reference_id uuid NOT NULL, occurred_at timestamptz NOT NULL
    )
"""
DROP = "DROP TABLE IF EXISTS pg_temp.stock_fact"

ADD_LEVELS = """
    INSERT INTO inventory_stocklevel (variant_id, location_id, on_hand, reserved, version)
    SELECT DISTINCT variant_id, location_id, 0, 0, 0 FROM pg_temp.stock_fact ORDER BY 1, 2
    ON CONFLICT DO NOTHING
"""
LOCK = """
    SELECT count(*) FROM (
        SELECT 1 FROM inventory_stocklevel AS level
        WHERE (level.variant_id, level.location_id) IN (SELECT variant_id, location_id FROM pg_temp.stock_fact)
        ORDER BY level.variant_id, level.location_id
        FOR NO KEY UPDATE OF level
    ) AS locked
"""
BOOK = """
    WITH booked AS (
        INSERT INTO inventory_stockmovement
            (variant_id, location_id, delta, unit_cost, balance, version, kind, reference_type, reference_id, reason,
             actor_kind, actor_id, occurred_at, recorded_at)
        SELECT fact.variant_id, fact.location_id, fact.delta, level.average_cost,
               level.on_hand + sum(fact.delta) OVER earlier, level.version + row_number() OVER earlier,
               fact.kind, fact.reference_type, fact.reference_id, %(reason)s,
               %(actor_kind)s, %(actor_id)s, fact.occurred_at, now()
        FROM pg_temp.stock_fact AS fact JOIN inventory_stocklevel AS level USING (variant_id, location_id)
        WINDOW earlier AS (
            PARTITION BY fact.variant_id, fact.location_id ORDER BY fact.occurred_at, fact.reference_id
            ROWS UNBOUNDED PRECEDING
        )
        RETURNING variant_id, location_id, delta
    ), changed AS (
        SELECT variant_id, location_id, sum(delta) AS delta, count(*) AS movements FROM booked GROUP BY 1, 2
    ), moved AS (
        UPDATE inventory_stocklevel AS level
        SET on_hand = level.on_hand + changed.delta, version = level.version + changed.movements
        FROM changed
        WHERE (level.variant_id, level.location_id) = (changed.variant_id, changed.location_id)
        RETURNING level.on_hand, changed.movements
    )
    SELECT coalesce(sum(movements), 0)::bigint, count(*), count(*) FILTER (WHERE on_hand < 0) FROM moved
"""


@dataclass(frozen=True, slots=True)
class Booked:
    """How many movements were booked, on how many levels, and how many of these are below zero now."""

    movements: int
    levels: int
    below_zero: int


def make_fact_table() -> None:
    """Make the empty temporary table ``pg_temp.stock_fact``: the caller fills it, `book_facts` empties it.

    ``delta`` is signed, and there is at most one row per reference, kind, variant and location.
    """
    with connection.cursor() as cursor:
        cursor.execute(DROP)
        cursor.execute(MAKE)


@transaction.atomic
def book_facts(*, actor: Actor, reason: str = "") -> Booked:
    """Book everything in ``pg_temp.stock_fact`` in the order of its time, then drop that table.

    Locks the levels in the ledger's order and holds them to the end of the transaction: call it last. A fact that was
    booked before is an ``IntegrityError``, so callers make their documents unique first.
    """
    values = {"reason": reason[:200], "actor_kind": actor.kind, "actor_id": actor.id}
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE pg_temp.stock_fact")
        cursor.execute(ADD_LEVELS)
        cursor.execute(LOCK)
        cursor.execute(BOOK, values)
        booked = Booked(*cursor.fetchone())
        cursor.execute(DROP)
    return booked
