"""The bodies of gift cards and store credit."""

from typing import Any

from rest_framework import serializers

from core.api.fields import AmountField, PriceField
from core.api.pagination import PageQuery
from orders.models import CreditEntry, GiftCard
from orders.services.gift_cards import LONGEST_TEXT, Issued, grouped


class GiftCardInput(serializers.Serializer[Any]):
    """A card to be given. ``id`` is made by you before the first try; ``code`` is that of a card you have printed."""

    id = serializers.UUIDField()
    amount = AmountField()
    code = serializers.CharField(required=False, max_length=80)
    expires_on = serializers.DateField(required=False, allow_null=True, help_text="The last day on which it pays.")
    note = serializers.CharField(required=False, allow_blank=True, max_length=LONGEST_TEXT)


class GiftCardChange(serializers.Serializer[Any]):
    """Block a card, or let it be used again."""

    state = serializers.ChoiceField(choices=GiftCard.State.choices)
    reason = serializers.CharField(required=False, allow_blank=True, max_length=LONGEST_TEXT)


class GiftCardBody(serializers.Serializer[GiftCard]):
    """A gift card; of its code only the last four symbols are known."""

    id = serializers.UUIDField()
    account = serializers.UUIDField(source="account_id")
    last_four = serializers.CharField()
    state = serializers.ChoiceField(choices=GiftCard.State.choices)
    currency = serializers.CharField(source="account.currency")
    balance = AmountField(source="account.balance")
    expires_on = serializers.DateField(allow_null=True)
    order = serializers.UUIDField(source="order_id", allow_null=True, help_text="The sale it was sold with.")
    note = serializers.CharField()
    created_at = serializers.DateTimeField()
    version = serializers.IntegerField()


class IssuedCard(GiftCardBody):
    """A card just issued, with its code: it is not shown again."""

    code = serializers.CharField(allow_null=True, help_text="Null in the answer to a repeat.")


class GiftCardQuery(PageQuery):
    """Which gift cards: newest first."""

    q = serializers.CharField(required=False, max_length=100, help_text="The last four symbols, or a part of the note.")
    state = serializers.ChoiceField(choices=GiftCard.State.choices, required=False)


class GiftCardPage(serializers.Serializer[Any]):
    """One page of gift cards."""

    results = GiftCardBody(many=True)
    next = serializers.CharField(allow_null=True, help_text="The cursor of the next page; null at the end.")


class CodeInput(serializers.Serializer[Any]):
    """A code as it was read or typed; gaps, hyphens and small letters do not matter."""

    code = serializers.CharField(max_length=80)


class EntryBody(serializers.Serializer[CreditEntry]):
    """A line of an account's ledger."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=CreditEntry.Kind.choices)
    amount = AmountField()
    balance = AmountField(help_text="After it.")
    reference_type = serializers.CharField()
    reference_id = serializers.UUIDField()
    reason = serializers.CharField()
    expires_on = serializers.DateField(allow_null=True)
    by = serializers.CharField(source="actor_label")
    at = serializers.DateTimeField()
    version = serializers.IntegerField()


class EntryPage(serializers.Serializer[Any]):
    """One page of a ledger, newest first."""

    results = EntryBody(many=True)
    next = serializers.CharField(allow_null=True, help_text="The cursor of the next page; null at the end.")


class CreditPage(EntryPage):
    """A customer's store credit with its ledger."""

    balance = AmountField()
    currency = serializers.CharField()
    account = serializers.UUIDField(allow_null=True)


class PointsPage(EntryPage):
    """A customer's points with their ledger. ``value`` is what the spendable ones pay today, in ``currency``."""

    balance = AmountField(help_text="Below zero if points were taken back that had been spent.")
    spendable = AmountField(help_text="Without what has expired and was not booked out yet.")
    value = AmountField()
    each = PriceField(help_text="What one point pays today; payments with points are whole multiples of it.")
    currency = serializers.CharField()
    account = serializers.UUIDField(allow_null=True)


class AdjustInput(serializers.Serializer[Any]):
    """A correction by a signed amount. ``id`` is made by you before the first try."""

    id = serializers.UUIDField()
    amount = AmountField()
    reason = serializers.CharField(max_length=LONGEST_TEXT)


_CARD, _ENTRY, _AMOUNT = GiftCardBody(), EntryBody(), AmountField()


def card_body(card: GiftCard) -> dict[str, Any]:
    """The body of a gift card."""
    return _CARD.to_representation(card)


def issued_body(issued: Issued) -> dict[str, Any]:
    """The body of a card just issued."""
    return {**card_body(issued.card), "code": grouped(issued.code) if issued.code else None}


def entry_body(entry: CreditEntry) -> dict[str, Any]:
    """The body of a line of a ledger."""
    return _ENTRY.to_representation(entry)


def amount_text(amount: Any) -> str:
    """An amount as the API tells it."""
    return _AMOUNT.to_representation(amount)
