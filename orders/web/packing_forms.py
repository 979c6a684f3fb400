"""What is asked for when goods of an order are packed, sent off or handed over, and when it is given up."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms

from core.ids import uuid7
from core.locations.models import Location
from core.money import plain_decimal
from core.people.models import User
from inventory.models import Variant
from orders.models import Fulfilment, FulfilmentLine, OrderLine
from orders.web.after_forms import ApprovedForm
from orders.web.tender_forms import DrawerForm

AMOUNT = {"inputmode": "decimal", "autocomplete": "off", "class": "input input--num"}
QUIET = {"autocomplete": "off"}


class WorkFilter(forms.Form):
    """Which orders are to be worked on."""

    q = forms.CharField(
        label="Order or name",
        required=False,
        max_length=100,
        widget=forms.TextInput({"type": "search", "placeholder": "Number or name", **QUIET}),
    )
    location = forms.ModelChoiceField(
        label="Place", required=False, queryset=Location.objects.none(), empty_label="All places"
    )
    kind = forms.ChoiceField(
        label="How it leaves",
        required=False,
        choices=[("", "Any"), (Fulfilment.Kind.PICKUP, "Collected"), (Fulfilment.Kind.DELIVERY, "Sent")],
    )
    due = forms.ChoiceField(
        label="Due",
        required=False,
        choices=[
            ("", "Any time"),
            ("late", "What is late"),
            ("today", "By tonight"),
            ("tomorrow", "By tomorrow night"),
            ("week", "Within a week"),
        ],
    )
    stage = forms.ChoiceField(
        label="What is to be done",
        required=False,
        choices=[("", "To pack"), ("packed", "Packed, waits to leave"), ("sent", "On its way")],
        widget=forms.HiddenInput,
    )

    def __init__(self, *args: Any, places: Sequence[Location], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["location"]
        field.queryset = Location.objects.filter(pk__in=[place.pk for place in places])


class PackForm(forms.Form):
    """How much of each line goes together."""

    fulfilment_id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid7)

    def __init__(self, *args: Any, lines: Sequence[OrderLine], left: Mapping[int, Decimal], **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "pack_%s", **kwargs})
        self.lines = [line for line in lines if left.get(line.pk, Decimal(0)) > 0]
        self.left = left
        for line in self.lines:
            self.fields[f"quantity_{line.position}"] = forms.DecimalField(
                label=f"How many of {line.name or line.sku}",
                required=False,
                min_value=Decimal(0),
                max_digits=14,
                decimal_places=3,
                initial=plain_decimal(left[line.pk]),
                widget=forms.TextInput(AMOUNT),
            )

    def rows(self) -> list[dict[str, Any]]:
        """Each line with its field."""
        return [
            {"line": line, "left": self.left[line.pk], "quantity": self[f"quantity_{line.position}"]}
            for line in self.lines
        ]

    def taken(self) -> list[tuple[int, Decimal]]:
        """Position and quantity of what goes, in the order of the lines."""
        found = [(line.position, self.cleaned_data.get(f"quantity_{line.position}")) for line in self.lines]
        return [(position, quantity) for position, quantity in found if quantity]

    def field_at(self, parts: Sequence[str]) -> str | None:
        """The field of the line that a pointer of the service means."""
        if parts[0] != "lines" or len(parts) < 2 or not parts[1].isdigit():
            return None
        taken = self.taken()
        return f"quantity_{taken[int(parts[1])][0]}" if int(parts[1]) < len(taken) else None


class StepForm(forms.Form):
    """A step of a fulfilment: its tracking number, and the pieces where they have serial numbers."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    tracking = forms.CharField(label="Tracking number", required=False, max_length=120, widget=forms.TextInput(QUIET))
    asked: UUID | None = None
    asked_told: str = ""

    def __init__(self, *args: Any, fulfilment: Fulfilment, parts: Sequence[FulfilmentLine], **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": f"step{fulfilment.pk}_%s", **kwargs})
        self.initial.setdefault("version", fulfilment.version)
        self.initial.setdefault("tracking", fulfilment.tracking)
        if fulfilment.kind != Fulfilment.Kind.DELIVERY:
            del self.fields["tracking"]
        if "accept_expired" in self.data:
            self.ask_expired()
        self.pieces = [part.line for part in parts if _has_serials(part.line)]
        for line in self.pieces:
            self.fields[f"serials_{line.position}"] = forms.CharField(
                label=f"Serial numbers of {line.name or line.sku}",
                required=False,
                max_length=60_000,
                help_text="Between commas or spaces. Empty: those that the order named.",
                widget=forms.TextInput(QUIET),
            )

    def ask_expired(self) -> None:
        """Ask whether goods of an expired lot go all the same."""
        self.fields["accept_expired"] = forms.BooleanField(
            label="Let it go although its lot has expired", required=False
        )

    def ask(self, people: Sequence[User]) -> None:
        """Ask who lets it go: their name and their PIN."""
        none = [("", "Choose" if people else "Nobody here can approve this")]
        choices = [*none, *((str(one.pk), str(one)) for one in people)]
        self.fields["approver"] = forms.CharField(
            label="Approved by", required=False, widget=forms.Select(choices=choices)
        )
        self.fields["pin"] = forms.CharField(
            label="Their PIN",
            required=False,
            max_length=12,
            widget=forms.PasswordInput({"inputmode": "numeric", "autocomplete": "off"}),
        )

    def serials(self) -> dict[int, list[str]]:
        """The pieces by the position of the order's line."""
        typed = {line.position: self.cleaned_data[f"serials_{line.position}"] for line in self.pieces}
        return {position: [part for part in re.split(r"[,;\s]+", text) if part] for position, text in typed.items()}


def _has_serials(line: OrderLine) -> bool:
    return line.variant is not None and line.variant.tracking == Variant.Tracking.SERIAL


class CancelForm(ApprovedForm, DrawerForm):
    """Why an order is given up, and through which drawer cash goes back, where some does."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(label="Reason", max_length=200, widget=forms.TextInput(QUIET))

    def __init__(self, *args: Any, location_id: UUID, gives_cash: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if gives_cash:
            self.offer_drawers(location_id)
        else:
            self.fields["register"].widget = forms.HiddenInput()
