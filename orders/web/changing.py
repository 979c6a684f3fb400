"""A placed order is changed by page: said, looked at, applied once, taken back exactly."""

from dataclasses import replace
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from core.api.views import as_uuid
from core.errors import DomainError, StaleVersion
from core.web.amounts import money_text
from core.web.refusals import explain
from core.web.views import Page
from inventory.models import Variant
from orders.errors import ApprovalNeeded
from orders.models import Order, OrderChange
from orders.permissions import CHANGE_ORDER, CHANGE_PRICE, TAKE_ORDERS
from orders.selectors import find_order
from orders.selectors.axes import axes_of
from orders.selectors.changes import find_change, lines_of, total_before
from orders.services.changes import (
    Settlement,
    confirm_change,
    points_of_change,
    propose_change,
    revert_change,
    stock_difference,
)
from orders.services.deliveries import change_delivery
from orders.services.pieces_of_changes import pieces_wanted
from orders.services.rewriting import Action
from orders.web.after import approval_from
from orders.web.baskets import Basket, initial_of, read_basket
from orders.web.changing_forms import AddressForm, ChangeForm, SettleForm
from orders.web.placing_forms import DELIVERY

SETTLED = (OrderChange.State.PROPOSED, OrderChange.State.APPLIED)
STALE = "Somebody changed this order in the meantime. Look at it as it is now, then say anew what is to be changed."


class OrderChanging(Page):
    """/orders/<id>/change/: say what is to be different; nothing of the order changes yet."""

    required_permission: ClassVar = CHANGE_ORDER
    template_name = "orders/order_change.html"

    def get(self, request: HttpRequest, order_id: UUID) -> HttpResponse:
        order = find_order(order_id, actor=self.actor)
        return self.answer(order, self.form(order), Basket())

    def post(self, request: HttpRequest, order_id: UUID) -> HttpResponse:
        order = find_order(order_id, actor=self.actor)
        form, may_price = self.form(order, request.POST), self.may_price(order)
        terms: dict[str, Any] = {"channel": order.channel, "may_price": may_price, "actor": self.actor}
        basket = read_basket(request.POST, location_id=order.location_id, **terms)
        if request.POST.get("do") != "show" or basket.is_changed:
            again = self.form(order, initial=initial_of(form, request.POST) | {"find": ""})
            return self.answer(order, again, basket)
        if not all([form.is_valid(), basket.is_valid()]):
            return self.answer(order, form, basket, status=422)
        actions = form.actions()
        added = [
            Action(kind="add", variant_id=line.variant_id, quantity=line.quantity, unit_price=line.unit_price)
            for line in basket.lines()
        ]
        if not actions and not added:
            form.add_error(None, "Nothing is different yet.")
            return self.answer(order, form, basket, status=422)
        try:
            change, _ = propose_change(
                change_id=form.cleaned_data["id"],
                order_id=order_id,
                actions=[*actions, *added],
                reason=form.cleaned_data["reason"],
                actor=self.actor,
            )
        except DomainError as refusal:
            basket.explain(refusal, form)
            return self.answer(order, form, basket, status=refusal.status)
        return redirect("order-changed", order_id, change.pk)

    def may_price(self, order: Order) -> bool:
        return self.actor.may(CHANGE_PRICE, at=order.location_id)

    def form(self, order: Order, data: Any = None, **more: Any) -> ChangeForm:
        return ChangeForm(data, lines=list(order.lines.all()), may_price=self.may_price(order), **more)

    def answer(self, order: Order, form: ChangeForm, basket: Basket, *, status: int = 200) -> HttpResponse:
        context = {
            "order": order,
            "form": form,
            "basket": basket,
            "rows": [(row, None) for row in basket.rows],
            "may_price": self.may_price(order),
        }
        return self.render(context, status=status)


