"""Read what devices sent and what waits for a person."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum

from core.actors import Actor
from core.devices.models import Device
from core.errors import NotFound
from core.people.permissions import VIEW_EXCEPTIONS
from core.sync.models import Flag
from core.sync.registry import title_of

NOTHING = Decimal(0)


def flags_seen_by(actor: Actor, *, kind: str = "", is_open: bool | None = None) -> QuerySet[Flag]:
    """The exceptions of the places where the actor may see them; those of no place only for who may everywhere."""
    places = actor.places(VIEW_EXCEPTIONS)
    rows = Flag.objects.select_related("device", "location", "item")
    if places is not None:
        rows = rows.filter(location__in=places)
    if kind:
        rows = rows.filter(kind=kind)
    return rows if is_open is None else rows.filter(resolved_at__isnull=is_open)


def find_flag(flag_id: UUID, *, actor: Actor) -> Flag:
    """One of them. Raises `NotFound`."""
    flag = flags_seen_by(actor).filter(pk=flag_id).first()
    if flag is None:
        raise NotFound("There is no such exception.")
    return flag


@dataclass(frozen=True, slots=True)
class KindSum:
    """How many of a kind are open, and how much money they are about."""

    kind: str
    title: str
    count: int
    at_risk: Decimal


@dataclass(frozen=True, slots=True)
class Waiting:
    """What is open: by kind, the money at risk, and what of it is in no book."""

    kinds: list[KindSum]
    count: int
    at_risk: Decimal
    held: Decimal


def waiting(actor: Actor) -> Waiting:
    """What waits for a person, added up: one query."""
    rows = flags_seen_by(actor, is_open=True).order_by("kind").values("kind")
    sums = list(rows.annotate(count=Count("pk"), risk=Sum("at_risk"), kept=Sum("held")))
    kinds = [KindSum(row["kind"], title_of(row["kind"]), row["count"], row["risk"]) for row in sums]
    return Waiting(
        kinds=sorted(kinds, key=lambda one: (-one.at_risk, one.title)),
        count=sum(one.count for one in kinds),
        at_risk=sum((one.at_risk for one in kinds), NOTHING),
        held=sum((row["kept"] for row in sums), NOTHING),
    )


def held_money(register_id: UUID, since: datetime, until: datetime | None) -> Mapping[str, Decimal | int]:
    """What was taken in at a register and is in no book yet, of things that happened between two instants."""
    rows = Flag.objects.filter(register_id=register_id, occurred_at__gte=since, resolved_at=None).exclude(held=0)
    if until is not None:
        rows = rows.filter(occurred_at__lt=until)
    found = rows.aggregate(count=Count("pk"), total=Sum("held"), cash=Sum("held_cash", filter=Q(held_cash__gt=0)))
    return {"count": found["count"], "total": found["total"] or NOTHING, "cash": found["cash"] or NOTHING}


def devices_behind(location_id: UUID) -> list[Device]:
    """The devices of a place that hold work the server has not got, or of whose sequence something is missing.

    Of revoked ones, too: what they hold was done.
    """
    rows = Device.objects.filter(location=location_id).annotate(
        missing_ranges=Count("gaps", filter=Q(gaps__told_at__isnull=False))
    )
    return list(rows.filter(Q(unsent__gt=0) | Q(missing_ranges__gt=0)).order_by("name", "pk"))
