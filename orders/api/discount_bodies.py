"""The bodies of discounts, coupons and quotes."""

from typing import Any

from rest_framework import serializers

from core.api.fields import AmountField, PriceField, QuantityField
from core.api.pagination import PageQuery
from orders.api.serializers import CHANNELS, GivenInput, LineInput, LineOutput
from orders.models import Coupon, Discount
from orders.services.cards_sold import MOST_CARDS
from orders.services.checkout import MOST_LINES
from orders.services.discount_rules import MOST_NAMED
from orders.services.offers import MOST_COUPONS, WhyNot
from orders.services.quotes import Quote


class Ids(serializers.ListField):
    """Identifiers of things that stand in the shop."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(child=serializers.UUIDField(), max_length=MOST_NAMED, required=False, **kwargs)


class ConditionsBody(serializers.Serializer[Any]):
    """When and for what a discount holds. Of variants, categories (with all below) and brands any one is enough."""

    variants = Ids()
    categories = Ids()
    brands = Ids()
    groups = Ids(help_text="Customer groups.")
    locations = Ids()
    channels = serializers.ListField(child=serializers.ChoiceField(choices=CHANNELS), required=False)
    least_total = AmountField(required=False, allow_null=True, help_text="The goods it is for come to this at least.")
    least_quantity = QuantityField(required=False, allow_null=True)


class DiscountBody(serializers.Serializer[Discount]):
    """A rule that lowers prices."""

    id = serializers.UUIDField(read_only=True)
    name = serializers.CharField(max_length=120, help_text="Printed on receipts.")
    kind = serializers.ChoiceField(choices=Discount.Kind.choices)
    scope = serializers.ChoiceField(choices=Discount.Scope.choices, required=False)
    value = PriceField(
        min_value=0, required=False, help_text="Per cent, an amount (of each unit, or of the order), or a price."
    )
    buy_quantity = QuantityField(required=False, allow_null=True)
    get_quantity = QuantityField(required=False, allow_null=True, help_text="These are reduced by `value` per cent.")
    conditions = ConditionsBody(required=False)
    stacking = serializers.ChoiceField(choices=Discount.Stacking.choices, required=False)
    position = serializers.IntegerField(required=False, min_value=0, max_value=1_000_000)
    needs_coupon = serializers.BooleanField(required=False)
    starts_at = serializers.DateTimeField(required=False, allow_null=True)
    ends_at = serializers.DateTimeField(required=False, allow_null=True)
    is_active = serializers.BooleanField(required=False)
    version = serializers.IntegerField(read_only=True)
    created_at = serializers.DateTimeField(read_only=True)
    updated_at = serializers.DateTimeField(read_only=True)


class DiscountShown(DiscountBody):
    """A discount as it is kept: its conditions are those that were given, sums and numbers as text."""

    conditions = serializers.DictField()  # type: ignore[assignment]


class DiscountInput(DiscountBody):
    """A new discount; with a ``code`` also the coupon that opens it."""

    code = serializers.CharField(required=False, allow_blank=True, max_length=40, write_only=True)


class DiscountChanges(DiscountBody):
    """What is to change of a discount; what is not named stays."""

    name = serializers.CharField(max_length=120, required=False)
    kind = serializers.ChoiceField(choices=Discount.Kind.choices, required=False)


class DiscountQuery(PageQuery):
    """Which discounts: in the order in which they are looked at."""

    q = serializers.CharField(required=False, max_length=100, help_text="A part of the name, or a coupon's code.")
    is_active = serializers.BooleanField(required=False, allow_null=True, default=None)


class DiscountPage(serializers.Serializer[Any]):
    """One page of discounts."""

    results = DiscountShown(many=True)
    next = serializers.CharField(allow_null=True, help_text="The cursor of the next page; null at the end.")


class CouponChanges(serializers.Serializer[Coupon]):
    """What is to change of a coupon; what is not named stays."""

    max_uses = serializers.IntegerField(required=False, allow_null=True, min_value=1)
    max_per_customer = serializers.IntegerField(required=False, allow_null=True, min_value=1)
    expires_at = serializers.DateTimeField(required=False, allow_null=True)
    is_active = serializers.BooleanField(required=False)


class CouponInput(CouponChanges):
    """A new code that opens a discount."""

    discount = serializers.UUIDField()
    code = serializers.CharField(max_length=40, help_text="Kept in capitals.")


class CouponBody(CouponInput):
    """A coupon. ``used`` counts sales, those voided left out."""

    id = serializers.UUIDField()
    discount = serializers.UUIDField(source="discount_id")
    used = serializers.IntegerField()
    version = serializers.IntegerField()
    created_at = serializers.DateTimeField()


class CouponQuery(PageQuery):
    """Which coupons: by code."""

    discount = serializers.UUIDField(required=False)
    q = serializers.CharField(required=False, max_length=40, help_text="The beginning of the code.")
    is_active = serializers.BooleanField(required=False, allow_null=True, default=None)


class CouponPage(serializers.Serializer[Any]):
    """One page of coupons."""

    results = CouponBody(many=True)
    next = serializers.CharField(allow_null=True, help_text="The cursor of the next page; null at the end.")


class CardQuoteInput(serializers.Serializer[Any]):
    """A gift card that would be sold."""

    amount = AmountField(min_value=0)


class QuoteInput(serializers.Serializer[Any]):
    """A basket to be computed; as for an order, without id and payments."""

    location = serializers.UUIDField()
    lines = LineInput(many=True, max_length=MOST_LINES)  # type: ignore[call-arg]
    channel = serializers.ChoiceField(choices=CHANNELS, required=False)
    customer = serializers.UUIDField(required=False, allow_null=True)
    coupons = serializers.ListField(child=serializers.CharField(max_length=40), required=False, max_length=MOST_COUPONS)
    discount = GivenInput(required=False, allow_null=True)
    occurred_at = serializers.DateTimeField(required=False, allow_null=True)
    gift_cards = CardQuoteInput(many=True, required=False, max_length=MOST_CARDS)  # type: ignore[call-arg]


class WhyNotBody(serializers.Serializer[WhyNot]):
    """Why a discount, or the coupon that opens it, reduced nothing."""

    discount = serializers.UUIDField(source="discount_id", allow_null=True)
    name = serializers.CharField()
    coupon = serializers.CharField(help_text="Empty for discounts without one.")
    code = serializers.CharField(help_text="Stable, for programs.")
    detail = serializers.CharField(help_text="For people.")


class QuoteBody(serializers.Serializer[Quote]):
    """What a basket would come to."""

    currency = serializers.CharField()
    prices_include_tax = serializers.BooleanField()
    lines = LineOutput(many=True)
    discounts = serializers.ListField(child=serializers.DictField())
    coupons = serializers.ListField(child=serializers.CharField(), help_text="Those that would be used.")
    why_not = WhyNotBody(many=True)
    subtotal = AmountField()
    discount_total = AmountField()
    tax_total = AmountField()
    total = AmountField()
    cash_total = AmountField(help_text="Due when all is paid in cash.")
    needs_approval = serializers.BooleanField(help_text="More is taken off by hand than you may allow.")


_DISCOUNT, _COUPON, _QUOTE = DiscountShown(), CouponBody(), QuoteBody()


def discount_body(discount: Discount) -> dict[str, Any]:
    """The body of a discount."""
    return _DISCOUNT.to_representation(discount)


def coupon_body(coupon: Coupon) -> dict[str, Any]:
    """The body of a coupon."""
    return _COUPON.to_representation(coupon)


def quote_body(made: Quote) -> dict[str, Any]:
    """The body of a quote."""
    return _QUOTE.to_representation(made)
