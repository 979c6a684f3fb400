"""Gift cards sold with a sale, as lines of their own kind, and undone while nobody has used them.

A gift card pays for anything at any rate of tax, so it is a multi-purpose voucher: to hand it over is no supply and
bears no tax; the tax is due on what it pays for (Directive 2006/112/EC, art. 30a and 30b, put in by Directive (EU)
2016/1065). Until then the shop owes the money: no revenue, no stock, no points, and no discount lowers it.
"""

import secrets
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from uuid import UUID

from core.actors import Actor
from core.audit.models import AuditEntry
from core.audit.services import record
from core.errors import Conflict, fault
from core.events import DomainEvent
from core.ids import ALPHABET
from core.limits import hit
from core.locations.selectors import business_today
from core.outbox.services import emit
from core.tenancy.context import current_tenant
from orders.errors import GiftCardUsed
from orders.events import GiftCardChanged, GiftCardIssued
from orders.models import CreditAccount, CreditEntry, GiftCard, Order, OrderLine
from orders.services.basket import CardSold, Sale
from orders.services.credit import GUESSES, SHORTEST_CODE, Charge, credit, digest_of, normal_code, take
from orders.services.gift_cards import card_faults

MOST_CARDS = 50
NAME = "Gift card"
Kind = CreditEntry.Kind


def check_cards(sale: Sale) -> list[dict[str, str]]:
    """What is wrong with the gift cards of a sale, each by its pointer."""
    cards = sale.gift_cards
    errors = []
    if len(cards) > MOST_CARDS:
        errors.append(fault("/gift_cards", "too-many", f"At most {MOST_CARDS} gift cards."))
    codes = [normal_code(card.code) for card in cards if card.code]
    if len({card.card_id for card in cards}) < len(cards) or len(set(codes)) < len(codes):
        errors.append(fault("/gift_cards", "unique", "Two gift cards have the same id or code."))
    for place, card in enumerate(cards[:MOST_CARDS]):
        errors += card_faults(card.amount, normal_code(card.code), card.expires_on, at=f"/gift_cards/{place}")
    return errors


def codes_of(cards: Sequence[CardSold]) -> dict[UUID, str]:
    """The code of each card by its id: the stated one, or one that is made now."""
    return {
        card.card_id: normal_code(card.code) or "".join(secrets.choice(ALPHABET) for _ in range(SHORTEST_CODE))
        for card in cards
    }


def card_lines(
    cards: Sequence[CardSold], *, after: int = 0, codes: Mapping[UUID, str] | None = None
) -> list[OrderLine]:
    """The lines of gift cards, at the positions behind ``after``; with their ``codes`` the names end like these."""
    ends = {card_id: f" …{code[-4:]}" for card_id, code in (codes or {}).items()}
    return [
        OrderLine(
            position=after + place,
            kind=OrderLine.Kind.GIFT_CARD,
            gift_card_id=card.card_id,
            sku="",
            name=NAME + ends.get(card.card_id, ""),
            quantity=Decimal(1),
            unit_price=card.amount,
            list_price=card.amount,
            net=card.amount,
            total=card.amount,
            is_stocked=False,
        )
        for place, card in enumerate(cards, start=1)
    ]


def new_cards(sale: Sale, order: Order, codes: Mapping[UUID, str], *, actor: Actor) -> list[GiftCard]:
    """The cards of a sale with their accounts, not saved. Before the transaction.

    Raises:
        Conflict: another card has one of the codes; counted like a code that was guessed.
    """
    if not sale.gift_cards:
        return []
    digests = {digest_of(code): card_id for card_id, code in codes.items()}
    taken = GiftCard.objects.filter(code_digest__in=digests).exclude(pk__in=codes)
    if found := [str(digests[bytes(digest)]) for digest in taken.values_list("code_digest", flat=True)]:
        hit(GUESSES, str(actor.id))
        raise Conflict("There is a gift card with one of these codes already.", details={"gift_cards": sorted(found)})
    currency = current_tenant().currency
    return [
        GiftCard(
            id=card.card_id,
            account=CreditAccount(kind=CreditAccount.Kind.GIFT_CARD, currency=currency),
            code_digest=digest_of(codes[card.card_id]),
            last_four=codes[card.card_id][-4:],
            expires_on=card.expires_on,
            order=order,
        )
        for card in sale.gift_cards
    ]


def fill_cards(cards: Sequence[GiftCard], lines: Sequence[OrderLine], *, actor: Actor) -> list[DomainEvent]:
    """Put on new cards what was paid for them, in the transaction of their sale; answers the events to emit."""
    amounts = {line.gift_card_id: line.total for line in lines}
    told: list[DomainEvent] = []
    for card in cards:
        amount = amounts[card.pk]
        told.append(
            GiftCardIssued(
                card_id=card.pk,
                version=card.version,
                account_id=card.account_id,
                order_id=card.order_id,
                currency=card.account.currency,
                amount=amount,
                expires_on=card.expires_on,
            )
        )
        one = Charge(card.account_id, amount, "gift_card", card.pk)
        told.append(credit(one, kind=Kind.ISSUE, expires_on=card.expires_on, actor=actor)[1])
        record(
            AuditEntry.Action.CREATE,
            actor=actor,
            object_type="gift_card",
            object_id=card.pk,
            object_label=str(card),
            changes={"amount": (None, amount), "expires_on": (None, card.expires_on)},
        )
    return told


def cards_in(lines: Sequence[OrderLine]) -> list[UUID]:
    """The gift cards that some lines sold, or take back."""
    return [line.gift_card_id for line in lines if line.gift_card_id is not None]


def accounts_of_cards(cards: Collection[UUID]) -> set[UUID]:
    """The accounts of some cards: to be locked with all others that a transaction uses."""
    return set(GiftCard.objects.filter(pk__in=cards).values_list("account_id", flat=True)) if cards else set()


def take_cards_back(cards: Collection[UUID], document: Order, *, actor: Actor) -> None:
    """Empty and block gift cards whose sale is undone by ``document`` (the sale itself, voided, or a refund).

    Their accounts are locked by the caller, so a card is either spent before or refused after. Exactly as sold: one
    that somebody used, or had corrected, stays.

    Raises:
        GiftCardUsed: a card was used since. Give up the whole transaction.
    """
    if not cards:
        return
    rows = GiftCard.objects.select_for_update(of=("self",), no_key=True).select_related("account")
    found = list(rows.filter(pk__in=cards).order_by("pk"))
    _must_be_untouched(found)
    for card in found:
        take(
            card.account_id,
            card.account.balance,
            kind=Kind.REVERSE,
            reference_type="order",
            reference_id=document.pk,
            actor=actor,
        )
        before, card.state = card.state, GiftCard.State.BLOCKED
        card.version += 1
        card.save(update_fields=["state", "version"])
        record(
            AuditEntry.Action.CHANGE,
            actor=actor,
            object_type="gift_card",
            object_id=card.pk,
            object_label=str(card),
            changes={"state": (before, card.state), "taken_back_by": (None, document.number)},
        )
        emit(
            GiftCardChanged(card_id=card.pk, version=card.version, account_id=card.account_id, state=card.state),
            actor=actor,
        )


def _must_be_untouched(cards: Sequence[GiftCard]) -> None:
    """Only its issue stands in a card's ledger, and it has not run out."""
    today = business_today()
    used = [
        card for card in cards if card.account.version != 1 or (card.expires_on is not None and card.expires_on < today)
    ]
    if used:
        told = f"Gift card {', '.join(map(str, used))} was used, changed or ran out since."
        raise GiftCardUsed(told, details={"cards": [str(card.pk) for card in used]})
