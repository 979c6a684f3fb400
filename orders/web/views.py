"""Orders and receipts on pages."""

from typing import Any, ClassVar
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import cached_property

from core.errors import Invalid
from core.locations.models import Location
from core.locations.selectors import business_today
from core.web.lists import ListPage
from core.web.views import Page
from inventory.web.selectors import places_for
from orders.errors import MailNotSetUp, TooManyAttempts
from orders.models import Order
from orders.permissions import REFUND, SELL, TAKE_ORDERS, VIEW_CUSTOMER_HISTORY, VIEW_CUSTOMERS, VIEW_ORDERS
from orders.receipts.content import Receipt as Slip
from orders.receipts.content import points_told, receipt_code, receipt_of
from orders.receipts.pdf import knows_all_letters
from orders.receipts.qr import qr_path
from orders.selectors import approvals_of, find_order, visible_orders
from orders.selectors_axes import axes_of
from orders.services.receipts import email_receipt, print_receipt
from orders.web.forms import OrderFilter
from orders.web.selectors import found_orders, history_of

NEWEST_FIRST = ("-occurred_at", "-id")
EXACTLY = ("kind", "channel", "state", "paid", "handed_over", "returned")


class Orders(ListPage):
    """/orders/: every sale and refund, newest first, and where each stands."""

    required_permission: ClassVar = VIEW_ORDERS
    template_name = "orders/orders.html"
    by = NEWEST_FIRST

    def filter_form(self) -> OrderFilter:
        finds_customers = self.actor.may(VIEW_CUSTOMER_HISTORY)
        return OrderFilter(self.request.GET, places=self.places, finds_customers=finds_customers)

    @cached_property
    def places(self) -> list[Location]:
        """Where the actor sees orders."""
        return places_for(self.actor, VIEW_ORDERS)

    def rows(self, wanted: dict[str, Any]) -> QuerySet[Order]:
        asked: dict[str, Any] = {name: wanted[name] or None for name in EXACTLY}
        rows = visible_orders(
            actor=self.actor,
            location=wanted["location"].pk if wanted["location"] else None,
            business_date_from=wanted["since"],
            business_date_to=wanted["until"],
            **asked,
        )
        return found_orders(rows, q=wanted["q"], actor=self.actor)

    def dress(self, rows: list[Any]) -> None:
        for order in rows:
            order.axes = axes_of(order)

    def more(self) -> dict[str, Any]:
        return {
            "places": self.places,
            "may_sell": self.actor.may(SELL),
            "may_take": self.actor.may(TAKE_ORDERS),
            "may_view_customers": self.actor.may(VIEW_CUSTOMERS),
        }


class OrderOne(Page):
    """/orders/<id>/: one order with lines, payments and what happened to it."""

    required_permission: ClassVar = VIEW_ORDERS
    template_name = "orders/order.html"

    def get(self, request: HttpRequest, order_id: UUID) -> HttpResponse:
        order = find_order(order_id, actor=self.actor)
        where = axes_of(order)
        is_sale = order.kind == Order.Kind.SALE and order.state == Order.State.COMPLETED
        return self.render(
            {
                **_paper(receipt_of(order)),
                "history": history_of(order),
                "axes": where,
                "refunds": list(order.refunds.order_by("occurred_at", "pk")),
                "may_return": is_sale and where.returned != "all" and self.actor.may(REFUND, at=order.location_id),
                "may_void": is_sale
                and order.business_date == business_today(order.location)
                and self.actor.may(SELL, at=order.location_id),
                "may_view_customers": self.may_view(),
            }
        )

    def may_view(self) -> bool:
        return self.actor.may(VIEW_CUSTOMERS)


class Receipt(Page):
    """/orders/<id>/receipt/: the paper slip; every time after the first it says that it is a copy."""

    required_permission: ClassVar = VIEW_ORDERS
    template_name = "orders/receipt.html"

    def get(self, request: HttpRequest, order_id: UUID) -> HttpResponse:
        slip = print_receipt(order_id, actor=self.actor)
        more = {"can_mail": bool(settings.MAIL_FROM), "knows_all_letters": knows_all_letters()}
        return self.render({**_paper(slip), **more, "qr": qr_path(receipt_code(slip.order))})


class ReceiptMail(Page):
    """/orders/<id>/receipt/email/: the paper slip by e-mail."""

    required_permission: ClassVar = VIEW_ORDERS
    http_method_names = ["post"]  # noqa: RUF012  typed so by Django

    def post(self, request: HttpRequest, order_id: UUID) -> HttpResponse:
        try:
            email_receipt(order_id, address=request.POST.get("address", ""), actor=self.actor)
        except (MailNotSetUp, Invalid, TooManyAttempts) as refusal:
            messages.error(request, refusal.detail)
        else:
            messages.success(request, "The receipt is on its way.")
        return redirect("order", order_id)


def _paper(slip: Slip) -> dict[str, Any]:
    names = ("order", "lines", "payments", "taxes", "change", "cards", "is_copy")
    told = {"approvals": approvals_of(slip.order), "points_told": points_told(slip.points)}
    return {**{name: getattr(slip, name) for name in names}, **told}
