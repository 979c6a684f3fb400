"""Open orders worked on: the list to pack, parcels step by step, later payments, giving one up."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.functional import cached_property

from core.api.views import as_uuid
from core.errors import DomainError
from core.locations.models import Location
from core.locations.papers import papers_of
from core.web.amounts import money_text
from core.web.lists import ListPage
from core.web.refusals import explain
from core.web.views import Page
from inventory.barcodes import code128
from inventory.errors import LotExpired
from inventory.web.selectors import places_for
from orders.errors import ApprovalNeeded
from orders.lifecycle import AFTER
from orders.models import Order, Payment
from orders.permissions import FULFIL, TAKE_ORDERS, VIEW_ORDERS
from orders.selectors import find_order
from orders.selectors.axes import axes_of
from orders.selectors.fulfilment import find_fulfilment, is_late, left_of, work_list
from orders.selectors.pieces import name_pieces_of_parcel
from orders.services.failed_payments import note_failed_payment
from orders.services.fulfilment import FulfilmentDraft, Step, create_fulfilment, take_step
from orders.services.placing import Cancellation, add_payment, cancel_order
from orders.services.previews import preview_cancellation
from orders.web.after import approval_from
from orders.web.order_page import OrderPage
from orders.web.packing_forms import CancelForm, PackForm, StepForm, WorkFilter
from orders.web.tender_forms import FailedPaymentForm, TenderForm

MOST_URGENT_FIRST = ("due_at", "id")
DAYS_AHEAD = {"late": 0, "today": 0, "tomorrow": 1, "week": 7}
DONE = {
    "pack": "Packed.",
    "ship": "Sent off: the goods have left your stock.",
    "done": "Handed over.",
    "cancel": "Taken back: it can be packed anew.",
}
WAYS = dict(Payment.Method.choices)


class ToPack(ListPage):
    """/to-pack/: orders whose goods are to leave, the most urgent first."""

    required_permission: ClassVar = FULFIL
    template_name = "orders/to_pack.html"
    live_events = "order.* payment.*"
    by = MOST_URGENT_FIRST

    def filter_form(self) -> WorkFilter:
        return WorkFilter(self.request.GET, places=self.places)

    @cached_property
    def places(self) -> list[Location]:
        """Where the actor packs."""
        return places_for(self.actor, FULFIL)

    def rows(self, wanted: dict[str, Any]) -> QuerySet[Order]:
        location = wanted["location"].pk if wanted["location"] else None
        return work_list(
            actor=self.actor,
            stage=wanted["stage"],
            location=location,
            kind=wanted["kind"],
            q=wanted["q"],
            due_by=due_by(wanted["due"]),
        )

    def dress(self, rows: list[Any]) -> None:
        now = datetime.now(UTC)
        for order in rows:
            order.axes, order.is_late = axes_of(order), is_late(order, now=now)

    def more(self) -> dict[str, Any]:
        return {"places": self.places, "may_take": self.actor.may(TAKE_ORDERS)}


def due_by(wanted: str) -> datetime | None:
    """Until when what is asked for is due: now for what is late, the end of the day, of tomorrow or of the week."""
    now = timezone.localtime()
    if wanted not in DAYS_AHEAD:
        return None
    day = now.date() + timedelta(days=DAYS_AHEAD[wanted])
    return now if wanted == "late" else datetime.combine(day, time.max, tzinfo=now.tzinfo)


class OrderPack(OrderPage):
    """/orders/<id>/pack/: what is to leave and where to, without the money; say what goes together."""

    required_permission: ClassVar = FULFIL

    def get(self, request: HttpRequest, order_id: UUID) -> HttpResponse:
        order = self.find(order_id)
        return self.done(order) if self.actor.may(VIEW_ORDERS, at=order.location_id) else self.show(order)

    def post(self, request: HttpRequest, order_id: UUID) -> HttpResponse:
        order = self.find(order_id)
        form = PackForm(request.POST, lines=list(order.lines.all()), left=left_of(order))
        if not form.is_valid():
            return self.show(order, pack=form, status=422)
        draft = FulfilmentDraft(fulfilment_id=form.cleaned_data["fulfilment_id"], order_id=order_id, lines=form.taken())
        try:
            made, _ = create_fulfilment(draft, actor=self.actor)
            if request.POST.get("then") == "pack":
                take_step(made.pk, Step(name="pack"), actor=self.actor)
        except DomainError as refusal:
            return self.refused(order_id, refusal, form, pack=form)
        messages.success(request, "Packed." if request.POST.get("then") == "pack" else "Put together, to be packed.")
        return self.done(order)


class FulfilmentStep(OrderPage):
    """/fulfilments/<id>/step/: packed, sent off, handed over, or taken back."""

    required_permission: ClassVar = FULFIL
    http_method_names = ["post"]  # noqa: RUF012  typed so by Django

    def post(self, request: HttpRequest, fulfilment_id: UUID) -> HttpResponse:
        fulfilment = find_fulfilment(fulfilment_id, actor=self.actor)
        name, order = request.POST.get("step", ""), self.find(fulfilment.order_id)
        form = StepForm(request.POST, fulfilment=fulfilment, parts=list(fulfilment.lines.all()))
        if name not in AFTER or not form.is_valid():
            return self.show(order, step=(fulfilment_id, form), status=422)
        values = form.cleaned_data
        step = Step(
            name=name,
            tracking=values.get("tracking"),
            serials=form.serials(),
            version=values["version"],
            accept_expired=values.get("accept_expired", False),
        )
        try:
            try:
                take_step(fulfilment_id, step, actor=self.actor)
            except ApprovalNeeded as needed:
                given = approval_from(form, needed, actor=self.actor, shown=f"An expired lot for #{order.number}")
                if given is None:
                    form.add_error(None, "Goods of an expired lot go only when somebody approves it.")
                    return self.show(self.find(order.pk), step=(fulfilment_id, form), status=needed.status)
                take_step(fulfilment_id, replace(step, approval_ids=[given]), actor=self.actor)
        except DomainError as refusal:
            if isinstance(refusal, LotExpired):
                form.ask_expired()
            return self.refused(order.pk, refusal, form, step=(fulfilment_id, form))
        messages.success(request, DONE[name])
        return self.done(order)


class PackingSlip(Page):
    """/fulfilments/<id>/slip/: the paper that goes with the goods; a browser prints it or keeps it as PDF."""

    required_permission: ClassVar = FULFIL
    template_name = "orders/packing_slip.html"

    def get(self, request: HttpRequest, fulfilment_id: UUID) -> HttpResponse:
        fulfilment = find_fulfilment(fulfilment_id, actor=self.actor)
        order = find_order(fulfilment.order_id, actor=self.actor, permission=FULFIL)
        papers, parts = papers_of(order.location_id, at=order.recorded_at), list(fulfilment.lines.all())
        name_pieces_of_parcel(fulfilment, parts)
        bars = code128(order.number)
        context = {"fulfilment": fulfilment, "parts": parts, "order": order, "papers": papers, "bars": bars}
        return self.render(context)


class OrderPay(OrderPage):
    """/orders/<id>/pay/: receive a part or the rest of what is due."""

    required_permission: ClassVar = TAKE_ORDERS
    http_method_names = ["post"]  # noqa: RUF012  typed so by Django

    def post(self, request: HttpRequest, order_id: UUID) -> HttpResponse:
        order = find_order(order_id, actor=self.actor)
        form = TenderForm(request.POST, location_id=order.location_id, auto_id="pay_%s")
        if not form.is_valid():
            return self.show(order, pay=form, status=422)
        tender = form.tender(due=axes_of(order).to_pay)
        try:
            paid = add_payment(
                order_id,
                tender,
                register_id=as_uuid(form.cleaned_data["register"]),
                needs_drawer=True,
                actor=self.actor,
            )
        except DomainError as refusal:
            return self.refused(order_id, refusal, form, pay=form)
        change = paid.payment.change
        messages.success(request, f"Received.{f' Give back {money_text(change, order.currency)}.' if change else ''}")
        return redirect("order", order_id)


class OrderPayFailed(OrderPage):
    """/orders/<id>/pay/failed/: note that an attempt to pay did not succeed."""

    required_permission: ClassVar = TAKE_ORDERS
    http_method_names = ["post"]  # noqa: RUF012  typed so by Django

    def post(self, request: HttpRequest, order_id: UUID) -> HttpResponse:
        order = find_order(order_id, actor=self.actor)
        form = FailedPaymentForm(request.POST, auto_id="failed_%s")
        if not form.is_valid():
            return self.show(order, failed=form, status=422)
        try:
            note_failed_payment(order_id, form.attempt(due=axes_of(order).to_pay), actor=self.actor)
        except DomainError as refusal:
            return self.refused(order_id, refusal, form, failed=form)
        messages.success(request, "Noted. The order stands as before.")
        return redirect("order", order_id)


class OrderCancel(Page):
    """/orders/<id>/cancel/: what giving it up would do, and doing it."""

    required_permission: ClassVar = TAKE_ORDERS
    template_name = "orders/order_cancel.html"

    def get(self, request: HttpRequest, order_id: UUID) -> HttpResponse:
        return self.answer(find_order(order_id, actor=self.actor), None)

    def answer(self, order: Order, form: CancelForm | None, *, status: int = 200) -> HttpResponse:
        would = preview_cancellation(order)
        form = form or self.form(order, initial={"version": order.version})
        back = sum((amount for _, amount in would.money), Decimal(0))
        money = [(WAYS[method], amount) for method, amount in would.money]
        return self.render({"order": order, "form": form, "would": would, "money": money, "back": back}, status=status)

    def form(self, order: Order, data: Any = None, **more: Any) -> CancelForm:
        # A form sent twice meets an order whose money is back already: then its payments say what was asked.
        is_open = order.state == Order.State.OPEN
        money = (
            preview_cancellation(order).money if is_open else ((one.method, one.amount) for one in order.payments.all())
        )
        gives_cash = any(method == Payment.Method.CASH for method, _ in money)
        return CancelForm(data, location_id=order.location_id, gives_cash=gives_cash, **more)

    def post(self, request: HttpRequest, order_id: UUID) -> HttpResponse:
        order = find_order(order_id, actor=self.actor)
        form = self.form(order, request.POST)
        if not form.is_valid():
            return self.answer(order, form, status=422)
        try:
            try:
                self.cancel(order, form, None)
            except ApprovalNeeded as needed:
                shown = f"Cancel #{order.number}: {money_text(needed.details['amount'], order.currency)} back"
                given = approval_from(form, needed, actor=self.actor, shown=shown)
                if given is None:
                    form.add_error(None, "So much money goes back only when somebody approves it.")
                    return self.answer(order, form, status=needed.status)
                self.cancel(order, form, given)
        except DomainError as refusal:
            explain(refusal, form)
            return self.answer(find_order(order_id, actor=self.actor), form, status=refusal.status)
        messages.success(request, f"#{order.number} is cancelled: its goods are free again.")
        return redirect("order", order_id)

    def cancel(self, order: Order, form: CancelForm, approval_id: UUID | None) -> None:
        values = form.cleaned_data
        wanted = Cancellation(
            cancel_id=values["id"],
            reason=values["reason"],
            register_id=as_uuid(values["register"]),
            approval_id=approval_id,
            version=values["version"],
            needs_drawer=True,
        )
        cancel_order(order.pk, wanted, actor=self.actor)
