"""Forms for what happens to an order after it was placed."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms

from core.ids import uuid7
from core.money import plain_decimal
from core.people.models import User
from core.web.choices import offered
from orders.models import Customer, OrderLine, Payment
from orders.selectors.customers import customers
from orders.selectors.ways import WAYS
from orders.web.tender_forms import DrawerForm

AMOUNT = {"inputmode": "decimal", "autocomplete": "off", "class": "input input--num"}


def known_customer(typed: str) -> Customer:
    """Who is meant by a number, card, phone or e-mail. Raises `forms.ValidationError` unless it is exactly one."""
    found = list(customers(q=typed)[:2])
    if len(found) != 1:
        raise forms.ValidationError("Several customers fit." if found else "Nobody is known by this.")
    return found[0]


def one_unless_said(quantity: Decimal | None) -> Decimal:
    """What an empty field beside a code means."""
    return Decimal(1) if quantity is None else quantity


class ReceiptSearch(forms.Form):
    """The number on a receipt, scanned or typed."""

    number = forms.CharField(
        label="Number on the receipt",
        max_length=40,
        widget=forms.TextInput({"autocomplete": "off", "autofocus": True, "autocapitalize": "characters"}),
    )


class ApprovedForm(forms.Form):
    """A form whose act may need somebody else: they choose their name and type their PIN."""

    id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid7)
    approver = forms.CharField(label="Approved by", required=False, max_length=40, widget=forms.Select)
    pin = forms.CharField(
        label="Their PIN",
        required=False,
        max_length=12,
        widget=forms.PasswordInput({"inputmode": "numeric", "autocomplete": "off"}),
    )
    asks: bool = False
    """Whether the approver is asked for."""
    asked: UUID | None = None
    """Under which id somebody is asked who is elsewhere, and how that stands."""
    asked_told: str = ""

    def ask(self, people: Sequence[User]) -> None:
        """Show who can approve it."""
        self.asks = True
        none = [("", "Nobody here can approve this")] if not people else [("", "Choose")]
        self.fields["approver"].widget.choices = [*none, *((str(one.pk), str(one)) for one in people)]  # type: ignore[attr-defined]


class VoidForm(ApprovedForm):
    """Why a sale never was."""

    reason = forms.CharField(label="Reason", max_length=200, widget=forms.TextInput({"autocomplete": "off"}))
    version = forms.IntegerField(widget=forms.HiddenInput, required=False)


class ReturnForm(ApprovedForm, DrawerForm):
    """How many of each line come back, and where they go."""

    reason = forms.CharField(
        label="Reason", max_length=200, widget=forms.TextInput({"autocomplete": "off", "list": "return-reasons"})
    )
    method = forms.ChoiceField(
        label="Money back",
        required=False,
        choices=[("", "As it was paid"), *offered(choice for choice in Payment.Method.choices if choice[0] in WAYS)],
    )

    def __init__(
        self,
        *args: Any,
        location_id: UUID,
        lines: Sequence[OrderLine],
        back: Mapping[int, Decimal],
        pieces: Mapping[UUID, Sequence[str]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.offer_drawers(location_id)
        self.lines = list(lines)
        self.left = {line.position: line.quantity - back.get(line.pk, Decimal(0)) for line in lines}
        for line in lines:
            left = self.left[line.position]
            self.fields[f"quantity_{line.position}"] = forms.DecimalField(
                label=f"How many of {line.name or line.sku} come back",
                required=False,
                min_value=Decimal(0),
                max_value=max(left, Decimal(0)),
                max_digits=14,
                decimal_places=3,
                widget=forms.TextInput(
                    {**AMOUNT, "class": "input input--num", "placeholder": "0", "disabled": left <= 0}
                ),
            )
            self.fields[f"where_{line.position}"] = forms.ChoiceField(
                label=f"Where {line.name or line.sku} goes",
                required=False,
                choices=offered(OrderLine.Disposition.choices),
                initial=OrderLine.Disposition.RESTOCK,
                widget=forms.Select({"class": "input"}),
            )
            if line.variant_id and (out := pieces.get(line.variant_id)):
                self.fields[f"serials_{line.position}"] = forms.MultipleChoiceField(
                    label=f"Which pieces of {line.name or line.sku} come back",
                    required=False,
                    choices=[(number, number) for number in out],
                    widget=forms.CheckboxSelectMultiple,
                )

    def rows(self) -> list[dict[str, Any]]:
        """Each line with its two fields, for the table."""
        return [
            {
                "line": line,
                "left": self.left[line.position],
                "quantity": self[f"quantity_{line.position}"],
                "where": self[f"where_{line.position}"],
                "pieces": self[f"serials_{line.position}"] if f"serials_{line.position}" in self.fields else None,
            }
            for line in self.lines
        ]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if not self.errors and not self.taken():
            raise forms.ValidationError("Say how many of which line come back.")
        return values

    def taken(self) -> list[tuple[int, Decimal, str, list[str]]]:
        """Position, quantity, disposition and pieces of what comes back; pieces that are ticked count themselves."""
        found = []
        for line in self.lines:
            serials = self.cleaned_data.get(f"serials_{line.position}") or []
            quantity = self.cleaned_data.get(f"quantity_{line.position}") or Decimal(len(serials))
            if quantity:
                where = self.cleaned_data.get(f"where_{line.position}") or OrderLine.Disposition.RESTOCK.value
                found.append((line.position, quantity, where, serials))
        return found

    def field_at(self, parts: Sequence[str]) -> str | None:
        """The field of the line that a pointer of the service means."""
        if parts[0] != "lines" or len(parts) < 2 or not parts[1].isdigit():
            return None
        taken = self.taken()
        return f"quantity_{taken[int(parts[1])][0]}" if int(parts[1]) < len(taken) else None

    def all_back(self) -> dict[str, str]:
        """What the form says when everything that is left comes back."""
        return {f"quantity_{place}": plain_decimal(left) for place, left in self.left.items() if left > 0}


class PinForm(forms.Form):
    """A new PIN of one's own."""

    pin = forms.CharField(
        label="New PIN",
        max_length=12,
        help_text="4 to 12 digits. You type it at a colleague's till to approve something for them.",
        widget=forms.PasswordInput({"inputmode": "numeric", "autocomplete": "off"}),
    )
    password = forms.CharField(
        label="Your password",
        max_length=200,
        help_text="So that nobody sets a PIN for you at an open screen.",
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )
