"""Goods that come back without a receipt, over REST."""

from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.fields import AmountField, QuantityField
from core.api.views import ApiView, versioned
from core.ids import uuid7
from inventory.api.lines import ArticleInput
from orders.api import serializers as bodies
from orders.models import OrderLine
from orders.permissions import RETURN_WITHOUT_RECEIPT
from orders.services.no_receipt import LooseLine, LooseReturn, return_without_receipt, worth_of
from orders.services.returns import MOST_LINES


class LooseLineInput(ArticleInput):
    """So much of an article: exactly one of ``variant`` and ``code``."""

    quantity = QuantityField()
    disposition = serializers.ChoiceField(choices=OrderLine.Disposition.choices, required=False)


class LooseQuoteInput(serializers.Serializer[Any]):
    """What would come back, of whom, and where."""

    customer = serializers.UUIDField()
    location = serializers.UUIDField()
    lines = LooseLineInput(many=True, max_length=MOST_LINES)  # type: ignore[call-arg]


class LooseReturnInput(LooseQuoteInput):
    """What comes back. ``id`` is the refund's, made by you before the first try."""

    id = serializers.UUIDField()
    reason = serializers.CharField(max_length=300)
    register = serializers.UUIDField(required=False, allow_null=True, help_text="Whose shift the refund belongs to.")
    approval = serializers.UUIDField(required=False, allow_null=True)
    expected_total = AmountField(required=False, allow_null=True, help_text="The credit that you showed.")


class LooseQuoteOutput(serializers.Serializer[Any]):
    """What it comes to today."""

    lines = bodies.LineOutput(many=True)
    credit = AmountField(help_text="Store credit that would be given.")
    used = AmountField(help_text="What the customer got so in the running period.")
    needs_approval = serializers.BooleanField()


_QUOTE = LooseQuoteOutput()


class LooseReturns(ApiView):
    """/returns/without-receipt/: take goods back whose sale nobody knows."""

    required_permission: ClassVar = RETURN_WITHOUT_RECEIPT
    tag = "orders"

    @extend_schema(
        operation_id="return_without_receipt",
        summary="Take goods back without a receipt, for store credit",
        description=(
            "By the shop's policy: 409 `no-receipt` where it does not do it, 403 `approval-needed` where each one is"
            " approved or the customer had more than the limit in the period. At the lowest price of the last days"
            " that the policy names, taxed by today's rule; the points such a purchase earns are taken back."
        ),
        request=LooseReturnInput,
        responses={
            201: OpenApiResponse(bodies.OrderDetail, "Returned."),
            200: OpenApiResponse(bodies.OrderDetail, "It was returned before, by this very request."),
        },
    )
    def post(self, request: Request) -> Response:
        made = return_without_receipt(loose_return_of(self.read(LooseReturnInput)), actor=self.actor)
        body = bodies.order_detail(made.order, made.lines, made.payments)
        if made.is_new:
            return versioned(body, made.order, status=201, headers={"Location": f"/api/v1/orders/{made.order.pk}/"})
        return versioned(body, made.order, headers={"Idempotent-Replayed": "true"})


class LooseQuotes(ApiView):
    """/returns/without-receipt/quote/: what it would come to."""

    required_permission: ClassVar = RETURN_WITHOUT_RECEIPT
    tag = "orders"

    @extend_schema(
        operation_id="quote_return_without_receipt",
        summary="What goods without a receipt would come to; nothing is booked",
        request=LooseQuoteInput,
        responses={200: LooseQuoteOutput},
    )
    def post(self, request: Request) -> Response:
        body = self.read(LooseQuoteInput)
        worth = worth_of(loose_return_of({**body, "reason": "quote"}), actor=self.actor)
        return Response(_QUOTE.to_representation(worth))


def loose_return_of(body: dict[str, Any]) -> LooseReturn:
    """The body of a return without a receipt in the words of the service."""
    return LooseReturn(
        refund_id=body.get("id") or uuid7(),
        customer_id=body["customer"],
        location_id=body["location"],
        lines=[
            LooseLine(
                variant_id=line.get("variant"),
                code=line.get("code", ""),
                quantity=line["quantity"],
                disposition=line.get("disposition", OrderLine.Disposition.RESTOCK.value),
            )
            for line in body["lines"]
        ],
        reason=body["reason"],
        register_id=body.get("register"),
        approval_id=body.get("approval"),
        expected_total=body.get("expected_total"),
    )
