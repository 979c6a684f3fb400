"""Stock over REST: levels, the ledger, and what people receive, correct and count."""

from typing import Any, ClassVar

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.pagination import page_of
from core.api.views import ApiView
from inventory.api import serializers as bodies
from inventory.api import stock_bodies as stated
from inventory.permissions import ADJUST_STOCK, VIEW_COST, VIEW_STOCK
from inventory.selectors import movements, movements_like, stock_levels
from inventory.selectors.blind import without_blind
from inventory.services.documents import StockChange, StockLine, book_stock, preview_stock
from inventory.services.late_costs import CostLine, LateCost, book_late_cost


class Stock(ApiView):
    """/stock/: what there is."""

    required_permission: ClassVar = VIEW_STOCK
    tag = "stock"

    @extend_schema(
        operation_id="list_stock",
        summary="Stock levels at the locations you may see",
        parameters=[bodies.LevelQuery],
        responses={200: bodies.LevelPage},
    )
    def get(self, request: Request) -> Response:
        wanted = self.query(bodies.LevelQuery)
        rows = stock_levels(places=self.actor.places(VIEW_STOCK), low_only=wanted["low"])
        rows = without_blind(rows, actor=self.actor)
        rows = rows.filter(**{f"{name}_id": wanted[name] for name in ("location", "variant") if name in wanted})
        found, beyond = page_of(rows, by=("variant_id", "location_id"), cursor=wanted["cursor"], limit=wanted["limit"])
        return Response({"results": [bodies.level_body(row) for row in found], "next": beyond})


class Movements(ApiView):
    """/stock/movements/: the ledger, and new facts for it."""

    required_permission: ClassVar = {"GET": VIEW_STOCK, "POST": ADJUST_STOCK}
    tag = "stock"

    @extend_schema(
        operation_id="list_stock_movements",
        summary="Why stock changed, newest first",
        description=(
            "The ledger, filtered by what you name. What is being counted blind is left out for those who do not"
            " approve stocktakes there."
        ),
        parameters=[bodies.MovementQuery],
        responses={200: bodies.MovementPage},
    )
    def get(self, request: Request) -> Response:
        wanted = self.query(bodies.MovementQuery)
        cursor, limit = wanted.pop("cursor"), wanted.pop("limit")
        rows = without_blind(movements(places=self.actor.places(VIEW_STOCK)), actor=self.actor)
        rows = movements_like(rows, **wanted)
        found, beyond = page_of(rows, by=("-id",), cursor=cursor, limit=limit)
        return Response({"results": [bodies.movement_body(row) for row in found], "next": beyond})

    @extend_schema(
        operation_id="book_stock",
        summary="Book a receipt, an adjustment or a count",
        description=(
            "Repeating the same `id` with the same content answers 200 with the first result; other content is"
            " refused with 422 `identifier-reused`. A count is booked as the difference to the record."
        ),
        request=stated.DocumentInput,
        responses={
            201: OpenApiResponse(stated.DocumentBody, "Booked."),
            200: OpenApiResponse(stated.DocumentBody, "It was booked before, by this very request."),
        },
    )
    def post(self, request: Request) -> Response:
        booked = book_stock(stated_of(self.read(stated.DocumentInput)), actor=self.actor)
        shown = stated.document_body(booked.document, with_cost=self.actor.may(VIEW_COST))
        if booked.is_new:
            return Response(shown, status=201)
        return Response(shown, headers={"Idempotent-Replayed": "true"})


class Preview(ApiView):
    """/stock/movements/preview/: what booking would do."""

    required_permission: ClassVar = ADJUST_STOCK
    tag = "stock"

    @extend_schema(
        operation_id="preview_stock",
        summary="What booking would do to quantity and value now; books nothing",
        request=stated.DocumentInput,
        responses={200: stated.PreviewBody},
    )
    def post(self, request: Request) -> Response:
        effects = preview_stock(stated_of(self.read(stated.DocumentInput)), actor=self.actor)
        return Response(stated.preview_body(effects, with_cost=self.actor.may(VIEW_COST)))


class LateCosts(ApiView):
    """/stock/late-costs/: freight, duty and corrected invoices for goods that came earlier."""

    required_permission: ClassVar = VIEW_COST
    tag = "stock"

    @extend_schema(
        operation_id="book_late_cost",
        summary="Book a cost that became known late",
        description=(
            "The part for goods still held raises their average cost from now on, the rest is an expense; nothing is"
            " rewritten. Also needs `inventory.adjust_stock` at the location. Repeating the same `id` with the same"
            " content answers 200 with the first result."
        ),
        request=stated.LateCostInput,
        responses={
            201: OpenApiResponse(stated.LateCostBody, "Booked."),
            200: OpenApiResponse(stated.LateCostBody, "It was booked before, by this very request."),
        },
    )
    def post(self, request: Request) -> Response:
        body = self.read(stated.LateCostInput)
        cost = LateCost(
            document_id=body["id"],
            reason=body["reason"],
            receipt_id=body.get("receipt"),
            amount=body.get("amount"),
            spread_by=body.get("spread_by", "value"),
            location_id=body.get("location"),
            lines=[
                CostLine(variant_id=line["variant"], quantity=line["quantity"], amount=line["amount"])
                for line in body.get("lines", [])
            ],
            occurred_at=body.get("occurred_at"),
        )
        booked = book_late_cost(cost, actor=self.actor)
        if booked.is_new:
            return Response(stated.late_cost_body(booked.document), status=201)
        return Response(stated.late_cost_body(booked.document), headers={"Idempotent-Replayed": "true"})


def stated_of(body: dict[str, Any]) -> StockChange:
    """A document's body in the words of the service."""
    return StockChange(
        document_id=body["id"],
        kind=body["kind"],
        location_id=body["location"],
        reason_code=body.get("reason_code", ""),
        reason=body.get("reason", ""),
        occurred_at=body.get("occurred_at"),
        lines=[
            StockLine(
                variant_id=line.get("variant"),
                code=line.get("code", ""),
                quantity=line["quantity"],
                unit_cost=line.get("unit_cost"),
                lot=line.get("lot", ""),
                expires_on=line.get("expires_on"),
                serials=line.get("serials", ()),
            )
            for line in body["lines"]
        ],
    )
