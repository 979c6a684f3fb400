"""The page of one order: what it shows, and what may be done with it. Pages that act on an order answer with it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect

from core.actors import Actor
from core.errors import DomainError
from core.locations.selectors import business_today
from core.web.refusals import explain
from core.web.views import Page
from orders.lifecycle import STEPS
from orders.models import Fulfilment, Order
from orders.permissions import CHANGE_ORDER, FULFIL, REFUND, SELL, TAKE_ORDERS, VIEW_CUSTOMERS, VIEW_ORDERS
from orders.receipts.content import Receipt, points_told, receipt_of
from orders.selectors import approvals_of, find_order
from orders.selectors.axes import GONE, axes_of
from orders.selectors.changes import changes_of
from orders.selectors.fulfilment import fulfilments, is_late, left_of
from orders.services.changes import may_be_changed
from orders.web.order_history import told_of
from orders.web.packing_forms import PackForm, StepForm
from orders.web.tender_forms import FailedPaymentForm, TenderForm

STEP_WORDS: dict[tuple[str, str], str] = {
    ("pack", Fulfilment.Kind.PICKUP): "Ready to collect",
    ("pack", Fulfilment.Kind.DELIVERY): "Packed",
    ("ship", Fulfilment.Kind.DELIVERY): "Sent off",
    ("done", Fulfilment.Kind.PICKUP): "Collected",
    ("done", Fulfilment.Kind.DELIVERY): "Delivered",
}
"""What a step is called on its button. Taking one back is no button of this row."""


class OrderPage(Page):
    """A page that shows an order, with the form that was refused in the place of its own."""

    template_name = "orders/order.html"
    live_events = "order.* payment.* approval.*"

    def show(
        self,
        order: Order,
        *,
        pay: TenderForm | None = None,
        failed: FailedPaymentForm | None = None,
        pack: PackForm | None = None,
        step: tuple[UUID, StepForm] | None = None,
        status: int = 200,
    ) -> HttpResponse:
        where = axes_of(order)
        is_open, place = order.state == Order.State.OPEN, order.location_id
        is_sale = order.kind == Order.Kind.SALE and order.state == Order.State.COMPLETED
        is_purchase = (order.kind, order.state, order.ticket) == (Order.Kind.PURCHASE, Order.State.COMPLETED, None)
        may_fulfil, may_take = self.actor.may(FULFIL, at=place), self.actor.may(TAKE_ORDERS, at=place)
        parcels = parcels_of(order, actor=self.actor, bound=step)
        if pay is None and is_open and may_take and where.to_pay > 0:
            pay = TenderForm(location_id=place, auto_id="pay_%s")
        if failed is None and is_open and may_take and where.to_pay > 0:
            failed = FailedPaymentForm(auto_id="failed_%s")
        refunds = list(order.refunds.order_by("occurred_at", "pk"))
        left = left_of(order) if is_open and may_fulfil else {}
        if pack is None and any(units > 0 for units in left.values()):
            pack = PackForm(lines=list(order.lines.all()), left=left)
        context = {
            **paper(receipt_of(order)),
            "live_about": [order.pk],
            "pieces": order.items if order.items % 1 == 0 else None,  # nobody counts 2.25 items
            "history": told_of(order, [one["fulfilment"] for one in parcels], refunds),
            "axes": where,
            "refunds": refunds,
            "may_return": is_sale and where.returned != "all" and self.actor.may(REFUND, at=place),
            "may_exchange": is_sale
            and where.returned != "all"
            and self.actor.may(REFUND, at=place)
            and self.actor.may(SELL, at=place),
            "may_void": (is_sale or is_purchase)
            and order.business_date == business_today(order.location)
            and self.actor.may(SELL, at=place),
            "may_view_customers": self.actor.may(VIEW_CUSTOMERS),
            "may_change": self.actor.may(CHANGE_ORDER, at=place) and may_be_changed(order),
            "may_redirect": is_open and may_take,
            "is_late": is_late(order, now=datetime.now(UTC)),
            "changes": changes_of(order),
            "pay_form": pay,
            "failed_form": failed,
            "failed": order.failed_payments.all(),
            "pack_form": pack,
            "parcels": parcels,
            "may_fulfil": may_fulfil,
            "may_cancel": is_open and may_take and not any(one["fulfilment"].state in GONE for one in parcels),
        }
        sees = self.actor.may(VIEW_ORDERS, at=place)
        return self.render(context, status=status, template=self.template_name if sees else "orders/order_pack.html")

    def refused(self, order_id: UUID, refusal: DomainError, form: Any, **forms: Any) -> HttpResponse:
        """The order as it stands now, with a refusal in the words of the service beside its field."""
        explain(refusal, form)
        return self.show(self.find(order_id), status=refusal.status, **forms)

    def find(self, order_id: UUID) -> Order:
        """The order, for those who see orders or (where the page is for packing) pack them."""
        permission = FULFIL if self.required_permission == FULFIL else VIEW_ORDERS
        return find_order(order_id, actor=self.actor, permission=permission)

    def done(self, order: Order) -> HttpResponse:
        """Back to the order, as much of it as the actor may see."""
        return redirect("order" if self.actor.may(VIEW_ORDERS, at=order.location_id) else "order-pack", order.pk)


def parcels_of(order: Order, *, actor: Actor, bound: tuple[UUID, StepForm] | None) -> list[dict[str, Any]]:
    """The fulfilments of an order with the steps that follow and the form of them."""
    rows = (
        fulfilments(actor=actor, order=order.pk).prefetch_related("lines__line__variant").order_by("created_at", "pk")
    )
    found = []
    for row in rows.order_by("created_at", "pk"):
        steps = STEPS.get((row.kind, row.state), {})
        parts = list(row.lines.all())
        form = bound[1] if bound and bound[0] == row.pk else StepForm(fulfilment=row, parts=parts)
        found.append(
            {
                "fulfilment": row,
                "parts": parts,
                "form": form,
                "steps": [(name, STEP_WORDS[name, row.kind]) for name in steps if (name, row.kind) in STEP_WORDS],
                "may_take_back": "cancel" in steps,
            }
        )
    return found


def paper(slip: Receipt) -> Mapping[str, Any]:
    """What a receipt says, for a template."""
    names = ("order", "lines", "payments", "taxes", "change", "cards", "papers", "is_copy")
    told = {"approvals": approvals_of(slip.order), "points_told": points_told(slip.points)}
    return {**{name: getattr(slip, name) for name in names}, **told}
