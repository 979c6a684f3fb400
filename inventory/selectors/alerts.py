"""Read alerts: what is beyond a limit now, and why somebody hears of it."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from uuid import UUID

from django.db.models import Count, F, Q, QuerySet
from django.utils.dateformat import format as date_format

from core.actors import Actor
from core.money import plain_decimal
from inventory.models import StockAlert, StockLevel
from inventory.permissions import VIEW_STOCK
from inventory.selectors.blind import without_blind

Kind = StockAlert.Kind


def open_alerts(
    *, actor: Actor, kind: str = "", location_id: UUID | None = None, with_resting: bool = False
) -> QuerySet[StockAlert]:
    """Alerts that are not cleared, at the actor's locations; those that rest only where asked for."""
    rows = StockAlert.objects.filter(cleared_at=None).select_related("variant__product", "location")
    places = actor.places(VIEW_STOCK)
    if places is not None:
        rows = rows.filter(location__in=places)
    rows = without_blind(rows, actor=actor)
    if kind:
        rows = rows.filter(kind=kind)
    if location_id is not None:
        rows = rows.filter(location=location_id)
    if not with_resting:
        awake = Q(details__snoozed_until=None) | Q(details__snoozed_until__lte=datetime.now(UTC).isoformat())
        rows = rows.filter(awake | ~Q(details__has_key="snoozed_until"))
    return rows


def alerts_by_kind(*, actor: Actor) -> list[tuple[str, int]]:
    """How many alerts of each kind are open for the actor, in words, the most first: one query."""
    rows = open_alerts(actor=actor).select_related(None).order_by().values_list("kind").annotate(count=Count("pk"))
    return sorted(((str(Kind(kind).label), count) for kind, count in rows), key=lambda row: (-row[1], row[0]))


@dataclass(frozen=True, slots=True)
class AlertRow:
    """An alert with the level of now and the reason in words."""

    alert: StockAlert
    level: StockLevel | None
    why: str

    @property
    def low(self) -> str:
        """The limit as it is typed, "" where there is none."""
        return "" if self.level is None or self.level.low_at is None else plain_decimal(self.level.low_at)

    @property
    def over(self) -> str:
        return "" if self.level is None or self.level.over_at is None else plain_decimal(self.level.over_at)


def alert_rows(alerts: list[StockAlert]) -> list[AlertRow]:
    """The alerts with their levels: one query for any number of them."""
    either = Q(pk__in=[])
    for alert in alerts:
        either |= Q(variant=alert.variant_id, location=alert.location_id)
    levels = {(row.variant_id, row.location_id): row for row in StockLevel.objects.filter(either)} if alerts else {}
    return [AlertRow(one, levels.get((one.variant_id, one.location_id)), why(one)) for one in alerts]


def why(alert: StockAlert) -> str:
    """Why somebody gets this, with the figures of the moment it was raised."""
    if alert.kind == Kind.LOW and alert.details.get("cover_days"):
        told_why = "It fell to {on_hand}; at the recent rate of sale {limit} last {cover_days} days: you want to hear."
        return told_why.format(**alert.details)
    told = {"on_hand": "?", "limit": "?", "days": "?", "lot": "?", "expires_on": "?", **alert.details}
    if told["expires_on"] != "?":
        told["expires_on"] = date_format(date.fromisoformat(told["expires_on"]), "j M Y")
    words = {
        Kind.OUT: "The last one went: {on_hand} left.",
        Kind.LOW: "It fell to {on_hand}; you want to hear of it at {limit} or fewer.",
        Kind.OVER: "It rose to {on_hand}; more than {limit} is too many.",
        Kind.EXPIRING: "{on_hand} of lot {lot} expire on {expires_on}; you want to hear of it {days} days before.",
        Kind.DEAD: "{on_hand} lie here, and none was sold in {days} days.",
    }
    return words[Kind(alert.kind)].format(**told)


def newest_first(rows: QuerySet[StockAlert]) -> QuerySet[StockAlert]:
    """In the order of lists."""
    return rows.order_by(F("raised_at").desc(), "-pk")
