"""Registers, shifts and cash over REST."""

from typing import ClassVar
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.pagination import PageQuery, page_of
from core.api.views import ApiView, versioned
from core.tenancy.context import current_tenant
from orders.api import cash_bodies as bodies
from orders.models import Register
from orders.permissions import MANAGE_REGISTERS, RUN_SHIFT, VIEW_SHIFTS
from orders.selectors.shifts import (
    find_register,
    find_shift,
    open_shifts,
    registers,
    report_of,
    visible_shifts,
    waiting_cash,
)
from orders.services.registers import create_register, update_register
from orders.services.shifts import close_shift, move_cash, open_shift

REPLAYED = {"Idempotent-Replayed": "true"}


def _of(register: Register) -> dict[str, object]:
    running = open_shifts([register.pk]).get(register.pk)
    waiting = None if running else waiting_cash([register.pk]).get(register.pk)
    return bodies.register_body(register, running, current_tenant().currency, waiting)


class Registers(ApiView):
    """/registers/: the tills of the shop."""

    required_permission: ClassVar = {"GET": VIEW_SHIFTS, "POST": MANAGE_REGISTERS}
    idempotent: ClassVar = True
    tag = "registers"

    @extend_schema(
        operation_id="list_registers",
        summary="Registers with their open shifts",
        parameters=[bodies.RegisterQuery],
        responses={200: bodies.RegisterPage},
    )
    def get(self, request: Request) -> Response:
        wanted = self.query(bodies.RegisterQuery)
        rows = registers(actor=self.actor)
        rows = rows.filter(location=wanted["location"]) if "location" in wanted else rows
        found, beyond = page_of(rows, by=("location_id", "name"), cursor=wanted["cursor"], limit=wanted["limit"])
        running, currency = open_shifts(row.pk for row in found), current_tenant().currency
        waiting = waiting_cash(row.pk for row in found if row.pk not in running)
        results = [bodies.register_body(row, running.get(row.pk), currency, waiting.get(row.pk)) for row in found]
        return Response({"results": results, "next": beyond})

    @extend_schema(
        operation_id="create_register",
        summary="Add a register",
        request=bodies.RegisterInput,
        responses={201: bodies.RegisterBody},
    )
    def post(self, request: Request) -> Response:
        body = self.read(bodies.RegisterInput)
        register = create_register(location_id=body["location"], name=body["name"], actor=self.actor)
        return versioned(_of(register), register, status=201, headers={"Location": f"/api/v1/registers/{register.pk}/"})


class RegisterOne(ApiView):
    """/registers/<id>/: one till."""

    required_permission: ClassVar = {"GET": VIEW_SHIFTS, "PATCH": MANAGE_REGISTERS}
    tag = "registers"

    @extend_schema(operation_id="get_register", summary="A register", responses={200: bodies.RegisterBody})
    def get(self, request: Request, register_id: UUID) -> Response:
        register = find_register(register_id, actor=self.actor)
        return versioned(_of(register), register)

    @extend_schema(
        operation_id="change_register",
        summary="Rename a register, or take it in or out of use",
        request=bodies.RegisterChange,
        responses={200: bodies.RegisterBody},
    )
    def patch(self, request: Request, register_id: UUID) -> Response:
        changes = self.read(bodies.RegisterChange)
        version = self.expected_version()
        register = update_register(register_id, expected_version=version, actor=self.actor, **changes)
        return versioned(_of(register), register)


class Shifts(ApiView):
    """/shifts/: drawers from float to count."""

    required_permission: ClassVar = {"GET": VIEW_SHIFTS, "POST": RUN_SHIFT}
    tag = "registers"

    @extend_schema(
        operation_id="list_shifts",
        summary="Shifts, newest first",
        parameters=[bodies.ShiftQuery],
        responses={200: bodies.ShiftPage},
    )
    def get(self, request: Request) -> Response:
        wanted = self.query(bodies.ShiftQuery)
        rows = visible_shifts(actor=self.actor)
        rows = rows.filter(**{name: wanted[name] for name in ("register", "state") if name in wanted})
        found, beyond = page_of(rows, by=("-opened_at", "id"), cursor=wanted["cursor"], limit=wanted["limit"])
        return Response({"results": [bodies.shift_body(row) for row in found], "next": beyond})

    @extend_schema(
        operation_id="open_shift",
        summary="Open the drawer of a register",
        description=(
            "A register has at most one open shift; the second is refused with 409 `shift-open`, which names the first."
            " Repeating the same `id` with the same content answers 200 with the shift."
        ),
        request=bodies.ShiftInput,
        responses={
            201: OpenApiResponse(bodies.ShiftBody, "Opened."),
            200: OpenApiResponse(bodies.ShiftBody, "It was opened before, by this very request."),
        },
    )
    def post(self, request: Request) -> Response:
        body = self.read(bodies.ShiftInput)
        done = open_shift(
            shift_id=body["id"], register_id=body["register"], opening_float=body["opening_float"], actor=self.actor
        )
        if done.is_new:
            location = f"/api/v1/shifts/{done.shift.pk}/"
            return versioned(bodies.shift_body(done.shift), done.shift, status=201, headers={"Location": location})
        return versioned(bodies.shift_body(done.shift), done.shift, headers=REPLAYED)


