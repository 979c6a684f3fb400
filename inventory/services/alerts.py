"""Limits that were crossed: raised once per crossing, in the transaction of the movement, cleared when crossed back.

What no movement tells (goods that do not sell, lots that expire, a limit that was set anew) is looked for at night.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, Min, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from core.actors import Actor
from core.audit.models import AuditEntry
from core.audit.services import record
from core.errors import Invalid, NotFound
from core.events import DomainEvent
from core.ids import uuid7
from core.locations.models import Location
from core.locations.selectors import business_today
from core.money import plain_decimal
from core.outbox.services import emit_all
from inventory.events import StockDead, StockExpiring, StockOver
from inventory.models import LotLevel, StockAlert, StockLevel, StockMovement
from inventory.permissions import ADJUST_STOCK
from inventory.services.changes import Moved
from inventory.services.cover import renew_cover
from inventory.services.policy import stock_policy

Kind = StockAlert.Kind
Crossing = tuple[str, UUID, UUID]
MOST_DAYS = 365


def watch(moved: Sequence[Moved]) -> list[DomainEvent]:
    """Raise and clear the alerts of some movements; answers the events beyond those of the ledger itself.

    Costs nothing where no limit was crossed. To be called while the levels are locked, so each crossing is told once.
    """
    up: list[StockAlert] = []
    back: list[Crossing] = []
    events: list[DomainEvent] = []
    for m in moved:
        before = m.on_hand - m.delta
        for kind, limit, was, now in (
            (Kind.OUT, Decimal(0), before <= 0, m.on_hand <= 0),
            (Kind.LOW, m.low_at, m.low_at is not None and before <= m.low_at, _at_most(m.on_hand, m.low_at)),
            (Kind.OVER, m.over_at, m.over_at is not None and before > m.over_at, _above(m.on_hand, m.over_at)),
        ):
            if limit is None or was == now:
                continue
            if was:
                back.append((kind, m.variant_id, m.location_id))
                continue
            up.append(_alert(kind, m.variant_id, m.location_id, on_hand=m.on_hand, limit=limit))
            if kind == Kind.OVER:
                events.append(
                    StockOver(
                        variant_id=m.variant_id,
                        version=m.version,
                        location_id=m.location_id,
                        sku=m.sku,
                        on_hand=m.on_hand,
                        over_at=limit,
                    )
                )
    if up:
        _say_cover(up)
        StockAlert.objects.bulk_create(up, ignore_conflicts=True)
    _clear(back)
    return events


def _say_cover(alerts: Sequence[StockAlert]) -> None:
    """Note on alerts of what runs low whether days of cover said so; costs nothing where nothing runs low."""
    low = {(one.variant_id, one.location_id): one for one in alerts if one.kind == Kind.LOW}
    days = stock_policy().cover_days if low else None
    if days is None:
        return
    variants, places = ({key[at] for key in low} for at in (0, 1))
    rows = StockLevel.objects.filter(variant__in=variants, location__in=places, low_at=None)
    for key in rows.values_list("variant_id", "location_id"):
        if key in low:
            low[key].details["cover_days"] = days


@transaction.atomic
def snooze_alert(alert_id: UUID, *, days: int, actor: Actor) -> StockAlert:
    """Let an alert rest for some days: it stays open and is not shown. 0 days shows it again.

    Raises:
        NotFound: there is no such open alert where the actor may adjust stock.
        Invalid: more than a year, or less than nothing.
    """
    if not 0 <= days <= MOST_DAYS:
        error = {"pointer": "/days", "code": "range", "detail": f"Between 0 and {MOST_DAYS} days."}
        raise Invalid(error["detail"], details={"errors": [error]})
    alert = StockAlert.objects.select_for_update(of=("self",)).select_related("variant").filter(pk=alert_id).first()
    places = actor.places(ADJUST_STOCK)
    if alert is None or alert.cleared_at is not None or (places is not None and alert.location_id not in places):
        raise NotFound("There is no such alert.")
    until = (datetime.now(UTC) + timedelta(days=days)).isoformat() if days else None
    before = alert.details.get("snoozed_until")
    alert.details = {**alert.details, "snoozed_until": until}
    alert.save(update_fields=["details"])
    record(
        AuditEntry.Action.CHANGE,
        actor=actor,
        object_type="stock_alert",
        object_id=alert.pk,
        object_label=f"{alert.variant.sku}: {alert.get_kind_display()}",
        changes={"snoozed_until": (before, until)},
    )
    return alert


@dataclass(frozen=True, slots=True)
class LookedOver:
    """How many alerts a look over all stock raised and cleared."""

    raised: int
    cleared: int


@transaction.atomic
def look_over_stock(*, actor: Actor) -> LookedOver:
    """Bring every alert up to date with the stock, the sales and the lots of now. Repeating changes nothing."""
    policy = stock_policy()
    renew_cover(policy)
    wanted: list[tuple[StockAlert, DomainEvent | None]] = [
        *_limits(policy.cover_days),
        *_dead(policy.dead_days),
        *_expiring(policy.expiring_days),
    ]
    keys = {_key(alert): (alert, event) for alert, event in wanted}
    present = {_key(alert): alert for alert in StockAlert.objects.select_for_update().filter(cleared_at=None)}
    gone = [alert.pk for key, alert in present.items() if key not in keys]
    StockAlert.objects.filter(pk__in=gone).update(cleared_at=datetime.now(UTC))
    fresh = [pair for key, pair in keys.items() if key not in present]
    StockAlert.objects.bulk_create([alert for alert, _ in fresh], ignore_conflicts=True, batch_size=2000)
    emit_all([event for _, event in fresh if event is not None], actor=actor)
    return LookedOver(len(fresh), len(gone))


def _limits(cover_days: int | None) -> Iterable[tuple[StockAlert, None]]:
    """Levels that stand beyond a limit. Their events were told by the movement that crossed it."""
    levels = _stocked().filter(version__gt=0).annotate(bound=Coalesce("low_at", "cover_at"))
    for kind, limit, rows in (
        (Kind.OUT, None, levels.filter(on_hand__lte=0)),
        (Kind.LOW, "bound", levels.filter(on_hand__lte=F("bound"))),
        (Kind.OVER, "over_at", levels.filter(on_hand__gt=F("over_at"))),
    ):
        for level in rows:
            bound = getattr(level, limit) if limit else Decimal(0)
            alert = _alert(kind, level.variant_id, level.location_id, on_hand=level.on_hand, limit=bound)
            if kind == Kind.LOW and level.low_at is None:
                alert.details["cover_days"] = cover_days
            yield alert, None


def _dead(days: int) -> Iterable[tuple[StockAlert, DomainEvent]]:
    """What has lain here for so many days without a sale."""
    since = datetime.now(UTC) - timedelta(days=days)
    here = StockMovement.objects.filter(variant=OuterRef("variant"), location=OuterRef("location"))
    first = here.order_by().values("variant").annotate(first=Min("occurred_at")).values("first")
    sold = here.filter(kind=StockMovement.Kind.SALE, occurred_at__gte=since)
    rows = _stocked().filter(on_hand__gt=0).annotate(first=first).filter(first__lt=since)
    for level in rows.exclude(Exists(sold)):
        details = {"on_hand": plain_decimal(level.on_hand), "days": days}
        alert = StockAlert(kind=Kind.DEAD, variant=level.variant, location_id=level.location_id, details=details)
        yield (
            alert,
            StockDead(
                variant_id=level.variant_id,
                version=level.version,
                location_id=level.location_id,
                sku=level.variant.sku,
                on_hand=level.on_hand,
                days=days,
            ),
        )


def _expiring(days: int) -> Iterable[tuple[StockAlert, DomainEvent]]:
    """Lots on the shelf that expire within so many days, or have."""
    for place in Location.objects.filter(is_active=True):
        until = business_today(place) + timedelta(days=days)
        rows = LotLevel.objects.filter(location=place, on_hand__gt=0, lot__expires_on__lte=until)
        for row in rows.select_related("lot__variant"):
            lot = row.lot
            assert lot.expires_on is not None
            details = {
                "on_hand": plain_decimal(row.on_hand),
                "lot": lot.code,
                "expires_on": lot.expires_on.isoformat(),
                "days": days,
            }
            alert = StockAlert(kind=Kind.EXPIRING, variant=lot.variant, location=place, lot_id=lot.pk, details=details)
            yield (
                alert,
                StockExpiring(
                    variant_id=lot.variant_id,
                    version=lot.version,
                    location_id=place.pk,
                    sku=lot.variant.sku,
                    lot_id=lot.pk,
                    lot=lot.code,
                    expires_on=lot.expires_on,
                    on_hand=row.on_hand,
                ),
            )


def _stocked() -> QuerySet[StockLevel]:
    rows = StockLevel.objects.select_related("variant").filter(location__is_active=True)
    return rows.filter(variant__is_stocked=True, variant__is_active=True, variant__product__is_active=True)


def _alert(kind: str, variant_id: UUID, location_id: UUID, *, on_hand: Decimal, limit: Decimal) -> StockAlert:
    details = {"on_hand": plain_decimal(on_hand), "limit": plain_decimal(limit)}
    return StockAlert(id=uuid7(), kind=kind, variant_id=variant_id, location_id=location_id, details=details)


def _clear(crossings: Sequence[Crossing]) -> None:
    if not crossings:
        return
    either = Q()
    for kind, variant, location in crossings:
        either |= Q(kind=kind, variant=variant, location=location)
    StockAlert.objects.filter(either, cleared_at=None).update(cleared_at=datetime.now(UTC))


def _key(alert: StockAlert) -> tuple[str, UUID, UUID, UUID | None]:
    return alert.kind, alert.variant_id, alert.location_id, alert.lot_id


def _at_most(units: Decimal, limit: Decimal | None) -> bool:
    return limit is not None and units <= limit


def _above(units: Decimal, limit: Decimal | None) -> bool:
    return limit is not None and units > limit
