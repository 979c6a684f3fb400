"""How an order is paid: what was tendered becomes payment rows that come to what is to be paid, to the cent.

The ways to pay stand in one table, `MEANS`. One that spends an account (a gift card, store credit, points) says how the
account is found and how much of it an amount costs; booking is the same for all of them. A new way to pay is one line:
``register_means(Means("points", account=..., cost=...))`` from the service that owns it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from core.actors import Actor
from core.errors import Invalid, fault, refuse
from core.events import DomainEvent
from core.money import is_payable, plain_amount
from orders.errors import WrongPayment
from orders.events import PaymentReceived
from orders.models import CreditAccount, Order, Payment
from orders.services.basket import Tender
from orders.services.credit import Charge, account_of_customer, charge, find_card

MOST_PAYMENTS = 50
FindAccount = Callable[[Tender, Order, Actor, str], UUID]
"""Tender, order, actor and the tender's JSON pointer to the account it spends; raises a `DomainError`."""


@dataclass(frozen=True, slots=True)
class Means:
    """A way to pay.

    ``gives_change``: more may be handed over than is to be paid. ``account`` finds the account it spends, before the
    transaction; ``cost`` says how much of that account an amount of money takes. ``is_stated``: somebody may name it in
    a sale; the others are made by services alone. ``buys_cards``: it pays for gift cards, too.
    """

    method: str
    gives_change: bool = False
    account: FindAccount | None = None
    cost: Callable[[Decimal], Decimal] = Decimal
    is_stated: bool = True
    buys_cards: bool = True


MEANS: dict[str, Means] = {}


def register_means(means: Means) -> None:
    """Add a way to pay, or say more of one that stands already."""
    MEANS[means.method] = means


def payments_of(
    tenders: Sequence[Tender], order: Order, *, actor: Actor, set_off: Decimal = Decimal(0)
) -> list[Payment]:
    """Payment rows for what was tendered; they come to the order's total and its cash rounding exactly.

    Any number of payments of any kind. Cash may be tendered for more: the rest is change, an amount of its own. Reads
    only; to be called before the transaction.

    Raises:
        Invalid: ids stand twice, a method or an amount is none; each by its pointer.
        WrongPayment: they do not come to what is to be paid, or less was handed over than is paid with it.
        GiftCardRefused, TooManyAttempts: see `orders.services.credit.find_card`.
    """
    _check(tenders, order)
    due = order.total + order.cash_rounding
    due -= min(set_off, due)
    paid = sum((tender.amount for tender in tenders), Decimal(0))
    if paid != due or any(tender.amount < 0 for tender in tenders):
        told = {"total": plain_amount(due, order.currency), "paid": plain_amount(paid, order.currency)}
        raise WrongPayment(
            f"The payments come to {told['paid']}, the total is {told['total']} {order.currency}.", details=told
        )
    made = []
    for place, tender in enumerate(tenders):
        if tender.tendered is not None and tender.tendered < tender.amount:
            raise WrongPayment("Less cash was handed over than is to be paid with it.")
        means = MEANS[tender.method]
        account = means.account(tender, order, actor, f"/payments/{place}") if means.account else None
        made.append(payment_row(tender, order, account, actor=actor))
    return made


def payment_row(tender: Tender, order: Order, account_id: UUID | None, *, actor: Actor) -> Payment:
    """The row of one tender, not saved; ``account_id`` is what it spends, where it spends one."""
    return Payment(
        id=tender.id,
        order=order,
        method=tender.method,
        currency=order.currency,
        amount=tender.amount,
        tendered=tender.tendered,
        change=tender.tendered - tender.amount if tender.tendered is not None else Decimal(0),
        reference=tender.reference,
        account_id=account_id,
        actor_id=actor.id,
        actor_label=actor.label[:200],
        received_at=order.occurred_at,
    )


