"""Orders and receipts on pages."""

from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpRequest, HttpResponse

from core.web.cursors import window_of
from core.web.views import Page
from orders.models import Order
from orders.permissions import SELL, VIEW_CUSTOMERS, VIEW_ORDERS
from orders.selectors import find_order, visible_orders
from orders.web.forms import OrderFilter
from orders.web.selectors import found_orders, history_of, tax_parts

NEWEST_FIRST = ("-occurred_at", "-id")


class Orders(Page):
    """/orders/: every sale and refund, newest first."""

    required_permission: ClassVar = VIEW_ORDERS
    template_name = "orders/orders.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        form = OrderFilter(request.GET)
        if not form.is_valid():
            return self.render({"form": form}, status=422)
        wanted = form.cleaned_data
        rows = visible_orders(
            actor=self.actor,
            kind=wanted["kind"] or None,
            channel=wanted["channel"] or None,
            business_date_from=wanted["since"],
            business_date_to=wanted["until"],
        )
        window = window_of(found_orders(rows, number=wanted["number"]), by=NEWEST_FIRST, query=request.GET.dict())
        return self.render(
            {
                "form": form,
                "window": window,
                "is_filtered": any(wanted.values()),
                "may_sell": self.actor.may(SELL),
                "may_view_customers": self.actor.may(VIEW_CUSTOMERS),
            }
        )


class OrderOne(Page):
    """/orders/<id>/: one order with lines, payments and what happened to it."""

    required_permission: ClassVar = VIEW_ORDERS
    template_name = "orders/order.html"

    def get(self, request: HttpRequest, order_id: UUID) -> HttpResponse:
        order = find_order(order_id, actor=self.actor)
        return self.render({**_paper(order), "history": history_of(order), "may_view_customers": self.may_view()})

    def may_view(self) -> bool:
        return self.actor.may(VIEW_CUSTOMERS)


class Receipt(Page):
    """/orders/<id>/receipt/: the paper slip."""

    required_permission: ClassVar = VIEW_ORDERS
    template_name = "orders/receipt.html"

    def get(self, request: HttpRequest, order_id: UUID) -> HttpResponse:
        return self.render(_paper(find_order(order_id, actor=self.actor)))


def _paper(order: Order) -> dict[str, Any]:
    lines, payments = list(order.lines.all()), list(order.payments.all())
    change = sum((payment.change for payment in payments), start=order.total * 0)
    return {"order": order, "lines": lines, "payments": payments, "taxes": tax_parts(lines), "change": change}
