"""Goods of open orders on their way, over REST."""

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.fields import QuantityField
from core.api.pagination import PageQuery, page_of
from core.api.views import ApiView, versioned
from orders.models import Fulfilment
from orders.permissions import FULFIL, VIEW_ORDERS
from orders.selectors.fulfilment import find_fulfilment, fulfilments
from orders.services.checkout import MOST_LINES
from orders.services.fulfilment import FulfilmentDraft, Step, create_fulfilment, take_step


class FulfilmentLineInput(serializers.Serializer[Any]):
    """So much of one line of the order."""

    position = serializers.IntegerField(min_value=1, help_text="The line's position in the order.")
    quantity = QuantityField()


class FulfilmentInput(serializers.Serializer[Any]):
    """What goes together. ``id`` is made by you, so that repeating is harmless."""

    id = serializers.UUIDField()
    lines = FulfilmentLineInput(  # type: ignore[call-arg]
        many=True, max_length=MOST_LINES, required=False, help_text="Left out: all that is in no other one."
    )
    tracking = serializers.CharField(required=False, allow_blank=True, max_length=120)


class FulfilmentLineOutput(serializers.Serializer[Any]):
    """So much of one line of the order."""

    position = serializers.IntegerField(source="line.position")
    sku = serializers.CharField(source="line.sku")
    name = serializers.CharField(source="line.name")
    quantity = QuantityField()


class FulfilmentOutput(serializers.Serializer[Any]):
    """Goods of an order that go together."""

    id = serializers.UUIDField()
    order = serializers.UUIDField(source="order_id")
    number = serializers.CharField(source="order.number", help_text="The order's.")
    location = serializers.UUIDField(source="order.location_id")
    kind = serializers.ChoiceField(choices=Fulfilment.Kind.choices)
    state = serializers.ChoiceField(choices=Fulfilment.State.choices)
    tracking = serializers.CharField()
    delivery = serializers.DictField(source="order.delivery", allow_null=True)
    promised_at = serializers.DateTimeField(source="order.promised_at", allow_null=True)
    created_at = serializers.DateTimeField()
    packed_at = serializers.DateTimeField(allow_null=True)
    shipped_at = serializers.DateTimeField(allow_null=True)
    done_at = serializers.DateTimeField(allow_null=True)
    version = serializers.IntegerField()
    lines = FulfilmentLineOutput(many=True)


class FulfilmentQuery(PageQuery):
    """Which fulfilments: newest first."""

    location = serializers.UUIDField(required=False)
    state = serializers.ChoiceField(choices=Fulfilment.State.choices, required=False)
    order = serializers.UUIDField(required=False)


class FulfilmentPage(serializers.Serializer[Any]):
    """One page of fulfilments."""

    results = FulfilmentOutput(many=True)
    next = serializers.CharField(allow_null=True, help_text="The cursor of the next page; null at the end.")


_OUTPUT = FulfilmentOutput()


class Fulfilments(ApiView):
    """/fulfilments/: what is to be packed, what is on its way."""

    required_permission: ClassVar = VIEW_ORDERS
    tag = "orders"

    @extend_schema(
        operation_id="list_fulfilments",
        summary="Fulfilments, newest first",
        parameters=[FulfilmentQuery],
        responses={200: FulfilmentPage},
    )
    def get(self, request: Request) -> Response:
        wanted = self.query(FulfilmentQuery)
        cursor, limit = wanted.pop("cursor"), wanted.pop("limit")
        rows, beyond = page_of(
            fulfilments(actor=self.actor, **wanted), by=("-created_at", "id"), cursor=cursor, limit=limit
        )
        return Response({"results": [_OUTPUT.to_representation(row) for row in rows], "next": beyond})


