"""Stock over REST: levels, the ledger, and what people receive, correct and count."""

from typing import ClassVar

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.pagination import page_of
from core.api.views import ApiView
from inventory.api import serializers as bodies
from inventory.permissions import ADJUST_STOCK, VIEW_STOCK
from inventory.selectors import movements, stock_levels
from inventory.services.documents import StockChange, StockLine, book_stock


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
        parameters=[bodies.MovementQuery],
        responses={200: bodies.MovementPage},
    )
    def get(self, request: Request) -> Response:
        wanted = self.query(bodies.MovementQuery)
        rows = movements(places=self.actor.places(VIEW_STOCK))
        rows = rows.filter(**{f"{name}_id": wanted[name] for name in ("location", "variant") if name in wanted})
        found, beyond = page_of(rows, by=("-id",), cursor=wanted["cursor"], limit=wanted["limit"])
        return Response({"results": [bodies.movement_body(row) for row in found], "next": beyond})

    @extend_schema(
        operation_id="book_stock",
        summary="Book a receipt, an adjustment or a count",
        description=(
            "Repeating the same `id` with the same content answers 200 with the first result; other content is"
            " refused with 422 `identifier-reused`. A count is booked as the difference to the record."
        ),
        request=bodies.DocumentInput,
        responses={
            201: OpenApiResponse(bodies.DocumentBody, "Booked."),
            200: OpenApiResponse(bodies.DocumentBody, "It was booked before, by this very request."),
        },
    )
    def post(self, request: Request) -> Response:
        body = self.read(bodies.DocumentInput)
        change = StockChange(
            document_id=body["id"],
            kind=body["kind"],
            location_id=body["location"],
            reason=body.get("reason", ""),
            occurred_at=body.get("occurred_at"),
            lines=[
                StockLine(variant_id=line.get("variant"), code=line.get("code", ""), quantity=line["quantity"])
                for line in body["lines"]
            ],
        )
        booked = book_stock(change, actor=self.actor)
        if booked.is_new:
            return Response(bodies.document_body(booked.document), status=201)
        return Response(bodies.document_body(booked.document), headers={"Idempotent-Replayed": "true"})
