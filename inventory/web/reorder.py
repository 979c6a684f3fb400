"""What to order: as many as sell in the wanted days, less what is there and on its way; as a page and as a file."""

from typing import Any, ClassVar

from django.http import HttpRequest, HttpResponse
from django.utils.text import slugify

from core.api.views import as_uuid
from core.errors import NotFound
from core.locations.models import Location
from core.web.downloads import table_file
from core.web.views import Page
from inventory.permissions import MANAGE_STOCK_POLICY, VIEW_COST, VIEW_STOCK
from inventory.selectors.cover import OrderList, order_list
from inventory.services.order_lists import HEAD, export_rows
from inventory.services.policy import stock_policy
from inventory.web.selectors import places_for


class _OrderPage(Page):
    """What the page and the file share."""

    def place(self) -> tuple[list[Location], Location | None]:
        places = places_for(self.actor, VIEW_STOCK)
        asked = self.request.GET.get("location", "")
        found = next((one for one in places if one.pk == as_uuid(asked)), None) if asked else next(iter(places), None)
        if asked and found is None:
            raise NotFound("There is no such location, or you may not see its stock.")
        return places, found


class OrderListPage(_OrderPage):
    """/stock/order-list/: per location."""

    required_permission: ClassVar = VIEW_STOCK
    template_name = "inventory/order_list.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        (places, place), policy = self.place(), stock_policy()
        found = order_list(place, policy, actor=self.actor) if place else OrderList([], 0)
        context: dict[str, Any] = {
            "places": places,
            "place": place,
            "policy": policy,
            "found": found,
            "may_decide": self.actor.may(MANAGE_STOCK_POLICY),
            "may_view_cost_of_stock": self.actor.may(VIEW_COST),
        }
        return self.render(context)


class OrderListFile(_OrderPage):
    """/stock/order-list/file/?location=&format=csv|xlsx: the whole list."""

    required_permission: ClassVar = VIEW_STOCK

    def get(self, request: HttpRequest) -> HttpResponse:
        _, place = self.place()
        if place is None:
            raise NotFound("There is no location yet.")
        rows = [HEAD, *export_rows(place, actor=self.actor)]
        name = f"order-list-{slugify(place.code)}"
        return table_file(rows, name=name, title="What to order", kind=request.GET.get("format"))
