"""What can be asked of the list of orders, and of the till's articles."""

from typing import Any

from django import forms

from orders.models import Order


class OrderFilter(forms.Form):
    """Which orders."""

    number = forms.CharField(
        label="Number",
        required=False,
        max_length=40,
        widget=forms.TextInput({"type": "search", "placeholder": "Number on the receipt", "autocomplete": "off"}),
    )
    since = forms.DateField(label="From", required=False, widget=forms.DateInput({"type": "date"}))
    until = forms.DateField(label="To", required=False, widget=forms.DateInput({"type": "date"}))
    kind = forms.ChoiceField(label="Kind", required=False, choices=[("", "Any"), *Order.Kind.choices])
    channel = forms.ChoiceField(label="Channel", required=False, choices=[("", "Any"), *Order.Channel.choices])

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("since") and values.get("until") and values["since"] > values["until"]:
            self.add_error("until", "This day is before the first one.")
        return values


class ArticleQuery(forms.Form):
    """Which articles a till asks for."""

    location = forms.UUIDField()
    q = forms.CharField(required=False, max_length=100)
    category = forms.UUIDField(required=False)
    ids = forms.CharField(required=False, max_length=40_000)
