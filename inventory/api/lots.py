"""Lots and pieces over REST: what expires, recalls, blocking, and the history of one piece."""

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.fields import QuantityField
from core.api.pagination import PageQuery, page_of
from core.api.parameters import IF_MATCH
from core.api.views import ApiView, versioned
from core.errors import StaleVersion
from inventory.models import Lot, MovementLot, MovementSerial, Serial, StockMovement
from inventory.permissions import ADJUST_STOCK, VIEW_STOCK
from inventory.selectors.blind import hidden_variants
from inventory.selectors.lots import find_lot, find_serial, lots, serials, to_mark_down, way_of_lot, way_of_serial
from inventory.services.lots import block_lot
from inventory.services.policy import stock_policy

CURSOR = "The cursor of the next page; null at the end."


class LotBody(serializers.Serializer[Lot]):
    """A batch of one variant."""

    id = serializers.UUIDField()
    variant = serializers.UUIDField(source="variant_id")
    sku = serializers.CharField(source="variant.sku")
    code = serializers.CharField()
    expires_on = serializers.DateField(allow_null=True)
    state = serializers.ChoiceField(choices=Lot.State.choices)
    note = serializers.CharField()
    version = serializers.IntegerField()


class HeldLotBody(LotBody):
    """A batch with what is on hand of it where you may see stock."""

    on_hand = QuantityField()


class LotQuery(PageQuery):
    """Which lots: what expires first comes first."""

    q = serializers.CharField(required=False, max_length=64, help_text="In the code, or a whole SKU.")
    expires_by = serializers.DateField(required=False)
    held = serializers.BooleanField(required=False, default=True, help_text="Only those that are not used up.")


class LotPage(serializers.Serializer[Any]):
    """One page of lots."""

    results = HeldLotBody(many=True)
    next = serializers.CharField(allow_null=True, help_text=CURSOR)


class LotChange(serializers.Serializer[Any]):
    """Block it, or let it be sold again."""

    state = serializers.ChoiceField(choices=Lot.State.choices)
    note = serializers.CharField(required=False, allow_blank=True, max_length=200)


class LotStepBody(serializers.Serializer[MovementLot]):
    """A movement of the lot: an order in ``reference_id`` is a customer to be called."""

    id = serializers.IntegerField()
    movement = serializers.IntegerField(source="movement_id")
    kind = serializers.ChoiceField(source="movement.kind", choices=StockMovement.Kind.choices)
    location = serializers.UUIDField(source="movement.location_id")
    reference_type = serializers.CharField(source="movement.reference_type")
    reference_id = serializers.UUIDField(source="movement.reference_id")
    delta = QuantityField()
    occurred_at = serializers.DateTimeField(source="movement.occurred_at")


class LotStepPage(serializers.Serializer[Any]):
    """One page of a lot's way."""

    results = LotStepBody(many=True)
    next = serializers.CharField(allow_null=True, help_text=CURSOR)


class SerialBody(serializers.Serializer[Serial]):
    """One piece with a number of its own."""

    id = serializers.UUIDField()
    variant = serializers.UUIDField(source="variant_id")
    sku = serializers.CharField(source="variant.sku")
    number = serializers.CharField()
    state = serializers.ChoiceField(choices=Serial.State.choices)
    location = serializers.UUIDField(source="location_id", allow_null=True)
    version = serializers.IntegerField()


class SerialQuery(PageQuery):
    """Which pieces: by number."""

    q = serializers.CharField(required=False, max_length=64, help_text="The beginning of the number, or a whole SKU.")
    state = serializers.ChoiceField(required=False, choices=Serial.State.choices)
    free = serializers.BooleanField(required=False, help_text="true: without pieces that an open order has named.")


class SerialPage(serializers.Serializer[Any]):
    """One page of pieces."""

    results = SerialBody(many=True)
    next = serializers.CharField(allow_null=True, help_text=CURSOR)


class SerialStepBody(serializers.Serializer[MovementSerial]):
    """A movement of the piece and what it was afterwards."""

    movement = serializers.IntegerField(source="movement_id")
    kind = serializers.ChoiceField(source="movement.kind", choices=StockMovement.Kind.choices)
    location = serializers.UUIDField(source="movement.location_id")
    reference_type = serializers.CharField(source="movement.reference_type")
    reference_id = serializers.UUIDField(source="movement.reference_id")
    state = serializers.ChoiceField(choices=Serial.State.choices)
    occurred_at = serializers.DateTimeField(source="movement.occurred_at")


class SerialHistory(SerialBody):
    """One piece with everything that happened to it, the latest first."""

    history = SerialStepBody(many=True)


_LOT, _HELD, _STEP, _SERIAL, _SERIAL_STEP = LotBody(), HeldLotBody(), LotStepBody(), SerialBody(), SerialStepBody()


