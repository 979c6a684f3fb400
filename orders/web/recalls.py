"""A recall on a page and as a file: every receipt and customer of a lot."""

from typing import ClassVar
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.text import slugify

from core.web.cursors import window_of
from core.web.downloads import table_file
from core.web.views import Page
from inventory.selectors.lots import find_lot
from orders.permissions import VIEW_CUSTOMERS, VIEW_ORDERS
from orders.selectors.recall import recall_of
from orders.services.recalls import HEAD, export_recall


class LotRecall(Page):
    """/stock/lots/<id>/recall/: whom to call."""

    required_permission: ClassVar = VIEW_ORDERS
    template_name = "orders/recall.html"

    def get(self, request: HttpRequest, lot_id: UUID) -> HttpResponse:
        lot = find_lot(lot_id)
        found = recall_of(lot.pk, actor=self.actor)
        window = window_of(found.orders, by=("-occurred_at", "id"), query=request.GET.dict())
        context = {
            "lot": lot,
            "window": window,
            "rows": found.rows(window.rows),
            "sales": len(found.units),
            "out": found.out,
            "may_view_customers": self.actor.may(VIEW_CUSTOMERS),
        }
        return self.render(context)


class LotRecallFile(Page):
    """/stock/lots/<id>/recall/file/?format=csv|xlsx: all of them."""

    required_permission: ClassVar = VIEW_ORDERS

    def get(self, request: HttpRequest, lot_id: UUID) -> HttpResponse:
        lot = find_lot(lot_id)
        rows = [HEAD, *export_recall(lot, actor=self.actor)]
        name = f"recall-{slugify(lot.code) or 'lot'}"
        return table_file(rows, name=name, title="Recall", kind=request.GET.get("format"))
