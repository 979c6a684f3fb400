"""Gift cards and store credit as people manage them: issue, block, correct, let expire."""

import secrets
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from uuid import UUID, uuid5

from django.db import IntegrityError, transaction

from core.actors import Actor
from core.audit.models import AuditEntry
from core.audit.services import record
from core.errors import Conflict, NotFound, ReusedIdentifier, fault, must_be_version, refuse
from core.ids import ALPHABET
from core.locations.selectors import business_today
from core.money import is_payable
from core.outbox.services import emit
from core.retry import with_locks
from core.tenancy.context import current_tenant
from orders.events import GiftCardChanged, GiftCardIssued
from orders.models import CreditAccount, CreditEntry, Customer, GiftCard
from orders.permissions import ISSUE_GIFT_CARDS, MANAGE_CREDIT
from orders.services.credit import (
    LONGEST_CODE,
    SHORTEST_CODE,
    account_for,
    digest_of,
    give,
    is_code,
    lock_accounts,
    normal_code,
    take,
)

MOST_ON_A_CARD = Decimal(10) ** 9
LONGEST_TEXT = 200
LONGEST_LIFE = timedelta(days=36525)
Kind = CreditEntry.Kind


@dataclass(frozen=True, slots=True)
class Issued:
    """A gift card; ``code`` is there once, for whoever issued it: a repeat gives the card without it."""

    card: GiftCard
    code: str
    is_new: bool


def grouped(code: str) -> str:
    """A code as people read it: ABCD-EFGH-JKMN-PQRS."""
    return "-".join(code[place : place + 4] for place in range(0, len(code), 4))


def issue_gift_card(
    *, card_id: UUID, amount: Decimal, code: str = "", expires_on: date | None = None, note: str = "", actor: Actor
) -> Issued:
    """Give a gift card away. ``card_id`` is the caller's; a repeat gives the same card without its code.

    ``code`` is that of a printed card, 16 symbols at least; otherwise one is made, with 80 bits. Only its SHA-256 is
    kept. ``expires_on`` is the last day on which it pays.

    Raises:
        Forbidden: the actor may not give gift cards away.
        Invalid: an amount, code or day is none; each by its pointer.
        Conflict: another card has this code.
        ReusedIdentifier: the id belongs to another card.
    """
    actor.require(ISSUE_GIFT_CARDS)
    normal = normal_code(code)
    note = " ".join(note.split())
    too_long = len(note) > LONGEST_TEXT
    refuse(
        *card_faults(amount, normal, expires_on),
        *([fault("/note", "length", f"At most {LONGEST_TEXT} characters.")] if too_long else []),
    )
    kept = normal or "".join(secrets.choice(ALPHABET) for _ in range(SHORTEST_CODE))
    twin = _twin(card_id, amount, normal, expires_on, note)
    if twin is not None:
        return twin
    try:
        card = with_locks(lambda: _issue(card_id, amount, kept, expires_on, note, actor))
    except IntegrityError as conflict:
        twin = _twin(card_id, amount, normal, expires_on, note)
        if twin is not None:
            return twin
        raise Conflict("There is a gift card with this code already.") from conflict
    return Issued(card, kept, True)


@transaction.atomic
def _issue(card_id: UUID, amount: Decimal, code: str, expires_on: date | None, note: str, actor: Actor) -> GiftCard:
    with transaction.atomic():  # a savepoint: the caller may run in a transaction that remembers answers
        account = CreditAccount.objects.create(kind=CreditAccount.Kind.GIFT_CARD, currency=current_tenant().currency)
        card = GiftCard.objects.create(
            id=card_id,
            account=account,
            code_digest=digest_of(code),
            last_four=code[-4:],
            expires_on=expires_on,
            note=note,
        )
    record(
        AuditEntry.Action.CREATE,
        actor=actor,
        object_type="gift_card",
        object_id=card.pk,
        object_label=str(card),
        changes={"amount": (None, amount), "expires_on": (None, expires_on), "note": (None, note)},
    )
    emit(
        GiftCardIssued(
            card_id=card.pk,
            version=card.version,
            account_id=account.pk,
            order_id=None,
            currency=account.currency,
            amount=amount,
            expires_on=expires_on,
        ),
        actor=actor,
    )
    give(
        account.pk,
        amount,
        kind=Kind.ISSUE,
        reference_type="gift_card",
        reference_id=card.pk,
        expires_on=expires_on,
        actor=actor,
    )
    card.account.refresh_from_db()
    return card


def _twin(card_id: UUID, amount: Decimal, code: str, expires_on: date | None, note: str) -> Issued | None:
    card = GiftCard.objects.select_related("account").filter(pk=card_id).first()
    if card is None:
        return None
    first = card.account.entries.get(version=1)
    same_code = not code or bytes(card.code_digest) == digest_of(code)
    if (first.amount, card.expires_on, card.note) != (amount, expires_on, note) or not same_code:
        raise ReusedIdentifier("This id belongs to another gift card.")
    return Issued(card, "", False)


