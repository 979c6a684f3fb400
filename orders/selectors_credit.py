"""Read gift cards and store credit."""

from uuid import UUID

from django.db.models import Q, QuerySet

from core.errors import NotFound
from orders.models import CreditAccount, CreditEntry, GiftCard

FOUR = 4


def gift_cards(*, q: str = "", state: str = "") -> QuerySet[GiftCard]:
    """Gift cards by what is known of them: the last four symbols of the code, or a part of the note."""
    rows = GiftCard.objects.select_related("account", "order")
    if q := q.strip():
        last = q.replace("-", "").upper()[-FOUR:]
        rows = rows.filter(Q(last_four=last) | Q(note__icontains=q))
    return rows.filter(state=state) if state else rows


def find_gift_card(card_id: UUID) -> GiftCard:
    """A gift card with its account. Raises `NotFound`."""
    card = GiftCard.objects.select_related("account", "order").filter(pk=card_id).first()
    if card is None:
        raise NotFound("There is no such gift card.")
    return card


def entries_of(account_id: UUID) -> QuerySet[CreditEntry]:
    """The ledger of an account."""
    return CreditEntry.objects.filter(account=account_id)


def credit_of(customer_id: UUID) -> CreditAccount | None:
    """The store credit of a customer, if there ever was any."""
    return CreditAccount.objects.filter(customer=customer_id, kind=CreditAccount.Kind.CREDIT).first()
