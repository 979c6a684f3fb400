"""What people type at a drawer and for a gift card."""

from typing import Any

from django import forms

from core.cash import MOST_PIECES, denominations
from core.ids import uuid7
from core.locations.models import Location
from core.web.amounts import money_text
from core.web.choices import offered
from orders.models import GiftCard
from orders.services.credit import LONGEST_CODE
from orders.services.registers import LONGEST_NAME
from orders.services.shifts import LONGEST_REASON

AMOUNT = {"inputmode": "decimal", "autocomplete": "off"}


class RegisterForm(forms.Form):
    """A new register."""

    location = forms.ModelChoiceField(label="Location", queryset=Location.objects.none(), empty_label=None)
    name = forms.CharField(label="Name", max_length=LONGEST_NAME, widget=forms.TextInput({"autocomplete": "off"}))

    def __init__(self, *args: Any, places: list[Location], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ids = [place.pk for place in places]
        self.fields["location"].queryset = Location.objects.filter(pk__in=ids)  # type: ignore[attr-defined]


class RegisterEdit(forms.Form):
    """A register as it is to be; ``version`` is the one that was shown."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    name = forms.CharField(label="Name", max_length=LONGEST_NAME)
    is_active = forms.BooleanField(label="In use", required=False)


class OpenForm(forms.Form):
    """The float of a drawer. ``id`` is made with the form, so that sending it twice opens once."""

    id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid7)
    opening_float = forms.DecimalField(
        label="Cash in the drawer to begin with", max_digits=18, decimal_places=4, widget=forms.TextInput(AMOUNT)
    )


class CashForm(forms.Form):
    """Cash put in or taken out."""

    id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid7)
    way = forms.ChoiceField(
        label="What happens", choices=[("out", "Taken out"), ("in", "Put in")], widget=forms.RadioSelect, initial="out"
    )
    amount = forms.DecimalField(
        label="Amount", max_digits=18, decimal_places=4, min_value=0, widget=forms.TextInput(AMOUNT)
    )
    reason = forms.CharField(label="Reason", max_length=LONGEST_REASON, widget=forms.TextInput({"autocomplete": "off"}))


class CloseForm(forms.Form):
    """Pieces of each coin and note; empty is none."""

    reason = forms.CharField(
        label="Reason, if it differs",
        required=False,
        max_length=LONGEST_REASON,
        widget=forms.TextInput({"autocomplete": "off"}),
    )

    def __init__(self, *args: Any, currency: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.values = denominations(currency)
        for value in self.values:
            self.fields[f"n{value}"] = forms.IntegerField(
                label=money_text(value, currency),
                required=False,
                min_value=0,
                max_value=MOST_PIECES,
                widget=forms.TextInput(
                    {
                        "inputmode": "numeric",
                        "autocomplete": "off",
                        "class": "num",
                        "placeholder": "0",
                        "data-value": value,
                    }
                ),
            )

    def pieces(self) -> list[Any]:
        """The fields to count with, largest first."""
        return [self[f"n{value}"] for value in self.values]

    def counted(self) -> dict[str, int]:
        """The count, as the service takes it."""
        return {value: self.cleaned_data[f"n{value}"] or 0 for value in self.values}


class GiftCardFilter(forms.Form):
    """Which gift cards."""

    q = forms.CharField(
        label="Search",
        required=False,
        max_length=100,
        widget=forms.TextInput({"type": "search", "placeholder": "Last four, or note", "autocomplete": "off"}),
    )
    state = forms.ChoiceField(label="State", required=False, choices=[("", "Any"), *offered(GiftCard.State.choices)])


class GiftCardForm(forms.Form):
    """A card to be given."""

    id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid7)
    amount = forms.DecimalField(label="Amount", max_digits=18, decimal_places=4, widget=forms.TextInput(AMOUNT))
    expires_on = forms.DateField(
        label="Last day", required=False, widget=forms.DateInput({"type": "date"}), help_text="Empty: it never expires."
    )
    code = forms.CharField(
        label="Code of a printed card",
        required=False,
        max_length=2 * LONGEST_CODE,
        help_text="Scan or type it. Empty: we make one.",
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    note = forms.CharField(label="Note", required=False, max_length=200, help_text="For whom, or why.")


class AdjustForm(forms.Form):
    """A correction of a balance."""

    id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid7)
    amount = forms.DecimalField(
        label="By", max_digits=18, decimal_places=4, widget=forms.TextInput(AMOUNT), help_text="Less with a minus."
    )
    reason = forms.CharField(label="Reason", max_length=200)


class MailForm(forms.Form):
    """Where a receipt goes."""

    address = forms.CharField(
        label="E-mail", required=False, max_length=254, widget=forms.EmailInput({"autocomplete": "off"})
    )
