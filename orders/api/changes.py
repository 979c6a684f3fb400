"""Changes of placed orders over REST: propose, confirm, take back."""

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.fields import AmountField, PriceField, QuantityField
from core.api.views import ApiView
from orders.api.after import tenders_of
from orders.models import OrderChange, Payment
from orders.permissions import CHANGE_ORDER
from orders.selectors.ways import WAYS
from orders.services.basket import Tender
from orders.services.changes import Settlement, confirm_change, preview, propose_change, revert_change
from orders.services.rewriting import MOST_ACTIONS, Action


class ActionInput(serializers.Serializer[Any]):
    """One step. ``add`` names a variant or a code and a quantity; the others a line by its position."""

    kind = serializers.ChoiceField(choices=["add", "remove", "quantity", "price"])
    position = serializers.IntegerField(required=False, min_value=1)
    quantity = QuantityField(required=False)
    unit_price = PriceField(required=False, min_value=0)
    variant = serializers.UUIDField(required=False)
    code = serializers.CharField(required=False, max_length=80)


class ChangeInput(serializers.Serializer[Any]):
    """What is to be changed. ``id`` is made by you before the first try."""

    id = serializers.UUIDField()
    actions = ActionInput(many=True, max_length=MOST_ACTIONS)  # type: ignore[call-arg]
    reason = serializers.CharField(required=False, allow_blank=True, max_length=200)


class ChangedLine(serializers.Serializer[Any]):
    """A line before or after the change."""

    position = serializers.IntegerField()
    variant = serializers.UUIDField(source="variant_id", allow_null=True)
    sku = serializers.CharField()
    name = serializers.CharField()
    quantity = serializers.CharField()
    unit_price = serializers.CharField()
    discount = serializers.CharField()
    tax_rate = serializers.CharField()
    net = serializers.CharField()
    tax = serializers.CharField()
    total = serializers.CharField()


class ChangeOutput(serializers.Serializer[OrderChange]):
    """A change with the lines before and after it. ``difference`` is to be paid, or (negative) given back."""

    id = serializers.UUIDField()
    order = serializers.UUIDField(source="order_id")
    state = serializers.ChoiceField(choices=OrderChange.State.choices)
    base_version = serializers.IntegerField(help_text="The order's version that it is for: send it as If-Match.")
    difference = AmountField()
    stock = serializers.DictField(
        child=serializers.CharField(), source="preview", help_text="Units that leave the shelf, by variant."
    )
    before = ChangedLine(many=True)
    after = ChangedLine(many=True)
    reason = serializers.CharField()
    created_at = serializers.DateTimeField()
    applied_at = serializers.DateTimeField(allow_null=True)
    reverted_at = serializers.DateTimeField(allow_null=True)


def change_body(change: OrderChange) -> dict[str, Any]:
    """The body of a change."""
    change.preview = preview(change)  # type: ignore[attr-defined]
    return dict(ChangeOutput(change).data)


class Changes(ApiView):
    """/orders/<id>/changes/: propose one."""

    required_permission: ClassVar = CHANGE_ORDER
    tag = "orders"

    @extend_schema(
        operation_id="propose_change",
        summary="Work out what a change of a placed order comes to",
        description="Nothing of the order changes. Repeating the same `id` and content answers the same proposal.",
        request=ChangeInput,
        responses={
            201: OpenApiResponse(ChangeOutput, "Proposed."),
            200: OpenApiResponse(ChangeOutput, "It was proposed before, by this very request."),
        },
    )
    def post(self, request: Request, order_id: UUID) -> Response:
        body = self.read(ChangeInput)
        actions = [
            Action(
                kind=action["kind"],
                position=action.get("position"),
                quantity=action.get("quantity"),
                unit_price=action.get("unit_price"),
                variant_id=action.get("variant"),
                code=action.get("code", ""),
            )
            for action in body["actions"]
        ]
        change, is_new = propose_change(
            change_id=body["id"], order_id=order_id, actions=actions, reason=body.get("reason", ""), actor=self.actor
        )
        return _answer(change, is_new=is_new, status=201)


class PaidOrBack(serializers.Serializer[Any]):
    """How (a part of) the difference is paid or given back; the amount is positive."""

    id = serializers.UUIDField(required=False)
    method = serializers.ChoiceField(choices=[choice for choice in Payment.Method.choices if choice[0] in WAYS])
    amount = AmountField(min_value=0)
    reference = serializers.CharField(required=False, allow_blank=True, max_length=80)


class PiecesMoved(serializers.Serializer[Any]):
    """The pieces of an article with serial numbers that a change moves, one per unit."""

    variant = serializers.UUIDField()
    serials = serializers.ListField(child=serializers.CharField(max_length=60), max_length=1000)


class SettlementInput(serializers.Serializer[Any]):
    """The difference: what is paid, or how it is given back (left out: as it was paid)."""

    payments = PaidOrBack(many=True, max_length=50, required=False)  # type: ignore[call-arg]
    register = serializers.UUIDField(required=False, allow_null=True)
    approval = serializers.UUIDField(required=False, allow_null=True)
    pieces = PiecesMoved(  # type: ignore[call-arg]
        many=True,
        max_length=MOST_ACTIONS,
        required=False,
        help_text="Where goods with serial numbers leave or, not all of them, come back. Taking back names none.",
    )


class _Turn(ApiView):
    required_permission: ClassVar = CHANGE_ORDER
    tag = "orders"

    def settled(self) -> tuple[int, Settlement]:
        """The order's version that the caller saw, which must be named, and how the difference is settled."""
        body = self.read(SettlementInput)
        version = self.expected_version()
        if version is None:
            raise serializers.ValidationError({"If-Match": ["Send the ETag of the order as you got it."]})
        payments: list[Tender] | None = tenders_of(body["payments"]) if "payments" in body else None
        pieces = [(one["variant"], one["serials"]) for one in body.get("pieces", ())]
        register, approval = body.get("register"), body.get("approval")
        return version, Settlement(payments=payments, register_id=register, approval_id=approval, pieces=pieces)


class ConfirmChange(_Turn):
    """/orders/<id>/changes/<id>/confirm/: apply it."""

    @extend_schema(
        operation_id="confirm_change",
        summary="Apply a proposed change: lines, money and stock, once",
        request=SettlementInput,
        responses={200: ChangeOutput},
    )
    def post(self, request: Request, order_id: UUID, change_id: UUID) -> Response:
        version, settlement = self.settled()
        change, is_new = confirm_change(
            change_id, order_id=order_id, version=version, settlement=settlement, actor=self.actor
        )
        return _answer(change, is_new=is_new)


class RevertChange(_Turn):
    """/orders/<id>/changes/<id>/revert/: take it back."""

    @extend_schema(
        operation_id="revert_change",
        summary="Take an applied change back: lines and totals are exactly as before it",
        request=SettlementInput,
        responses={200: ChangeOutput},
    )
    def post(self, request: Request, order_id: UUID, change_id: UUID) -> Response:
        version, settlement = self.settled()
        change, is_new = revert_change(
            change_id, order_id=order_id, version=version, settlement=settlement, actor=self.actor
        )
        return _answer(change, is_new=is_new)


def _answer(change: OrderChange, *, is_new: bool, status: int = 200) -> Response:
    if is_new:
        return Response(change_body(change), status=status)
    return Response(change_body(change), headers={"Idempotent-Replayed": "true"})
