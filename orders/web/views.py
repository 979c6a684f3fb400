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
from core.web.lists import ListPage
from core.web.views import Page
from inventory.web.selectors import places_for
from orders.errors import MailNotSetUp, TooManyAttempts
from orders.models import Order
from orders.permissions import SELL, TAKE_ORDERS, VIEW_CUSTOMER_HISTORY, VIEW_CUSTOMERS, VIEW_ORDERS
from orders.receipts.content import receipt_code
from orders.receipts.pdf import knows_all_letters
from orders.receipts.qr import qr_path
from orders.selectors import find_order, visible_orders
from orders.selectors.axes import axes_of
from orders.services.receipts import email_receipt, print_receipt
from orders.web.forms import OrderFilter
from orders.web.order_page import OrderPage, paper
from orders.web.selectors import found_orders

NEWEST_FIRST = ("-occurred_at", "-id")
EXACTLY = ("kind", "channel", "state", "paid", "handed_over", "returned")


class Orders(ListPage):
    """/orders/: every sale and refund, newest first, and where each stands."""

    required_permission: ClassVar = VIEW_ORDERS
    template_name = "orders/orders.html"
    live_events = "order.* payment.*"
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


class OrderOne(OrderPage):
    """/orders/<id>/: one order with lines, payments, parcels, what may be done with it and what happened to it."""

    required_permission: ClassVar = VIEW_ORDERS

    def get(self, request: HttpRequest, order_id: UUID) -> HttpResponse:
        return self.show(find_order(order_id, actor=self.actor))


class Receipt(Page):
    """/orders/<id>/receipt/: the paper slip; every time after the first it says that it is a copy."""

    required_permission: ClassVar = VIEW_ORDERS
    template_name = "orders/receipt.html"

    def get(self, request: HttpRequest, order_id: UUID) -> HttpResponse:
        slip = print_receipt(order_id, actor=self.actor)
        more = {"can_mail": bool(settings.MAIL_FROM), "knows_all_letters": knows_all_letters()}
        return self.render({**paper(slip), **more, "qr": qr_path(receipt_code(slip.order))})


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