def charge_accounts(payments: Sequence[Payment], *, actor: Actor) -> list[DomainEvent]:
    """Take from the accounts what was paid with them, in the transaction that books the payments; answers the events.

    Accounts are locked by id, after the order's row and its shift, before any stock level. One payment takes once.

    Raises:
        NotEnoughCredit: an account does not hold so much; the whole transaction is to be given up.
    """
    charges = [
        Charge(payment.account_id, MEANS[payment.method].cost(payment.amount), "payment", payment.pk)
        for payment in payments
        if payment.account_id is not None and payment.amount
    ]
    return charge(charges, actor=actor) if charges else []


def payment_events(payments: Sequence[Payment], order: Order) -> list[DomainEvent]:
    """What is told of payments that came in."""
    return [
        PaymentReceived(
            payment_id=payment.pk,
            version=1,
            order_id=order.pk,
            location_id=order.location_id,
            method=payment.method,
            currency=payment.currency,
            amount=payment.amount,
        )
        for payment in payments
    ]


def _check(tenders: Sequence[Tender], order: Order) -> None:
    errors = []
    if len(tenders) > MOST_PAYMENTS:
        errors.append({"pointer": "/payments", "code": "too-many", "detail": f"At most {MOST_PAYMENTS} payments."})
    if len({tender.id for tender in tenders}) < len(tenders):
        errors.append({"pointer": "/payments", "code": "unique", "detail": "Two payments have the same id."})
    for_goods = [tender.amount for tender in tenders if tender.method in MEANS and not MEANS[tender.method].buys_cards]
    if order.apart_total and sum(for_goods, Decimal(0)) > order.total - order.apart_total:
        errors.append(fault("/payments", "gift-card", "Gift cards and points pay for goods, not for gift cards."))
    for place, tender in enumerate(tenders):
        means = MEANS.get(tender.method)
        if means is None or not means.is_stated:
            detail = "Nobody can pay in this way."
            errors.append({"pointer": f"/payments/{place}/method", "code": "method", "detail": detail})
        elif tender.tendered is not None and not means.gives_change:
            detail = "Only cash is handed over for more than is to be paid."
            errors.append({"pointer": f"/payments/{place}/tendered", "code": "no-change", "detail": detail})
        errors += _coins(tender, order, f"/payments/{place}")
    refuse(*errors)


def _coins(tender: Tender, order: Order, pointer: str) -> list[dict[str, str]]:
    """Nobody hands over a part of the smallest coin; two half cents would come to the total and be in no drawer."""
    if order.rounding == "exact":
        return []
    return [
        {
            "pointer": f"{pointer}/{name}",
            "code": "places",
            "detail": f"{amount.normalize():f} is no amount of {order.currency}.",
        }
        for name, amount in (("amount", tender.amount), ("tendered", tender.tendered))
        if amount is not None and not is_payable(amount, order.currency)
    ]


def _of_card(tender: Tender, order: Order, actor: Actor, pointer: str) -> UUID:
    if not tender.code:
        refuse(fault(f"{pointer}/code", "required", "Name the code of the gift card."))
    return find_card(tender.code, actor=actor).account_id


def _of_customer(tender: Tender, order: Order, actor: Actor, pointer: str) -> UUID:
    account = account_of_customer(order.customer_id, CreditAccount.Kind.CREDIT) if order.customer_id else None
    if account is None:
        detail = "Store credit is a customer's; this one has none." if order.customer_id else "Name the customer."
        raise Invalid(detail, details={"errors": [fault(f"{pointer}/method", "no-credit", detail)]})
    return account.pk


for _means in (
    Means(Payment.Method.CASH.value, gives_change=True),
    Means(Payment.Method.CARD.value),
    Means(Payment.Method.BANK.value),
    Means(Payment.Method.GIFT_CARD.value, account=_of_card, buys_cards=False),
    Means(Payment.Method.CREDIT.value, account=_of_customer),
    Means(Payment.Method.OTHER.value),
    Means(Payment.Method.EXCHANGE.value, is_stated=False),
):
    register_means(_means)
