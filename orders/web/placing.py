"""Orders for later on pages: taken for somebody on the telephone or online."""

from dataclasses import dataclass, field
from typing import Any, ClassVar
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.functional import cached_property

from core.api.views import as_uuid
from core.errors import DomainError, NotFound
from core.locations.models import Location
from core.web.views import Page
from inventory.web.selectors import places_for
from orders.models import Customer
from orders.permissions import CHANGE_PRICE, MANAGE_CUSTOMERS, TAKE_ORDERS, VIEW_CUSTOMERS
from orders.selectors.customers import customers, find_customer
from orders.services.basket import Sale
from orders.services.placing import place_open_order
from orders.services.quotes import Quote, quote
from orders.web.baskets import Basket, initial_of, read_basket
from orders.web.placing_forms import PlacingForm

PEOPLE_FOUND = 8


@dataclass
class Buyer:
    """Whom an order is for, as the form stands, and who else it may be."""

    customer: Customer | None = None
    found: list[Customer] = field(default_factory=list)
    problem: str = ""
    is_changed: bool = False

    def known(self) -> dict[str, str]:
        """What the shop knows of them, for fields that nobody filled in."""
        if self.customer is None:
            return {}
        one = self.customer
        return {"name": one.name, "phone": one.phone, "postcode": one.postcode, "address": one.address[:300]}


class OrderNew(Page):
    """/orders/new/: say who wants what and how it gets there, look at what it comes to, place it."""

    required_permission: ClassVar = TAKE_ORDERS
    template_name = "orders/order_new.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        buyer = self.buyer(QueryDict(f"choose={request.GET.get('customer', '')[:36]}"))
        return self.answer(self.form(initial=buyer.known()), Basket(), buyer)

    def post(self, request: HttpRequest) -> HttpResponse:
        form, buyer = self.form(request.POST), self.buyer(request.POST)
        place = self.place(request.POST.get("location", ""))
        basket = read_basket(
            request.POST,
            location_id=place.pk if place else None,
            channel=str(form["channel"].value()),
            may_price=self.may_price(place),
            actor=self.actor,
        )
        wish = request.POST.get("do")
        if wish != "place" or basket.is_changed or buyer.is_changed or not request.POST.get("seen"):
            initial = initial_of(form, request.POST) | {"find": "", "who": ""}
            given = {name: value for name, value in buyer.known().items() if not initial.get(name)}
            asked = wish == "place" and not basket.is_changed and not buyer.is_changed and bool(basket.rows)
            return self.answer(self.form(initial=initial | given), basket, buyer, place=place, asks=asked)
        if not (all([form.is_valid(), basket.is_valid()])):
            return self.answer(form, basket, buyer, place=place, status=422)
        try:
            sale = self.sale(form, basket, buyer)
            promised = form.cleaned_data["promised_at"]
            order = place_open_order(
                sale, delivery=form.delivery(), promised_at=promised, needs_drawer=True, actor=self.actor
            ).order
        except DomainError as refusal:
            basket.explain(refusal, form)
            return self.answer(form, basket, buyer, place=place, status=refusal.status)
        messages.success(request, f"#{order.number} is placed. Its goods are set aside.")
        return redirect("order", order.pk)

    def form(self, data: Any = None, **more: Any) -> PlacingForm:
        place = self.place(str((data or more.get("initial") or {}).get("location") or ""))
        return PlacingForm(data, places=self.places, location_id=place.pk if place else None, **more)

    @cached_property
    def places(self) -> list[Location]:
        """Where the actor takes orders."""
        return places_for(self.actor, TAKE_ORDERS)

    def place(self, typed: str) -> Location | None:
        wanted = as_uuid(typed)
        return next((place for place in self.places if place.pk == wanted), self.places[0] if self.places else None)

    def may_price(self, place: Location | None) -> bool:
        return place is not None and self.actor.may(CHANGE_PRICE, at=place.pk)

    def buyer(self, data: QueryDict) -> Buyer:
        """Whom the form names, or looks for."""
        if not self.actor.may(VIEW_CUSTOMERS):
            return Buyer()
        chosen, typed = as_uuid(data.get("choose", "")), data.get("who", "").strip()[:100]
        if data.get("do") == "nobody":
            return Buyer(is_changed=True)
        if chosen is None and typed:
            found = list(customers(q=typed)[:PEOPLE_FOUND])
            if len(found) == 1:
                return Buyer(customer=found[0], is_changed=True)
            return Buyer(found=found, problem="" if found else "Nobody is found so.", is_changed=True)
        return Buyer(customer=_known(chosen or as_uuid(data.get("customer", ""))), is_changed=chosen is not None)

    def sale(self, form: PlacingForm, basket: Basket, buyer: Buyer) -> Sale:
        """The order as the form states it, at the total that was shown."""
        values = form.cleaned_data
        return Sale(
            order_id=values["id"],
            location_id=values["location"].pk,
            lines=basket.lines(),
            payments=[form.tender(due=values["seen"])] if values["pays"] == "now" and values["seen"] else [],
            channel=values["channel"],
            customer_id=buyer.customer.pk if buyer.customer else None,
            note=values["note"],
            expected_total=values["seen"],
            register_id=as_uuid(values["register"]) if values["pays"] == "now" else None,
            coupons=[values["coupon"]] if values["coupon"] else [],
        )

    def quote(self, form: PlacingForm, basket: Basket, buyer: Buyer, place: Location | None) -> Quote | None:
        """What it comes to; where it cannot, the rows say why."""
        if place is None or not basket.rows or not basket.is_valid():
            return None
        coupon = str(form["coupon"].value() or "").strip()[:40]
        sale = Sale(
            order_id=UUID(int=0),
            location_id=place.pk,
            lines=basket.lines(),
            payments=[],
            channel=str(form["channel"].value()),
            customer_id=buyer.customer.pk if buyer.customer else None,
            coupons=[coupon] if coupon else [],
        )
        try:
            return quote(sale, actor=self.actor)
        except DomainError as refusal:
            basket.explain(refusal, None)
            return None

    def answer(
        self,
        form: PlacingForm,
        basket: Basket,
        buyer: Buyer,
        *,
        place: Location | None = None,
        asks: bool = False,
        status: int = 200,
    ) -> HttpResponse:
        found = self.quote(form, basket, buyer, place)
        lines = found.lines if found and len(found.lines) == len(basket.rows) else [None] * len(basket.rows)
        context = {
            "form": form,
            "basket": basket,
            "rows": list(zip(basket.rows, lines, strict=True)),
            "buyer": buyer,
            "quote": found,
            "asks": asks and found is not None,
            "places": self.places,
            "may_price": self.may_price(place),
            "may_view_customers": self.actor.may(VIEW_CUSTOMERS),
            "may_manage_customers": self.actor.may(MANAGE_CUSTOMERS),
        }
        return self.render(context, status=status)


def _known(customer_id: UUID | None) -> Customer | None:
    if customer_id is None:
        return None
    try:
        return find_customer(customer_id)
    except NotFound:
        return None
