"""What moved stock, in words and with the address of its page. Apps above this one tell what they know of theirs."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from django.urls import NoReverseMatch, reverse

from core.actors import Actor
from core.people.models import User
from inventory.models import StockDocument, StockMovement
from inventory.reasons import REASONS


@dataclass(frozen=True, slots=True)
class Described:
    """A cause in words, and its page where that is not the one of `PAGES`."""

    text: str
    url: str = ""


Describe = Callable[[Collection[UUID], Actor], Mapping[UUID, Described]]
NOTHING = Described("")
PAGES = {"order": "order", "stock_document": "stock-document", "transfer": "transfer", "count": "count"}
"""The page of a cause by what the ledger calls it; one that does not exist is told in words only."""
_described: dict[str, Describe] = {}


@dataclass(frozen=True, slots=True)
class Told:
    """A movement in words: what, who, of what or for whom, and where to read more ("" where nowhere)."""

    row: StockMovement
    what: str
    who: str
    of: str
    url: str


def describe(reference_type: str, how: Describe) -> None:
    """Say how causes of a kind are described (an order by its number and customer), once."""
    _described[reference_type] = how


def in_words(rows: Iterable[StockMovement], *, actor: Actor) -> list[Told]:
    """Movements in words, as far as the actor may see: a few statements for any number of them."""
    found = list(rows)
    ids: dict[str, set[UUID]] = {}
    for row in found:
        ids.setdefault(row.reference_type, set()).add(row.reference_id)
    users = {row.actor_id for row in found if row.actor_kind == "user" and row.actor_id}
    names = {user.pk: str(user) for user in User.objects.filter(pk__in=users).only("name", "email")} if users else {}
    known = {kind: how(ids[kind], actor) for kind, how in _described.items() if kind in ids}
    documents = ids.get("stock_document")
    reasons = dict(StockDocument.objects.filter(pk__in=documents).values_list("pk", "reason_code")) if documents else {}
    causes = [known.get(row.reference_type, {}).get(row.reference_id, NOTHING) for row in found]
    return [
        Told(
            row=row,
            what=_what(row, reasons.get(row.reference_id, "")),
            who=(names.get(row.actor_id) if row.actor_id else None) or row.actor_kind.replace("_", " "),
            of=cause.text,
            url=cause.url or page_of(row.reference_type, row.reference_id),
        )
        for row, cause in zip(found, causes, strict=True)
    ]


def _what(row: StockMovement, reason_code: str) -> str:
    label = REASONS[reason_code].label if reason_code in REASONS else row.get_kind_display()
    return label[:1].upper() + label[1:]


def page_of(reference_type: str, reference_id: UUID | None) -> str:
    """The address of the page of a cause, "" where there is none."""
    try:
        return reverse(PAGES[reference_type], args=[reference_id])
    except (KeyError, NoReverseMatch):
        return ""
