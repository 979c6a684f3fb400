"""Read endpoints, their health and their deliveries."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.db.models import Count, Min, Q, QuerySet

from core.errors import NotFound
from core.outbox.readers import Backlog
from webhooks.models import Attempt, Delivery, Endpoint

State = Delivery.State
UNDELIVERED = (State.PENDING, State.SENDING)


@dataclass(frozen=True, slots=True)
class Health:
    """How an endpoint has done in the last 24 hours, and how it is now."""

    endpoint: Endpoint
    delivered: int
    given_up: int
    waiting: int

    @property
    def tone(self) -> str:
        """The colour of the badge that `words` stand in."""
        if not self.endpoint.is_enabled:
            return "bad" if self.endpoint.disabled_reason else ""
        if self.endpoint.first_failure_at:
            return "warn"
        if self.endpoint.last_success_at:
            return "good"
        return "warn" if self.endpoint.last_served_at else "info"

    @property
    def words(self) -> str:
        if not self.endpoint.is_enabled:
            return "Turned off by us" if self.endpoint.disabled_reason else "Turned off"
        if self.endpoint.first_failure_at:
            return "Failing"
        if self.endpoint.last_success_at:
            return "Healthy"
        return "No success yet" if self.endpoint.last_served_at else "Nothing sent yet"


def find_endpoint(endpoint_id: UUID) -> Endpoint:
    """An endpoint of the shop. Raises `NotFound`."""
    endpoint = Endpoint.objects.filter(pk=endpoint_id).first()
    if endpoint is None:
        raise NotFound("There is no such webhook endpoint.")
    return endpoint


def health_of(endpoints: Iterable[Endpoint]) -> list[Health]:
    """The health of several endpoints: one query."""
    rows = list(endpoints)
    since = datetime.now(UTC) - timedelta(hours=24)
    counts = {
        row["endpoint_id"]: row
        for row in Delivery.objects.filter(endpoint__in=[row.pk for row in rows])
        .filter(Q(finished_at__gte=since) | Q(state__in=[State.PENDING, State.SENDING]))
        .order_by()
        .values("endpoint_id")
        .annotate(
            delivered=Count("pk", filter=Q(state=State.DONE)),
            given_up=Count("pk", filter=Q(state=State.DEAD)),
            waiting=Count("pk", filter=Q(state__in=[State.PENDING, State.SENDING])),
        )
    }
    nothing = {"delivered": 0, "given_up": 0, "waiting": 0}
    return [
        Health(row, **{name: counts.get(row.pk, nothing)[name] for name in nothing})  # type: ignore[literal-required]
        for row in rows
    ]


def deliveries_of(endpoint: Endpoint, *, state: str = "", event_type: str = "") -> QuerySet[Delivery]:
    """The deliveries of an endpoint without their bodies, newest first."""
    rows = Delivery.objects.filter(endpoint=endpoint).select_related("endpoint").defer("body").order_by("-id")
    if state:
        rows = rows.filter(state=state)
    return rows.filter(event_type=event_type) if event_type else rows


def find_delivery(delivery_id: int) -> Delivery:
    """A delivery with its body and endpoint. Raises `NotFound`."""
    delivery = Delivery.objects.select_related("endpoint").filter(pk=delivery_id).first()
    if delivery is None:
        raise NotFound("There is no such delivery; they are kept for 30 days.")
    return delivery


def tries_of(delivery: Delivery) -> list[Attempt]:
    """Every try of a delivery, the last one first."""
    return list(Attempt.objects.filter(delivery=delivery))


def is_busy(endpoint: Endpoint) -> bool:
    """Whether something is on its way to the endpoint or due now, so that a page should look again soon."""
    soon = datetime.now(UTC) + timedelta(seconds=10)
    return endpoint.is_enabled and (
        Delivery.objects.filter(endpoint=endpoint)
        .filter(Q(state=State.SENDING) | Q(state=State.PENDING, due_at__lte=soon))
        .exists()
    )


def stream_backlog() -> Backlog:
    """What the shop's endpoints have not been told yet; those that are turned off wait for a person, nobody is late."""
    now = datetime.now(UTC)
    waiting = Delivery.objects.filter(state__in=UNDELIVERED)
    due = waiting.filter(state=Delivery.State.PENDING, due_at__lte=now, endpoint__is_enabled=True)
    oldest = due.aggregate(oldest=Min("due_at"))["oldest"]
    return Backlog(waiting.count(), (now - oldest).total_seconds() if oldest else 0.0)


def lowest_waiting() -> int | None:
    """The lowest number of the stream that an endpoint has not been told yet."""
    lowest: int | None = Delivery.objects.filter(state__in=UNDELIVERED).aggregate(lowest=Min("event_seq"))["lowest"]
    return lowest
