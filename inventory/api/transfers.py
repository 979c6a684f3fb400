"""Transfers over REST."""

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.pagination import page_of
from core.api.parameters import IF_MATCH
from core.api.views import ApiView, versioned
from core.errors import StaleVersion
from inventory.api import move_bodies as bodies
from inventory.permissions import MOVE_STOCK, VIEW_STOCK
from inventory.selectors.transfers import find_transfer, transfers
from inventory.services.arrivals import Arrival, receive_transfer
from inventory.services.shipping import ship_transfer, take_back_transfer
from inventory.services.transfers import TransferDraft, cancel_transfer, create_transfer, edit_transfer


class TransferView(ApiView):
    """What the views of transfers share."""

    tag = "transfers"

    def shown(self, transfer_id: UUID, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
        transfer = find_transfer(transfer_id, actor=self.actor)
        return versioned(bodies.transfer_body(transfer), transfer, status=status, headers=headers)

    def changed(self, transfer_id: UUID, change: Any, **given: Any) -> Response:
        """Call a service that honours the version, and answer what came of it."""
        try:
            change(transfer_id, actor=self.actor, expected_version=self.expected_version(), **given)
        except StaleVersion as stale:
            current = bodies.transfer_body(find_transfer(transfer_id, actor=self.actor))
            raise StaleVersion(details={"current": current}) from stale
        return self.shown(transfer_id)


class Transfers(TransferView):
    """/transfers/: goods between locations."""

    required_permission: ClassVar = {"GET": VIEW_STOCK, "POST": MOVE_STOCK}

    @extend_schema(
        operation_id="list_transfers",
        summary="Transfers from or to your locations, newest first",
        parameters=[bodies.TransferQuery],
        responses={200: bodies.TransferPage},
    )
    def get(self, request: Request) -> Response:
        wanted = self.query(bodies.TransferQuery)
        rows = transfers(actor=self.actor, state=wanted["state"], location_id=wanted.get("location"))
        found, beyond = page_of(rows, by=("-created_at", "id"), cursor=wanted["cursor"], limit=wanted["limit"])
        return Response({"results": [bodies.transfer_body(row) for row in found], "next": beyond})

    @extend_schema(
        operation_id="create_transfer",
        summary="Draft a transfer",
        description="Nothing moves yet. Repeating the same `id` with the same content answers 200.",
        request=bodies.TransferInput,
        responses={
            201: OpenApiResponse(bodies.TransferBody, "Drafted."),
            200: OpenApiResponse(bodies.TransferBody, "It was drafted before, by this very request."),
        },
    )
    def post(self, request: Request) -> Response:
        body = self.read(bodies.TransferInput)
        draft = TransferDraft(
            transfer_id=body["id"],
            source_id=body["source"],
            destination_id=body["destination"],
            note=body.get("note", ""),
            lines=bodies.goods_lines(body["lines"]),
        )
        drafted = create_transfer(draft, actor=self.actor)
        if drafted.is_new:
            return self.shown(draft.transfer_id, status=201)
        return self.shown(draft.transfer_id, headers={"Idempotent-Replayed": "true"})


class TransferOne(TransferView):
    """/transfers/<id>/: one transfer."""

    required_permission: ClassVar = {"GET": VIEW_STOCK, "PATCH": MOVE_STOCK}
    idempotent: ClassVar = True

    @extend_schema(operation_id="get_transfer", summary="A transfer", responses={200: bodies.TransferBody})
    def get(self, request: Request, transfer_id: UUID) -> Response:
        return self.shown(transfer_id)

    @extend_schema(
        operation_id="update_transfer",
        summary="Change a draft",
        parameters=[IF_MATCH],
        request=bodies.TransferChanges,
        responses={200: bodies.TransferBody},
    )
    def patch(self, request: Request, transfer_id: UUID) -> Response:
        body = self.read(bodies.TransferChanges)
        lines = bodies.goods_lines(body["lines"]) if "lines" in body else None
        return self.changed(transfer_id, edit_transfer, lines=lines, note=body.get("note"))


class TransferShip(TransferView):
    """/transfers/<id>/ship/: the goods leave."""

    required_permission: ClassVar = MOVE_STOCK
    idempotent: ClassVar = True

    @extend_schema(
        operation_id="ship_transfer",
        summary="Ship a draft: all of it, or the lines you name",
        parameters=[IF_MATCH],
        request=bodies.ShipInput,
        responses={200: bodies.TransferBody},
    )
    def post(self, request: Request, transfer_id: UUID) -> Response:
        body = self.read(bodies.ShipInput)
        lines = bodies.goods_lines(body["lines"]) if "lines" in body else None
        return self.changed(transfer_id, ship_transfer, lines=lines)


class TransferCancel(TransferView):
    """/transfers/<id>/cancel/: a draft is given up."""

    required_permission: ClassVar = MOVE_STOCK
    idempotent: ClassVar = True

    @extend_schema(
        operation_id="cancel_transfer",
        summary="Give up a draft",
        parameters=[IF_MATCH],
        request=None,
        responses={200: bodies.TransferBody},
    )
    def post(self, request: Request, transfer_id: UUID) -> Response:
        return self.changed(transfer_id, cancel_transfer)


class TransferTakeBack(TransferView):
    """/transfers/<id>/take-back/: what is on its way turns round."""

    required_permission: ClassVar = MOVE_STOCK
    idempotent: ClassVar = True

    @extend_schema(
        operation_id="take_back_transfer",
        summary="Bring what is still on its way back to the source",
        parameters=[IF_MATCH],
        request=bodies.ReasonInput,
        responses={200: bodies.TransferBody},
    )
    def post(self, request: Request, transfer_id: UUID) -> Response:
        return self.changed(transfer_id, take_back_transfer, reason=self.read(bodies.ReasonInput)["reason"])


class TransferReceipts(TransferView):
    """/transfers/<id>/receipts/: goods arrive."""

    required_permission: ClassVar = MOVE_STOCK

    @extend_schema(
        operation_id="receive_transfer",
        summary="Book what arrived: all, a part, damaged, too many; `is_last` says that the rest is missing",
        description=(
            "Safe to repeat with the same `id`. What is missing or was not announced needs a `reason`; without one it"
            " is refused with 422 and `differences` names the quantities."
        ),
        request=bodies.ArrivalInput,
        responses={
            201: OpenApiResponse(bodies.TransferBody, "Booked."),
            200: OpenApiResponse(bodies.TransferBody, "It was booked before, by this very request."),
        },
    )
    def post(self, request: Request, transfer_id: UUID) -> Response:
        body = self.read(bodies.ArrivalInput)
        arrival = arrival_of(transfer_id, body)
        if receive_transfer(arrival, actor=self.actor).is_new:
            return self.shown(transfer_id, status=201)
        return self.shown(transfer_id, headers={"Idempotent-Replayed": "true"})


def arrival_of(transfer_id: UUID, body: dict[str, Any]) -> Arrival:
    """What arrived in the words of the service."""
    return Arrival(
        receipt_id=body["id"],
        transfer_id=transfer_id,
        lines=bodies.goods_lines(body.get("lines", [])),
        is_last=body.get("is_last", False),
        reason=body.get("reason", ""),
        occurred_at=body.get("occurred_at"),
    )
