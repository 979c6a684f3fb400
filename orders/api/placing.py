"""Orders that are not finished at the counter, over REST: placed, paid, cancelled."""

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.fields import AmountField
from core.api.throttling import SALES
from core.api.views import ApiView, versioned
from orders.api import serializers as bodies
from orders.api.views import sale_of
from orders.models import Fulfilment
from orders.permissions import TAKE_ORDERS
from orders.selectors import find_order
from orders.selectors.axes import axes_of, returned_of
from orders.services.basket import Tender
from orders.services.checkout import MOST_LINES
from orders.services.deliveries import change_delivery
from orders.services.offers import MOST_COUPONS
from orders.services.placing import Cancellation, add_payment, cancel_order, place_open_order
from orders.services.tenders import MOST_PAYMENTS


class DeliveryInput(serializers.Serializer[Any]):
    """How the goods get to the customer. A delivery needs name, address and city."""

    kind = serializers.ChoiceField(choices=Fulfilment.Kind.choices)
    name = serializers.CharField(required=False, max_length=120)
    address = serializers.CharField(required=False, max_length=300)
    postcode = serializers.CharField(required=False, max_length=20)
    city = serializers.CharField(required=False, max_length=120)
    country = serializers.CharField(required=False, max_length=2, help_text="Two letters, ISO 3166.")
    phone = serializers.CharField(required=False, max_length=40)
    note = serializers.CharField(required=False, max_length=300)


class OpenOrderInput(serializers.Serializer[Any]):
    """An order for later. ``id`` is made by you before the first try, so that repeating is harmless."""

    id = serializers.UUIDField()
    location = serializers.UUIDField()
    delivery = DeliveryInput()
    promised_at = serializers.DateTimeField(
        required=False, allow_null=True, help_text="By when the goods are ready, or with the customer."
    )
    lines = bodies.SoldLineInput(many=True, max_length=MOST_LINES)  # type: ignore[call-arg]
    payments = bodies.PaymentInput(  # type: ignore[call-arg]
        many=True, max_length=MOST_PAYMENTS, required=False, help_text="None, or any part of the total."
    )
    channel = serializers.ChoiceField(choices=bodies.CHANNELS, required=False)
    customer = serializers.UUIDField(required=False, allow_null=True)
    note = serializers.CharField(required=False, allow_blank=True, max_length=300)
    expected_total = AmountField(required=False, allow_null=True)
    register = serializers.UUIDField(required=False, allow_null=True, help_text="Whose drawer takes the payments.")
    coupons = serializers.ListField(
        child=serializers.CharField(max_length=40),
        required=False,
        max_length=MOST_COUPONS,
        help_text="409 `coupon-refused` where one does not hold.",
    )
    discount = bodies.GivenInput(required=False, allow_null=True)
    approval = serializers.UUIDField(required=False, allow_null=True, help_text="For a larger discount by hand.")


class OpenOrders(ApiView):
    """/orders/open/: take an order for later."""

    required_permission: ClassVar = TAKE_ORDERS
    rate: ClassVar = {"POST": SALES}
    tag = "orders"

    @extend_schema(
        operation_id="place_open_order",
        summary="Take an order that is paid and handed over later",
        description=(
            "Prices and taxes hold from now on; the goods are set aside until they leave or the order is cancelled."
            " A line may name its `lot` or `serials`: they are kept for this order, and 409 `serial-not-here` says that"
            " somebody else was faster. Too little stock is 409 `out-of-stock` with every such line. Repeating the"
            " same `id` with the same content answers 200 with the order it already made."
        ),
        request=OpenOrderInput,
        responses={
            201: OpenApiResponse(bodies.OrderDetail, "Placed; its state is `open`."),
            200: OpenApiResponse(bodies.OrderDetail, "It was placed before, by this very request."),
        },
    )
    def post(self, request: Request) -> Response:
        body = self.read(OpenOrderInput)
        sale, promised = sale_of(body, self.actor.kind), body.get("promised_at")
        placed = place_open_order(sale, delivery=body["delivery"], promised_at=promised, actor=self.actor)
        order = placed.order
        answer = bodies.order_detail(
            order, placed.lines, placed.payments, where=axes_of(order), back=returned_of(order.pk)
        )
        if placed.is_new:
            return versioned(answer, order, status=201, headers={"Location": f"/api/v1/orders/{order.pk}/"})
        return versioned(answer, order, headers={"Idempotent-Replayed": "true"})


