"""Pages around an order that was placed: take goods back, void it, parked carts, who approved what."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, ClassVar, Protocol
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from core.api.views import as_uuid
from core.errors import Conflict, Forbidden, Invalid, NotFound, ReusedIdentifier, StaleVersion
from core.ids import uuid7
from core.people.models import User
from core.people.permissions import AUTHENTICATED, PERMISSIONS
from core.people.services import TooManyAttempts
from core.web.amounts import money_text
from core.web.lists import ListPage
from core.web.refusals import explain
from core.web.views import Page
from inventory.scan_targets import found_by_shape
from orders.errors import AlreadyTaken, ApprovalNeeded, ApprovalRefused, PriceChanged, WrongPayment, WrongPin
from orders.models import Approval, Order, Payment, SellingPolicy
from orders.permissions import REFUND, RETURN_WITHOUT_RECEIPT, SELL, VIEW_APPROVALS
from orders.selectors import (
    approval_requests,
    approvals,
    approvers,
    find_approval_request,
    find_order,
    parked_carts,
    visible_orders,
)
from orders.selectors.axes import returned_of
from orders.selectors.policy import policy
from orders.services.approvals import Request, give_approval, set_pin
from orders.services.asking import answer_request, ask_approval
from orders.services.parking import discard
from orders.services.pieces_back import pieces_of_sale
from orders.services.returns import Return, ReturnLine, return_goods
from orders.services.voids import void_order
from orders.web.after_forms import PinForm, ReceiptSearch, ReturnForm, VoidForm

REFUSALS = (
    Invalid,
    Conflict,
    ReusedIdentifier,
    StaleVersion,
    ApprovalRefused,
    WrongPin,
    TooManyAttempts,
    WrongPayment,
    PriceChanged,
    Forbidden,
)
NEWEST_FIRST = ("-occurred_at", "-id")


class Asking(Protocol):
    """A form that can ask who approves what it does."""

    data: Mapping[str, Any]
    asked: UUID | None
    asked_told: str

    def ask(self, people: Sequence[User]) -> None: ...


def approval_from(form: Asking, needed: ApprovalNeeded, *, actor: Any, shown: str) -> UUID | None:
    """The approval that somebody gave on the form or from elsewhere, or None: then the form asks for it from now on."""
    details = needed.details
    place = UUID(details["location"])
    form.ask(approvers(permission=details["permission"], location_id=place))
    form.asked = as_uuid(str(form.data.get("asked", ""))) or uuid7()
    wanted = Request(
        approval_id=form.asked,
        permission=details["permission"],
        location_id=place,
        shown=shown,
        amount=details["amount"] and forms.DecimalField().clean(details["amount"]),
        subject=as_uuid(details["subject"] or ""),
    )
    approver = as_uuid(str(form.data.get("approver", "")))
    if approver is not None:
        pin = str(form.data.get("pin", ""))[:12]
        return give_approval(replace(wanted, approval_id=uuid7(), approver_id=approver, pin=pin), actor=actor).pk
    if "ask" in form.data:
        ask_approval(wanted, actor=actor)
    return _answer_to(form, form.asked, actor)


def _answer_to(form: Asking, asked: UUID, actor: Any) -> UUID | None:
    """The approval that a request led to, or None; the form says how the request stands."""
    try:
        row = find_approval_request(asked, actor=actor)
    except NotFound:
        return None
    if row.stands == "allowed":
        return row.pk
    if row.stands == "waiting":
        form.asked_told = "Asked. As soon as somebody has allowed it, send this form again."
        return None
    refused = f"{row.answered_by_label} refused it. {row.answer}".strip()
    form.asked = uuid7()
    form.asked_told = refused if row.stands == "refused" else "Nobody answered in time. You may ask again."
    return None


class Returns(Page):
    """/returns/: scan or type a receipt."""

    required_permission: ClassVar = REFUND
    template_name = "orders/returns.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        if not request.GET.get("number"):
            return self.show(ReceiptSearch())
        form = ReceiptSearch(request.GET)
        if not form.is_valid():
            return self.show(form, status=422)
        number = form.cleaned_data["number"]
        if (scanned := found_by_shape(number.strip().upper(), actor=self.actor)) and scanned.kind == "order":
            return redirect(scanned.url)
        found = list(visible_orders(actor=self.actor, kind=Order.Kind.SALE, q=number)[:2])
        if len(found) == 1:
            return redirect("order-return", found[0].pk)
        form.add_error("number", "Several sales carry this number." if found else "No sale carries this number.")
        return self.show(form, status=422)

    def show(self, form: ReceiptSearch, *, status: int = 200) -> HttpResponse:
        without = self.actor.may(RETURN_WITHOUT_RECEIPT) and policy().no_receipt != SellingPolicy.NoReceipt.FORBIDDEN
        return self.render({"form": form, "may_without_receipt": without}, status=status)


class OrderReturn(Page):
    """/orders/<id>/return/: tick lines, say how many, give the money back."""

    required_permission: ClassVar = REFUND
    template_name = "orders/return.html"

    def get(self, request: HttpRequest, order_id: UUID) -> HttpResponse:
        order, form = self.form_of(order_id)
        if request.GET.get("all"):
            form.initial.update(form.all_back())
        return self.render({"order": order, "form": form})

    def form_of(self, order_id: UUID, data: Any = None) -> tuple[Order, ReturnForm]:
        order = find_order(order_id, actor=self.actor)
        lines = list(order.lines.all())
        back, pieces = returned_of(order.pk), pieces_of_sale(order)
        return order, ReturnForm(data, location_id=order.location_id, lines=lines, back=back, pieces=pieces)

    def post(self, request: HttpRequest, order_id: UUID) -> HttpResponse:
        order, form = self.form_of(order_id, request.POST)
        if not form.is_valid():
            return self.render({"order": order, "form": form}, status=422)
        try:
            try:
                refund = self.give_back(order, form, None)
            except ApprovalNeeded as needed:
                shown = f"Refund of #{order.number}: {money_text(needed.details['amount'], order.currency)}"
                given = approval_from(form, needed, actor=self.actor, shown=shown)
                if given is None:
                    form.add_error(None, "This refund needs somebody who may approve it.")
                    return self.render({"order": order, "form": form}, status=needed.status)
                refund = self.give_back(order, form, given)
        except REFUSALS as refusal:
            explain(refusal, form)
            return self.render({"order": order, "form": form}, status=refusal.status)
        points = refund.payments.filter(method=Payment.Method.POINTS)
        money = refund.total + refund.cash_rounding - sum((one.amount for one in points), Decimal(0))
        messages.success(request, f"Returned. Give back {money_text(-money, refund.currency)}.")
        return redirect("order", refund.pk)

    def give_back(self, order: Order, form: ReturnForm, approval_id: UUID | None) -> Order:
        values = form.cleaned_data
        wanted = Return(
            refund_id=values["id"],
            order_id=order.pk,
            lines=[ReturnLine(position=p, quantity=q, disposition=w, serials=s) for p, q, w, s in form.taken()],
            reason=values["reason"],
            by_method=values["method"],
            register_id=as_uuid(values["register"]),
            needs_drawer=True,
            approval_id=approval_id,
        )
        return return_goods(wanted, actor=self.actor).order


class OrderVoid(Page):
    """/orders/<id>/void/: as if it never was."""

    required_permission: ClassVar = SELL
    template_name = "orders/void.html"

    def get(self, request: HttpRequest, order_id: UUID) -> HttpResponse:
        order = find_order(order_id, actor=self.actor)
        return self.render({"order": order, "form": VoidForm(initial={"version": order.version})})

    def post(self, request: HttpRequest, order_id: UUID) -> HttpResponse:
        order, form = find_order(order_id, actor=self.actor), VoidForm(request.POST)
        if not form.is_valid():
            return self.render({"order": order, "form": form}, status=422)
        try:
            try:
                self.void(order, form, None)
            except ApprovalNeeded as needed:
                shown = f"Void of #{order.number}: {money_text(order.total, order.currency)}"
                given = approval_from(form, needed, actor=self.actor, shown=shown)
                if given is None:
                    form.add_error(None, "Voiding needs somebody who may approve it.")
                    return self.render({"order": order, "form": form}, status=needed.status)
                self.void(order, form, given)
        except REFUSALS as refusal:
            explain(refusal, form)
            return self.render({"order": order, "form": form}, status=refusal.status)
        messages.success(request, f"#{order.number} is voided: goods and money are back.")
        return redirect("order", order.pk)

    def void(self, order: Order, form: VoidForm, approval_id: UUID | None) -> None:
        values = form.cleaned_data
        void_order(
            order.pk,
            void_id=values["id"],
            reason=values["reason"],
            version=values["version"],
            approval_id=approval_id,
            actor=self.actor,
        )


class ParkedCarts(ListPage):
    """/parked/: carts that wait for a till."""

    required_permission: ClassVar = SELL
    template_name = "orders/parked.html"
    live_events = "order.parked order.resumed order.discarded"

    by = NEWEST_FIRST

    def rows(self, wanted: dict[str, Any]) -> QuerySet[Order]:
        return parked_carts(actor=self.actor)


class ParkedDiscard(Page):
    """/parked/<id>/discard/: throw one away."""

    required_permission: ClassVar = SELL

    def post(self, request: HttpRequest, order_id: UUID) -> HttpResponse:
        try:
            discard(order_id, actor=self.actor)
        except AlreadyTaken as refusal:
            messages.info(request, f"{refusal.details['by']} has taken it up meanwhile.")
        else:
            messages.success(request, "Thrown away.")
        return redirect("parked")


class Approvals(ListPage):
    """/approvals/: who let whom do what."""

    required_permission: ClassVar = VIEW_APPROVALS
    template_name = "orders/approvals.html"
    live_events = "approval.* order.*"

    by = ("-approved_at", "-id")

    def rows(self, wanted: dict[str, Any]) -> QuerySet[Approval]:
        return approvals(actor=self.actor)

    def more(self) -> dict[str, Any]:
        labels = {code: permission.label for code, permission in PERMISSIONS.items()}
        return {"labels": labels, "asked": approval_requests(actor=self.actor)}


class ApprovalAnswer(Page):
    """/approvals/<id>/answer/: allow what somebody asks for, or refuse it."""

    required_permission: ClassVar = VIEW_APPROVALS
    http_method_names = ["post"]  # noqa: RUF012  typed so by Django

    def post(self, request: HttpRequest, request_id: UUID) -> HttpResponse:
        allow, reason = request.POST.get("allow") == "yes", request.POST.get("reason", "")[:200]
        try:
            row = answer_request(request_id, allow=allow, reason=reason, actor=self.actor)
        except (Conflict, Forbidden, Invalid) as refusal:
            messages.warning(request, refusal.detail)
        else:
            who = row.requested_by_label
            messages.success(request, f"Allowed: {who} can go on." if allow else f"Refused: {who} is told.")
        return redirect("approvals")


class MyPin(Page):
    """/settings/pin/: one's own PIN."""

    required_permission: ClassVar = AUTHENTICATED
    template_name = "orders/pin.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.render({"form": PinForm()})

    def post(self, request: HttpRequest) -> HttpResponse:
        form = PinForm(request.POST)
        if not form.is_valid():
            return self.render({"form": form}, status=422)
        try:
            set_pin(pin=form.cleaned_data["pin"], password=form.cleaned_data["password"], actor=self.actor)
        except (Invalid, Forbidden, TooManyAttempts) as refusal:
            explain(refusal, form)
            return self.render({"form": form}, status=422)
        messages.success(request, "Your PIN is set.")
        return redirect("my-pin")
