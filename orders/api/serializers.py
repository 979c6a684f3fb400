"""The bodies of the orders API."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from rest_framework import serializers

from core.api.answers import Answer
from core.api.fields import AmountField, PriceField, QuantityField, RateField
from core.api.pagination import PageQuery
from core.money import plain_amount
from inventory.api.lines import ArticleInput
from orders.models import GiftCard, Order, OrderLine, Payment
from orders.selectors import CARTS
from orders.selectors.axes import Axes, axes_of, axes_of_new, returned_of
from orders.services.cards_sold import MOST_CARDS
from orders.services.checkout import MOST_LINES
from orders.services.gift_cards import grouped
from orders.services.offers import MOST_COUPONS
from orders.services.tenders import MOST_PAYMENTS

PAID = ("unpaid", "partly", "paid", "overpaid", "refunded")
PARTS = ("none", "partly", "all")
STATES = [choice for choice in Order.State.choices if choice[0] not in CARTS]
CHANNELS = [choice for choice in Order.Channel.choices if choice[0] != Order.Channel.HISTORY]


class GivenInput(serializers.Serializer[Any]):
    """What is taken off by hand. More than the shop allows you is refused with 403, unless an approval is named."""

    kind = serializers.ChoiceField(choices=[("percent", "per cent"), ("amount", "an amount")])
    value = AmountField(min_value=0)
    reason = serializers.CharField(required=False, allow_blank=True, max_length=200)


class LineInput(ArticleInput):
    """One thing sold: exactly one of ``variant`` and ``code``; a pack's code counts its units."""

    quantity = QuantityField()
    unit_price = PriceField(required=False, allow_null=True, min_value=0)
    discount = GivenInput(required=False, allow_null=True)
    label = serializers.CharField(  # type: ignore[assignment]
        required=False,
        allow_blank=True,
        max_length=80,
        help_text=(
            "The code of a price label as it was scanned, where `scan` answered `charges`: the label is read again and"
            " its price is paid. Names `variant` too; `quantity` counts labels; without `unit_price`."
        ),
    )


class SoldLineInput(LineInput):
    """A line that leaves the shelf: which of goods told apart, where it matters."""

    lot = serializers.CharField(
        required=False, allow_blank=True, max_length=40, help_text="Another lot than the one that expires first."
    )
    serials = serializers.ListField(
        child=serializers.CharField(max_length=60),
        required=False,
        max_length=1000,
        help_text="The pieces of goods with serial numbers, one per unit.",
    )


class PaymentInput(serializers.Serializer[Any]):
    """How (a part of) it was paid. ``tendered`` is the cash handed over; we compute the change."""

    id = serializers.UUIDField(required=False)
    method = serializers.ChoiceField(choices=Payment.Method.choices)
    amount = AmountField(min_value=0)
    tendered = AmountField(required=False, allow_null=True, min_value=0)
    reference = serializers.CharField(required=False, allow_blank=True, max_length=80)
    code = serializers.CharField(required=False, max_length=80, help_text="The gift card's code; it is not kept.")


class CardSoldInput(serializers.Serializer[Any]):
    """A gift card that is sold. Make the ``code`` yourself (16 symbols, 80 bits of chance), or read it from a printed
    card: then nothing is lost with an answer that does not arrive.
    """

    id = serializers.UUIDField()
    amount = AmountField(min_value=0)
    code = serializers.CharField(required=False, allow_blank=True, max_length=80, help_text="Left out: one is made.")
    expires_on = serializers.DateField(required=False, allow_null=True)


class OrderInput(serializers.Serializer[Any]):
    """A finished sale. ``id`` is made by you before the first try, so that repeating is harmless."""

    id = serializers.UUIDField()
    location = serializers.UUIDField()
    lines = SoldLineInput(many=True, max_length=MOST_LINES)  # type: ignore[call-arg]
    payments = PaymentInput(many=True, max_length=MOST_PAYMENTS)  # type: ignore[call-arg]
    channel = serializers.ChoiceField(choices=CHANNELS, required=False)
    customer = serializers.UUIDField(required=False, allow_null=True)
    note = serializers.CharField(required=False, allow_blank=True, max_length=300)
    occurred_at = serializers.DateTimeField(required=False, allow_null=True)
    expected_total = AmountField(required=False, allow_null=True)
    accept_shortage = serializers.BooleanField(required=False)
    register = serializers.UUIDField(
        required=False,
        allow_null=True,
        help_text="Its open shift gets the sale; or a closed one that ran then.",
    )
    coupons = serializers.ListField(
        child=serializers.CharField(max_length=40),
        required=False,
        max_length=MOST_COUPONS,
        help_text="409 `coupon-refused` where one does not hold.",
    )
    discount = GivenInput(required=False, allow_null=True)
    approval = serializers.UUIDField(
        required=False, allow_null=True, help_text="For a larger discount by hand, or for expired lots."
    )
    approvals = serializers.ListField(
        child=serializers.UUIDField(), required=False, max_length=10, help_text="Where it takes more than one."
    )
    accept_expired = serializers.BooleanField(
        required=False,
        help_text="After 409 `lot-expired`: sell it all the same, with `orders.sell_expired` or an approval of it.",
    )
    reservations = serializers.ListField(
        child=serializers.UUIDField(), required=False, max_length=100, help_text="Goods set aside for this buyer."
    )
    gift_cards = CardSoldInput(  # type: ignore[call-arg]
        many=True,
        required=False,
        max_length=MOST_CARDS,
        help_text="Gift cards that are sold: no tax, no revenue, no discount. Without goods, `lines` is empty.",
    )