class OrderChanged(Page):
    """/orders/<id>/changes/<id>/: what a change does to money and goods; apply it, or take it back."""

    required_permission: ClassVar = CHANGE_ORDER
    template_name = "orders/order_changed.html"

    def get(self, request: HttpRequest, order_id: UUID, change_id: UUID) -> HttpResponse:
        order = find_order(order_id, actor=self.actor)
        change = find_change(change_id, order=order)
        return self.answer(order, change, None)

    def post(self, request: HttpRequest, order_id: UUID, change_id: UUID) -> HttpResponse:
        order = find_order(order_id, actor=self.actor)
        change = find_change(change_id, order=order)
        form = self.form(order, change, request.POST)
        if not form.is_valid():
            return self.answer(order, change, form, status=422)
        turn = revert_change if request.POST.get("do") == "revert" else confirm_change
        register_id = as_uuid(form.cleaned_data["register"])
        how = Settlement(payments=form.tenders(), register_id=register_id, needs_drawer=True, pieces=form.pieces())
        terms: dict[str, Any] = {"order_id": order_id, "version": form.cleaned_data["version"], "actor": self.actor}
        try:
            try:
                turn(change_id, settlement=how, **terms)
            except ApprovalNeeded as needed:
                shown = f"Change of #{order.number}: {money_text(needed.details['amount'], order.currency)} back"
                given = approval_from(form, needed, actor=self.actor, shown=shown)
                if given is None:
                    form.add_error(None, "Giving this back as money needs somebody who may approve it.")
                    return self.answer(order, change, form, status=needed.status)
                turn(change_id, settlement=replace(how, approval_id=given), **terms)
        except StaleVersion as refusal:
            form.add_error(None, STALE)
            return self.answer(order, change, form, status=refusal.status)
        except DomainError as refusal:
            explain(refusal, form)
            for short in refusal.details.get("short", ()):
                form.add_error(None, f"{short['name']}: wanted {short['wanted']}, free are {short['available']}.")
            return self.answer(find_order(order_id, actor=self.actor), change, form, status=refusal.status)
        messages.success(request, "Taken back exactly." if turn is revert_change else "The order is changed.")
        return redirect("order", order_id)

    def due(self, order: Order, change: OrderChange) -> Decimal:
        """What is to be paid now, or (negative) goes back: of an open order only what was paid too much."""
        difference = -change.difference if change.state == OrderChange.State.APPLIED else change.difference
        if order.state == Order.State.OPEN:
            return min(axes_of(order).to_pay + difference, Decimal(0))
        return difference

    def by_points(self, order: Order, change: OrderChange) -> Decimal:
        """How much of what goes back (or, negative, is to be paid) is in points by itself."""
        is_applied = change.state == OrderChange.State.APPLIED
        return points_of_change(order, change, undo=is_applied).amount if change.state in SETTLED else Decimal(0)

    def form(self, order: Order, change: OrderChange, data: Any = None) -> SettleForm:
        due = self.due(order, change) + self.by_points(order, change)
        wanted = []
        if change.state == OrderChange.State.PROPOSED:
            wanted = pieces_wanted(order, stock_difference(change.before, change.after))
        seen = {"version": order.version}
        return SettleForm(data, location_id=order.location_id, due=due, wanted=wanted, initial=seen)

    def answer(self, order: Order, change: OrderChange, form: SettleForm | None, *, status: int = 200) -> HttpResponse:
        form, units = form or self.form(order, change), stock_difference(change.before, change.after)
        names = {row.pk: row.title for row in Variant.objects.select_related("product").filter(pk__in=units)}
        is_applied = change.state == OrderChange.State.APPLIED
        seen = change.base_version + 1 if is_applied else change.base_version
        context = {
            "order": order,
            "change": change,
            "form": form,
            "lines": lines_of(change),
            "before": total_before(change),
            "after": total_before(change) + change.difference,
            "goods": [(names.get(pk, ""), abs(quantity), quantity > 0) for pk, quantity in units.items()],
            "due": form.due,
            "back": -form.due,
            "by_points": self.by_points(order, change),
            "is_applied": is_applied,
            "is_stale": order.version != seen,
        }
        return self.render(context, status=status)


class OrderDelivery(Page):
    """/orders/<id>/delivery/: send an open order elsewhere."""

    required_permission: ClassVar = TAKE_ORDERS
    template_name = "orders/order_delivery.html"

    def get(self, request: HttpRequest, order_id: UUID) -> HttpResponse:
        order = find_order(order_id, actor=self.actor)
        known: dict[str, Any] = {
            name: value for name, value in (order.delivery or {}).items() if name in (*DELIVERY, "kind")
        }
        known |= {"version": order.version, "promised_at": order.promised_at}
        return self.render({"order": order, "form": AddressForm(initial=known)})

    def post(self, request: HttpRequest, order_id: UUID) -> HttpResponse:
        order, form = find_order(order_id, actor=self.actor), AddressForm(request.POST)
        if not form.is_valid():
            return self.render({"order": order, "form": form}, status=422)
        try:
            change_delivery(
                order_id,
                form.delivery(),
                promised_at=form.cleaned_data["promised_at"],
                version=form.cleaned_data["version"],
                actor=self.actor,
            )
        except StaleVersion as refusal:
            form.add_error(None, STALE)
            return self.render({"order": order, "form": form}, status=refusal.status)
        except DomainError as refusal:
            explain(refusal, form)
            return self.render({"order": order, "form": form}, status=refusal.status)
        messages.success(request, "Saved.")
        return redirect("order", order_id)
