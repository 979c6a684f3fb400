"""Payments of open orders that failed, over REST."""

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.answers import Answer
from core.api.fields import AmountField
from core.api.views import ApiView
from orders.models import FailedPayment
from orders.permissions import TAKE_ORDERS, VIEW_ORDERS
from orders.selectors import find_order
from orders.services.failed_payments import CAN_FAIL, LONGEST_REASON, LONGEST_REFERENCE, Attempt, note_failed_payment


class FailedPaymentInput(serializers.Serializer[Any]):
    """An attempt that did not succeed. ``id`` is made by you; a payment that succeeds later has another one."""

    id = serializers.UUIDField()
    method = serializers.ChoiceField(choices=CAN_FAIL)
    amount = AmountField()
    reason = serializers.CharField(max_length=LONGEST_REASON, help_text="Such as: card declined.")
    reference = serializers.CharField(required=False, allow_blank=True, max_length=LONGEST_REFERENCE)


class FailedPaymentOutput(Answer[FailedPayment]):
    """A payment that failed. No money moved."""

    id = serializers.UUIDField()
    order = serializers.UUIDField(source="order_id")
    method = serializers.ChoiceField(choices=CAN_FAIL)
    currency = serializers.CharField()
    amount = AmountField()
    reason = serializers.CharField()
    reference = serializers.CharField()
    noted_by = serializers.CharField(source="actor_label")
    recorded_at = serializers.DateTimeField()


class FailedPaymentList(serializers.Serializer[Any]):
    """All of one order, the oldest first; there are few."""

    results = FailedPaymentOutput(many=True)


class FailedPayments(ApiView):
    """/orders/<id>/payments/failed/: attempts to pay that did not succeed."""

    required_permission: ClassVar = {"GET": VIEW_ORDERS, "POST": TAKE_ORDERS}
    tag = "orders"

    @extend_schema(
        operation_id="list_failed_payments",
        summary="Payments of an order that failed",
        responses={200: FailedPaymentList},
    )
    def get(self, request: Request, order_id: UUID) -> Response:
        order = find_order(order_id, actor=self.actor)
        return Response({"results": [FailedPaymentOutput(row).data for row in order.failed_payments.all()]})

    @extend_schema(
        operation_id="note_failed_payment",
        summary="Note that a payment of an open order failed",
        description=(
            "A card was declined, a transfer returned. It stands on the order's page and is told as `payment.failed`;"
            " nothing else of the order moves. Repeating the same `id` with the same content answers 200."
        ),
        request=FailedPaymentInput,
        responses={
            201: OpenApiResponse(FailedPaymentOutput, "Noted."),
            200: OpenApiResponse(FailedPaymentOutput, "It was noted before, by this very request."),
        },
    )
    def post(self, request: Request, order_id: UUID) -> Response:
        body = self.read(FailedPaymentInput)
        attempt = Attempt(attempt_id=body.pop("id"), **body)
        row, is_new = note_failed_payment(order_id, attempt, actor=self.actor)
        answer = FailedPaymentOutput(row).data
        return Response(answer, status=201) if is_new else Response(answer, headers={"Idempotent-Replayed": "true"})
