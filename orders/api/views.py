"""Orders over REST."""

from collections.abc import Iterable
from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.pagination import page_of
from core.api.throttling import SALES
from core.api.views import ApiView, versioned
from core.ids import uuid7
from orders.api import serializers as bodies
from orders.models import Order
from orders.permissions import SELL, VIEW_ORDERS
from orders.selectors import find_order, visible_orders
from orders.services.checkout import BasketLine, CardSold, GivenDiscount, Sale, Tender, place_order


class Orders(ApiView):
    """/orders/: sell, and look at what was sold."""

    required_permission: ClassVar = {"GET": VIEW_ORDERS, "POST": SELL}
    rate: ClassVar = {"POST": SALES}
    tag = "orders"

    @extend_schema(
        operation_id="list_orders",
        summary="Orders, newest first",
        parameters=[bodies.OrderQuery],
        responses={200: bodies.OrderPage},
    )
    def get(self, request: Request) -> Response:
        wanted = self.query(bodies.OrderQuery)
        cursor, limit = wanted.pop("cursor"), wanted.pop("limit")
        rows, beyond = page_of(
            visible_orders(actor=self.actor, **wanted), by=("-occurred_at", "id"), cursor=cursor, limit=limit
        )
        return Response({"results": [bodies.order_summary(row) for row in rows], "next": beyond})

    @extend_schema(
        operation_id="place_order",
        summary="Sell a basket, or sell nothing",
        description=(
            "Books order, payments and stock in one transaction. Repeating the same `id` with the same content answers"
            " 200 with the order it already made and `Idempotent-Replayed: true`; other content is refused with 422"
            " `identifier-reused`. Too little stock is 409 `out-of-stock`: `short` names every such line."
        ),
        request=bodies.OrderInput,
        responses={
            201: OpenApiResponse(bodies.OrderDetail, "Sold."),
            200: OpenApiResponse(bodies.OrderDetail, "It was sold before, by this very request."),
        },
    )
    def post(self, request: Request) -> Response:
        placed = place_order(sale_of(self.read(bodies.OrderInput), self.actor.kind), actor=self.actor)
        order = placed.order
        if not placed.is_new:
            return versioned(bodies.order_one(order), order, headers={"Idempotent-Replayed": "true"})
        body = bodies.order_detail(order, placed.lines, placed.payments, codes=placed.codes)
        return versioned(body, order, status=201, headers={"Location": f"/api/v1/orders/{order.pk}/"})


def sale_of(body: dict[str, Any], kind: str) -> Sale:
    """The body of a sale, or of a quote, in the words of the service."""
    return Sale(
        order_id=body.get("id") or uuid7(),
        location_id=body["location"],
        lines=lines_of(body["lines"]),
        payments=[
            Tender(
                id=payment.get("id") or uuid7(),
                method=payment["method"],
                amount=payment["amount"],
                tendered=payment.get("tendered"),
                reference=payment.get("reference", ""),
                code=payment.get("code", ""),
            )
            for payment in body.get("payments", ())
        ],
        channel=body.get("channel") or (Order.Channel.API if kind == "api_key" else Order.Channel.COUNTER),
        customer_id=body.get("customer"),
        note=body.get("note", ""),
        occurred_at=body.get("occurred_at"),
        expected_total=body.get("expected_total"),
        accept_shortage=body.get("accept_shortage", False),
        register_id=body.get("register"),
        coupons=body.get("coupons", ()),
        discount=given_of(body.get("discount")),
        approval_ids=[one for one in (body.get("approval"), *body.get("approvals", ())) if one],
        accept_expired=body.get("accept_expired", False),
        reservations=body.get("reservations", ()),
        gift_cards=cards_of(body.get("gift_cards", ())),
    )


def cards_of(cards: Iterable[dict[str, Any]]) -> list[CardSold]:
    """Gift cards that are sold in the words of the services."""
    return [
        CardSold(
            card_id=card.get("id") or uuid7(),
            amount=card["amount"],
            code=card.get("code", ""),
            expires_on=card.get("expires_on"),
        )
        for card in cards
    ]


def lines_of(lines: list[dict[str, Any]]) -> list[BasketLine]:
    """The lines of a sale, a quote or a cart in the words of the services."""
    return [
        BasketLine(
            variant_id=line.get("variant"),
            code=line.get("code", ""),
            quantity=line["quantity"],
            unit_price=line.get("unit_price"),
            discount=given_of(line.get("discount")),
            lot=line.get("lot", ""),
            serials=line.get("serials", ()),
            label=line.get("label", ""),
        )
        for line in lines
    ]


def given_of(body: dict[str, Any] | None) -> GivenDiscount | None:
    """A discount by hand in the words of the services."""
    return GivenDiscount(**body) if body else None


class OrderOne(ApiView):
    """/orders/<id>/: one order."""

    required_permission: ClassVar = VIEW_ORDERS
    tag = "orders"

    @extend_schema(
        operation_id="get_order",
        summary="An order with its lines and payments",
        responses={200: bodies.OrderDetail},
    )
    def get(self, request: Request, order_id: UUID) -> Response:
        order = find_order(order_id, actor=self.actor)
        return versioned(bodies.order_one(order), order)
