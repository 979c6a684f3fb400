"""What happens to an order after it was placed, over REST."""

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.fields import AmountField, QuantityField
from core.api.throttling import SALES
from core.api.views import ApiView, versioned
from core.ids import uuid7
from orders.api import serializers as bodies
from orders.api.views import sale_of
from orders.models import OrderLine, Payment
from orders.permissions import REFUND, VIEW_ORDERS
from orders.selectors import find_order
from orders.selectors.ways import WAYS
from orders.services.basket import Tender
from orders.services.exchanges import Exchange, exchange
from orders.services.return_quotes import left_of, quote_return
from orders.services.returns import MOST_LINES, Return, ReturnLine, return_goods
from orders.services.voids import void_order


class ReturnLineInput(serializers.Serializer[Any]):
    """So much of one line of the sale."""

    position = serializers.IntegerField(min_value=1, help_text="The line's position in the sale.")
    quantity = QuantityField()
    disposition = serializers.ChoiceField(choices=OrderLine.Disposition.choices, required=False)
    serials = serializers.ListField(
        child=serializers.CharField(max_length=60),
        required=False,
        max_length=1000,
        help_text="The pieces that come back, of goods with serial numbers: those that were sold, one per unit.",
    )


class MoneyBackInput(serializers.Serializer[Any]):
    """How (a part of) the money goes back; the amount is positive."""

    id = serializers.UUIDField(required=False)
    method = serializers.ChoiceField(choices=[choice for choice in Payment.Method.choices if choice[0] in WAYS])
    amount = AmountField(min_value=0)
    reference = serializers.CharField(required=False, allow_blank=True, max_length=80)


class ReturnQuoteInput(serializers.Serializer[Any]):
    """What somebody wants to bring back."""

    lines = ReturnLineInput(many=True, max_length=MOST_LINES)  # type: ignore[call-arg]
    location = serializers.UUIDField(required=False, allow_null=True, help_text="Where it comes back.")


class WayBackBody(serializers.Serializer[Any]):
    """So much can go back by this way."""

    method = serializers.ChoiceField(choices=[choice for choice in Payment.Method.choices if choice[0] in WAYS])
    amount = AmountField()


class ReturnQuoteOutput(serializers.Serializer[Any]):
    """What would be given back, as positive amounts; ``lines`` as the refund would have them, negative."""

    currency = serializers.CharField()
    due = AmountField()
    cash_due = AmountField(help_text="Due where all of it is given back in cash.")
    by_points = AmountField(help_text="So much of it goes back as points by itself; payments state the rest.")
    needs_approval = serializers.BooleanField()
    ways = WayBackBody(
        many=True, help_text="What each way that paid the sale can get back at most, first things first."
    )
    lines = bodies.LineOutput(many=True)


class LeftLineBody(serializers.Serializer[Any]):
    """What of a line can still come back; ``pieces`` are the numbers to choose from, of goods that have them."""

    position = serializers.IntegerField()
    left = QuantityField()
    pieces = serializers.ListField(child=serializers.CharField())


class LeftOutput(serializers.Serializer[Any]):
    """What of a sale can still come back."""

    lines = LeftLineBody(many=True)


class ReturnInput(serializers.Serializer[Any]):
    """What comes back. ``id`` is the refund's, made by you before the first try."""

    id = serializers.UUIDField()
    lines = ReturnLineInput(many=True, max_length=MOST_LINES)  # type: ignore[call-arg]
    reason = serializers.CharField(max_length=300)
    payments = MoneyBackInput(  # type: ignore[call-arg]
        many=True, max_length=50, required=False, help_text="Left out: by the ways in which it was paid."
    )
    location = serializers.UUIDField(required=False, allow_null=True, help_text="Where it comes back.")
    register = serializers.UUIDField(required=False, allow_null=True, help_text="Through whose drawer the money goes.")
    approval = serializers.UUIDField(required=False, allow_null=True)
    expected_total = AmountField(required=False, allow_null=True, help_text="What you showed is given back.")


class Returns(ApiView):
    """/orders/<id>/returns/: take goods back."""

    required_permission: ClassVar = REFUND
    tag = "orders"

    @extend_schema(
        operation_id="return_goods",
        summary="Take goods of a sale back and give the money back",
        description=(
            "Makes a document of kind refund at the sale's own prices, discounts and taxes. In whatever pieces goods"
            " come back, the refunds sum to what was paid. 403 `approval-needed` when it is late or above the limit."
        ),
        request=ReturnInput,
        responses={
            201: OpenApiResponse(bodies.OrderDetail, "Returned."),
            200: OpenApiResponse(bodies.OrderDetail, "It was returned before, by this very request."),
        },
    )
    def post(self, request: Request, order_id: UUID) -> Response:
        made = return_goods(return_of(order_id, self.read(ReturnInput)), actor=self.actor)
        body = bodies.order_detail(made.order, made.lines, made.payments)
        if made.is_new:
            return versioned(body, made.order, status=201, headers={"Location": f"/api/v1/orders/{made.order.pk}/"})
        return versioned(body, made.order, headers={"Idempotent-Replayed": "true"})


