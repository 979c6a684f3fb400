"""What the shop owes: gift cards, store credit and points. One ledger, one door in (`give`) and one out (`take`).

Both run inside the caller's transaction and lock the account's row; several accounts are locked by id, after the row of
the document and its shift and before any stock level (docs/locking.md). A refund gives with ``kind=REFUND``, points are
given with ``EARN`` and taken back with ``REVERSE``:

    account = credit.account_for(customer_id, CreditAccount.Kind.CREDIT)
    credit.give(account.pk, Decimal("12.00"), kind=CreditEntry.Kind.REFUND,
                reference_type="order", reference_id=refund.pk, actor=actor)
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from hashlib import sha256
from typing import Any, NoReturn
from uuid import UUID

from django.db import transaction

from core.actors import Actor
from core.errors import NotFound
from core.events import DomainEvent
from core.ids import ALPHABET
from core.limits import Rate, give_back, hit
from core.locations.selectors import business_today
from core.money import plain_decimal
from core.outbox.services import emit
from core.tenancy.context import current_tenant
from orders.errors import GiftCardRefused, NotEnoughCredit, TooManyAttempts
from orders.events import CreditChanged
from orders.models import CreditAccount, CreditEntry, GiftCard

GUESSES = Rate("gift-card-guess", 20, 600, is_kept=True)
GUESSES_OF_AN_ADDRESS = Rate("gift-card-guess-address", 60, 600, is_kept=True)
SHORTEST_CODE, LONGEST_CODE = 16, 32
_READ_AS = str.maketrans("ILO", "110", " -")
Kind = CreditEntry.Kind


@dataclass(frozen=True, slots=True)
class Charge:
    """So much of an account, for the thing that ``reference_type`` and ``reference_id`` name."""

    account_id: UUID
    amount: Decimal
    reference_type: str
    reference_id: UUID


def account_of_customer(customer_id: UUID, kind: str) -> CreditAccount | None:
    """A customer's account of a kind (store credit, points), if there is one."""
    return CreditAccount.objects.filter(customer=customer_id, kind=kind).first()


def account_for(customer_id: UUID, kind: str) -> CreditAccount:
    """A customer's account of a kind, made if there is none; to be called in the transaction that uses it."""
    currency = "" if kind == CreditAccount.Kind.POINTS else current_tenant().currency
    return CreditAccount.objects.get_or_create(customer_id=customer_id, kind=kind, defaults={"currency": currency})[0]


def lock_accounts(ids: Collection[UUID]) -> dict[UUID, CreditAccount]:
    """Lock accounts by id and answer them. Raises `NotFound` for one that does not exist."""
    rows = CreditAccount.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk")
    found = {row.pk: row for row in rows}
    if len(found) < len(set(ids)):
        raise NotFound("There is no such account.")
    return found


@transaction.atomic(savepoint=False)
def give(
    account_id: UUID,
    amount: Decimal,
    *,
    kind: str = Kind.REFUND,
    reference_type: str,
    reference_id: UUID,
    actor: Actor,
    reason: str = "",
    expires_on: date | None = None,
) -> CreditEntry:
    """Add ``amount`` (more than zero, in the account's currency or points) to an account; tells ``credit.changed``.

    ``expires_on`` is the last day on which it can be spent. One cause gives once: a repeat with the same kind and
    reference is an ``IntegrityError``, so callers make their document unique first.

    Raises:
        NotFound: there is no such account.
    """
    one = Charge(account_id, amount, reference_type, reference_id)
    entry, event = credit(one, kind=kind, expires_on=expires_on, actor=actor, reason=reason)
    emit(event, actor=actor)
    return entry


@transaction.atomic(savepoint=False)
def credit(
    one: Charge, *, kind: str, actor: Actor, reason: str = "", expires_on: date | None = None
) -> tuple[CreditEntry, DomainEvent]:
    """`give`, with its event answered for the caller to emit."""
    entry, event = _give(lock_accounts([one.account_id])[one.account_id], one, kind, expires_on)
    _book(entry, actor, reason)
    return entry, event


@transaction.atomic(savepoint=False)
def take(
    account_id: UUID,
    amount: Decimal,
    *,
    kind: str = Kind.REDEEM,
    reference_type: str,
    reference_id: UUID,
    actor: Actor,
    reason: str = "",
    may_refuse: bool = True,
    first: int | None = None,
) -> CreditEntry:
    """Take ``amount`` (more than zero) from an account, what expires first before the rest; tells ``credit.changed``.

    ``may_refuse`` False is for points that are taken back whatever is left: such a balance may go below zero. ``first``
    is the entry whose own rest goes before all others. Repeats as with `give`.

    Raises:
        NotEnoughCredit: less can be spent; ``available`` says how much. Give up the whole transaction.
        NotFound: there is no such account.
    """
    account = lock_accounts([account_id])[account_id]
    entry, event = _take(account, Charge(account_id, amount, reference_type, reference_id), kind, may_refuse, first)
    _book(entry, actor, reason)
    emit(event, actor=actor)
    return entry


