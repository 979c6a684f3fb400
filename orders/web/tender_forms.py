"""How money is taken on pages: the fields of one payment."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms

from core.ids import uuid7
from orders.models import Payment
from orders.selectors.shifts import has_registers, open_drawers
from orders.services.basket import Tender
from orders.services.failed_payments import CAN_FAIL, Attempt
from orders.services.tenders import MEANS

AMOUNT = {"inputmode": "decimal", "autocomplete": "off", "class": "input--num"}
NO_DRAWER = ("", "No drawer")


def ways_to_pay() -> list[tuple[str, str]]:
    """The ways to pay that somebody may name."""
    told = dict(Payment.Method.choices)
    return [(means.method, str(told[means.method]).capitalize()) for means in MEANS.values() if means.is_stated]


def ways_to_fail() -> list[tuple[str, str]]:
    """The ways to pay that may fail on their way."""
    told = dict(Payment.Method.choices)
    return [(method, str(told[method]).capitalize()) for method in CAN_FAIL]


class DrawerForm(forms.Form):
    """A form whose cash goes through a drawer: it asks which, and chooses the only one that is open."""

    register = forms.ChoiceField(label="Drawer", required=False, choices=[NO_DRAWER])
    is_closed: bool = False
    """Whether the place has registers and no drawer of them is open: then no cash can move."""

    def offer_drawers(self, location_id: UUID) -> None:
        """Ask for a drawer of this place; nothing is asked where none is open."""
        rows, field = open_drawers(location_id), self.fields["register"]
        field.choices = [NO_DRAWER, *((str(row.pk), row.name) for row in rows)]  # type: ignore[attr-defined]
        field.help_text = "Cash goes through it and is expected there at the close."
        if len(rows) == 1:
            field.initial = str(rows[0].pk)
        if not rows:
            field.widget = forms.HiddenInput()
            self.is_closed = has_registers(location_id)


class TenderForm(DrawerForm):
    """One payment; without an amount it is all that is due."""

    payment_id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid7)
    method = forms.ChoiceField(label="How", choices=ways_to_pay)
    amount = forms.DecimalField(
        label="Amount",
        required=False,
        max_digits=16,
        decimal_places=4,
        help_text="Empty: all of it.",
        widget=forms.TextInput(AMOUNT),
    )
    tendered = forms.DecimalField(
        label="Cash handed over",
        required=False,
        max_digits=16,
        decimal_places=4,
        help_text="If it is more, the change is worked out.",
        widget=forms.TextInput(AMOUNT),
    )
    card_code = forms.CharField(
        label="Code of the gift card", required=False, max_length=40, widget=forms.TextInput({"autocomplete": "off"})
    )
    reference = forms.CharField(
        label="Reference",
        required=False,
        max_length=80,
        help_text="Number on the terminal's slip, or of the transfer.",
        widget=forms.TextInput({"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, location_id: UUID | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if location_id is not None:
            self.offer_drawers(location_id)

    def tender(self, *, due: Decimal) -> Tender:
        """What was typed in the words of the services; ``due`` where no amount was."""
        values = self.cleaned_data
        amount = values["amount"]
        return Tender(
            id=values["payment_id"],
            method=values["method"],
            amount=due if amount is None else amount,
            tendered=values["tendered"],
            reference=values["reference"],
            code=values["card_code"],
        )

    def field_at(self, parts: list[str]) -> str | None:
        """The field that a pointer of a service means."""
        names = {"code": "card_code", "id": "payment_id"}
        return names.get(parts[-1])


class FailedPaymentForm(forms.Form):
    """An attempt to pay that did not succeed; without an amount it was for all that is due."""

    attempt_id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid7)
    method = forms.ChoiceField(label="How it was to be paid", choices=ways_to_fail)
    amount = forms.DecimalField(
        label="Amount",
        required=False,
        max_digits=16,
        decimal_places=4,
        help_text="Empty: all that is due.",
        widget=forms.TextInput(AMOUNT),
    )
    reason = forms.CharField(
        label="Why it failed",
        max_length=200,
        widget=forms.TextInput({"autocomplete": "off", "placeholder": "Card declined"}),
    )
    reference = forms.CharField(
        label="Reference", required=False, max_length=80, widget=forms.TextInput({"autocomplete": "off"})
    )

    def attempt(self, *, due: Decimal) -> Attempt:
        """What was typed in the words of the services; ``due`` where no amount was."""
        values = self.cleaned_data
        amount = due if values["amount"] is None else values["amount"]
        named = {name: values[name] for name in ("attempt_id", "method", "reason", "reference")}
        return Attempt(**named, amount=amount)
