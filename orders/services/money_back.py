"""Money that goes back: by which ways, and the rows and events of it."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from uuid import UUID

from core.actors import Actor
from core.errors import fault, refuse
from core.events import DomainEvent
from core.ids import uuid7
from core.money import is_payable, plain_amount
from orders.errors import WrongPayment
from orders.events import PaymentRefunded
from orders.models import CreditAccount, CreditEntry, GiftCard, Order, Payment
from orders.selectors.ways import MONEY, ON_ACCOUNT, WAYS, Paid, Way, ways_of
from orders.services.basket import Tender
from orders.services.cards_sold import accounts_of_cards, take_cards_back
from orders.services.credit import account_for, give, lock_accounts
from orders.services.points import settle_back, standing_of

Method = Payment.Method
MAY_GET_MORE = (Method.CASH, Method.CREDIT)
"""Ways that may give back what came by others: cash instead of a card payment, store credit instead of anything."""


@dataclass(frozen=True, slots=True)
class MoneyBack:
    """A refund's ``payments``, not saved: negative, and together exactly what is due.

    ``beyond`` of it is money although a gift card or store credit paid it: somebody must approve that.
    """

    payments: list[Payment]
    beyond: Decimal


def money_back(
    document: Order,
    sale: Order,
    due: Decimal,
    tenders: Sequence[Tender] | None,
    *,
    actor: Actor,
    by_points: Decimal = Decimal(0),
) -> MoneyBack:
    """How ``due`` goes back: the one rule for returns, exchanges, changes and cancellations.

    Without ``tenders`` each way gets back at most what it gave and has not got back: gift cards and store credit first,
    cash last. What a blocked gift card paid goes to the customer's store credit, or is money without a customer.
    ``tenders`` may state other ways: a gift card, a card, a bank or another way gets no more than it gave; cash may
    stand for any of the money, store credit for everything. ``by_points`` of it goes back as points, beside what
    ``tenders`` say of the rest.

    Where nothing is due, none in cash may be stated: what is owed is less than the smallest coin.

    Raises:
        Invalid: a way or an amount is wrong, or more than that way gave, each named.
        WrongPayment: they do not come to what is due.
    """
    due -= by_points
    if due == 0 and tenders is not None:  # cash that rounds to no coins is settled by saying so
        tenders = [tender for tender in tenders if tender.amount or tender.method != Method.CASH]
    paid = ways_of(sale)
    active = _active_cards(paid)
    if tenders is None:
        backs = _as_paid(sale, due, paid, active)
    else:
        _check(tenders, sale, due, paid, active)
        backs = [back for tender in tenders for back in _to_accounts(tender, sale, paid, active)]
    given = sum((tender.amount for tender, _ in backs), Decimal(0))
    if given != due:
        told = {name: plain_amount(x, sale.currency) for name, x in (("due", due), ("paid", given))}
        raise WrongPayment(f"The payments come to {told['paid']}, {told['due']} is to be given back.", details=told)
    made = []
    for tender, account in backs:
        payment = row(document, tender.method, -tender.amount, actor, tender)
        payment.account_id = account
        made.append(payment)
    if by_points:
        made.append(row(document, Method.POINTS, -by_points, actor))
    kept = sum((tender.amount for tender, _ in backs if tender.method in ON_ACCOUNT), Decimal(0))
    return MoneyBack(made, max(min(paid.of(*ON_ACCOUNT), due) - kept, Decimal(0)))


def _check(tenders: Sequence[Tender], sale: Order, due: Decimal, paid: Paid, active: Collection[UUID | None]) -> None:
    """Refuse what cannot be given back in this way, each by its pointer."""
    unknown = max(due - sum(paid.left.values(), Decimal(0)), Decimal(0))  # imported: nobody knows how it was paid
    left = {method: paid.of(method) + (unknown if method in MONEY else 0) for method in WAYS}
    left[Method.GIFT_CARD] = sum((part for (_, card), part in paid.left.items() if card in active), Decimal(0))
    errors = []
    for place, tender in enumerate(tenders):
        pointer, most = f"/payments/{place}", left.get(tender.method, Decimal(0))
        if tender.method not in WAYS:
            errors.append(fault(f"{pointer}/method", "method", "Nobody gives money back in this way."))
        elif tender.method == Method.GIFT_CARD and not active:
            errors.append(fault(f"{pointer}/method", "no-account", "No gift card paid this that can be used."))
        elif tender.method == Method.CREDIT and not sale.customer_id:
            errors.append(fault(f"{pointer}/method", "no-account", "This sale has no customer."))
        if not tender.amount > 0 or not is_payable(tender.amount, sale.currency):
            errors.append(fault(f"{pointer}/amount", "places", "This is no amount that can be given back."))
        elif tender.method in WAYS and tender.method not in MAY_GET_MORE:
            if tender.amount > most:
                detail = f"Only {plain_amount(most, sale.currency)} of it was paid in this way and did not go back yet."
                errors.append(fault(f"{pointer}/amount", "more-than-paid", detail))
            left[tender.method] = most - tender.amount
    if len({tender.id for tender in tenders}) < len(tenders):
        errors.append(fault("/payments", "unique", "Two payments have the same id."))
    refuse(*errors)


def _active_cards(paid: Paid) -> set[UUID | None]:
    cards = [account for (method, account), _ in paid.left.items() if method == Method.GIFT_CARD]
    found = (
        GiftCard.objects.filter(account__in=cards, state=GiftCard.State.ACTIVE) if cards else GiftCard.objects.none()
    )
    return set(found.values_list("account_id", flat=True))


def _to_accounts(
    tender: Tender, sale: Order, paid: Paid, active: Collection[UUID | None]
) -> list[tuple[Tender, UUID | None]]:
    """A stated payment with the account it goes to; one to gift cards goes to as many of them as paid."""
    if tender.method == Method.CREDIT:
        return [(tender, _credit_of(sale))]
    if tender.method != Method.GIFT_CARD:
        return [(tender, None)]
    parts, left = list[tuple[Tender, UUID | None]](), tender.amount
    for (method, card), amount in paid.left.items():
        if method == Method.GIFT_CARD and card in active and (part := min(amount, left)) > 0:
            parts.append((replace(tender, id=uuid7() if parts else tender.id, amount=part), card))
            left -= part
    return parts


def _credit_of(sale: Order) -> UUID | None:
    return account_for(sale.customer_id, CreditAccount.Kind.CREDIT).pk if sale.customer_id else None


def _as_paid(
    sale: Order, due: Decimal, paid: Paid, active: Collection[UUID | None]
) -> list[tuple[Tender, UUID | None]]:
    return [
        (Tender(method=method, amount=amount), _credit_of(sale) if method == Method.CREDIT else card)
        for (method, card), amount in _parts(sale, due, paid, active).items()
    ]


def _parts(sale: Order, due: Decimal, paid: Paid, active: Collection[UUID | None]) -> dict[Way, Decimal]:
    parts: dict[Way, Decimal] = defaultdict(Decimal)
    for way, amount in paid.left.items():
        part = min(due, amount)
        if part > 0:
            parts[_goes_to(way, sale, active)] += part
            due -= part
    if due > 0:
        parts[Method.CASH.value, None] += due
    return parts


def _goes_to(way: Way, sale: Order, active: Collection[UUID | None]) -> Way:
    """The way that gets back what another gave: itself, or what stands for a card that cannot be used any more."""
    method, account = way
    if method == Method.GIFT_CARD and account not in active:
        method, account = Method.CREDIT.value, None
    return (Method.CASH.value, None) if method == Method.CREDIT and not sale.customer_id else (method, account)


def ways_that_can(sale: Order) -> list[tuple[str, Decimal]]:
    """What each way can get back of a sale at most, in the order in which they do. Reads only."""
    return parts_as_paid(sale, sum(ways_of(sale).left.values(), Decimal(0)))


def parts_as_paid(sale: Order, due: Decimal) -> list[tuple[str, Decimal]]:
    """By which ways ``due`` (without what goes back as points) would go back, for somebody to look at. Reads only."""
    paid = ways_of(sale)
    parts: dict[str, Decimal] = defaultdict(Decimal)
    for (method, _), amount in _parts(sale, due, paid, _active_cards(paid)).items():
        parts[method] += amount
    return list(parts.items())


def give_to_accounts(
    payments: Sequence[Payment],
    *,
    actor: Actor,
    sale: Order | None = None,
    document: Order | None = None,
    cards: Collection[UUID] = (),
) -> None:
    """Put on gift cards and accounts what goes back to them: after the payments are written, before stock is moved.

    With the ``sale`` and the ``document`` that undoes (a part of) it, the points that it earned and burnt go along, and
    ``cards`` that were sold with it are taken back. Raises `GiftCardUsed` for one that was used since.
    """
    standing = standing_of(sale) if sale is not None else None
    on_account = [
        payment
        for payment in payments
        if payment.account_id is not None and payment.amount < 0 and payment.method != Method.POINTS
    ]
    accounts = {payment.account_id for payment in on_account if payment.account_id}
    lock_accounts(accounts | ({standing.account_id} if standing else set()) | accounts_of_cards(cards))
    if document is not None:
        take_cards_back(cards, document, actor=actor)
    if standing is not None and sale is not None and document is not None:
        settle_back(standing, sale, document, payments, actor=actor)
    for payment in on_account:
        if payment.account_id is not None:
            give(
                payment.account_id,
                -payment.amount,
                kind=CreditEntry.Kind.REFUND,
                reference_type="payment",
                reference_id=payment.pk,
                actor=actor,
            )


def row(document: Order, method: str, amount: Decimal, actor: Actor, tender: Tender | None = None) -> Payment:
    """One payment of a document, not saved."""
    return Payment(
        id=tender.id if tender else uuid7(),
        order=document,
        method=method,
        currency=document.currency,
        amount=amount,
        reference=tender.reference if tender else "",
        register_id=document.register_id,
        shift_id=document.shift_id,
        actor_id=actor.id,
        actor_label=actor.label[:200],
        received_at=document.occurred_at,
    )


def refunded_events(payments: Sequence[Payment], document: Order) -> list[DomainEvent]:
    """What is told of money that went back."""
    return [
        PaymentRefunded(
            payment_id=payment.pk,
            version=1,
            order_id=document.pk,
            location_id=document.location_id,
            method=payment.method,
            currency=payment.currency,
            amount=payment.amount,
        )
        for payment in payments
    ]