@transaction.atomic(savepoint=False)
def charge(charges: Sequence[Charge], *, actor: Actor) -> list[DomainEvent]:
    """Spend from several accounts, locked by id; answers the events for the caller to emit. Raises as `take`.

    Raises `GiftCardRefused` for a card that was blocked since its code was asked for.
    """
    accounts = lock_accounts({one.account_id for one in charges})
    blocked = GiftCard.objects.filter(account__in=list(accounts), state=GiftCard.State.BLOCKED)
    if any(account.kind == CreditAccount.Kind.GIFT_CARD for account in accounts.values()) and blocked.exists():
        raise GiftCardRefused
    told = []
    for one in charges:
        entry, event = _take(accounts[one.account_id], one, Kind.REDEEM, True)
        _book(entry, actor, "")
        told.append(event)
    return told


def normal_code(typed: str) -> str:
    """A gift card's code as it is kept: upper case, without the gaps, misread letters as what was meant."""
    return typed.upper().translate(_READ_AS)


def is_code(code: str) -> bool:
    """Whether a normal code can be one: 16 to 32 symbols of Crockford's alphabet."""
    return SHORTEST_CODE <= len(code) <= LONGEST_CODE and not set(code) - set(ALPHABET)


def digest_of(code: str) -> bytes:
    """What is kept of a code."""
    return sha256(code.encode()).digest()


def find_card(code: str, *, actor: Actor) -> GiftCard:
    """The card with this code, if it can be used. Wrong codes are counted per actor and per address.

    Reads only. Unknown, blocked and damaged codes are one refusal, so that nothing is learned by trying.

    Raises:
        TooManyAttempts: the actor, or somebody at the same address, has tried too many codes.
        GiftCardRefused: there is no card with this code that can be used.
    """
    tried = [(GUESSES, str(actor.id)), (GUESSES_OF_AN_ADDRESS, actor.address or "nowhere")]
    verdicts = [hit(rate, who) for rate, who in tried]
    if not all(verdict.allowed for verdict in verdicts):
        wait = max(verdict.retry_after_seconds for verdict in verdicts)
        raise TooManyAttempts(details={"retry_after_seconds": round(wait)})
    normal = normal_code(code)
    card = GiftCard.objects.select_related("account").filter(code_digest=digest_of(normal)).first()
    if card is None or card.state != GiftCard.State.ACTIVE:
        raise GiftCardRefused
    for rate, who in tried:
        give_back(rate, who)
    return card


def _give(account: CreditAccount, one: Charge, kind: str, expires_on: date | None) -> tuple[CreditEntry, DomainEvent]:
    _positive(one.amount)
    # What fills a hole (points taken back that were spent) is spent already and cannot expire.
    left = min(one.amount, max(account.balance + one.amount, Decimal(0))) if expires_on else None
    return _entry(account, one.amount, one, kind, expires_on=expires_on, remaining=left)


def _take(
    account: CreditAccount, one: Charge, kind: str, may_refuse: bool, first: int | None = None
) -> tuple[CreditEntry, DomainEvent]:
    _positive(one.amount)
    today = business_today()
    lots = list(account.entries.filter(remaining__gt=0).order_by("expires_on", "id"))
    good = [lot for lot in lots if lot.expires_on is None or lot.expires_on >= today]
    available = account.balance - sum((lot.remaining or 0 for lot in lots if lot not in good), Decimal(0))
    if may_refuse and one.amount > available:
        _not_enough(account, one.amount, available)
    # What is booked out as expired is no part of what can still be spent.
    left = Decimal(0) if kind == Kind.EXPIRE else one.amount
    for lot in sorted(good, key=lambda lot: lot.pk != first):
        used = min(left, lot.remaining or Decimal(0))
        lot.remaining, left = (lot.remaining or Decimal(0)) - used, left - used
    CreditEntry.objects.bulk_update(good, ["remaining"])
    return _entry(account, -one.amount, one, kind)


def _entry(
    account: CreditAccount, amount: Decimal, one: Charge, kind: str, **more: Any
) -> tuple[CreditEntry, DomainEvent]:
    """The next line of an account's ledger and the balance after it, not written yet; with what is told of it."""
    account.balance += amount
    account.version += 1
    entry = CreditEntry(
        account=account,
        kind=kind,
        amount=amount,
        balance=account.balance,
        version=account.version,
        reference_type=one.reference_type,
        reference_id=one.reference_id,
        **more,
    )
    event = CreditChanged(
        account_id=account.pk,
        version=account.version,
        kind=account.kind,
        customer_id=account.customer_id,
        cause=str(kind),
        amount=amount,
        balance=account.balance,
        currency=account.currency,
        reference_type=one.reference_type,
        reference_id=one.reference_id,
    )
    return entry, event


def _book(entry: CreditEntry, actor: Actor, reason: str) -> None:
    entry.reason, entry.actor_kind, entry.actor_id = reason[:200], actor.kind, actor.id
    entry.actor_label = actor.label[:200]
    entry.account.save(update_fields=["balance", "version"])
    entry.save(force_insert=True)


def _positive(amount: Decimal) -> None:
    if not amount > 0:
        raise ValueError("an account is given or taken more than nothing")


def _not_enough(account: CreditAccount, wanted: Decimal, available: Decimal) -> NoReturn:
    told = {"available": plain_decimal(available, places=2), "wanted": plain_decimal(wanted, places=2)}
    raise NotEnoughCredit(f"It holds {told['available']}.", details={**told, "account": str(account.pk)})
