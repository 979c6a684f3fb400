"""/returns/without-receipt/: goods come back whose sale nobody knows."""

from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from core.actors import Actor
from core.locations.models import Location
from core.tenancy.context import current_tenant
from core.web.amounts import money_text
from core.web.choices import offered
from core.web.refusals import explain
from core.web.views import Page
from inventory.web.forms import ArticleField
from orders.errors import ApprovalNeeded, NoReceiptRefused
from orders.models import Customer, OrderLine, SellingPolicy
from orders.permissions import RETURN_WITHOUT_RECEIPT
from orders.selectors.policy import policy
from orders.services import no_receipt
from orders.services.no_receipt import LooseLine, Worth, return_without_receipt, worth_of
from orders.web.after import REFUSALS, approval_from
from orders.web.after_forms import AMOUNT, ApprovedForm, known_customer, one_unless_said

ROWS = 6


class LooseForm(ApprovedForm):
    """Who brings what, and where it goes: a fixed number of rows, empty ones left out."""

    customer = forms.CharField(
        label="Customer",
        max_length=80,
        help_text="Number, loyalty card, phone or e-mail. Without a known customer nothing is given.",
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    location = forms.ModelChoiceField(Location.objects.none(), label="At", empty_label=None)
    reason = forms.CharField(label="Reason", max_length=200, widget=forms.TextInput({"autocomplete": "off"}))
    expected_total = forms.DecimalField(required=False, max_digits=18, decimal_places=4, widget=forms.HiddenInput)

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        places = actor.places(RETURN_WITHOUT_RECEIPT)
        found = Location.objects.filter(is_active=True)
        self.fields["location"].queryset = found if places is None else found.filter(pk__in=places)  # type: ignore[attr-defined]
        for place in range(1, ROWS + 1):
            self.fields[f"code_{place}"] = ArticleField(label=f"Article {place}", required=False, stocked_only=False)
            self.fields[f"quantity_{place}"] = forms.DecimalField(
                label=f"How many of article {place}",
                required=False,
                max_digits=14,
                decimal_places=3,
                widget=forms.TextInput({**AMOUNT, "placeholder": "1"}),
            )
            self.fields[f"where_{place}"] = forms.ChoiceField(
                label=f"Where article {place} goes",
                required=False,
                choices=offered(OrderLine.Disposition.choices),
                widget=forms.Select({"class": "input"}),
            )

    def rows(self) -> list[dict[str, Any]]:
        """The fields row by row."""
        names = ("code", "quantity", "where")
        return [{name: self[f"{name}_{place}"] for name in names} for place in range(1, ROWS + 1)]

    def clean_customer(self) -> Customer:
        return known_customer(self.cleaned_data["customer"])

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if not self.errors and not self.lines():
            raise forms.ValidationError("Name what comes back.")
        return values

    def lines(self) -> list[LooseLine]:
        """What was typed, in the words of the service."""
        values = self.cleaned_data
        return [
            LooseLine(
                code=values[f"code_{place}"].strip(),
                quantity=one_unless_said(values.get(f"quantity_{place}")),
                disposition=values.get(f"where_{place}") or OrderLine.Disposition.RESTOCK.value,
            )
            for place in range(1, ROWS + 1)
            if values.get(f"code_{place}", "").strip()
        ]


class LooseReturn(Page):
    """Work out what goods without a receipt come to, show it, then give store credit."""

    required_permission: ClassVar = RETURN_WITHOUT_RECEIPT
    template_name = "orders/no_receipt.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.show(LooseForm(actor=self.actor))

    def show(self, form: LooseForm, worth: Worth | None = None, *, status: int = 200) -> HttpResponse:
        limits = policy()
        told = {
            "form": form,
            "worth": worth,
            "lines": [(line, -line.quantity, -line.total) for line in worth.lines] if worth else [],
            "limits": limits,
            "is_forbidden": limits.no_receipt == SellingPolicy.NoReceipt.FORBIDDEN,
            "currency": current_tenant().currency,
        }
        return self.render(told, status=status)

    def post(self, request: HttpRequest) -> HttpResponse:
        form = LooseForm(request.POST, actor=self.actor)
        if not form.is_valid():
            return self.show(form, status=422)
        try:
            worth = worth_of(self.wanted(form), actor=self.actor)
            if request.POST.get("step") != "book":
                return self.show(form, worth)
            try:
                refund = return_without_receipt(self.wanted(form, is_booked=True), actor=self.actor).order
            except ApprovalNeeded as needed:
                shown = f"Without a receipt, for {form.cleaned_data['customer']}: {needed.details['amount']}"
                given = approval_from(form, needed, actor=self.actor, shown=shown)
                if given is None:
                    form.add_error(None, "This needs somebody who may approve it.")
                    return self.show(form, worth, status=needed.status)
                refund = return_without_receipt(self.wanted(form, given, is_booked=True), actor=self.actor).order
        except (*REFUSALS, NoReceiptRefused) as refusal:
            explain(refusal, form)
            return self.show(form, status=refusal.status)
        messages.success(
            request, f"Taken back. {money_text(-refund.total, refund.currency)} of store credit are given."
        )
        return redirect("order", refund.pk)

    def wanted(
        self, form: LooseForm, approval_id: UUID | None = None, *, is_booked: bool = False
    ) -> no_receipt.LooseReturn:
        values = form.cleaned_data
        return no_receipt.LooseReturn(
            refund_id=values["id"],
            customer_id=values["customer"].pk,
            location_id=values["location"].pk,
            lines=form.lines(),
            reason=values["reason"],
            approval_id=approval_id,
            expected_total=values["expected_total"] if is_booked else None,
        )