class ShiftOne(ApiView):
    """/shifts/<id>/: one shift."""

    required_permission: ClassVar = VIEW_SHIFTS
    tag = "registers"

    @extend_schema(operation_id="get_shift", summary="A shift", responses={200: bodies.ShiftBody})
    def get(self, request: Request, shift_id: UUID) -> Response:
        shift = find_shift(shift_id, actor=self.actor)
        return versioned(bodies.shift_body(shift), shift)


class ShiftClose(ApiView):
    """/shifts/<id>/close/: count the drawer."""

    required_permission: ClassVar = RUN_SHIFT
    tag = "registers"

    @extend_schema(
        operation_id="close_shift",
        summary="Close a shift with the count of its drawer",
        description=(
            "The count is blind: what is expected is told only after it. Where it differs and no `reason` is given, the"
            " answer is 409 `reason-required` with `difference`; the count is noted, and a later one leaves the first"
            " in the audit log. Repeating a close with the same content answers 200 with the closed shift."
        ),
        request=bodies.CloseInput,
        responses={200: bodies.ReportBody},
    )
    def post(self, request: Request, shift_id: UUID) -> Response:
        body = self.read(bodies.CloseInput)
        done = close_shift(shift_id=shift_id, counted=body["counted"], reason=body.get("reason", ""), actor=self.actor)
        report = bodies.report_body(report_of(done.shift, actor=self.actor))
        return versioned(report, done.shift, headers={} if done.is_new else REPLAYED)


class ShiftReport(ApiView):
    """/shifts/<id>/report/: X while it is open, Z after."""

    required_permission: ClassVar = VIEW_SHIFTS
    tag = "registers"

    @extend_schema(
        operation_id="get_shift_report",
        summary="The X report of an open shift, or the Z report of a closed one",
        responses={200: bodies.ReportBody},
    )
    def get(self, request: Request, shift_id: UUID) -> Response:
        shift = find_shift(shift_id, actor=self.actor)
        return versioned(bodies.report_body(report_of(shift, actor=self.actor)), shift)


class ShiftCash(ApiView):
    """/shifts/<id>/cash-movements/: cash that is no sale."""

    required_permission: ClassVar = {"GET": VIEW_SHIFTS, "POST": RUN_SHIFT}
    tag = "registers"

    @extend_schema(
        operation_id="list_cash_movements",
        summary="Cash put in and taken out, oldest first",
        parameters=[PageQuery],
        responses={200: bodies.CashPage},
    )
    def get(self, request: Request, shift_id: UUID) -> Response:
        wanted = self.query(PageQuery)
        rows = find_shift(shift_id, actor=self.actor).cash_movements.all()
        found, beyond = page_of(rows, by=("recorded_at", "id"), cursor=wanted["cursor"], limit=wanted["limit"])
        return Response({"results": [bodies.cash_body(row) for row in found], "next": beyond})

    @extend_schema(
        operation_id="move_cash",
        summary="Put cash into a drawer, or (negative) take it out",
        request=bodies.CashInput,
        responses={
            201: OpenApiResponse(bodies.CashBody, "Moved."),
            200: OpenApiResponse(bodies.CashBody, "It was moved before, by this very request."),
        },
    )
    def post(self, request: Request, shift_id: UUID) -> Response:
        body = self.read(bodies.CashInput)
        moved = move_cash(
            movement_id=body["id"], shift_id=shift_id, amount=body["amount"], reason=body["reason"], actor=self.actor
        )
        answer = bodies.cash_body(moved.movement)
        return Response(answer, status=201) if moved.is_new else Response(answer, headers=REPLAYED)