@transaction.atomic
def set_card_state(
    card_id: UUID, *, state: str, reason: str = "", expected_version: int | None = None, actor: Actor
) -> GiftCard:
    """Block a gift card (it pays nothing any more, its balance stays), or let it be used again. Repeats are harmless.

    Raises:
        Forbidden, NotFound: the actor may not, or there is no such card.
        StaleVersion: it is not of ``expected_version`` any more.
        Invalid: there is no such state.
    """
    actor.require(MANAGE_CREDIT)
    if state not in GiftCard.State.values:
        refuse(fault("/state", "choice", "A gift card is active or blocked."))
    rows = GiftCard.objects.select_for_update(of=("self",)).select_related("account")
    card = rows.filter(pk=card_id).first()
    if card is None:
        raise NotFound("There is no such gift card.")
    must_be_version(expected_version, card.version, state=card.state)
    if card.state == state:
        return card
    before, card.state = card.state, state
    card.version += 1
    card.save(update_fields=["state", "version"])
    record(
        AuditEntry.Action.CHANGE,
        actor=actor,
        object_type="gift_card",
        object_id=card.pk,
        object_label=str(card),
        changes={"state": (before, state), "reason": ("", reason[:LONGEST_TEXT])},
    )
    emit(
        GiftCardChanged(card_id=card.pk, version=card.version, account_id=card.account_id, state=card.state),
        actor=actor,
    )
    return card


@transaction.atomic
def adjust_credit(
    *, adjustment_id: UUID, account_id: UUID, amount: Decimal, reason: str, actor: Actor
) -> tuple[CreditEntry, bool]:
    """Correct a balance by a signed amount, for a reason; answers the entry, and whether this call made it.

    Raises:
        Forbidden, NotFound: the actor may not, or there is no such account.
        Invalid: the amount is nothing or none of the currency, or there is no reason.
        NotEnoughCredit: less is left than is to be taken.
        ReusedIdentifier: the id belongs to another correction.
    """
    actor.require(MANAGE_CREDIT)
    reason = " ".join(reason.split())
    if not amount.is_finite() or not amount or abs(amount) > MOST_ON_A_CARD:
        refuse(fault("/amount", "range", "Say by how much: more than nothing, and not as much as that."))
    if not reason or len(reason) > LONGEST_TEXT:
        refuse(fault("/reason", "length", f"Say why, in at most {LONGEST_TEXT} characters."))
    account = lock_accounts([account_id])[account_id]
    if account.currency and not is_payable(amount, account.currency):
        refuse(fault("/amount", "places", f"{amount.normalize():f} is no amount of {account.currency}."))
    twin = CreditEntry.objects.filter(reference_type="adjustment", reference_id=adjustment_id).first()
    if twin is not None:
        if (twin.account_id, twin.amount, twin.reason) != (account_id, amount, reason):
            raise ReusedIdentifier("This id belongs to another correction.")
        return twin, False
    move = give if amount > 0 else take
    entry = move(
        account_id,
        abs(amount),
        kind=Kind.ADJUST,
        reference_type="adjustment",
        reference_id=adjustment_id,
        reason=reason,
        actor=actor,
    )
    record(
        AuditEntry.Action.CHANGE,
        actor=actor,
        object_type="credit",
        object_id=account_id,
        object_label=account.get_kind_display(),
        changes={"balance": (entry.balance - amount, entry.balance), "reason": ("", reason)},
    )
    return entry, True


@transaction.atomic
def adjust_customers_credit(
    customer_id: UUID, *, adjustment_id: UUID, amount: Decimal, reason: str, actor: Actor
) -> tuple[CreditEntry, bool]:
    """`adjust_credit` for a customer's store credit, whose account is made if there is none."""
    actor.require(MANAGE_CREDIT)
    if not Customer.objects.filter(pk=customer_id).exists():
        raise NotFound("There is no such customer.")
    account = account_for(customer_id, CreditAccount.Kind.CREDIT)
    return adjust_credit(adjustment_id=adjustment_id, account_id=account.pk, amount=amount, reason=reason, actor=actor)


def expire_credit(*, actor: Actor) -> int:
    """Book out what has expired by today, one entry per amount; answers how many. Repeating is harmless."""
    due = CreditEntry.objects.filter(remaining__gt=0, expires_on__lt=business_today())
    accounts = sorted(set(due.values_list("account_id", flat=True)))
    return sum(with_locks(lambda account=account: expire_account(account, actor=actor)) for account in accounts)  # type: ignore[misc]


@transaction.atomic
def expire_account(account_id: UUID, *, actor: Actor) -> int:
    """`expire_credit` for one account, oldest first, in the caller's transaction if there is one."""
    lock_accounts([account_id])
    due = list(
        CreditEntry.objects.filter(account=account_id, remaining__gt=0, expires_on__lt=business_today()).order_by(
            "expires_on", "id"
        )
    )
    for entry in due:
        amount, entry.remaining = entry.remaining or Decimal(0), Decimal(0)
        entry.save(update_fields=["remaining"])
        take(
            account_id,
            amount,
            kind=Kind.EXPIRE,
            reference_type="expiry",
            reference_id=uuid5(account_id, str(entry.pk)),
            reason=f"expired on {entry.expires_on}",
            may_refuse=False,
            actor=actor,
        )
    return len(due)


def card_faults(amount: Decimal, code: str, expires_on: date | None, *, at: str = "") -> list[dict[str, str]]:
    """What is wrong with a new card, by pointers under ``at``; ``code`` is normal, empty where one is to be made."""
    currency = current_tenant().currency
    errors = []
    if not amount.is_finite() or not 0 < amount <= MOST_ON_A_CARD or not is_payable(amount, currency):
        errors.append(fault(f"{at}/amount", "range", f"An amount of {currency}, more than nothing."))
    if code and not is_code(code):
        detail = f"A code has {SHORTEST_CODE} to {LONGEST_CODE} digits and letters, without I, L, O and U."
        errors.append(fault(f"{at}/code", "code", detail))
    today = business_today()
    if expires_on is not None and not today <= expires_on <= today + LONGEST_LIFE:
        errors.append(fault(f"{at}/expires_on", "day", "Today or a later day."))
    return errors