class OrderSummary(Answer[Order]):
    """An order as a list shows it."""

    id = serializers.UUIDField()
    number = serializers.CharField()
    receipt_number = serializers.CharField(help_text="What a device printed while the server was away, or empty.")
    kind = serializers.ChoiceField(choices=Order.Kind.choices)
    state = serializers.ChoiceField(choices=Order.State.choices)
    channel = serializers.ChoiceField(choices=Order.Channel.choices)
    location = serializers.UUIDField(source="location_id")
    customer = serializers.UUIDField(source="customer_id", allow_null=True)
    refund_of = serializers.UUIDField(source="refund_of_id", allow_null=True)
    register = serializers.UUIDField(source="register_id", allow_null=True)
    shift = serializers.UUIDField(source="shift_id", allow_null=True)
    currency = serializers.CharField()
    subtotal = AmountField(help_text="Before tax.")
    discount_total = AmountField()
    tax_total = AmountField()
    total = AmountField()
    apart_total = AmountField(help_text="Part of the total that is no revenue: gift cards that were sold.")
    items = QuantityField(help_text="Units of goods.")
    line_count = serializers.IntegerField()
    source = serializers.CharField(  # type: ignore[assignment]
        help_text="The system it was imported from, if any."
    )
    note = serializers.CharField()
    promised_at = serializers.DateTimeField(
        allow_null=True, help_text="By when an open order's goods are ready, or with the customer."
    )
    business_date = serializers.DateField()
    occurred_at = serializers.DateTimeField()
    recorded_at = serializers.DateTimeField()
    version = serializers.IntegerField()


class LineOutput(Answer[OrderLine]):
    """A line as it was sold: name, price and tax of that moment."""

    position = serializers.IntegerField()
    kind = serializers.ChoiceField(choices=OrderLine.Kind.choices)
    gift_card = serializers.UUIDField(source="gift_card_id", allow_null=True)
    variant = serializers.UUIDField(source="variant_id", allow_null=True)
    sku = serializers.CharField()
    code = serializers.CharField()
    name = serializers.CharField()
    quantity = QuantityField()
    unit_price = PriceField()
    list_price = PriceField()
    discount = AmountField()
    tax_rate = RateField()
    net = AmountField()
    tax = AmountField()
    total = AmountField()
    tax_parts = serializers.ListField(
        child=serializers.DictField(), help_text="Name, rate and amount, where there are several taxes."
    )
    trace = serializers.ListField(child=serializers.DictField(), help_text="Why this price: each step with its amount.")
    condition = serializers.CharField(help_text="Of goods bought from a customer: as_new, good, fair or parts.")
    disposition = serializers.CharField(help_text="Of a refund's line: restock, damaged, vendor or none.")
    returned = QuantityField(help_text="So much of it came back.", default=Decimal(0))


class PaymentOutput(Answer[Payment]):
    """Money in or (negative) out."""

    id = serializers.UUIDField()
    method = serializers.ChoiceField(choices=Payment.Method.choices)
    currency = serializers.CharField()
    amount = AmountField()
    tendered = AmountField(allow_null=True)
    change = AmountField()
    reference = serializers.CharField()
    account = serializers.UUIDField(source="account_id", allow_null=True, help_text="Of a gift card or store credit.")
    shift = serializers.UUIDField(source="shift_id", allow_null=True)
    received_at = serializers.DateTimeField()


class CardSoldOutput(serializers.Serializer[Any]):
    """A gift card that an order sold. The code is told once, in the answer to the sale itself."""

    id = serializers.UUIDField()
    position = serializers.IntegerField()
    amount = AmountField()
    last_four = serializers.CharField()
    expires_on = serializers.DateField(allow_null=True)
    code = serializers.CharField(allow_null=True)