class ReturnQuotes(ApiView):
    """/orders/<id>/returns/quote/: what can come back, and what would be given back."""

    required_permission: ClassVar = REFUND
    rate: ClassVar = {"POST": SALES}
    tag = "orders"

    @extend_schema(
        operation_id="list_returnable",
        summary="What of a sale can still come back",
        responses={200: LeftOutput},
    )
    def get(self, request: Request, order_id: UUID) -> Response:
        found = left_of(find_order(order_id, actor=self.actor))
        return Response({"lines": [LeftLineBody(line).data for line in found]})

    @extend_schema(
        operation_id="quote_return",
        summary="What a return would come to",
        description="Books nothing. Prices, discounts and taxes are the sale's, against what is left of it by now.",
        request=ReturnQuoteInput,
        responses={200: ReturnQuoteOutput},
    )
    def post(self, request: Request, order_id: UUID) -> Response:
        body = self.read(ReturnQuoteInput)
        quoted = quote_return(
            Return(
                refund_id=uuid7(),
                order_id=order_id,
                lines=lines_of(body["lines"]),
                reason="quote",
                location_id=body.get("location"),
            ),
            actor=self.actor,
        )
        return Response(ReturnQuoteOutput(quoted).data)


def lines_of(lines: list[dict[str, Any]]) -> list[ReturnLine]:
    """Lines that come back in the words of the services."""
    return [
        ReturnLine(
            position=line["position"],
            quantity=line["quantity"],
            disposition=line.get("disposition", OrderLine.Disposition.RESTOCK.value),
            serials=line.get("serials", ()),
        )
        for line in lines
    ]


def return_of(order_id: UUID, body: dict[str, Any]) -> Return:
    """The body of a return in the words of the service."""
    return Return(
        refund_id=body["id"],
        order_id=order_id,
        lines=lines_of(body["lines"]),
        reason=body["reason"],
        payments=tenders_of(body["payments"]) if "payments" in body else None,
        location_id=body.get("location"),
        register_id=body.get("register"),
        approval_id=body.get("approval"),
        expected_total=body.get("expected_total"),
    )


def tenders_of(payments: list[dict[str, Any]]) -> list[Tender]:
    """Stated payments in the words of the services."""
    return [
        Tender(
            id=payment.get("id") or uuid7(),
            method=payment["method"],
            amount=payment["amount"],
            reference=payment.get("reference", ""),
        )
        for payment in payments
    ]


class ExchangeReturn(ReturnInput):
    """What comes back. ``payments`` is what is given back of the net amount, if anything is."""


class ExchangeInput(serializers.Serializer[Any]):
    """``ticket`` is made by you; ``sale.payments`` is what is paid of the net amount, if anything is."""

    ticket = serializers.UUIDField()
    returned = ExchangeReturn()
    sale = bodies.OrderInput()


class ExchangeOutput(serializers.Serializer[Any]):
    """Both documents. ``net`` is what the customer paid, or (negative) got back."""

    ticket = serializers.UUIDField()
    net = AmountField()
    refund = bodies.OrderDetail()
    sale = bodies.OrderDetail()


class Exchanges(ApiView):
    """/orders/<id>/exchanges/: goods for goods."""

    required_permission: ClassVar = REFUND
    tag = "orders"

    @extend_schema(
        operation_id="exchange_goods",
        summary="Take goods of a sale back and sell others, in one ticket",
        description=(
            "Makes a refund and a sale, or nothing. What one sets off against the other is a payment `exchange` in"
            " both, with opposite signs; only the net amount is paid or given back. Needs `orders.sell` as well."
        ),
        request=ExchangeInput,
        responses={
            201: OpenApiResponse(ExchangeOutput, "Exchanged."),
            200: OpenApiResponse(ExchangeOutput, "It was exchanged before, by this very request."),
        },
    )
    def post(self, request: Request, order_id: UUID) -> Response:
        body = self.read(ExchangeInput)
        made = exchange(
            Exchange(
                ticket=body["ticket"],
                returned=return_of(order_id, body["returned"]),
                sale=sale_of(body["sale"], self.actor.kind),
            ),
            actor=self.actor,
        )
        answer = {
            "ticket": str(body["ticket"]),
            "net": AmountField().to_representation(made.net),
            "refund": bodies.order_detail(made.refund.order, made.refund.lines, made.refund.payments),
            "sale": bodies.order_detail(made.sale.order, made.sale.lines, made.sale.payments, codes=made.sale.codes),
        }
        if made.is_new:
            return Response(answer, status=201)
        return Response(answer, headers={"Idempotent-Replayed": "true"})


class VoidInput(serializers.Serializer[Any]):
    """``id`` is made by you, so that repeating is harmless."""

    id = serializers.UUIDField()
    reason = serializers.CharField(max_length=200)
    approval = serializers.UUIDField(required=False, allow_null=True)


class Void(ApiView):
    """/orders/<id>/void/: as if it never was."""

    required_permission: ClassVar = VIEW_ORDERS
    tag = "orders"

    @extend_schema(
        operation_id="void_order",
        summary="Void a whole sale of today",
        description=(
            "Needs `orders.void` at the location, or an approval of somebody who has it. `If-Match` with the order's"
            " version refuses one that was changed since. The order stays, with state `voided`."
        ),
        request=VoidInput,
        responses={200: bodies.OrderDetail},
    )
    def post(self, request: Request, order_id: UUID) -> Response:
        body = self.read(VoidInput)
        _, is_new = void_order(
            order_id,
            void_id=body["id"],
            reason=body["reason"],
            approval_id=body.get("approval"),
            version=self.expected_version(),
            actor=self.actor,
        )
        order = find_order(order_id, actor=self.actor)
        return versioned(bodies.order_one(order), order, headers=None if is_new else {"Idempotent-Replayed": "true"})
