"""What people type about a place."""

from django import forms


class LocationForm(forms.Form):
    """A place. Zone and start of the day are the shop's where they are left empty."""

    code = forms.CharField(label="Code", max_length=16, help_text="Short, for lists and files: MAIN, NORTH.")
    name = forms.CharField(label="Name", max_length=120, help_text="Printed on receipts.")
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
