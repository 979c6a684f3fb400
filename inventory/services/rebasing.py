"""What becomes known late, and was on the shelf already when somebody counted it.

A sale of ten o'clock that arrives at noon had left the shelf before eleven, when the shelf was counted and the
difference booked: it was this very sale. So the sale is booked, and its opposite with it, at the moment of the count
(RELIABILITY 5).
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from django.db import connection

from inventory.models import StockMovement
from inventory.services.changes import Key, Moved

Kind = StockMovement.Kind
NEVER = frozenset({Kind.COUNT, Kind.REBASE, Kind.COST, Kind.OPENING})
AT_ONCE = timedelta(minutes=1)
"""What is younger cannot have been counted and booked in between; nobody pays for a look."""

COUNTED_SINCE = """
    SELECT DISTINCT ON (line.variant_id, counted.location_id) line.variant_id, counted.location_id, line.counted_at
    FROM inventory_count AS counted JOIN inventory_countline AS line ON line.count_id = counted.id
    WHERE counted.location_id = ANY(%(locations)s) AND counted.closed_at >= %(occurred_at)s
      AND counted.state = 'closed' AND line.variant_id = ANY(%(variants)s) AND line.counted_at >= %(occurred_at)s
    ORDER BY line.variant_id, counted.location_id, line.counted_at
"""


def counted_since(
    moved: Sequence[Moved], *, kind: StockMovement.Kind, occurred_at: datetime
) -> dict[datetime, dict[Key, Decimal]]:
    """The opposite of what a count had seen of these movements: by the moment of the first count after ``occurred_at``.

    Empty, without a query, for what has just happened. Ask after the movement, whose levels are locked by then: a
    count that is being booked is either seen here or sees the movement.
    """
    if kind in NEVER or datetime.now(UTC) - occurred_at < AT_ONCE:
        return {}
    deltas = {(one.variant_id, one.location_id): one.delta for one in moved if one.delta}
    if not deltas:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            COUNTED_SINCE,
            {
                "variants": [variant for variant, _ in deltas],
                "locations": list({location for _, location in deltas}),
                "occurred_at": occurred_at,
            },
        )
        rows = cursor.fetchall()
    found: dict[datetime, dict[Key, Decimal]] = defaultdict(dict)
    for variant, location, counted_at in rows:
        if (variant, location) in deltas:
            found[counted_at][variant, location] = -deltas[variant, location]
    return dict(found)
