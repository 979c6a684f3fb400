"""Registers and shifts on pages: open, put cash in and out, count, close; X and Z reports to print."""

from typing import Any, ClassVar
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from core.errors import DomainError
from core.sync.selectors import devices_behind
from core.tenancy.context import current_tenant
from core.web.cursors import window_of
from core.web.refusals import explain
from core.web.views import Page
from inventory.web.selectors import places_for
from orders.errors import ReasonRequired
from orders.models import Payment, Shift
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
from orders.web.cash_forms import CashForm, CloseForm, OpenForm, RegisterEdit, RegisterForm

NEWEST_FIRST = ("-opened_at", "-id")
METHODS = dict(Payment.Method.choices)


class Registers(Page):
    """/registers/: the tills with their open shifts, and the shifts of the past."""

    required_permission: ClassVar = {"GET": VIEW_SHIFTS, "POST": MANAGE_REGISTERS}
    template_name = "orders/registers.html"
    live_events = "register.* shift.*"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.show(None)

    def post(self, request: HttpRequest) -> HttpResponse:
        form = RegisterForm(request.POST, places=places_for(self.actor, MANAGE_REGISTERS))
        if form.is_valid():
            given = form.cleaned_data
            try:
                register = create_register(location_id=given["location"].pk, name=given["name"], actor=self.actor)
            except DomainError as refusal:
                explain(refusal, form)
            else:
                messages.success(request, f"{register} is there. Open its first shift.")
                return redirect("register", register.pk)
        return self.show(form, status=422)

    def show(self, form: RegisterForm | None, *, status: int = 200) -> HttpResponse:
        rows = list(registers(actor=self.actor)) if self.actor.may(VIEW_SHIFTS) else []
        running = open_shifts(row.pk for row in rows)
        may_manage = self.actor.may(MANAGE_REGISTERS)
        if form is None and may_manage:
            form = RegisterForm(places=places_for(self.actor, MANAGE_REGISTERS))
        shifts = visible_shifts(actor=self.actor) if self.actor.may(VIEW_SHIFTS) else Shift.objects.none()
        context = {
            "rows": [{"register": row, "shift": running.get(row.pk)} for row in rows],
            "window": window_of(shifts, by=NEWEST_FIRST, query=self.request.GET.dict()),
            "form": form,
            "may_manage": may_manage,
        }
        return self.render(context, status=status)


class RegisterOne(Page):
    """/registers/<id>/: one till; open its drawer, rename it, take it out of use."""

    required_permission: ClassVar[str | dict[str, str]] = {"GET": VIEW_SHIFTS, "POST": MANAGE_REGISTERS}
    template_name = "orders/register.html"

    def get(self, request: HttpRequest, register_id: UUID) -> HttpResponse:
        return self.show(register_id, OpenForm(), None)

    def post(self, request: HttpRequest, register_id: UUID) -> HttpResponse:
        form = RegisterEdit(request.POST)
        if form.is_valid():
            given = form.cleaned_data
            try:
                update_register(
                    register_id,
                    name=given["name"],
                    is_active=given["is_active"],
                    expected_version=given["version"],
                    actor=self.actor,
                )
            except DomainError as refusal:
                explain(refusal, form)
            else:
                messages.success(request, "Saved.")
                return redirect("register", register_id)
        return self.show(register_id, OpenForm(), form, status=422)

    def show(self, register_id: UUID, form: Form, edit: RegisterEdit | None, *, status: int = 200) -> HttpResponse:
        register = find_register(register_id, actor=self.actor)
        initial = {"name": register.name, "is_active": register.is_active, "version": register.version}
        running = open_shifts([register.pk]).get(register.pk)
        context = {
            "register": register,
            "shift": running,
            "waiting": None if running else waiting_cash([register.pk]).get(register.pk),
            "form": form,
            "edit": edit or RegisterEdit(initial=initial),
            "may_manage": self.actor.may(MANAGE_REGISTERS, at=register.location_id),
            "may_run": self.actor.may(RUN_SHIFT, at=register.location_id),
        }
        return self.render(context, status=status)


