"""What people may type on the pages of transfers."""

from collections.abc import Sequence
from typing import Any

from django import forms

from core.ids import uuid7
from core.locations.models import Location
from inventory.models import Transfer


def offer(field: Any, places: Sequence[Location]) -> None:
    """Let a choice of locations offer these."""
    field.queryset = Location.objects.filter(pk__in=[place.pk for place in places])


class TransferFilter(forms.Form):
    """Which transfers."""

    location = forms.ModelChoiceField(
        label="Location", queryset=Location.objects.none(), required=False, empty_label="All"
    )
    state = forms.ChoiceField(
        label="State",
        required=False,
        choices=[("", "Any"), *((value, label.capitalize()) for value, label in Transfer.State.choices)],
    )

    def __init__(self, *args: Any, places: Sequence[Location], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self.fields["location"], places)


class TransferForm(forms.Form):
    """From where to where. ``id`` is made with the form, so that sending it twice drafts once."""

    id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid7)
    source = forms.ModelChoiceField(label="From", queryset=Location.objects.none(), empty_label=None)
    destination = forms.ModelChoiceField(label="To", queryset=Location.objects.none(), empty_label=None)
    note = forms.CharField(label="Note", required=False, max_length=300, help_text="Printed on the packing list.")

    def __init__(self, *args: Any, places: Sequence[Location], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        everywhere = list(Location.objects.filter(is_active=True))
        for name in ("source", "destination"):
            offer(self.fields[name], everywhere)
        self.has_two_places = len(everywhere) > 1
        if places:
            self.fields["source"].initial = places[0].pk
            others = [place for place in everywhere if place.pk != places[0].pk]
            self.fields["destination"].initial = others[0].pk if others else None


class ArrivalForm(forms.Form):
    """One arrival. ``id`` is made with the form, so that sending it twice books once."""

    id = forms.UUIDField(widget=forms.HiddenInput)
    is_last = forms.BooleanField(
        label="Nothing more will come", required=False, help_text="What was not scanned is then missing."
    )
    reason = forms.CharField(
        label="What happened",
        required=False,
        max_length=200,
        help_text="Needed where goods are missing, or more came than was announced.",
    )