class OrderDeliveryInput(DeliveryInput):
    """Where an open order goes and by when, as both shall be."""

    promised_at = serializers.DateTimeField(allow_null=True, help_text="Null: promised for no time.")


class OrderDelivery(ApiView):
    """/orders/<id>/delivery/: where an open order goes, and by when."""

    required_permission: ClassVar = TAKE_ORDERS
    tag = "orders"

    @extend_schema(
        operation_id="change_delivery",
        summary="Send an open order elsewhere, or promise it for another time",
        description=(
            "Both as they shall be; a repeat changes nothing. What is packed or has left goes nowhere else (409), but"
            " may be promised anew. `If-Match` with the order's version refuses one that was changed since."
        ),
        request=OrderDeliveryInput,
        responses={200: bodies.OrderDetail},
    )
    def put(self, request: Request, order_id: UUID) -> Response:
        body = self.read(OrderDeliveryInput)
        promised_at, version = body.pop("promised_at"), self.expected_version()
        change_delivery(order_id, body, promised_at=promised_at, version=version, actor=self.actor)
        order = find_order(order_id, actor=self.actor)
        return versioned(bodies.order_one(order), order)


class ReceiveInput(bodies.PaymentInput):
    """A payment for an open order. ``id`` is made by you, so that repeating is harmless."""

    id = serializers.UUIDField()
    register = serializers.UUIDField(required=False, allow_null=True, help_text="Whose drawer takes it.")


class OrderPayments(ApiView):
    """/orders/<id>/payments/: receive money for an open order."""

    required_permission: ClassVar = TAKE_ORDERS
    tag = "orders"

    @extend_schema(
        operation_id="add_payment",
        summary="Receive a part or the rest of what is due",
        description="Never more than is due (422 `wrong-payment`); cash may be `tendered` for more and gives change.",
        request=ReceiveInput,
        responses={
            201: OpenApiResponse(bodies.OrderDetail, "Received."),
            200: OpenApiResponse(bodies.OrderDetail, "It was received before, by this very request."),
        },
    )
    def post(self, request: Request, order_id: UUID) -> Response:
        body = self.read(ReceiveInput)
        tender = Tender(
            id=body["id"],
            method=body["method"],
            amount=body["amount"],
            tendered=body.get("tendered"),
            reference=body.get("reference", ""),
            code=body.get("code", ""),
        )
        paid = add_payment(order_id, tender, register_id=body.get("register"), actor=self.actor)
        order = find_order(order_id, actor=self.actor)
        if paid.is_new:
            return versioned(bodies.order_one(order), order, status=201)
        return versioned(bodies.order_one(order), order, headers={"Idempotent-Replayed": "true"})


class CancelInput(serializers.Serializer[Any]):
    """``id`` is made by you, so that repeating is harmless."""

    id = serializers.UUIDField()
    reason = serializers.CharField(max_length=200)
    register = serializers.UUIDField(required=False, allow_null=True, help_text="Whose drawer gives the money back.")
    approval = serializers.UUIDField(required=False, allow_null=True)


class CancelOrder(ApiView):
    """/orders/<id>/cancel/: give an open order up."""

    required_permission: ClassVar = TAKE_ORDERS
    tag = "orders"

    @extend_schema(
        operation_id="cancel_order",
        summary="Cancel an open order of which nothing has left",
        description=(
            "Goods are free again, coupons and money go back by the ways they came (that needs `orders.refund`)."
            " `If-Match` with the order's version refuses one that was changed since."
        ),
        request=CancelInput,
        responses={200: bodies.OrderDetail},
    )
    def post(self, request: Request, order_id: UUID) -> Response:
        body = self.read(CancelInput)
        wanted = Cancellation(
            cancel_id=body["id"],
            reason=body["reason"],
            register_id=body.get("register"),
            approval_id=body.get("approval"),
            version=self.expected_version(),
        )
        _, is_new = cancel_order(order_id, wanted, actor=self.actor)
        order = find_order(order_id, actor=self.actor)
        return versioned(bodies.order_one(order), order, headers=None if is_new else {"Idempotent-Replayed": "true"})