class OrderFulfilments(ApiView):
    """/orders/<id>/fulfilments/: say what goes together."""

    required_permission: ClassVar = FULFIL
    tag = "orders"

    @extend_schema(
        operation_id="create_fulfilment",
        summary="Say what of an open order is packed together",
        description="Never more than was ordered and is in no other fulfilment: 422 `too-many` names the lines.",
        request=FulfilmentInput,
        responses={
            201: OpenApiResponse(FulfilmentOutput, "Made; to be packed."),
            200: OpenApiResponse(FulfilmentOutput, "It was made before, by this very request."),
        },
    )
    def post(self, request: Request, order_id: UUID) -> Response:
        body = self.read(FulfilmentInput)
        lines = [(line["position"], line["quantity"]) for line in body["lines"]] if "lines" in body else None
        draft = FulfilmentDraft(
            fulfilment_id=body["id"], order_id=order_id, lines=lines, tracking=body.get("tracking", "")
        )
        made, is_new = create_fulfilment(draft, actor=self.actor)
        return _answer(made, self, is_new=is_new, status=201 if is_new else 200)


class PiecesInput(serializers.Serializer[Any]):
    """Which pieces of a line with serial numbers go."""

    position = serializers.IntegerField(min_value=1)
    serials = serializers.ListField(child=serializers.CharField(max_length=60), max_length=1000)


class StepInput(serializers.Serializer[Any]):
    """What is noted with a step."""

    tracking = serializers.CharField(required=False, allow_blank=True, max_length=120)
    pieces = PiecesInput(  # type: ignore[call-arg]
        many=True, max_length=MOST_LINES, required=False, help_text="Where goods with serial numbers leave."
    )
    accept_expired = serializers.BooleanField(
        required=False,
        help_text="After 409 `lot-expired`: they go all the same, with `orders.sell_expired` or an approval of it.",
    )
    approvals = serializers.ListField(child=serializers.UUIDField(), required=False, max_length=10)


STEP_HELP = (
    "A step that was taken already changes nothing; one that does not follow is 409 `conflict` and names those that do."
    " `If-Match` with the fulfilment's version refuses one that was changed since."
)


class _StepView(ApiView):
    required_permission: ClassVar = FULFIL
    tag = "orders"
    step: ClassVar[str]

    def take(self, fulfilment_id: UUID) -> Response:
        body = self.read(StepInput)
        step = Step(
            name=self.step,
            tracking=body.get("tracking"),
            serials={one["position"]: one["serials"] for one in body.get("pieces", ())},
            version=self.expected_version(),
            accept_expired=body.get("accept_expired", False),
            approval_ids=body.get("approvals", ()),
        )
        made, is_new = take_step(fulfilment_id, step, actor=self.actor)
        return _answer(made, self, is_new=is_new)


def _answer(made: Fulfilment, view: ApiView, *, is_new: bool, status: int = 200) -> Response:
    row = find_fulfilment(made.pk, actor=view.actor)
    headers = None if is_new else {"Idempotent-Replayed": "true"}
    return versioned(_OUTPUT.to_representation(row), row, status=status, headers=headers)


def _step(name: str, operation: str, summary: str) -> type[_StepView]:
    """The view of one step: they differ in their name and in what the document says of them."""

    @extend_schema(
        operation_id=operation,
        summary=summary,
        description=STEP_HELP,
        request=StepInput,
        responses={200: FulfilmentOutput},
    )
    def post(self: _StepView, request: Request, fulfilment_id: UUID) -> Response:
        return self.take(fulfilment_id)

    doc = f"/fulfilments/<id>/{name}/."
    return type(name.capitalize(), (_StepView,), {"step": name, "post": post, "__doc__": doc, "__module__": __name__})


Pack = _step("pack", "pack_fulfilment", "It is packed")
Ship = _step("ship", "ship_fulfilment", "It is sent off: the goods leave stock")
Done = _step("done", "finish_fulfilment", "It is handed over; goods picked up leave stock now")
Cancel = _step("cancel", "cancel_fulfilment", "Take it back before the goods left")
