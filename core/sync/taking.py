"""Take what devices send: every item once, in a transaction of its own, and none of them stands in another's way."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

from django.db import DatabaseError, IntegrityError, InterfaceError, OperationalError, transaction
from django.db.models import Q
from psycopg_pool import PoolTimeout

from core.actors import Actor
from core.devices.models import Device
from core.devices.services.numbers import ReceiptNumber, note_numbers
from core.errors import Busy, DomainError
from core.locations.selectors import clock_words
from core.retry import with_locks
from core.sync.flags import raise_flags
from core.sync.models import SyncItem
from core.sync.reading import JUMP, Authors, Said, read_item
from core.sync.registry import KINDS, OLDER_VERSIONS, QUARANTINED, Doubt, Held, Item, Kind, Outcome, Unfit, title_of

MOST_ITEMS = 100
MOST_DIGITS = 15
SOON_SECONDS, LATER_SECONDS = 5, 900
"""When to come again: after a lock that was not to be had, after this server may have been brought up to date."""
NOT_KNOWN_YET = {"code": "unknown-kind", "title": "The server is older than this app. It is tried again"}
KEPT_OF_REFUSALS, MOST_NAMED = ("errors", "short", "gift_cards", "due", "paid"), 100
Answer = dict[str, Any]
logger = logging.getLogger(__name__)


def take_items(device: Device, given: Sequence[Any], *, sender: Actor) -> list[Answer]:
    """Book what a device did, in the order of its numbers; answers one result per item, in the order given.

    Every item is a transaction: ``applied``, ``duplicate``, ``quarantined`` (kept for a person) or ``retry`` (not
    taken: keep it and come again). Safe to repeat in any order, whole or in part. A device that was revoked is heard,
    too. ``sender`` is the device as an actor.
    """
    now = datetime.now(UTC)
    authors = Authors(device, sender)
    read = [read_item(one, device=device, now=now) for one in given]
    results: dict[int, Answer] = {}
    for place in sorted(range(len(read)), key=lambda place: (read[place].n or 0, place)):
        results[place] = _Taking(device, authors, read[place]).take()
    taken = [read[place].n for place, told in results.items() if told["result"] != "retry"]
    if numbers := [n for n in taken if n is not None]:
        receipts = [
            one
            for place, told in results.items()
            if told["result"] != "retry" and (one := receipt_of(device, read[place])) is not None
        ]
        _note(device, numbers, receipts, sender)
    return [results[place] for place in range(len(given))]


def receipt_of(device: Device, said: Said) -> ReceiptNumber | None:
    """The number of the receipt that an item says was printed; None where none was, or by another device."""
    if said.problem or not isinstance(said.body, Mapping) or said.n is None:
        return None
    prefix, _, number = str(said.body.get("receipt_number") or "").rpartition("-")
    if prefix != device.prefix or not (number.isascii() and number.isdigit() and len(number) <= MOST_DIGITS):
        return None
    since = said.body.get("receipt_since")
    if not 0 < int(number) <= max(device.last_receipt, device.last_n) + JUMP:
        return None  # a mistake, and would be one for good
    is_counted = isinstance(since, int) and not isinstance(since, bool) and 0 <= since < int(number)
    return ReceiptNumber(int(number), since if is_counted else None)


def _note(device: Device, numbers: Sequence[int], receipts: Sequence[ReceiptNumber], sender: Actor) -> None:
    """Count the numbers that came. They are in the books: a database that is away now is told with the next sending."""
    try:
        with_locks(lambda: note_numbers(device.pk, numbers, receipts=receipts, actor=sender))
    except (Busy, OperationalError, InterfaceError, PoolTimeout) as problem:
        logger.warning("the numbers of a device were not counted", extra={"problem": str(problem)})


class _Taking:
    """One item on its way."""

    def __init__(self, device: Device, authors: Authors, said: Said) -> None:
        self.device, self.authors, self.said = device, authors, said

    def take(self) -> Answer:
        try:
            told = self._take()
        except (Busy, OperationalError, InterfaceError, PoolTimeout) as problem:
            logger.warning("an item of a device has to wait", extra={"problem": str(problem)})
            told = {"result": "retry", "after": SOON_SECONDS}
        except Exception:  # not even kept: then it stays where it is, and what comes behind it goes on
            logger.exception("an item of a device could not be kept", extra={"item": str(self.said.id)})
            told = {"result": "retry", "after": LATER_SECONDS}
        shown = {"n": self.said.n, "id": str(self.said.id) if self.said.id else None}
        return {**shown, **told}

    def _take(self) -> Answer:
        if self.said.problem:
            return self._keep(Unfit("unreadable", self.said.problem))
        kind = KINDS.get(self.said.kind)
        if kind is None or self.said.v > kind.version:
            return self._seen() or {"result": "retry", "after": LATER_SECONDS, **NOT_KNOWN_YET}
        try:
            if self.said.v < kind.version - OLDER_VERSIONS:
                raise Unfit("too-old", "The app that made it is too old.")
            return self._once(partial(self._book, kind))
        except Unfit as why:
            return self._keep(why, kind)
        except (Busy, OperationalError, InterfaceError, PoolTimeout):
            raise
        except DomainError as refusal:
            if refusal.status >= 500 or refusal.status == 429:
                return {"result": "retry", "after": SOON_SECONDS}
            return self._keep(Unfit(refusal.code, _in_words(refusal), _what_it_named(refusal)), kind)
        except Exception as bug:  # a mistake of ours must not hold up what comes behind it, nor lose what it is about
            logger.exception("an item of a device could not be booked", extra={"item": str(self.said.id)})
            code = "database" if isinstance(bug, DatabaseError) else "failed"
            return self._keep(Unfit(code, "It could not be booked for a reason of ours."), kind)

    def _once(self, work: Any) -> Answer:
        """Run a transaction; when a twin in flight was faster, look at what it made."""
        try:
            return with_locks(work)
        except IntegrityError:
            seen = self._seen()
            if seen is None:
                raise
            return seen

    # --- booked

    @transaction.atomic
    def _book(self, kind: Kind) -> Answer:
        if (seen := self._seen()) is not None:
            return seen
        author = self.authors.of(self.said.author)
        row = self._row(SyncItem.Outcome.APPLIED)
        row.save(force_insert=True)
        outcome = kind.take(self._item(author.actor, author.rights))
        row.answer = dict(outcome.answer)
        if not outcome.is_new:
            row.outcome = SyncItem.Outcome.DUPLICATE
        row.save(update_fields=["answer", "outcome"])
        doubts = [*outcome.doubts, *(self._doubts(author.doubts, outcome) if outcome.is_new else ())]
        raise_flags(row, doubts, outcome=outcome, actor=author.actor)
        result = "applied" if outcome.is_new else "duplicate"
        first = {} if outcome.is_new else {"first": "applied"}
        return {"result": result, **first, **row.answer}

    def _item(self, author: Actor, rights: Actor) -> Item:
        return item_of(self.said, self.device, author, rights)

    def _doubts(self, of_author: Sequence[Doubt], outcome: Outcome) -> list[Doubt]:
        """What is doubtful about the device, its clock and who did it; the whole amount is at risk."""
        found = []
        if self.device.revoked_at is not None:
            words = f"{self.device} was revoked on {clock_words(self.device.revoked_at)}, and sent this after it."
            found.append(Doubt(kind="device-revoked", sentence=words, at_risk=outcome.total))
        found += [replace(doubt, at_risk=outcome.total) for doubt in of_author]
        if self.said.clock_is_wrong:
            minutes = round(self.said.offset_ms / 60_000)
            words = f"The clock of {self.device} was {abs(minutes)} minutes {'fast' if minutes > 0 else 'slow'}."
            if not minutes:
                words = f"The time that {self.device} stated cannot be right."
            found.append(Doubt(kind="clock", sentence=words))
        return found

    # --- kept for a person

    def _keep(self, why: Unfit, kind: Kind | None = None) -> Answer:
        return self._once(partial(self._keep_now, why, kind))

    @transaction.atomic
    def _keep_now(self, why: Unfit, kind: Kind | None) -> Answer:
        if (seen := self._seen()) is not None:
            return seen
        author = self.authors.of(self.said.author)
        row = self._row(SyncItem.Outcome.QUARANTINED, code=why.code)
        held = held_of(kind, self.said.body)
        row.answer = {"code": why.code, "title": title_of(QUARANTINED), "detail": why.detail[:300]}
        row.save(force_insert=True)
        self._flag(row, why, kind, held, author.actor)
        return {"result": "quarantined", **row.answer}

    def _flag(self, row: SyncItem, why: Unfit, kind: Kind | None, held: Held, actor: Actor) -> None:
        what = kind.title if kind else "Something"
        words = f"{what}{f' ({held.label})' if held.label else ''} was not booked: {why.detail}"
        doubt = Doubt(
            kind=QUARANTINED, sentence=words[:500], at_risk=held.total, details={**why.details, "code": why.code}
        )
        outcome = Outcome(object_type="", object_id=row.pk, label=held.label, location_id=held.location_id)
        raise_flags(row, [doubt], outcome=outcome, actor=actor, held=held)

    # --- known already

    def _seen(self) -> Answer | None:
        """What was said of this item before; of another with its number or id: that this one was kept."""
        number, item_id = self.said.key
        if number is None:
            twin = SyncItem.objects.filter(device=self.device, n=None, body_hash=self.said.digest).first()
            return _again(twin) if twin else None
        rows = list(SyncItem.objects.filter(Q(device=self.device, n=number) | Q(item_id=item_id), is_conflict=False))
        if not rows:
            return None
        if len(rows) == 1 and self._is_twin(rows[0]):
            return _again(rows[0])
        conflict = SyncItem.objects.filter(
            device=self.device, n=number, item_id=item_id, body_hash=self.said.digest, is_conflict=True
        ).first()
        return _again(conflict) if conflict else self._keep_conflict(rows)

    def _is_twin(self, row: SyncItem) -> bool:
        """Whether a row is this very item; a browser that was let in anew sends it under another device and number."""
        number, item_id = self.said.key
        is_same = (row.item_id, bytes(row.body_hash)) == (item_id, self.said.digest)
        return is_same and (row.device_id != self.device.pk or row.n == number)

    @transaction.atomic
    def _keep_conflict(self, rows: Sequence[SyncItem]) -> Answer:
        """Its number or id belongs to something else: nothing is overwritten, and this one is kept beside it."""
        kind = KINDS.get(self.said.kind)
        is_id = any(row.item_id == self.said.id for row in rows)
        code = "identifier-reused" if is_id else "number-reused"
        what = "id" if is_id else f"number {self.said.n}"
        why = Unfit(code, f"Its {what} came before with something else.")
        row = self._row(SyncItem.Outcome.QUARANTINED, code=code)
        row.is_conflict = True
        row.answer = {"code": code, "title": title_of(QUARANTINED), "detail": why.detail}
        row.save(force_insert=True)
        author = self.authors.of(self.said.author)
        self._flag(row, why, kind, held_of(kind, self.said.body), author.actor)
        return {"result": "quarantined", **row.answer}

    def _row(self, outcome: SyncItem.Outcome, *, code: str = "") -> SyncItem:
        said, author = self.said, self.authors.of(self.said.author)
        number, item_id = said.key
        return SyncItem(
            device=self.device,
            n=number,
            item_id=item_id,
            kind=said.kind,
            v=said.v,
            body_hash=said.digest,
            outcome=outcome,
            code=code[:60],
            body=said.raw if outcome == SyncItem.Outcome.QUARANTINED else "",
            author_id=author.actor.id if author.actor.kind == "user" else None,
            author_label=author.actor.label[:200],
            occurred_at=said.occurred_at,
            offset_ms=said.offset_ms,
        )


def item_of(said: Said, device: Device, author: Actor, rights: Actor) -> Item:
    """An item that was read, as its handler gets it."""
    assert said.n is not None
    assert said.id is not None
    return Item(
        device_id=device.pk,
        device_name=device.name,
        prefix=device.prefix,
        n=said.n,
        id=said.id,
        kind=said.kind,
        v=said.v,
        body=said.body,
        occurred_at=said.occurred_at,
        author=author,
        rights=rights,
    )


def _again(row: SyncItem) -> Answer:
    return {"result": "duplicate", "first": "quarantined" if row.outcome == "quarantined" else "applied", **row.answer}


def held_of(kind: Kind | None, body: Any) -> Held:
    """What money an item speaks of that could not be booked; nothing where that cannot be read."""
    if kind is None or not isinstance(body, Mapping):
        return Held()
    try:
        return kind.held(body)
    except Exception:  # the body may be anything; it is kept whole, and a person looks at it
        logger.info("the money of an item could not be read", exc_info=True)
        return Held()


def _what_it_named(refusal: DomainError) -> dict[str, Any]:
    """What a refusal said was in the way, as far as somebody can do something about it."""
    told = {name: refusal.details[name] for name in KEPT_OF_REFUSALS if name in refusal.details}
    return {name: value[:MOST_NAMED] if isinstance(value, list) else value for name, value in told.items()}


def _in_words(refusal: DomainError) -> str:
    errors = refusal.details.get("errors") or []
    told = " ".join(dict.fromkeys(str(error.get("detail", "")) for error in errors[:3]))
    return told or refusal.detail
