"""What people type about a place."""

from typing import Any

from django import forms

PRINTED_HERE = "On the receipts of this place. Empty: the shop's address."


def text(label: str, most: int, **more: Any) -> forms.CharField:
    """A line that may be empty."""
    return forms.CharField(label=label, required=False, max_length=most, **more)


def several_lines(label: str, most: int, **more: Any) -> forms.CharField:
    """A few lines that may be empty."""
    return text(label, most, widget=forms.Textarea({"rows": 3}), **more)


class ShopForm(forms.Form):
    """Who the shop is, as its papers say it; ``version`` is the one that was shown."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    legal_name = text("Legal name", 120, help_text="Where it differs from the name of the shop: Tea & Co. Ltd.")
    address = several_lines("Address", 300, help_text="Street and number, and what else stands above the postal code.")
    postal_code = text("Postal code", 16)
    city = text("City", 80)
    country = text("Country", 60)
    phone = text("Phone", 40)
    email = text("E-mail", 254, widget=forms.EmailInput)
    website = text("Web address", 200)
    tax_label = text("What your tax number is called", 30, help_text="VAT no., USt-IdNr., ABN.")
    tax_number = text("Tax number", 40)
    footer = several_lines(
        "Last words of the receipt", 500, help_text="How long goods may come back, say. Empty: Thank you."
    )


class LocationForm(forms.Form):
    """A place. Zone and start of the day are the shop's where they are left empty."""

    code = forms.CharField(label="Code", max_length=16, help_text="Short, for lists and files: MAIN, NORTH.")
    name = forms.CharField(label="Name", max_length=120, help_text="Printed on receipts.")
    address = several_lines("Address", 300, help_text=PRINTED_HERE)
    postal_code = text("Postal code", 16)
    city = text("City", 80)
    country = text("Country", 60)
    phone = text("Phone", 40, help_text="Empty: the shop's.")
    time_zone = forms.CharField(
        label="Time zone", required=False, max_length=64, help_text="Such as Europe/London; empty: the shop's."
    )
    day_starts_at = forms.TimeField(
        label="The business day begins at",
        required=False,
        widget=forms.TimeInput({"type": "time"}),
        help_text="Sales before it count for the day before; empty: as in the shop.",
    )
    sells_below_zero = forms.BooleanField(
        label="Sell what the record says is gone",
        required=False,
        help_text="The shortage becomes a task for a person.",
    )
    is_active = forms.BooleanField(
        label="Open",
        required=False,
        initial=True,
        help_text="Closed only when no goods, transfers or drawers are left.",
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
