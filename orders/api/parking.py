"""Parked carts over REST."""

from collections.abc import Sequence
from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.fields import AmountField
from core.api.pagination import PageQuery, page_of
from core.api.views import ApiView, versioned
from orders.api.serializers import CardSoldInput, GivenInput, LineOutput, SoldLineInput
from orders.api.views import cards_of, given_of, lines_of
from orders.models import Order, OrderLine
from orders.permissions import SELL
from orders.selectors import parked_carts
from orders.services.cards_sold import MOST_CARDS
from orders.services.checkout import MOST_LINES
from orders.services.offers import MOST_COUPONS
from orders.services.parking import Cart, Kept, code_of_parked, discard, park, resume


class CartInput(serializers.Serializer[Any]):
    """A cart to be put aside. ``id`` is made by you before the first try."""

    id = serializers.UUIDField()
    location = serializers.UUIDField()
    lines = SoldLineInput(many=True, max_length=MOST_LINES)  # type: ignore[call-arg]
    label = serializers.CharField(required=False, allow_blank=True, max_length=80)  # type: ignore[assignment]
    customer = serializers.UUIDField(required=False, allow_null=True)
    note = serializers.CharField(required=False, allow_blank=True, max_length=300)
    coupons = serializers.ListField(child=serializers.CharField(max_length=40), required=False, max_length=MOST_COUPONS)
    discount = GivenInput(required=False, allow_null=True)
    gift_cards = CardSoldInput(  # type: ignore[call-arg]
        many=True, max_length=MOST_CARDS, required=False, help_text="None of them is issued before it is paid."
    )


class CartHead(serializers.Serializer[Order]):
    """A cart that was put aside."""

    id = serializers.UUIDField()
    number = serializers.CharField()
    state = serializers.ChoiceField(choices=Order.State.choices)
    location = serializers.UUIDField(source="location_id")
    label = serializers.CharField()  # type: ignore[assignment]
    customer = serializers.UUIDField(source="customer_id", allow_null=True)
    note = serializers.CharField()
    currency = serializers.CharField()
    total = AmountField()
    line_count = serializers.IntegerField()
    parked_by = serializers.CharField(source="created_by_label")
    parked_at = serializers.DateTimeField(source="occurred_at")
    version = serializers.IntegerField()


class CartLineOutput(LineOutput):
    """A line as it was priced then, and what was stated for it."""

    given = GivenInput(allow_null=True, help_text="Taken off by hand.")
    lot = serializers.CharField()
    serials = serializers.ListField(child=serializers.CharField())
    scanned = serializers.CharField(help_text="The code of the price label that it is sold by.")
    labels = serializers.CharField(allow_null=True, help_text="How many of these labels.")


class ParkedCardBody(serializers.Serializer[Any]):
    """A gift card that the cart buys, not issued yet."""

    id = serializers.UUIDField()
    amount = AmountField()
    last_four = serializers.CharField(help_text="Of the code that was typed; empty: one is made at the sale.")
    code = serializers.CharField(help_text="Told to who parks it and to who takes it up; empty in lists.")
    expires_on = serializers.DateField(allow_null=True)


class CartOutput(CartHead):
    """A cart that was put aside, with the prices of then."""

    lines = CartLineOutput(many=True)
    coupons = serializers.ListField(child=serializers.CharField())
    given = GivenInput(allow_null=True, help_text="Taken off the whole cart by hand.")
    gift_cards = ParkedCardBody(many=True, help_text="Beside their lines, which are of kind `giftcard`.")


class CartQuery(PageQuery):
    """Which carts."""

    location = serializers.UUIDField(required=False)


class CartPage(serializers.Serializer[Any]):
    """One page of parked carts, newest first."""

    results = CartOutput(many=True)
    next = serializers.CharField(allow_null=True, help_text="The cursor of the next page; null at the end.")


class TakeInput(serializers.Serializer[Any]):
    """Taking a cart up: ``id`` is made by the till, so that it gets the same cart when it asks again."""

    id = serializers.UUIDField()


_CART, _LINE = CartHead(), LineOutput()


