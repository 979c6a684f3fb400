"""/purchases/: buy from a customer, alone or in one ticket with what the customer takes instead."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from core.actors import Actor
from core.api.views import as_uuid
from core.errors import DomainError
from core.ids import uuid7
from core.locations.models import Location
from core.tenancy.context import current_tenant
from core.web.amounts import money_text
from core.web.choices import offered
from core.web.refusals import explain
from core.web.views import Page
from inventory.models import Variant
from inventory.selectors import targets_of
from inventory.web.forms import ArticleField
from orders.errors import ApprovalNeeded
from orders.models import Customer, OrderLine
from orders.permissions import BUY_GOODS
from orders.services.basket import BasketLine, Sale, Tender
from orders.services.purchase_offers import LONGEST_HOLD, BuyLine, Offer, Purchase, shares
from orders.services.purchases import buy_goods, offer_of
from orders.services.quotes import quote
from orders.web.after import approval_from
from orders.web.after_forms import AMOUNT, ApprovedForm, known_customer, one_unless_said
from orders.web.baskets import numbers_in
from orders.web.tender_forms import DrawerForm, ways_to_pay

ROWS, TAKEN = 4, 3
FIELDS = {
    "variant": "code", "unit_price": "price", "lot": "told", "serials": "told", "expires_on": "expires"
}  # fmt: skip
"""What the service calls a part of a line, and what the fields of a row are called."""
CONDITIONS = offered(OrderLine.Condition.choices)


@dataclass(frozen=True, slots=True)
class Ticket:
    """What both halves come to; ``net`` is paid by the customer, ``to_give`` to them."""

    offer: Offer
    taken: Decimal

    @property
    def net(self) -> Decimal:
        return self.taken - self.offer.total

    @property
    def to_give(self) -> Decimal:
        return -self.net

    @property
    def lines(self) -> list[tuple[OrderLine, Decimal, Decimal]]:
        return [(line, -line.quantity, -line.total) for line in self.offer.lines]


def _number(label: str, hint: str, *, places: int) -> forms.DecimalField:
    widget = forms.TextInput({**AMOUNT, "placeholder": hint})
    return forms.DecimalField(label=label, required=False, max_digits=14, decimal_places=places, widget=widget)


class PurchaseForm(ApprovedForm, DrawerForm):
    """Who sells what in which condition, and what they take instead: a fixed number of rows, empty ones left out."""

    sale_id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid7)
    payment_id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid7)
    customer = forms.CharField(
        label="Customer",
        max_length=80,
        help_text="Number, loyalty card, phone or e-mail. Nothing is bought from somebody unknown.",
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    location = forms.ModelChoiceField(Location.objects.none(), label="At", empty_label=None)
    hold_days = forms.IntegerField(
        label="Hold, days",
        min_value=0,
        max_value=LONGEST_HOLD,
        initial=0,
        help_text="So long nobody can sell the goods. 0: at once.",
    )
    pay_by = forms.ChoiceField(label="Pay out as", choices=[("credit", "Store credit"), ("cash", "Cash")])
    pays_by = forms.ChoiceField(label="The customer pays by", required=False, choices=ways_to_pay)
    card_code = forms.CharField(
        label="Code of the gift card", required=False, max_length=40, widget=forms.TextInput({"autocomplete": "off"})
    )
    note = forms.CharField(
        label="Note", required=False, max_length=200, widget=forms.TextInput({"autocomplete": "off"})
    )
    expected_total = forms.DecimalField(required=False, max_digits=18, decimal_places=4, widget=forms.HiddenInput)
    taken_total = forms.DecimalField(required=False, max_digits=18, decimal_places=4, widget=forms.HiddenInput)
    kept: Mapping[int, str] = {}
    """How the article of a row is told apart."""

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        places, found = actor.places(BUY_GOODS), Location.objects.filter(is_active=True)
        where: Any = self.fields["location"]
        where.queryset = found if places is None else found.filter(pk__in=places)
        chosen = where.queryset.filter(pk=as_uuid(self.data.get("location", ""))).first() or where.queryset.first()
        if chosen is not None:
            self.offer_drawers(chosen.pk)
        for place in range(1, ROWS + 1):
            self.fields[f"code_{place}"] = ArticleField(label=f"Article {place}", required=False, stocked_only=False)
            self.fields[f"quantity_{place}"] = _number(f"How many of article {place}", "1", places=3)
            self.fields[f"condition_{place}"] = forms.ChoiceField(
                label=f"Condition of article {place}", choices=CONDITIONS, widget=forms.Select({"class": "input"})
            )
            self.fields[f"condition_{place}"].required = False
            self.fields[f"price_{place}"] = _number(f"Paid for one of article {place}", "suggested", places=4)
            self.fields[f"told_{place}"] = forms.CharField(required=False, max_length=2000, widget=forms.HiddenInput)
            self.fields[f"expires_{place}"] = forms.DateField(required=False, widget=forms.HiddenInput)
        for place in range(1, TAKEN + 1):
            self.fields[f"take_{place}"] = ArticleField(
                label=f"Article {place} that is taken", required=False, stocked_only=False
            )
            self.fields[f"units_{place}"] = _number(f"How many of article {place}", "1", places=3)

    def rows(self) -> list[dict[str, Any]]:
        """The fields of what is bought, row by row."""
        names = ("code", "quantity", "condition", "price")
        return [
            {name: self[f"{name}_{place}"] for name in names}
            | {"told_apart": [self[f"told_{place}"], self[f"expires_{place}"]]}
            for place in range(1, ROWS + 1)
        ]

    def taken_rows(self) -> list[dict[str, Any]]:
        """The fields of what is taken, row by row."""
        return [{name: self[f"{name}_{place}"] for name in ("take", "units")} for place in range(1, TAKEN + 1)]

    def clean_customer(self) -> Customer:
        return known_customer(self.cleaned_data["customer"])

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if not self.errors and not self.bought():
            raise forms.ValidationError("Name what is bought.")
        self.tell_apart()
        return values

    def tell_apart(self) -> None:
        """Ask for the pieces, or for the lot, of the articles that have them."""
        codes = {place: self.cleaned_data[f"code_{place}"].strip() for place in self.bought()}
        targets = targets_of(codes.values())
        how = dict(
            Variant.objects.filter(pk__in={one.variant_id for one in targets.values()}).values_list("pk", "tracking")
        )
        self.kept = {place: how.get(targets[code].variant_id, "") for place, code in codes.items() if code in targets}
        for place, tracking in self.kept.items():
            if tracking == Variant.Tracking.SERIAL:
                self._show(f"told_{place}", f"Serial numbers of article {place}", "Between commas or spaces.")
            elif tracking == Variant.Tracking.LOT:
                self._show(f"told_{place}", f"Lot of article {place}")
                self._show(f"expires_{place}", f"Article {place} expires on", kind="date")

    def _show(self, name: str, label: str, hint: str = "", *, kind: str = "text") -> None:
        shown = self[name]
        shown.label, shown.help_text = label, hint
        made = forms.DateInput if kind == "date" else forms.TextInput
        shown.field.widget = made({"type": kind, "autocomplete": "off", "class": "input"})

    def bought(self) -> list[int]:
        """The rows in which something is bought."""
        return [place for place in range(1, ROWS + 1) if self.cleaned_data.get(f"code_{place}", "").strip()]

    def field_at(self, parts: Sequence[str]) -> str | None:
        """The field that a pointer of the service means."""
        rows = self.bought()
        if parts[0] != "lines" or len(parts) < 3 or not parts[1].isdigit() or int(parts[1]) >= len(rows):
            return None
        return f"{FIELDS.get(parts[2], parts[2])}_{rows[int(parts[1])]}"

    def lines(self) -> list[BuyLine]:
        """What is bought, in the words of the service."""
        return [self._line(place) for place in self.bought()]

    def _line(self, place: int) -> BuyLine:
        values, how = self.cleaned_data, self.kept.get(place, "")
        told = values.get(f"told_{place}") or ""
        return BuyLine(
            code=values[f"code_{place}"].strip(),
            quantity=one_unless_said(values.get(f"quantity_{place}")),
            condition=values.get(f"condition_{place}") or CONDITIONS[0][0],
            unit_price=values.get(f"price_{place}"),
            lot=told.strip() if how == Variant.Tracking.LOT else "",
            expires_on=values.get(f"expires_{place}") if how == Variant.Tracking.LOT else None,
            serials=numbers_in(told) if how == Variant.Tracking.SERIAL else (),
        )

    def taken(self) -> list[BasketLine]:
        """What the customer takes, in the words of the service."""
        values = self.cleaned_data
        return [
            BasketLine(code=values[f"take_{place}"].strip(), quantity=one_unless_said(values.get(f"units_{place}")))
            for place in range(1, TAKEN + 1)
            if values.get(f"take_{place}", "").strip()
        ]


class Purchases(Page):
    """Work out what is paid and what is left to pay, show it, then book it."""

    required_permission: ClassVar = BUY_GOODS
    template_name = "orders/purchase.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.show(PurchaseForm(actor=self.actor))

    def show(self, form: PurchaseForm, ticket: Ticket | None = None, *, status: int = 200) -> HttpResponse:
        told = {"form": form, "ticket": ticket, "currency": current_tenant().currency, "shares": shares()}
        return self.render(told, status=status)

    def post(self, request: HttpRequest) -> HttpResponse:
        form = PurchaseForm(request.POST, actor=self.actor)
        if not form.is_valid():
            return self.show(form, status=422)
        ticket = None
        try:
            if request.POST.get("step") != "book":
                return self.show(form, self.ticket(form))
            try:
                made = buy_goods(self.wanted(form), actor=self.actor)
            except ApprovalNeeded as needed:
                ticket = self.ticket(form)
                shown = f"Bought from {form.cleaned_data['customer']}: {needed.details['amount']}"
                given = approval_from(form, needed, actor=self.actor, shown=shown)
                if given is None:
                    form.add_error(None, "More than is suggested: this needs somebody who may approve it.")
                    return self.show(form, ticket, status=needed.status)
                made = buy_goods(self.wanted(form, given), actor=self.actor)
        except DomainError as refusal:
            explain(refusal, form)
            return self.show(form, ticket, status=refusal.status)
        what = f"{'Pay out' if made.net < 0 else 'Take'} {money_text(abs(made.net), made.order.currency)}."
        messages.success(request, f"Bought. {what if made.net else 'Nothing is to be paid.'}")
        return redirect("order", made.order.pk)

    def ticket(self, form: PurchaseForm) -> Ticket:
        sale = self.sale(form, payments=[])
        offer = offer_of(self.purchase(form), actor=self.actor)
        return Ticket(offer, quote(sale, actor=self.actor).total if sale else Decimal(0))

    def sale(self, form: PurchaseForm, **more: Any) -> Sale | None:
        values = form.cleaned_data
        if not form.taken():
            return None
        return Sale(
            order_id=values["sale_id"],
            location_id=values["location"].pk,
            lines=form.taken(),
            customer_id=values["customer"].pk,
            register_id=as_uuid(values["register"]),
            **more,
        )

    def purchase(self, form: PurchaseForm, **more: Any) -> Purchase:
        values = form.cleaned_data
        return Purchase(
            purchase_id=values["id"],
            customer_id=values["customer"].pk,
            location_id=values["location"].pk,
            lines=form.lines(),
            pay_by=values["pay_by"],
            hold_days=values["hold_days"],
            register_id=as_uuid(values["register"]),
            note=values["note"],
            **more,
        )

    def wanted(self, form: PurchaseForm, approval_id: UUID | None = None) -> Purchase:
        """The ticket at the amounts that were shown."""
        values = form.cleaned_data
        bought, taken = values["expected_total"], values["taken_total"]
        net = (taken or Decimal(0)) - (bought or Decimal(0))
        paid = [
            Tender(id=values["payment_id"], method=values["pays_by"], amount=net, code=values["card_code"]),
        ]
        sale = self.sale(form, payments=paid if net > 0 else [], expected_total=taken)
        return self.purchase(form, sale=sale, expected_total=bought, approval_id=approval_id)
