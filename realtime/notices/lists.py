"""Read the news: which somebody may see and wants, which are new to them, and in which words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from string import Formatter
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.urls import NoReverseMatch, reverse

from core.actors import Actor
from core.locations.models import Location
from core.people.models import User
from core.people.permissions import PERMISSIONS
from core.tenancy.context import current_tenant
from core.web.amounts import format_money, format_quantity
from realtime.models import Notice, NoticeRead, NoticeReader, NoticeWish
from realtime.notices.kinds import EVERYBODY, KINDS, Kind

Way = NoticeWish.Way
MOST_COUNTED = 100


@dataclass(frozen=True, slots=True)
class Told:
    """A notice in words, with where it leads."""

    notice: Notice
    kind: Kind
    words: str
    about: str
    place: str
    url: str
    is_new: bool


@dataclass(frozen=True, slots=True)
class Unread:
    """How many notices are new (at most `MOST_COUNTED`), and the events after which that may be different."""

    count: int
    events: tuple[str, ...]


def may_see(kind: Kind, actor: Actor) -> bool:
    """Whether news of a kind can be seen by the actor at all."""
    return actor.may(kind.permission) and (not kind.needs or actor.may(kind.needs))


def ways_of(actor: Actor) -> dict[str, str]:
    """How the actor is told of each kind that they may see: as they wished, else as their role suggests."""
    wished = dict(NoticeWish.objects.filter(user=actor.id).values_list("kind", "way"))
    return {
        kind.name: wished.get(kind.name, _suggested(kind, actor)) for kind in KINDS.values() if may_see(kind, actor)
    }


def _suggested(kind: Kind, actor: Actor) -> str:
    wanted = kind.wanted_by == EVERYBODY or (kind.wanted_by is not None and actor.may(kind.wanted_by))
    return Way.CENTRE if wanted else Way.OFF


def pushes_of(actor: Actor) -> dict[str, bool]:
    """Whether each kind that the actor may see is also a push message: as they wished, else the urgent ones."""
    wished = dict(NoticeWish.objects.filter(user=actor.id, push__isnull=False).values_list("kind", "push"))
    return {name: bool(wished.get(name, KINDS[name].is_urgent)) for name in ways_of(actor)}


def pushed_kinds(actor: Actor) -> frozenset[str]:
    """The kinds of which the actor gets push messages: never what they do not want to hear of at all."""
    wanted = pushes_of(actor)
    return frozenset(name for name, way in ways_of(actor).items() if way != Way.OFF and wanted[name])


def seen_by(actor: Actor, *, ways: Sequence[str] = (Way.CENTRE, Way.MAIL)) -> QuerySet[Notice]:
    """The notices that the actor may see now and wants, without what they did themselves and what was before them."""
    return of_kinds(actor, [name for name, way in ways_of(actor).items() if way in ways])


def of_kinds(actor: Actor, names: Iterable[str]) -> QuerySet[Notice]:
    """As `seen_by`, of these kinds, which the actor must be allowed to see."""
    wanted = [KINDS[name] for name in names]
    if actor.id is None or not wanted:
        return Notice.objects.none()
    since = User.objects.filter(pk=actor.id).values_list("created_at", flat=True).first()
    if since is None:
        return Notice.objects.none()
    by_places: dict[frozenset[UUID] | None, list[str]] = {}
    for kind in wanted:
        by_places.setdefault(_places(kind, actor), []).append(kind.name)
    condition = Q(pk__in=[])
    for places, names in by_places.items():
        condition |= Q(kind__in=names) if places is None else Q(kind__in=names, location_id__in=places)
    return Notice.objects.filter(condition, last_at__gte=since).exclude(actor_id=str(actor.id))


def _places(kind: Kind, actor: Actor) -> frozenset[UUID] | None:
    """Where news of a kind is heard from: where every permission for it holds; None is everywhere."""
    found: frozenset[UUID] | None = None
    for code in filter(None, (kind.permission, kind.needs)):
        places = actor.places(code) if PERMISSIONS[code].by_location else None
        found = places if found is None else found if places is None else found & places
    return found


def new_to(actor: Actor, rows: QuerySet[Notice]) -> QuerySet[Notice]:
    """Those of ``rows`` that the actor has not read as they stand now."""
    reader = NoticeReader.objects.filter(user=actor.id).first()
    read = NoticeRead.objects.filter(user=actor.id, notice=OuterRef("pk"), read_to__gte=OuterRef("last_seq"))
    return rows.filter(~Exists(read), last_seq__gt=reader.read_to if reader else 0)


def unread(actor: Actor) -> Unread:
    """What the bell shows; a machine has none."""
    if actor.kind != "user":
        return Unread(0, ())
    ways = ways_of(actor)
    events = {KINDS[name].event for name, way in ways.items() if way != Way.OFF}
    rows = new_to(actor, seen_by(actor)).order_by("-last_seq").values_list("pk")[:MOST_COUNTED]
    return Unread(len(rows), tuple(sorted(events)))


def in_words(rows: Sequence[Notice], actor: Actor) -> list[Told]:
    """Notices as people read them: three queries for any number of them."""
    fresh = set(new_to(actor, Notice.objects.filter(pk__in=[row.pk for row in rows])).values_list("pk", flat=True))
    places = dict(Location.objects.filter(pk__in={row.location_id for row in rows}).values_list("pk", "name"))
    return [
        Told(
            notice=row,
            kind=KINDS[row.kind],
            words=words_of(row),
            about=_about(row),
            place=places.get(row.location_id, "") if row.location_id else "",
            url=_address(row),
            is_new=row.pk in fresh,
        )
        for row in rows
        if row.kind in KINDS
    ]


class _Words(Formatter):
    """Fills in the fields of an event: ``{total:money}``, ``{on_hand:quantity}``; what is missing is left out."""

    def get_value(self, key: int | str, args: Any, kwargs: Any) -> Any:
        return kwargs.get(key, "")

    def format_field(self, value: Any, format_spec: str) -> Any:
        return str(value)


def words_of(notice: Notice) -> str:
    """A notice in a sentence, in the shop's way of writing sums."""
    kind = KINDS[notice.kind]
    if notice.count > 1 and kind.many:
        return kind.many.format(count=notice.count)
    return _filled(kind.one, notice)