class ShiftOpen(RegisterOne):
    """/registers/<id>/open/: open its drawer."""

    required_permission: ClassVar = RUN_SHIFT
    http_method_names = ["post"]  # noqa: RUF012  typed so by Django

    def post(self, request: HttpRequest, register_id: UUID) -> HttpResponse:
        form = OpenForm(request.POST)
        if form.is_valid():
            given = form.cleaned_data
            try:
                done = open_shift(
                    shift_id=given["id"],
                    register_id=register_id,
                    opening_float=given["opening_float"],
                    actor=self.actor,
                )
            except DomainError as refusal:
                explain(refusal, form)
            else:
                return redirect("shift", done.shift.pk)
        return self.show(register_id, form, None, status=422)


class ShiftOne(Page):
    """/shifts/<id>/: the X report of an open shift, the Z report of a closed one."""

    required_permission: ClassVar[str | dict[str, str]] = VIEW_SHIFTS
    template_name = "orders/shift.html"
    live_events = "shift.* cash.* order.* payment.*"

    def get(self, request: HttpRequest, shift_id: UUID) -> HttpResponse:
        return self.show(shift_id, CashForm())

    def show(self, shift_id: UUID, form: CashForm, *, status: int = 200) -> HttpResponse:
        shift = find_shift(shift_id, actor=self.actor)
        report = report_of(shift, actor=self.actor)
        context: dict[str, Any] = {
            "shift": shift,
            "report": report,
            "methods": METHODS,
            "movements": shift.cash_movements.all(),
            "form": form,
            "may_run": self.actor.may(RUN_SHIFT, at=shift.register.location_id),
        }
        return self.render(context, status=status)


class ShiftCash(ShiftOne):
    """/shifts/<id>/cash/: cash in or out."""

    required_permission: ClassVar = RUN_SHIFT
    http_method_names = ["post"]  # noqa: RUF012  typed so by Django

    def post(self, request: HttpRequest, shift_id: UUID) -> HttpResponse:
        form = CashForm(request.POST)
        if form.is_valid():
            given = form.cleaned_data
            amount = given["amount"] if given["way"] == "in" else -given["amount"]
            try:
                move_cash(
                    movement_id=given["id"], shift_id=shift_id, amount=amount, reason=given["reason"], actor=self.actor
                )
            except DomainError as refusal:
                explain(refusal, form)
            else:
                messages.success(request, "Noted.")
                return redirect("shift", shift_id)
        return self.show(shift_id, form, status=422)


class ShiftClose(Page):
    """/shifts/<id>/close/: count the drawer without being told what should be in it."""

    required_permission: ClassVar = RUN_SHIFT
    template_name = "orders/shift_close.html"

    def get(self, request: HttpRequest, shift_id: UUID) -> HttpResponse:
        shift = find_shift(shift_id, actor=self.actor, permission=RUN_SHIFT)
        if shift.state == Shift.State.CLOSED:
            return redirect("shift", shift_id)
        return self.show(shift, CloseForm(currency=shift.currency))

    def post(self, request: HttpRequest, shift_id: UUID) -> HttpResponse:
        shift = find_shift(shift_id, actor=self.actor, permission=RUN_SHIFT)
        form = CloseForm(request.POST, currency=current_tenant().currency)
        differs = None
        if form.is_valid():
            try:
                close_shift(
                    shift_id=shift_id, counted=form.counted(), reason=form.cleaned_data["reason"], actor=self.actor
                )
            except ReasonRequired as refusal:
                differs = refusal.detail
            except DomainError as refusal:
                explain(refusal, form)
            else:
                messages.success(request, "Closed. This is the Z report.")
                return redirect("shift", shift_id)
        return self.show(shift, form, differs=differs, status=409 if differs else 422)

    def show(self, shift: Shift, form: CloseForm, *, differs: str | None = None, status: int = 200) -> HttpResponse:
        behind = devices_behind(shift.register.location_id)
        return self.render({"shift": shift, "form": form, "differs": differs, "behind": behind}, status=status)
