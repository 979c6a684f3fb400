"""Goods set aside, over REST; and the limits from when on somebody wants to hear of a level."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.fields import QuantityField
from core.api.pagination import PageQuery, page_of
from core.api.parameters import IF_MATCH
from core.api.views import ApiView, versioned
from core.errors import StaleVersion
from inventory.api.serializers import LevelBody, level_body
from inventory.models import StockReservation
from inventory.permissions import ADJUST_STOCK, RESERVE_STOCK, VIEW_STOCK
from inventory.selectors.stock import find_reservation, reservations
from inventory.services.limits import set_limits
from inventory.services.reservations import Reserve, extend, release, reserve


class ReservationInput(serializers.Serializer[Any]):
    """What to set aside. ``id`` is made by you before the first try."""

    id = serializers.UUIDField()
    variant = serializers.UUIDField()
    location = serializers.UUIDField()
    quantity = QuantityField(min_value=Decimal("0.001"))
    expires_at = serializers.DateTimeField(help_text="At most 90 days ahead.")
    note = serializers.CharField(required=False, allow_blank=True, max_length=200)


class ReservationChange(serializers.Serializer[Any]):
    """Another end, later or earlier."""

    expires_at = serializers.DateTimeField(help_text="At most 90 days ahead.")


class ReservationBody(serializers.Serializer[StockReservation]):
    """Goods set aside. ``is_live``: they may still be sold; one past its time is not, swept or not."""

    id = serializers.UUIDField()
    variant = serializers.UUIDField(source="variant_id")
    sku = serializers.CharField(source="variant.sku")
    location = serializers.UUIDField(source="location_id")
    quantity = QuantityField()
    state = serializers.ChoiceField(choices=StockReservation.State.choices)
    is_live = serializers.SerializerMethodField()
    expires_at = serializers.DateTimeField()
    note = serializers.CharField()
    reference_type = serializers.CharField(help_text="What it was sold to, once it is sold.")
    reference_id = serializers.UUIDField(allow_null=True)
    created_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField(allow_null=True)
    version = serializers.IntegerField()

    def get_is_live(self, row: StockReservation) -> bool:
        return row.state == StockReservation.State.LIVE and row.expires_at > datetime.now(UTC)


class ReservationQuery(PageQuery):
    """Which reservations: newest first."""

    location = serializers.UUIDField(required=False)
    variant = serializers.UUIDField(required=False)
    live = serializers.BooleanField(required=False, default=False, help_text="Only those that still hold.")


class ReservationPage(serializers.Serializer[Any]):
    """One page of reservations."""

    results = ReservationBody(many=True)
    next = serializers.CharField(allow_null=True, help_text="The cursor of the next page; null at the end.")


class LimitsInput(serializers.Serializer[Any]):
    """Both limits of a level; null for none."""

    variant = serializers.UUIDField()
    location = serializers.UUIDField()
    low_at = QuantityField(allow_null=True)
    over_at = QuantityField(allow_null=True)


_BODY = ReservationBody()


class Reservations(ApiView):
    """/stock/reservations/: goods set aside."""

    required_permission: ClassVar = {"GET": VIEW_STOCK, "POST": RESERVE_STOCK}
    tag = "stock"

    @extend_schema(
        operation_id="list_reservations",
        summary="Goods set aside, newest first",
        parameters=[ReservationQuery],
        responses={200: ReservationPage},
    )
    def get(self, request: Request) -> Response:
        wanted = self.query(ReservationQuery)
        rows = reservations(places=self.actor.places(VIEW_STOCK), live_only=wanted["live"])
        rows = rows.filter(**{f"{name}_id": wanted[name] for name in ("location", "variant") if name in wanted})
        found, beyond = page_of(rows, by=("-created_at", "pk"), cursor=wanted["cursor"], limit=wanted["limit"])
        return Response({"results": [_BODY.to_representation(row) for row in found], "next": beyond})

    @extend_schema(
        operation_id="reserve_stock",
        summary="Set goods aside until an instant",
        description=(
            "Refused with 409 `out-of-stock` when less is available. Repeating the same `id` with the same content"
            " answers 200 with the reservation as it is by then; other content is refused with 422 `identifier-reused`."
        ),
        request=ReservationInput,
        responses={
            201: OpenApiResponse(ReservationBody, "Set aside."),
            200: OpenApiResponse(ReservationBody, "It was set aside before, by this very request."),
        },
    )
    def post(self, request: Request) -> Response:
        body = self.read(ReservationInput)
        made = reserve(
            Reserve(
                reservation_id=body["id"],
                variant_id=body["variant"],
                location_id=body["location"],
                quantity=body["quantity"],
                expires_at=body["expires_at"],
                note=body.get("note", ""),
            ),
            actor=self.actor,
        )
        shown = _BODY.to_representation(made.reservation)
        if made.is_new:
            return versioned(shown, made.reservation, status=201)
        return versioned(shown, made.reservation, headers={"Idempotent-Replayed": "true"})


class ReservationOne(ApiView):
    """/stock/reservations/<id>/: one of them."""

    required_permission: ClassVar = {"GET": VIEW_STOCK, "PATCH": RESERVE_STOCK, "DELETE": RESERVE_STOCK}
    idempotent: ClassVar = True
    tag = "stock"

    @extend_schema(operation_id="get_reservation", summary="A reservation", responses={200: ReservationBody})
    def get(self, request: Request, reservation_id: UUID) -> Response:
        row = find_reservation(reservation_id, places=self.actor.places(VIEW_STOCK))
        return versioned(_BODY.to_representation(row), row)

    @extend_schema(
        operation_id="extend_reservation",
        summary="Set another end",
        description="409 `reservation-over` once it is sold, released or expired.",
        parameters=[IF_MATCH],
        request=ReservationChange,
        responses={200: ReservationBody},
    )
    def patch(self, request: Request, reservation_id: UUID) -> Response:
        until = self.read(ReservationChange)["expires_at"]
        try:
            row = extend(reservation_id, expires_at=until, actor=self.actor, expected_version=self.expected_version())
        except StaleVersion as stale:
            raise self.stale(reservation_id) from stale
        return versioned(_BODY.to_representation(row), row)

    @extend_schema(
        operation_id="release_reservation",
        summary="Give the goods back",
        description="Answers the reservation. One that is over stays as it ended.",
        parameters=[IF_MATCH],
        responses={200: ReservationBody},
    )
    def delete(self, request: Request, reservation_id: UUID) -> Response:
        try:
            row = release(reservation_id, actor=self.actor, expected_version=self.expected_version())
        except StaleVersion as stale:
            raise self.stale(reservation_id) from stale
        return versioned(_BODY.to_representation(row), row)

    def stale(self, reservation_id: UUID) -> StaleVersion:
        row = find_reservation(reservation_id, places=self.actor.places(RESERVE_STOCK))
        return StaleVersion(details={"current": _BODY.to_representation(row)})


class Limits(ApiView):
    """/stock/limits/: from when on there is little, or too much."""

    required_permission: ClassVar = ADJUST_STOCK
    tag = "stock"

    @extend_schema(
        operation_id="set_stock_limits",
        summary="Say from when on a variant is low, or too many, at a location",
        description="Sending the same limits again changes nothing.",
        request=LimitsInput,
        responses={200: LevelBody},
    )
    def put(self, request: Request) -> Response:
        body = self.read(LimitsInput)
        level = set_limits(
            body["variant"], body["location"], low_at=body["low_at"], over_at=body["over_at"], actor=self.actor
        )
        return Response(level_body(level))