def discreet_words_of(notice: Notice) -> str:
    """A notice for a screen that anybody may see: without sums, people and what people typed."""
    kind = KINDS[notice.kind]
    if notice.count > 1 and kind.many:
        return kind.many.format(count=notice.count)
    return _filled(kind.discreet, notice) or kind.title


def _filled(template: str, notice: Notice) -> str:
    shop = current_tenant()
    facts = dict(notice.facts)
    for _, name, form, _ in Formatter().parse(template):
        if name and form == "money" and facts.get(name):
            currency = facts.get("currency") or shop.currency
            facts[name] = format_money(Decimal(facts[name]), currency=currency, locale=shop.locale)
        elif name and form == "quantity" and facts.get(name):
            facts[name] = format_quantity(Decimal(facts[name]), locale=shop.locale)
    return _Words().format(template, **facts).strip()


def _about(notice: Notice) -> str:
    """By name what several are about: "TEA, CUP and more"."""
    if notice.count == 1 or not notice.samples:
        return ""
    names = list(dict.fromkeys(notice.samples))[:3]
    return ", ".join(names) + (" and more" if notice.count > len(names) else "")


def _address(notice: Notice) -> str:
    """The page of what a notice is about; empty where there is none."""
    kind = KINDS[notice.kind]
    single = kind.route and (notice.count == 1 or not kind.list_route)
    try:
        if single:
            return reverse(kind.route, args=[notice.facts.get(kind.route_by) or notice.object_id])
        query = "&".join(filter(None, [kind.list_query, _place_query(kind, notice)]))
        return reverse(kind.list_route) + (f"?{query}" if query else "")
    except NoReverseMatch:
        return ""


def _place_query(kind: Kind, notice: Notice) -> str:
    return f"location={notice.location_id}" if notice.location_id and kind.list_query.startswith("kind=") else ""


def listed(actor: Actor, *, only_new: bool = False, group: str = "") -> QuerySet[Notice]:
    """What the list shows: all that the actor may see and wants, or the new ones, or those of a group."""
    rows = seen_by(actor)
    if group:
        rows = rows.filter(kind__in=[kind.name for kind in KINDS.values() if kind.group == group])
    return new_to(actor, rows) if only_new else rows