class Lots(ApiView):
    """/stock/lots/: lots by expiry date."""

    required_permission: ClassVar = VIEW_STOCK
    tag = "stock"

    @extend_schema(
        operation_id="list_lots", summary="Lots by expiry date", parameters=[LotQuery], responses={200: LotPage}
    )
    def get(self, request: Request) -> Response:
        wanted = self.query(LotQuery)
        rows = lots(
            places=self.actor.places(VIEW_STOCK),
            held_only=wanted["held"],
            expires_by=wanted.get("expires_by"),
            words=wanted.get("q", ""),
        )
        if (hidden := hidden_variants(actor=self.actor)) is not None:
            rows = rows.exclude(variant__in=hidden)
        found, beyond = page_of(rows, by=("ends", "id"), cursor=wanted["cursor"], limit=wanted["limit"])
        return Response({"results": [_HELD.to_representation(row) for row in found], "next": beyond})


class Markdowns(ApiView):
    """/stock/markdowns/: what to sell for less before it expires."""

    required_permission: ClassVar = VIEW_STOCK
    tag = "stock"

    @extend_schema(
        operation_id="list_markdowns",
        summary="Lots that expire within the policy's `markdown_days` and are still on hand",
        parameters=[PageQuery],
        responses={200: LotPage},
    )
    def get(self, request: Request) -> Response:
        wanted = self.query(PageQuery)
        rows = to_mark_down(actor=self.actor, days=stock_policy().markdown_days)
        found, beyond = page_of(rows, by=("ends", "id"), cursor=wanted["cursor"], limit=wanted["limit"])
        return Response({"results": [_HELD.to_representation(row) for row in found], "next": beyond})


class LotOne(ApiView):
    """/stock/lots/<id>/: one of them."""

    required_permission: ClassVar = {"GET": VIEW_STOCK, "PATCH": ADJUST_STOCK}
    idempotent: ClassVar = True
    tag = "stock"

    @extend_schema(operation_id="get_lot", summary="A lot", responses={200: LotBody})
    def get(self, request: Request, lot_id: UUID) -> Response:
        lot = find_lot(lot_id)
        return versioned(_LOT.to_representation(lot), lot)

    @extend_schema(
        operation_id="change_lot",
        summary="Block a lot in the whole shop, or let it be sold again",
        parameters=[IF_MATCH],
        request=LotChange,
        responses={200: LotBody},
    )
    def patch(self, request: Request, lot_id: UUID) -> Response:
        body = self.read(LotChange)
        try:
            lot = block_lot(
                lot_id,
                is_blocked=body["state"] == Lot.State.BLOCKED,
                note=body.get("note", ""),
                actor=self.actor,
                expected_version=self.expected_version(),
            )
        except StaleVersion as stale:
            raise StaleVersion(details={"current": _LOT.to_representation(find_lot(lot_id))}) from stale
        return versioned(_LOT.to_representation(lot), lot)


class LotWay(ApiView):
    """/stock/lots/<id>/movements/: a recall."""

    required_permission: ClassVar = VIEW_STOCK
    tag = "stock"

    @extend_schema(
        operation_id="list_lot_movements",
        summary="Every receipt of a lot and every order it went to, the latest first",
        parameters=[PageQuery],
        responses={200: LotStepPage},
    )
    def get(self, request: Request, lot_id: UUID) -> Response:
        wanted = self.query(PageQuery)
        rows = way_of_lot(find_lot(lot_id), actor=self.actor)
        found, beyond = page_of(rows, by=("-id",), cursor=wanted["cursor"], limit=wanted["limit"])
        return Response({"results": [_STEP.to_representation(row) for row in found], "next": beyond})


class Serials(ApiView):
    """/stock/serials/: pieces by number."""

    required_permission: ClassVar = VIEW_STOCK
    tag = "stock"

    @extend_schema(
        operation_id="list_serials",
        summary="Single pieces by number",
        parameters=[SerialQuery],
        responses={200: SerialPage},
    )
    def get(self, request: Request) -> Response:
        wanted = self.query(SerialQuery)
        words, state = wanted.get("q", ""), wanted.get("state", "")
        rows = serials(actor=self.actor, words=words, state=state, is_free=wanted.get("free", False))
        found, beyond = page_of(rows, by=("number", "id"), cursor=wanted["cursor"], limit=wanted["limit"])
        return Response({"results": [_SERIAL.to_representation(row) for row in found], "next": beyond})


class SerialOne(ApiView):
    """/stock/serials/<id>/: one piece and its history."""

    required_permission: ClassVar = VIEW_STOCK
    tag = "stock"

    @extend_schema(operation_id="get_serial", summary="One piece and its history", responses={200: SerialHistory})
    def get(self, request: Request, serial_id: UUID) -> Response:
        row = find_serial(serial_id, actor=self.actor)
        way = way_of_serial(row, places=self.actor.places(VIEW_STOCK))
        history = [_SERIAL_STEP.to_representation(step) for step in way]
        return Response({**_SERIAL.to_representation(row), "history": history})
