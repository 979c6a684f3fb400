"""Goods for goods on a page: what comes back, what goes out, and the one amount between them."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from core.api.views import as_uuid
from core.errors import DomainError
from core.ids import uuid7
from core.web.amounts import money_text
from core.web.views import Page
from orders.errors import ApprovalNeeded
from orders.models import Order
from orders.permissions import CHANGE_PRICE, REFUND
from orders.selectors import find_order
from orders.selectors.axes import returned_of
from orders.services.basket import Sale, Tender
from orders.services.exchanges import Exchange, exchange
from orders.services.pieces_back import pieces_of_sale
from orders.services.quotes import Quote, quote
from orders.services.return_quotes import ReturnQuote, quote_return
from orders.services.returns import Return, ReturnLine
from orders.web.after import approval_from
from orders.web.after_forms import ReturnForm
from orders.web.baskets import Basket, initial_of, read_basket
from orders.web.tender_forms import ways_to_pay


class ExchangeForm(ReturnForm):
    """A return with what the customer takes instead. ``seen`` is the total of that, ``net`` what was shown to pay."""

    ticket = forms.UUIDField(widget=forms.HiddenInput, initial=uuid7)
    sale_id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid7)
    payment_id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid7)
    seen = forms.DecimalField(required=False, max_digits=16, decimal_places=4, widget=forms.HiddenInput)
    net = forms.DecimalField(required=False, max_digits=16, decimal_places=4, widget=forms.HiddenInput)
    find = forms.CharField(label="Article", required=False, max_length=100)
    pays_by = forms.ChoiceField(label="Paid by", required=False, choices=ways_to_pay)
    card_code = forms.CharField(
        label="Code of the gift card", required=False, max_length=40, widget=forms.TextInput({"autocomplete": "off"})
    )


@dataclass(frozen=True, slots=True)
class Net:
    """What both halves come to; ``amount`` is paid, or (negative) given back."""

    back: ReturnQuote
    out: Quote

    @property
    def amount(self) -> Decimal:
        return self.out.total - self.back.due

    @property
    def to_give(self) -> Decimal:
        return -self.amount


class OrderExchange(Page):
    """/orders/<id>/exchange/: goods of a sale for others, in one ticket."""

    required_permission: ClassVar = REFUND
    template_name = "orders/exchange.html"

    def get(self, request: HttpRequest, order_id: UUID) -> HttpResponse:
        order = find_order(order_id, actor=self.actor)
        return self.answer(order, self.form(order), Basket(), None)

    def post(self, request: HttpRequest, order_id: UUID) -> HttpResponse:
        order = find_order(order_id, actor=self.actor)
        form = self.form(order, request.POST)
        basket = read_basket(
            request.POST,
            location_id=order.location_id,
            channel="counter",
            may_price=self.may_price(order),
            actor=self.actor,
        )
        is_whole, asks = form.is_valid(), request.POST.get("do") == "exchange" and not basket.is_changed
        if not asks or not request.POST.get("net"):
            net, why = self.net(order, form, basket)
            again = self.form(order, initial=initial_of(form, request.POST) | {"find": ""})
            return self.answer(order, again, basket, net, asks=asks, why=why)
        if not (is_whole and basket.is_valid()):
            return self.refused(order, form, basket, 422)
        try:
            try:
                made = exchange(self.wanted(order, form, basket, None), actor=self.actor)
            except ApprovalNeeded as needed:
                shown = f"Exchange of #{order.number}: {money_text(needed.details['amount'], order.currency)}"
                given = approval_from(form, needed, actor=self.actor, shown=shown)
                if given is None:
                    form.add_error(None, "Taking so much back needs somebody who may approve it.")
                    return self.refused(order, form, basket, needed.status)
                made = exchange(self.wanted(order, form, basket, given), actor=self.actor)
        except DomainError as refusal:
            basket.explain(refusal, form)
            return self.refused(order, form, basket, refusal.status)
        what = f"{'Give back' if made.net < 0 else 'Take'} {money_text(abs(made.net), order.currency)}."
        messages.success(request, f"Exchanged. {what if made.net else 'Nothing is to be paid.'}")
        return redirect("order", made.sale.order.pk)

    def may_price(self, order: Order) -> bool:
        return self.actor.may(CHANGE_PRICE, at=order.location_id)

    def form(self, order: Order, data: Any = None, **more: Any) -> ExchangeForm:
        return ExchangeForm(
            data,
            lines=list(order.lines.all()),
            back=returned_of(order.pk),
            pieces=pieces_of_sale(order),
            location_id=order.location_id,
            **more,
        )

    def returned(self, order: Order, form: ExchangeForm, **more: Any) -> Return:
        lines = [ReturnLine(position=p, quantity=q, disposition=w, serials=s) for p, q, w, s in form.taken()]
        reason = form.cleaned_data.get("reason") or "Exchange"
        refund_id = form.cleaned_data.get("id") or uuid7()
        return Return(refund_id=refund_id, order_id=order.pk, lines=lines, reason=reason, **more)

    def sale(self, order: Order, sale_id: UUID, basket: Basket, **more: Any) -> Sale:
        return Sale(
            order_id=sale_id,
            location_id=order.location_id,
            lines=basket.lines(),
            customer_id=order.customer_id,
            **{"payments": [], **more},
        )

    def wanted(self, order: Order, form: ExchangeForm, basket: Basket, approval_id: UUID | None) -> Exchange:
        """The exchange at the amounts that were shown; money that goes back without a way goes as it was paid."""
        values, payment = form.cleaned_data, form.cleaned_data["payment_id"]
        net, way = values["net"], values["method"]
        paid = [Tender(id=payment, method=values["pays_by"], amount=net, code=values["card_code"])] if net > 0 else []
        given = [Tender(id=payment, method=way, amount=-net)] if net < 0 and way else None
        return Exchange(
            ticket=values["ticket"],
            returned=self.returned(order, form, payments=given, approval_id=approval_id, needs_drawer=True),
            sale=self.sale(
                order,
                values["sale_id"],
                basket,
                payments=paid,
                expected_total=values["seen"],
                register_id=as_uuid(values["register"]),
            ),
        )

    def net(self, order: Order, form: ExchangeForm, basket: Basket) -> tuple[Net | None, str]:
        """What it comes to, or why nobody can say; the rows of the basket say what is wrong with them."""
        if not (basket.rows and basket.is_valid() and form.taken()):
            return None, ""
        try:
            back = quote_return(self.returned(order, form), actor=self.actor)
        except DomainError as refusal:
            return None, refusal.detail
        try:
            return Net(back, quote(self.sale(order, UUID(int=0), basket), actor=self.actor)), ""
        except DomainError as refusal:
            basket.explain(refusal, None)
            return None, ""

    def refused(self, order: Order, form: ExchangeForm, basket: Basket, status: int) -> HttpResponse:
        net, _ = self.net(order, form, basket)
        return self.answer(order, form, basket, net, status=status)

    def answer(
        self,
        order: Order,
        form: ExchangeForm,
        basket: Basket,
        net: Net | None,
        *,
        asks: bool = False,
        why: str = "",
        status: int = 200,
    ) -> HttpResponse:
        lines = net.out.lines if net and len(net.out.lines) == len(basket.rows) else [None] * len(basket.rows)
        context = {
            "order": order,
            "form": form,
            "basket": basket,
            "rows": list(zip(basket.rows, lines, strict=True)),
            "net": net,
            "asks": asks and net is not None,
            "why": why,
            "may_price": self.may_price(order),
        }
        return self.render(context, status=status)
