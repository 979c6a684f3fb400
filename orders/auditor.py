"""The auditor: what must hold of a shop's books, as SQL that lists every row breaking it. It repairs nothing."""

from dataclasses import dataclass

from django.db import connection

from orders.auditor_money import MONEY_CHECKS

CHECKS: dict[str, str] = {
    "a stock level is the sum of its movements": """
        SELECT level.variant_id, level.location_id, level.on_hand, coalesce(sum(movement.delta), 0)
        FROM inventory_stocklevel AS level
        LEFT JOIN inventory_stockmovement AS movement USING (variant_id, location_id)
        GROUP BY level.variant_id, level.location_id
        HAVING level.on_hand <> coalesce(sum(movement.delta), 0)
    """,
    "movements of a level are numbered 1, 2, 3 up to its version, with running balances": """
        SELECT variant_id, location_id, version, balance, sum_so_far, place FROM (
            SELECT variant_id, location_id, version, balance,
                   sum(delta) OVER steps AS sum_so_far, row_number() OVER steps AS place
            FROM inventory_stockmovement
            WINDOW steps AS (PARTITION BY variant_id, location_id ORDER BY version)
        ) AS ledger WHERE version <> place OR balance <> sum_so_far
        UNION ALL
        SELECT level.variant_id, level.location_id, level.version, level.on_hand, 0, count(movement.id)
        FROM inventory_stocklevel AS level
        LEFT JOIN inventory_stockmovement AS movement USING (variant_id, location_id)
        GROUP BY level.variant_id, level.location_id HAVING level.version <> count(movement.id)
    """,
    "damaged goods and goods on their way are the sum of their movements, and the value is units times average": """
        SELECT level.variant_id, level.location_id, level.damaged, level.in_transit, level.average_cost,
               sum(movement.damaged), sum(movement.in_transit)
        FROM inventory_stocklevel AS level
        JOIN inventory_stockmovement AS movement USING (variant_id, location_id)
        GROUP BY level.variant_id, level.location_id
        HAVING level.damaged <> sum(movement.damaged) OR level.in_transit <> sum(movement.in_transit)
            OR sum(movement.delta + movement.damaged + movement.in_transit) * coalesce(level.average_cost, 0)
               <> sum((movement.delta + movement.damaged + movement.in_transit) * coalesce(movement.unit_cost, 0)
                      + movement.revaluation)
    """,
    "a closing of the stock is the sum of the movements in it": """
        SELECT kept.closing_id, kept.variant_id, moved.variant_id, kept.on_hand, moved.on_hand, kept.value, moved.value
        FROM inventory_stockclosing AS closing
        CROSS JOIN LATERAL (
            SELECT variant_id, location_id, sum(delta) AS on_hand, sum(damaged) AS damaged,
                   sum(in_transit) AS in_transit,
                   sum((delta + damaged + in_transit) * coalesce(unit_cost, 0) + revaluation) AS value
            FROM inventory_stockmovement WHERE id <= closing.through AND occurred_at <= closing.at
            GROUP BY variant_id, location_id
        ) AS moved
        FULL JOIN inventory_stockclosingrow AS kept
          ON kept.closing_id = closing.id AND kept.variant_id = moved.variant_id
         AND kept.location_id = moved.location_id
        WHERE (kept.on_hand, kept.damaged, kept.in_transit, kept.value)
              IS DISTINCT FROM (moved.on_hand, moved.damaged, moved.in_transit, moved.value)
    """,
    "a document is the sum of its lines": """
        SELECT document.id, document.number, document.total, document.line_count, sum(line.total), count(line.id)
        FROM orders_order AS document LEFT JOIN orders_orderline AS line ON line.order_id = document.id
        GROUP BY document.id
        HAVING document.total <> coalesce(sum(line.total), 0) OR document.line_count <> count(line.id)
            OR document.subtotal <> coalesce(sum(line.net), 0) OR document.tax_total <> coalesce(sum(line.tax), 0)
    """,
    "the payments of a document come to its total, rounded to coins, and what was paid by mistake": """
        SELECT document.id, document.number, document.total, document.cash_rounding, document.payment_difference,
               coalesce(sum(payment.amount), 0)
        FROM orders_order AS document LEFT JOIN orders_payment AS payment ON payment.order_id = document.id
        WHERE NOT document.is_paid_elsewhere AND document.state = 'completed'
        GROUP BY document.id
        HAVING document.total + document.cash_rounding + document.payment_difference <> coalesce(sum(payment.amount), 0)
    """,
    "the discounts of a document are those of its lines": """
        SELECT document.id, document.number, document.discount_total, sum(line.discount)
        FROM orders_order AS document JOIN orders_orderline AS line ON line.order_id = document.id
        WHERE document.channel <> 'history'
        GROUP BY document.id HAVING document.discount_total <> sum(line.discount)
    """,
    "a coupon was used as often as its orders say": """
        SELECT coupon.id, coupon.code, coupon.used, count(coupon_use.id)
        FROM orders_coupon AS coupon
        LEFT JOIN orders_couponuse AS coupon_use
            ON coupon_use.coupon_id = coupon.id AND coupon_use.given_back_at IS NULL
        GROUP BY coupon.id HAVING coupon.used <> count(coupon_use.id)
    """,
    "what was voided, cancelled, parked or ended holds no money": """
        SELECT document.id, document.number, document.state, sum(payment.amount)
        FROM orders_order AS document JOIN orders_payment AS payment ON payment.order_id = document.id
        WHERE document.state IN ('voided', 'cancelled', 'parked', 'ended')
        GROUP BY document.id
        HAVING sum(payment.amount) <> 0 OR document.state NOT IN ('voided', 'cancelled')
    """,
    "no more came back of a line than was sold, and all of it for all of its money": """
        SELECT origin.id, origin.quantity, sum(line.quantity), origin.total, sum(line.total)
        FROM orders_orderline AS line JOIN orders_orderline AS origin ON origin.id = line.origin_id
        JOIN orders_order AS document ON document.id = line.order_id AND document.state <> 'voided'
        GROUP BY origin.id
        HAVING origin.quantity + sum(line.quantity) < 0 OR origin.total + sum(line.total) < 0
            OR (origin.quantity + sum(line.quantity) = 0 AND origin.total + sum(line.total) <> 0)
    """,
    "what an exchange sets off comes to nothing": """
        SELECT document.ticket, sum(payment.amount), count(DISTINCT document.id)
        FROM orders_payment AS payment JOIN orders_order AS document ON document.id = payment.order_id
        WHERE payment.method = 'exchange' AND document.source = ''
        GROUP BY document.ticket HAVING document.ticket IS NULL OR sum(payment.amount) <> 0
    """,
    "the stock that left is what the document's lines say": """
        SELECT coalesce(lines.order_id, moved.order_id), coalesce(lines.variant_id, moved.variant_id),
               lines.quantity, moved.quantity
        FROM (
            SELECT order_id, variant_id, sum(quantity) AS quantity FROM (
                SELECT line.order_id, line.variant_id, line.quantity
                FROM orders_orderline AS line JOIN orders_order AS document ON document.id = line.order_id
                WHERE line.is_stocked AND line.variant_id IS NOT NULL AND document.channel <> 'history'
                  AND document.state = 'completed' AND line.disposition NOT IN ('vendor', 'none')
                  AND NOT EXISTS (SELECT FROM orders_fulfilment AS parcel WHERE parcel.order_id = document.id)
                UNION ALL
                SELECT line.order_id, line.variant_id, part.quantity
                FROM orders_fulfilmentline AS part JOIN orders_orderline AS line ON line.id = part.line_id
                JOIN orders_fulfilment AS parcel ON parcel.id = part.fulfilment_id
                WHERE parcel.state IN ('shipped', 'done') AND line.is_stocked AND line.variant_id IS NOT NULL
            ) AS gone GROUP BY order_id, variant_id HAVING sum(quantity) <> 0
        ) AS lines
        FULL JOIN (
            SELECT document.id AS order_id, movement.variant_id, -sum(movement.delta + movement.damaged) AS quantity
            FROM inventory_stockmovement AS movement
            LEFT JOIN orders_fulfilment AS parcel
              ON movement.reference_type = 'fulfilment' AND parcel.id = movement.reference_id
            LEFT JOIN orders_orderchange AS change
              ON movement.reference_type IN ('order_change', 'change_undone') AND change.id = movement.reference_id
            JOIN orders_order AS document ON document.channel <> 'history' AND document.id = CASE
                movement.reference_type WHEN 'order' THEN movement.reference_id
                WHEN 'fulfilment' THEN parcel.order_id ELSE change.order_id END
            WHERE movement.reference_type IN ('order', 'fulfilment', 'order_change', 'change_undone')
              AND movement.kind IN ('sale', 'refund', 'void', 'edit', 'receipt', 'correction')
            GROUP BY document.id, movement.variant_id HAVING sum(movement.delta + movement.damaged) <> 0
        ) AS moved USING (order_id, variant_id)
        WHERE lines.quantity IS DISTINCT FROM moved.quantity
    """,
    "event numbers have no gap and none stands twice": """
        SELECT stream.kept_from, stream.head, count(event.seq), max(event.seq)
        FROM outbox_stream AS stream LEFT JOIN outbox_event AS event ON event.seq >= stream.kept_from
        GROUP BY stream.id
        HAVING count(event.seq) <> stream.head - stream.kept_from + 1 OR max(event.seq) > stream.head
    """,
    "what is on hand of a lot-tracked variant is the sum of its lots, and each lot is the sum of its movements": """
        SELECT level.variant_id, level.location_id, level.on_hand, sum(lots.on_hand), 'level'
        FROM inventory_stocklevel AS level
        JOIN inventory_variant AS variant ON variant.id = level.variant_id AND variant.tracking = 'lot'
        LEFT JOIN (
            SELECT lot.variant_id, lot_level.location_id, lot_level.on_hand
            FROM inventory_lotlevel AS lot_level JOIN inventory_lot AS lot ON lot.id = lot_level.lot_id
        ) AS lots USING (variant_id, location_id)
        GROUP BY level.variant_id, level.location_id, level.on_hand
        HAVING level.on_hand <> coalesce(sum(lots.on_hand), 0)
        UNION ALL
        SELECT lot_id, location_id, lot_level.on_hand, moved.delta, 'lot'
        FROM inventory_lotlevel AS lot_level
        FULL JOIN (
            SELECT part.lot_id, movement.location_id, sum(part.delta) AS delta
            FROM inventory_movementlot AS part
            JOIN inventory_stockmovement AS movement ON movement.id = part.movement_id
            GROUP BY part.lot_id, movement.location_id
        ) AS moved USING (lot_id, location_id)
        WHERE coalesce(lot_level.on_hand, 0) <> coalesce(moved.delta, 0)
    """,
    "a piece is what its last movement made of it": """
        SELECT serial.id, serial.number, serial.state, past.state
        FROM inventory_serial AS serial
        JOIN LATERAL (
            SELECT state FROM inventory_movementserial WHERE serial_id = serial.id ORDER BY id DESC LIMIT 1
        ) AS past ON past.state <> serial.state
    """,
    "what is reserved is the sum of the live reservations": """
        SELECT variant_id, location_id, level.reserved, live.quantity
        FROM inventory_stocklevel AS level
        FULL JOIN (
            SELECT variant_id, location_id, sum(quantity) AS quantity
            FROM inventory_stockreservation WHERE state = 'live' GROUP BY variant_id, location_id
        ) AS live USING (variant_id, location_id)
        WHERE coalesce(level.reserved, 0) <> coalesce(live.quantity, 0)
    """,
}
CHECKS |= MONEY_CHECKS
MOST_ROWS = 20


@dataclass(frozen=True, slots=True)
class Finding:
    """A law that does not hold, with the first rows that break it."""

    law: str
    rows: list[tuple[object, ...]]


def audit_books() -> list[Finding]:
    """Check every law in the shop at hand; an empty list means that the books are right."""
    findings = []
    with connection.cursor() as cursor:
        for law, statement in CHECKS.items():
            cursor.execute(statement)
            if rows := cursor.fetchmany(MOST_ROWS):
                findings.append(Finding(law, rows))
    return findings
