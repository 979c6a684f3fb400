"""Money that goes back: by which ways, and the rows and events of it."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from decimal import Decimal
from uuid import UUID

from core.actors import Actor
from core.errors import fault, refuse
from core.events import DomainEvent
from core.ids import uuid7
from core.money import is_payable, plain_amount
from orders.errors import WrongPayment
from orders.events import PaymentRefunded
from orders.models import CreditAccount, CreditEntry, Order, Payment
from orders.services.basket import Tender
from orders.services.cards_sold import accounts_of_cards, take_cards_back
from orders.services.credit import account_for, give, lock_accounts
from orders.services.points import settle_back, standing_of

Method = Payment.Method
ON_ACCOUNT = (Method.GIFT_CARD, Method.CREDIT)
WAYS = (Method.CASH, Method.CARD, Method.BANK, Method.OTHER, *ON_ACCOUNT)
"""Ways of giving money back."""


def money_back(
    document: Order,
    sale: Order,
    due: Decimal,
    tenders: Sequence[Tender] | None,
    *,
    actor: Actor,
    by_points: Decimal = Decimal(0),
) -> list[Payment]:
    """Rows of a refund's payments, not saved: negative, and together exactly what is due.

    Without ``tenders`` each way in which the sale was paid gives back at most what came in by it, cash last. A gift
    card gets back what the sale took from a card; store credit is the customer's, with an account made if need be.
    ``by_points`` of it goes back as points, beside what ``tenders`` say of the rest.

    Where nothing is due, none in cash may be stated: what is owed is less than the smallest coin.

    Raises:
        Invalid: a way or an amount is wrong, each named.
        WrongPayment: they do not come to what is due.
    """
    due -= by_points
    if due == 0 and tenders is not None:  # cash that rounds to no coins is settled by saying so
        tenders = [tender for tender in tenders if tender.amount or tender.method != Method.CASH]
    backs = as_paid(sale, due) if tenders is None else [(tender, _account(tender.method, sale)) for tender in tenders]
    errors = []
    for place, (tender, account) in enumerate(backs):
        if tender.method not in WAYS:
            errors.append(fault(f"/payments/{place}/method", "method", "Nobody gives money back in this way."))
        elif tender.method in ON_ACCOUNT and account is None:
            detail = "No gift card paid this." if tender.method == Method.GIFT_CARD else "This sale has no customer."
            errors.append(fault(f"/payments/{place}/method", "no-account", detail))
        if not tender.amount > 0 or not is_payable(tender.amount, sale.currency):
            errors.append(fault(f"/payments/{place}/amount", "places", "This is no amount that can be given back."))
    if len({tender.id for tender, _ in backs}) < len(backs):
        errors.append(fault("/payments", "unique", "Two payments have the same id."))
    refuse(*errors)
    paid = sum((tender.amount for tender, _ in backs), Decimal(0))
    if paid != due:
        told = {name: plain_amount(x, sale.currency) for name, x in (("due", due), ("paid", paid))}
        raise WrongPayment(f"The payments come to {told['paid']}, {told['due']} is to be given back.", details=told)
    made = []
    for tender, account in backs:
        payment = row(document, tender.method, -tender.amount, actor, tender)
        payment.account_id = account
        made.append(payment)
    if by_points:
        made.append(row(document, Method.POINTS, -by_points, actor))
    return made


def _account(method: str, sale: Order) -> UUID | None:
    if method == Method.GIFT_CARD:
        paid = sale.payments.filter(method=method, account_id__isnull=False).order_by("pk")
        return paid.values_list("account_id", flat=True).first()
    if method == Method.CREDIT and sale.customer_id:
        return account_for(sale.customer_id, CreditAccount.Kind.CREDIT).pk
    return None


def as_paid(sale: Order, due: Decimal) -> list[tuple[Tender, UUID | None]]:
    """What is due by the ways in which the sale was paid, with the account; what an exchange paid goes back in cash.

    Points are not among them: their part is fixed before (`orders.services.points.part_back`).
    """
    came: dict[tuple[str, UUID | None], Decimal] = defaultdict(Decimal)
    rows = Payment.objects.filter(order=sale) | Payment.objects.filter(order__refund_of=sale)
    for payment in rows.exclude(method=Method.POINTS).order_by("received_at", "pk"):
        key = (payment.method, payment.account_id) if payment.method in WAYS else (Method.CASH.value, None)
        came[key] += payment.amount
    given: list[tuple[Tender, UUID | None]] = []
    left = due
    for (method, account), amount in sorted(came.items(), key=lambda one: one[0][0] == Method.CASH):
        part = min(left, max(amount, Decimal(0)))
        if part > 0:
            given.append((Tender(method=method, amount=part), account))
            left -= part
    if left > 0:
        given.append((Tender(method=Method.CASH.value, amount=left), None))
    return given


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
