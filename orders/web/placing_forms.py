"""What is asked for when an order is taken for later."""

from collections.abc import Sequence
from typing import Any

from django import forms

from core.ids import uuid7
from core.locations.models import Location
from orders.models import Fulfilment, Order
from orders.services.placing import NEEDED
from orders.web.tender_forms import TenderForm

QUIET = {"autocomplete": "off"}
DELIVERY = ("name", "address", "postcode", "city", "country", "phone")
"""Fields of the delivery, named as the service names them."""


class DeliveryFields(forms.Form):
    """Where the goods of an order go, and by when."""

    promised_at = forms.DateTimeField(
        label="Promised for",
        required=False,
        help_text="Ready to be collected, or with the customer, by then. Empty: as soon as possible.",
        widget=forms.DateTimeInput({"type": "datetime-local"}, "%Y-%m-%dT%H:%M"),
    )

    kind = forms.ChoiceField(
        label="How it gets to the customer",
        choices=[(Fulfilment.Kind.PICKUP, "They collect it"), (Fulfilment.Kind.DELIVERY, "We send it")],
        widget=forms.RadioSelect({"data-live": True}),
        initial=Fulfilment.Kind.PICKUP,
    )
    name = forms.CharField(label="Name", required=False, max_length=120, widget=forms.TextInput(QUIET))
    address = forms.CharField(label="Street and number", required=False, max_length=300, widget=forms.TextInput(QUIET))
    postcode = forms.CharField(label="Postcode", required=False, max_length=20, widget=forms.TextInput(QUIET))
    city = forms.CharField(label="City", required=False, max_length=120, widget=forms.TextInput(QUIET))
    country = forms.CharField(
        label="Country", required=False, max_length=2, help_text="Two letters.", widget=forms.TextInput(QUIET)
    )
    phone = forms.CharField(label="Phone", required=False, max_length=40, widget=forms.TextInput(QUIET))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in NEEDED:
            self.fields[name].required = self.is_sent

    def delivery(self) -> dict[str, str]:
        """What was typed in the words of the service: what is empty is left out."""
        values = self.cleaned_data
        return {"kind": values["kind"], **{name: values[name].strip() for name in DELIVERY if values[name].strip()}}

    @property
    def is_sent(self) -> bool:
        """Whether it is to be sent, as the form stands."""
        return bool(self["kind"].value() == Fulfilment.Kind.DELIVERY)


class PlacingForm(DeliveryFields, TenderForm):
    """An order for later: whose, where from, how it gets there, and whether it is paid already.

    ``id`` is made with the form, so that sending it twice places one order. ``seen`` is the total that was shown.
    """

    id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid7)
    seen = forms.DecimalField(required=False, max_digits=16, decimal_places=4, widget=forms.HiddenInput)
    location = forms.ModelChoiceField(
        label="From which place",
        queryset=Location.objects.none(),
        empty_label=None,
        widget=forms.Select({"data-live": True}),
    )
    channel = forms.ChoiceField(
        label="How it came in",
        choices=[(Order.Channel.PHONE, "Phone"), (Order.Channel.ONLINE, "Online"), (Order.Channel.COUNTER, "Counter")],
        initial=Order.Channel.PHONE,
        widget=forms.Select({"data-live": True}),
    )
    customer = forms.UUIDField(required=False, widget=forms.HiddenInput)
    who = forms.CharField(
        label="Customer",
        required=False,
        max_length=100,
        widget=forms.TextInput({**QUIET, "placeholder": "Name, phone, e-mail, number or card"}),
    )
    find = forms.CharField(
        label="Article",
        required=False,
        max_length=100,
        widget=forms.TextInput({**QUIET, "placeholder": "Name, SKU or code", "enterkeyhint": "done"}),
    )
    coupon = forms.CharField(label="Coupon", required=False, max_length=40, widget=forms.TextInput(QUIET))
    note = forms.CharField(label="Note", required=False, max_length=300, widget=forms.TextInput(QUIET))
    pays = forms.ChoiceField(
        label="Payment",
        choices=[("later", "Later"), ("now", "Now")],
        initial="later",
        widget=forms.RadioSelect({"data-live": True}),
    )

    def __init__(self, *args: Any, places: Sequence[Location], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["location"]
        field.queryset = Location.objects.filter(pk__in=[place.pk for place in places])
        if places:
            field.initial = places[0].pk
        if len(places) == 1:
            field.widget = forms.HiddenInput()

    @property
    def pays_now(self) -> bool:
        """Whether it is paid now, as the form stands."""
        return bool(self["pays"].value() == "now")

    def field_at(self, parts: list[str]) -> str | None:
        """The field that a pointer of a service means."""
        if parts[0] in ("delivery", "promised_at"):
            return parts[-1]
        return "coupon" if parts[0] == "coupons" else super().field_at(parts)
