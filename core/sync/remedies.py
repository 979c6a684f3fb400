"""Put an exception right with one tap: apps register the ways, one of them is gone once, by one person."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid5

from django.db import transaction

from core.actors import Actor
from core.errors import Conflict, fault, refuse
from core.sync.booking import rebook, retried
from core.sync.flags import CORRECTED, close, locked_flag
from core.sync.models import Flag
from core.sync.registry import QUARANTINED, Item, Outcome

LONGEST_VALUE = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """Something a remedy has to be told. ``choices`` are values with their words; without any it is typed."""

    name: str
    label: str
    hint: str = ""
    choices: Sequence[tuple[str, str]] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """An exception on its way to be put right, its row locked.

    ``act_id`` is the same for every try: the id of what is made. ``told`` takes what is said once to whoever does it,
    and kept nowhere.
    """

    flag: Flag
    values: Mapping[str, str]
    approval_id: UUID | None
    act_id: UUID
    actor: Actor
    told: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """A way to put exceptions right.

    ``fits`` looks at the row alone, for a list of many; ``asks`` may read. ``work`` does what is to be done, in the
    transaction of the exception, by services that refuse where it cannot be. What could not be booked is then taken
    once more: by ``take``, or by its kind as it came. ``permissions`` are asked at the exception's location.
    """

    name: str
    label: str
    done: str
    permissions: tuple[str, ...]
    fits: Callable[[Flag], bool]
    asks: Callable[[Flag], Sequence[Ask]] | None = None
    always_asks: bool = False
    work: Callable[[Given], None] | None = None
    take: Callable[[Item, Given], Outcome] | None = None


REMEDIES: dict[str, Remedy] = {}


def register_remedy(remedy: Remedy) -> None:
    """Add a way to put exceptions right."""
    REMEDIES[remedy.name] = remedy


def remedies_of(flag: Flag, actor: Actor) -> list[Remedy]:
    """What this actor can do about an open exception; reads nothing."""
    if flag.resolved_at is not None:
        return []
    return [one for one in REMEDIES.values() if one.fits(flag) and may_do(one, flag, actor)]


def may_do(remedy: Remedy, flag: Flag, actor: Actor) -> bool:
    """Whether an actor holds what a remedy takes, where the exception is."""
    return all(actor.may(permission, at=flag.location_id) for permission in remedy.permissions)


@dataclass(frozen=True, slots=True)
class PutRight:
    """The exception, settled, and whether this call did it. ``told`` is there once, for who did."""

    flag: Flag
    is_new: bool
    told: Mapping[str, Any]


def put_right(
    flag_id: UUID,
    *,
    remedy: str,
    values: Mapping[str, str] | None = None,
    approval_id: UUID | None = None,
    actor: Actor,
) -> PutRight:
    """Do what a remedy does about an exception, and settle it, in one transaction; a repeat changes nothing.

    Of two who do it at once the second sees it done; who wants another way than the one that was gone is refused.

    Raises:
        NotFound: there is no such exception at a location where the actor may settle them.
        Forbidden: the actor lacks what the remedy takes.
        Invalid: there is no such remedy, or it lacks an answer; and what the services of the remedy refuse.
        Conflict: the remedy does not fit (any more), or somebody settled it in another way.
        StillUnfit: what was to be booked can still not be.
        Busy: the locks were not to be had in time.
    """
    given = {name: value.strip() for name, value in (values or {}).items()}
    wrong = [name for name, value in given.items() if len(value) > LONGEST_VALUE or "\x00" in value]
    refuse(*(fault(f"/values/{name}", "length", f"At most {LONGEST_VALUE} characters.") for name in wrong))
    return retried(lambda: _put_right(flag_id, remedy, given, approval_id, actor))


@transaction.atomic
def _put_right(flag_id: UUID, name: str, values: Mapping[str, str], approval_id: UUID | None, actor: Actor) -> PutRight:
    flag = locked_flag(flag_id, actor=actor)
    if flag.resolved_at is not None:
        if flag.details.get("remedy") == name:
            return PutRight(flag, False, {})
        raise Conflict("Somebody has settled it before.", details={"resolution": flag.resolution})
    remedy = REMEDIES.get(name)
    if remedy is None or not remedy.fits(flag):
        refuse(fault("/remedy", "unknown", "This is no way to settle this exception."))
    assert remedy is not None
    for permission in remedy.permissions:
        actor.require(permission, at=flag.location_id)
    given = Given(
        flag=flag,
        values=values,
        approval_id=approval_id,
        act_id=uuid5(flag.pk, name),
        actor=actor,
    )
    if remedy.work is not None:
        remedy.work(given)
    if flag.kind == QUARANTINED:
        take = remedy.take
        rebook(flag, actor=actor, take=(lambda item: take(item, given)) if take else None, remedy=name)
    else:
        close(flag, CORRECTED, "", actor, remedy=name)
    return PutRight(flag, True, given.told)


def is_kept(flag: Flag, *kinds: str) -> bool:
    """Whether an exception is about an item of one of these kinds that could not be booked."""
    return flag.kind == QUARANTINED and flag.item.kind in kinds


def asked(remedy: Remedy, flag: Flag) -> Sequence[Ask]:
    """What a remedy has to be told about an exception."""
    return remedy.asks(flag) if remedy.asks else ()


def value_of(given: Given, name: str, detail: str) -> str:
    """What was answered to a question. Raises `Invalid` where nothing was."""
    value = given.values.get(name, "")
    if not value:
        refuse(fault(f"/values/{name}", "required", detail))
    return value
