"""Book a stocktake: every difference, in one transaction, as what it is: a difference."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from django.db import transaction

from core.actors import Actor
from core.audit.models import AuditEntry
from core.audit.services import record
from core.errors import Conflict, Invalid
from inventory.events import CountClosed
from inventory.models import Count, CountLine, StockException, StockMovement
from inventory.permissions import APPROVE_COUNTS
from inventory.selectors.counts import seen_in, uncounted
from inventory.services.counts import locked_count, write_lines
from inventory.services.ledger import lock_levels, move_stock

LEAVE, ZERO = "leave", "zero"
"""What becomes of articles in the scope that nobody counted: they stay as recorded, or there are none."""


@transaction.atomic
def approve_count(count_id: UUID, *, actor: Actor, not_counted: str = "", expected_version: int | None = None) -> Count:
    """Book the differences of a count under review, against the record as it is now of the moments of counting.

    Sales that became known since the review are part of that record. ``not_counted`` says what becomes of articles
    that the record says are here and nobody has counted: "leave" or "zero"; it must be said when there are any.

    Raises:
        NotFound: there is no such count where the actor counts.
        Forbidden: the actor may not approve counts here.
        StaleVersion: it is not at ``expected_version`` any more.
        Conflict: it is not under review.
        Invalid: ``not_counted`` is to be said; ``articles`` says how many there are.
    """
    count = locked_count(count_id, actor=actor, needed=APPROVE_COUNTS, expected_version=expected_version)
    if count.state != Count.State.REVIEW:
        raise Conflict("Only a count under review can be approved.", details={"state": count.state})
    seen = list(seen_in(count))
    left = uncounted(count, seen=seen)
    if left and not_counted not in (LEAVE, ZERO):
        error = {"pointer": "/not_counted", "code": "required", "detail": f"{len(left)} articles were not counted."}
        raise Invalid(error["detail"], details={"errors": [error], "articles": len(left)})
    zeros = left if not_counted == ZERO else []
    now = datetime.now(UTC)
    place = count.location_id
    lock_levels([(variant, place) for variant in [*seen, *zeros]])
    write_lines(count, zeros=zeros, at=now)
    lines = list(count.lines.all())
    differences = {line.variant_id: line.counted - line.expected for line in lines if line.counted != line.expected}
    count.state, count.closed_at = Count.State.CLOSED, now
    count.approved_by_id, count.approved_by_label = actor.id, actor.label[:200]
    count.version += 1
    count.save(update_fields=["state", "closed_at", "approved_by_id", "approved_by_label", "version"])
    record(
        AuditEntry.Action.CHANGE,
        actor=actor,
        object_type="count",
        object_id=count.pk,
        object_label=str(count),
        changes={
            "state": (Count.State.REVIEW, Count.State.CLOSED),
            "articles": (None, len(lines)),
            "variances": (None, len(differences)),
        },
    )
    _flag_twice(count, [line for line in lines if line.variant_id in differences])
    move_stock(
        deltas={(variant, place): units for variant, units in differences.items()},
        kind=StockMovement.Kind.COUNT,
        reference_type="count",
        reference_id=count.pk,
        actor=actor,
        occurred_at=now,
        may_refuse=False,
        reason=str(count)[:200],
        told_before=[
            CountClosed(
                count_id=count.pk,
                version=count.version,
                number=count.number,
                location_id=place,
                is_booked=True,
                articles=len(lines),
                variances=len(differences),
            )
        ],
    )
    return count


def _flag_twice(count: Count, lines: Sequence[CountLine]) -> None:
    """Two counts of one shelf at the same time: whoever is second and finds a difference leaves it to a person."""
    overlapping = CountLine.objects.filter(
        count__location=count.location_id,
        count__state=Count.State.CLOSED,
        count__closed_at__gte=count.opened_at,
        variant__in=[line.variant_id for line in lines],
    ).exclude(count=count)
    twice = set(overlapping.values_list("variant_id", flat=True))
    StockException.objects.bulk_create(
        StockException(
            kind=StockException.Kind.COUNTED_TWICE,
            variant_id=line.variant_id,
            location_id=count.location_id,
            quantity=abs(line.counted - line.expected),
            reference_type="count",
            reference_id=count.pk,
        )
        for line in lines
        if line.variant_id in twice
    )