class OrderDetail(OrderSummary):
    """An order with its lines, its payments, and where it stands.

    The payments come to `total`, `cash_rounding` and `payment_difference`.
    """

    cash_rounding = AmountField(help_text="Paid more or (negative) less than the total, in small coins.")
    payment_difference = AmountField(help_text="Paid more or (negative) less by mistake, and accepted as it was.")
    difference_reason = serializers.CharField()
    tax_by_document = serializers.BooleanField(help_text="Tax was rounded once per rate, not per line.")
    discounts = serializers.ListField(child=serializers.DictField(), help_text="What reduced it, with the amounts.")
    paid = serializers.ChoiceField(choices=PAID)
    handed_over = serializers.ChoiceField(choices=PARTS)
    returned = serializers.ChoiceField(choices=PARTS)
    to_pay = AmountField(help_text="Still to be paid; negative: to be given back.")
    lines = LineOutput(many=True)
    payments = PaymentOutput(many=True)
    gift_cards = CardSoldOutput(many=True)


class OrderQuery(PageQuery):
    """Which orders: newest first. ``number`` finds one by the number on its receipt."""

    kind = serializers.ChoiceField(choices=Order.Kind.choices, required=False)
    channel = serializers.ChoiceField(choices=Order.Channel.choices, required=False)
    location = serializers.UUIDField(required=False)
    business_date_from = serializers.DateField(required=False)
    business_date_to = serializers.DateField(required=False)
    customer = serializers.UUIDField(required=False)
    q = serializers.CharField(required=False, max_length=40, help_text="The number of an order.")
    state = serializers.ChoiceField(choices=STATES, required=False)
    paid = serializers.ChoiceField(choices=PAID, required=False)
    handed_over = serializers.ChoiceField(choices=PARTS, required=False)
    returned = serializers.ChoiceField(choices=PARTS, required=False)


class OrderPage(serializers.Serializer[Any]):
    """One page of orders."""

    results = OrderSummary(many=True)
    next = serializers.CharField(allow_null=True, help_text="The cursor of the next page; null at the end.")


# Serializers without input hold no state of a request: building their fields once saves a sale a good part of its time.
_AMOUNT, _QUANTITY = AmountField(), QuantityField()
_SUMMARY, _LINE, _PAYMENT, _CARD = OrderSummary(), LineOutput(), PaymentOutput(), CardSoldOutput()


def order_summary(order: Order) -> dict[str, Any]:
    """The body of an order in a list."""
    return _SUMMARY.to_representation(order)


def order_detail(
    order: Order,
    lines: Sequence[OrderLine],
    payments: Sequence[Payment],
    *,
    where: Axes | None = None,
    back: Mapping[int, Decimal] | None = None,
    codes: Mapping[UUID, str] | None = None,
) -> dict[str, Any]:
    """The body of one order from rows already at hand; without ``where`` and ``back``: one that was just made."""
    where = where or axes_of_new(order, payments)
    told = [_LINE.to_representation(line) for line in lines]
    for line, body in zip(lines, told, strict=True):
        body["returned"] = _QUANTITY.to_representation((back or {}).get(line.pk, Decimal(0)))
    return {
        **_SUMMARY.to_representation(order),
        "cash_rounding": plain_amount(order.cash_rounding, order.currency),
        "payment_difference": plain_amount(order.payment_difference, order.currency),
        "difference_reason": order.difference_reason,
        "tax_by_document": order.tax_by_document,
        "discounts": order.discounts,
        "paid": where.paid,
        "handed_over": where.handed_over,
        "returned": where.returned,
        "to_pay": _AMOUNT.to_representation(where.to_pay),
        "lines": told,
        "payments": [_PAYMENT.to_representation(payment) for payment in payments],
        "gift_cards": _cards(lines, codes or {}),
    }


def _cards(lines: Sequence[OrderLine], codes: Mapping[UUID, str]) -> list[dict[str, Any]]:
    """The gift cards of some lines; no query where there are none."""
    sold = {line.gift_card_id: line for line in lines if line.gift_card_id is not None}
    cards = GiftCard.objects.in_bulk(list(sold)) if sold else {}
    return [
        _CARD.to_representation(
            {
                "id": card.pk,
                "position": line.position,
                "amount": line.total,
                "last_four": card.last_four,
                "expires_on": card.expires_on,
                "code": grouped(codes[card.pk]) if card.pk in codes else None,
            }
        )
        for line, card in ((line, cards[pk]) for pk, line in sold.items())
    ]


def order_one(order: Order) -> dict[str, Any]:
    """The body of one order from the database, with what happened to it since it was made."""
    lines, payments = list(order.lines.all()), list(order.payments.all())
    return order_detail(order, lines, payments, where=axes_of(order), back=returned_of(order.pk))
