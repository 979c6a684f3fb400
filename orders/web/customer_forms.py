"""What people may type on the pages of customers."""

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from core.ids import uuid7
from core.web.choices import offered
from inventory.codes import printed
from orders.models import Consent, Customer, CustomerGroup
from orders.selectors.customers import cards_of
from orders.services.customers import FIELDS

SEARCH = {"type": "search", "autocomplete": "off", "placeholder": "Name, e-mail, phone, number or card"}


class CustomerFilter(forms.Form):
    """Which customers."""

    q = forms.CharField(label="Search", required=False, max_length=100, widget=forms.TextInput(SEARCH))
    group = forms.ModelChoiceField(
        label="Group", queryset=CustomerGroup.objects.all(), required=False, empty_label="All"
    )


class CardsField(forms.CharField):
    """Codes with commas between."""

    def to_python(self, value: Any) -> Any:
        return [part.strip() for part in re.split(r"[,;\n]", super().to_python(value) or "") if part.strip()]

    def validate(self, value: Any) -> None:
        if any(not code.isprintable() for code in value):
            raise ValidationError("This cannot be a code.")

    def run_validators(self, value: Any) -> None:
        """The service says what is wrong with a code."""


class CustomerForm(forms.Form):
    """What the shop knows of somebody. ``id`` is made with the form, so that sending it twice adds one."""

    id = forms.UUIDField(required=False, widget=forms.HiddenInput, initial=uuid7)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    name = forms.CharField(label="Name", required=False, max_length=200)
    number = forms.CharField(label="Number", required=False, max_length=64, help_text="Leave it empty and one is made.")
    email = forms.EmailField(label="E-mail", required=False, max_length=254)
    phone = forms.CharField(
        label="Phone", required=False, max_length=40, widget=forms.TextInput({"type": "tel", "autocomplete": "off"})
    )
    address = forms.CharField(
        label="Street and town", required=False, max_length=2000, widget=forms.Textarea({"rows": 3})
    )
    postcode = forms.CharField(label="Postcode", required=False, max_length=20)
    country = forms.CharField(label="Country", required=False, max_length=60)
    codes = CardsField(
        label="Loyalty cards",
        required=False,
        max_length=2000,
        help_text="Scan the card; several with commas between.",
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    note = forms.CharField(
        label="Note",
        required=False,
        max_length=5000,
        help_text="For the staff. Write what the customer may read.",
        widget=forms.Textarea({"rows": 3}),
    )
    groups = forms.ModelMultipleChoiceField(
        label="Groups",
        queryset=CustomerGroup.objects.all(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )


class ConsentForm(forms.Form):
    """What a customer says at the counter, on paper or on the telephone."""

    purpose = forms.ChoiceField(label="What for", choices=offered(Consent.Purpose.choices))
    is_given = forms.ChoiceField(label="What they said", choices=[("yes", "Agreed"), ("no", "Took it back")])
    wording = forms.CharField(
        label="The words they agreed to", required=False, max_length=500, widget=forms.Textarea({"rows": 2})
    )
    source = forms.ChoiceField(
        label="Where",
        choices=[("counter", "At the counter"), ("phone", "By telephone"), ("letter", "In writing"), ("web", "Web")],
    )


class GroupForm(forms.Form):
    """The name of a group."""

    name = forms.CharField(label="Name", max_length=80)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)


def initial_of(customer: Customer) -> dict[str, Any]:
    """A customer as the form shows it."""
    return {
        **{name: getattr(customer, name) for name in (*FIELDS, "version")},
        "codes": ", ".join(printed(code) for code in cards_of([customer])[customer.pk]),
        "groups": list(customer.groups.all()),
    }