def cart_body(order: Order, lines: Sequence[OrderLine], *, with_codes: bool = False) -> dict[str, Any]:
    """The body of a cart (`CartOutput`) from rows at hand."""
    kept = order.basket or {}
    stated = kept.get("lines", {})
    return {
        **_CART.to_representation(order),
        "coupons": kept.get("coupons", []),
        "given": kept.get("discount"),
        "gift_cards": [
            {
                **{name: card[name] for name in ("id", "amount", "last_four", "expires_on")},
                "code": code_of_parked(card) if with_codes else "",
            }
            for card in kept.get("gift_cards", [])
        ],
        "lines": [_line_body(line, stated.get(str(line.position), {})) for line in lines],
    }


def _line_body(line: OrderLine, stated: dict[str, Any]) -> dict[str, Any]:
    told = {"given": stated.get("discount"), "lot": stated.get("lot", ""), "serials": stated.get("serials", [])}
    told |= {"scanned": stated.get("scanned", ""), "labels": stated.get("labels")}
    return {**_LINE.to_representation(line), **told}


class ParkedCarts(ApiView):
    """/orders/parked/: put a cart aside, see all of them."""

    required_permission: ClassVar = SELL
    tag = "orders"

    @extend_schema(
        operation_id="list_parked",
        summary="Carts that were put aside, newest first",
        parameters=[CartQuery],
        responses={200: CartPage},
    )
    def get(self, request: Request) -> Response:
        wanted = self.query(CartQuery)
        rows, beyond = page_of(
            parked_carts(actor=self.actor, location=wanted.get("location")),
            by=("-occurred_at", "id"),
            cursor=wanted["cursor"],
            limit=wanted["limit"],
        )
        return Response({"results": [cart_body(row, list(row.lines.all())) for row in rows], "next": beyond})

    @extend_schema(
        operation_id="park",
        summary="Put a cart aside",
        description="Books nothing. Repeating the same `id` with the same content answers 200 with the cart.",
        request=CartInput,
        responses={
            201: OpenApiResponse(CartOutput, "Parked."),
            200: OpenApiResponse(CartOutput, "It was parked before, by this very request."),
        },
    )
    def post(self, request: Request) -> Response:
        body = self.read(CartInput)
        kept = park(cart_of(body), actor=self.actor)
        return _answer(kept, status=201)


def cart_of(body: dict[str, Any]) -> Cart:
    """The body of a cart in the words of the service."""
    return Cart(
        order_id=body["id"],
        location_id=body["location"],
        lines=lines_of(body["lines"]),
        label=body.get("label", ""),
        customer_id=body.get("customer"),
        note=body.get("note", ""),
        coupons=body.get("coupons", ()),
        discount=given_of(body.get("discount")),
        gift_cards=cards_of(body.get("gift_cards", ())),
    )


def _answer(kept: Kept, *, status: int = 200) -> Response:
    body = cart_body(kept.order, kept.lines, with_codes=True)
    if kept.is_new:
        return versioned(body, kept.order, status=status)
    return versioned(body, kept.order, headers={"Idempotent-Replayed": "true"})


class ResumeCart(ApiView):
    """/orders/parked/<id>/resume/: take it up."""

    required_permission: ClassVar = SELL
    tag = "orders"

    @extend_schema(
        operation_id="resume_parked",
        summary="Take a parked cart up; exactly one till gets it",
        description="409 `already-taken` tells who has it. The same `id` again answers the same cart.",
        request=TakeInput,
        responses={200: CartOutput},
    )
    def post(self, request: Request, order_id: UUID) -> Response:
        take_id = self.read(TakeInput)["id"]
        return _answer(resume(order_id, take_id=take_id, actor=self.actor, version=self.expected_version()))


class Nothing(serializers.Serializer[Any]):
    """No fields."""


class DiscardCart(ApiView):
    """/orders/parked/<id>/discard/: throw it away."""

    required_permission: ClassVar = SELL
    idempotent: ClassVar = True
    tag = "orders"

    @extend_schema(
        operation_id="discard_parked", summary="Throw a parked cart away", request=Nothing, responses={204: None}
    )
    def post(self, request: Request, order_id: UUID) -> Response:
        self.read(Nothing)
        discard(order_id, actor=self.actor, version=self.expected_version())
        return Response(status=204)
