"""What can be asked of the list of orders, and of the till's articles."""

from collections.abc import Sequence
from typing import Any

from django import forms

from core.locations.models import Location
from core.web.choices import offered
from orders.models import Order

ANY = ("", "Any")
PARTS = [("none", "Nothing"), ("partly", "A part"), ("all", "All of it")]


class OrderFilter(forms.Form):
    """Which orders. Where an order stands is asked by its axes, as `orders.selectors.axes` reads them from rows."""

    q = forms.CharField(
        label="Order",
        required=False,
        max_length=100,
        widget=forms.TextInput({"type": "search", "placeholder": "Number on the receipt", "autocomplete": "off"}),
    )
    location = forms.ModelChoiceField(
        label="Place", required=False, queryset=Location.objects.none(), empty_label="All places"
    )
    since = forms.DateField(label="From", required=False, widget=forms.DateInput({"type": "date"}))
    until = forms.DateField(label="To", required=False, widget=forms.DateInput({"type": "date"}))
    state = forms.ChoiceField(
        label="State",
        required=False,
        choices=[
            ANY,
            ("open", "Open"),
            ("completed", "Completed"),
            ("cancelled", "Cancelled"),
            ("voided", "Voided"),
        ],
    )
    paid = forms.ChoiceField(
        label="Paid",
        required=False,
        choices=[
            ANY,
            ("unpaid", "Not paid"),
            ("partly", "Paid in part"),
            ("paid", "Paid"),
            ("overpaid", "Paid too much"),
            ("refunded", "Money given back"),
        ],
    )
    handed_over = forms.ChoiceField(
        label="Handed over",
        required=False,
        choices=[ANY, ("none", "Nothing yet"), *PARTS[1:]],
    )
    returned = forms.ChoiceField(label="Returned", required=False, choices=[ANY, *PARTS])
    kind = forms.ChoiceField(label="Kind", required=False, choices=[ANY, *offered(Order.Kind.choices)])
    channel = forms.ChoiceField(label="Channel", required=False, choices=[ANY, *offered(Order.Channel.choices)])

    def __init__(self, *args: Any, places: Sequence[Location], finds_customers: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if finds_customers:
            self.fields["q"].label = "Order or customer"
            self.fields["q"].widget.attrs["placeholder"] = "Number, name or phone"
        field: Any = self.fields["location"]
        field.queryset = Location.objects.filter(pk__in=[place.pk for place in places])

    @property
    def asks_more(self) -> bool:
        """Whether one of the questions behind "More" is asked, or cannot be read."""
        return any(
            self[name].value() or self[name].errors for name in ("since", "until", "kind", "channel", "returned")
        )

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
