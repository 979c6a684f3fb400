"""Read gift cards and store credit."""

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from django.db.models import Q, QuerySet, Sum

from core.errors import NotFound
from core.locations.selectors import business_today
from core.tenancy.context import current_tenant
from orders.models import CreditAccount, CreditEntry, GiftCard
from orders.points import worth
from orders.selectors.policy import policy

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


@dataclass(frozen=True, slots=True)
class Points:
    """A customer's points: all, those that can be spent today, and what these pay."""

    account: CreditAccount | None
    balance: Decimal
    spendable: Decimal
    value: Decimal

    @property
    def entries(self) -> QuerySet[CreditEntry]:
        return entries_of(self.account.pk) if self.account else CreditEntry.objects.none()


def points_of(customer_id: UUID) -> Points:
    """The points of a customer."""
    account = CreditAccount.objects.filter(customer=customer_id, kind=CreditAccount.Kind.POINTS).first()
    if account is None:
        return Points(None, Decimal(0), Decimal(0), Decimal(0))
    free = max(spendable(account), Decimal(0))
    return Points(account, account.balance, free, worth(free, policy().point_value, current_tenant().currency))


def spendable(account: CreditAccount) -> Decimal:
    """What can be spent of an account today: its balance without what has expired and was not booked out yet."""
    expired = account.entries.filter(remaining__gt=0, expires_on__lt=business_today())
    return account.balance - (expired.aggregate(sum=Sum("remaining"))["sum"] or Decimal(0))


def credit_of(customer_id: UUID) -> CreditAccount | None:
    """The store credit of a customer, if there ever was any."""
    return CreditAccount.objects.filter(customer=customer_id, kind=CreditAccount.Kind.CREDIT).first()
