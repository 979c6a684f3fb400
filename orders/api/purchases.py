"""Goods bought from customers, over REST."""

from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.fields import AmountField, QuantityField
from core.api.views import ApiView
from core.ids import uuid7
from inventory.api.lines import ArticleInput
from inventory.services.stating import LONGEST_LOT, LONGEST_SERIAL
from orders.api import serializers as bodies
from orders.api.views import sale_of
from orders.models import OrderLine
from orders.permissions import BUY_GOODS
from orders.services.purchase_offers import LONGEST_HOLD, WAYS_OUT, BuyLine, Purchase
from orders.services.purchases import buy_goods, offer_of
from orders.services.returns import MOST_LINES


class BuyLineInput(ArticleInput):
    """So much of an article in one condition: exactly one of ``variant`` and ``code``."""

    quantity = QuantityField()
    condition = serializers.ChoiceField(choices=OrderLine.Condition.choices)
    unit_price = AmountField(required=False, allow_null=True, help_text="Paid for each unit. Empty: what is suggested.")
    lot = serializers.CharField(
        required=False, allow_blank=True, max_length=LONGEST_LOT, help_text="Of goods kept by lot; a new one is made."
    )
    expires_on = serializers.DateField(required=False, allow_null=True, help_text="When the lot expires.")
    serials = serializers.ListField(
        child=serializers.CharField(max_length=LONGEST_SERIAL),
        required=False,
        max_length=1000,
        help_text="The pieces of goods with serial numbers, one per unit; those you sold may come back.",
    )


class PurchaseQuoteInput(serializers.Serializer[Any]):
    """What a customer wants to sell, and where."""

    customer = serializers.UUIDField()
    location = serializers.UUIDField()
    lines = BuyLineInput(many=True, max_length=MOST_LINES)  # type: ignore[call-arg]


class PurchaseInput(PurchaseQuoteInput):
    """A purchase. ``id`` is made by you; ``sale`` is what the customer takes in the same ticket."""

    id = serializers.UUIDField()
    pay_by = serializers.ChoiceField(choices=WAYS_OUT, help_text="For what is left after the sale.")
    hold_days = serializers.IntegerField(
        required=False, min_value=0, max_value=LONGEST_HOLD, help_text="So long nobody can sell the goods."
    )
    register = serializers.UUIDField(required=False, allow_null=True, help_text="Whose drawer the money goes through.")
    note = serializers.CharField(required=False, allow_blank=True, max_length=300)
    approval = serializers.UUIDField(required=False, allow_null=True)
    expected_total = AmountField(required=False, allow_null=True, help_text="What you showed for the goods.")
    sale = bodies.OrderInput(required=False, allow_null=True)


class PurchaseQuoteOutput(serializers.Serializer[Any]):
    """What would be paid today."""

    lines = bodies.LineOutput(many=True)
    total = AmountField()
    needs_approval = serializers.BooleanField()


class PurchaseOutput(serializers.Serializer[Any]):
    """Both documents. ``net`` is what the customer paid, or (negative) got."""

    net = AmountField()
    purchase = bodies.OrderDetail()
    sale = bodies.OrderDetail(allow_null=True)


_QUOTE = PurchaseQuoteOutput()


class Purchases(ApiView):
    """/purchases/: buy from a customer."""

    required_permission: ClassVar = BUY_GOODS
    tag = "orders"

    @extend_schema(
        operation_id="buy_goods",
        summary="Buy goods from a customer, alone or in one ticket with a sale",
        description=(
            "Makes an order of kind `purchase`, with negative amounts that are no revenue and carry no tax, and the"
            " sale if there is one, or nothing. What one sets off against the other is a payment `exchange` in both."
            " More than is suggested for the condition answers 403 `approval-needed` (subject: the customer). A sale"
            " needs `orders.sell` as well. Void it with `POST /orders/{id}/void/` while the goods are there."
        ),
        request=PurchaseInput,
        responses={
            201: OpenApiResponse(PurchaseOutput, "Bought."),
            200: OpenApiResponse(PurchaseOutput, "It was bought before, by this very request."),
        },
    )
    def post(self, request: Request) -> Response:
        made = buy_goods(purchase_of(self.read(PurchaseInput), self.actor.kind), actor=self.actor)
        sale = made.sale
        answer = {
            "net": AmountField().to_representation(made.net),
            "purchase": bodies.order_detail(made.order, made.lines, made.payments),
            "sale": bodies.order_detail(sale.order, sale.lines, sale.payments, codes=sale.codes) if sale else None,
        }
        if made.is_new:
            return Response(answer, status=201, headers={"Location": f"/api/v1/orders/{made.order.pk}/"})
        return Response(answer, headers={"Idempotent-Replayed": "true"})


class PurchaseQuotes(ApiView):
    """/purchases/quote/: what would be paid."""

    required_permission: ClassVar = BUY_GOODS
    tag = "orders"

    @extend_schema(
        operation_id="quote_purchase",
        summary="What would be paid for a customer's goods; nothing is booked",
        request=PurchaseQuoteInput,
        responses={200: PurchaseQuoteOutput},
    )
    def post(self, request: Request) -> Response:
        wanted = purchase_of(self.read(PurchaseQuoteInput), self.actor.kind)
        return Response(_QUOTE.to_representation(offer_of(wanted, actor=self.actor)))


def purchase_of(body: dict[str, Any], kind: str) -> Purchase:
    """The body of a purchase in the words of the service."""
    return Purchase(
        purchase_id=body.get("id") or uuid7(),
        customer_id=body["customer"],
        location_id=body["location"],
        lines=[
            BuyLine(
                variant_id=line.get("variant"),
                code=line.get("code", ""),
                quantity=line["quantity"],
                condition=line["condition"],
                unit_price=line.get("unit_price"),
                lot=line.get("lot", ""),
                expires_on=line.get("expires_on"),
                serials=line.get("serials", ()),
            )
            for line in body["lines"]
        ],
        pay_by=body.get("pay_by", "credit"),
        hold_days=body.get("hold_days", 0),
        register_id=body.get("register"),
        note=body.get("note", ""),
        approval_id=body.get("approval"),
        expected_total=body.get("expected_total"),
        sale=sale_of(body["sale"], kind) if body.get("sale") else None,
    )
