"""What is asked for when a placed order is changed."""

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms

from core.ids import uuid7
from core.money import plain_decimal
from core.web.choices import offered
from orders.models import OrderLine, Payment
from orders.selectors.ways import WAYS
from orders.services.basket import Tender
from orders.services.pieces_of_changes import PiecesWanted
from orders.services.rewriting import Action
from orders.web.after_forms import ApprovedForm
from orders.web.placing_forms import DeliveryFields
from orders.web.tender_forms import TenderForm

MOST_SHOWN = 20
AMOUNT = {"inputmode": "decimal", "autocomplete": "off", "class": "input input--num", "data-live": True}


class ChangeForm(forms.Form):
    """The lines of an order as they are to be; a quantity of zero takes the line out."""

    id = forms.UUIDField(widget=forms.HiddenInput, initial=uuid7)
    find = forms.CharField(label="Article", required=False, max_length=100)
    reason = forms.CharField(
        label="Why", required=False, max_length=200, widget=forms.TextInput({"autocomplete": "off"})
    )

    def __init__(self, *args: Any, lines: Sequence[OrderLine], may_price: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines, self.may_price, self.meant = list(lines), may_price, list[str]()
        for line in lines:
            self.fields[f"quantity_{line.position}"] = forms.DecimalField(
                label=f"Quantity of {line.name or line.sku}",
                min_value=Decimal(0),
                max_digits=14,
                decimal_places=3,
                initial=plain_decimal(line.quantity),
                widget=forms.TextInput(AMOUNT),
            )
            if may_price:
                self.fields[f"price_{line.position}"] = forms.DecimalField(
                    label=f"Price of one {line.name or line.sku}",
                    min_value=Decimal(0),
                    max_digits=14,
                    decimal_places=4,
                    initial=plain_decimal(line.unit_price, places=2),
                    widget=forms.TextInput(AMOUNT),
                )

    def rows(self) -> list[dict[str, Any]]:
        """Each line with its fields."""
        return [
            {
                "line": line,
                "quantity": self[f"quantity_{line.position}"],
                "price": self[f"price_{line.position}"] if self.may_price else None,
            }
            for line in self.lines
        ]

    def actions(self) -> list[Action]:
        """What differs from the order, in the words of the service; remembers which field each stands in."""
        found, self.meant = list[Action](), []
        for line in self.lines:
            quantity = self.cleaned_data[f"quantity_{line.position}"]
            price = self.cleaned_data.get(f"price_{line.position}", line.unit_price)
            if quantity == 0:
                found.append(Action(kind="remove", position=line.position))
                self.meant.append(f"quantity_{line.position}")
                continue
            if quantity != line.quantity:
                found.append(Action(kind="quantity", position=line.position, quantity=quantity))
                self.meant.append(f"quantity_{line.position}")
            if price != line.unit_price:
                found.append(Action(kind="price", position=line.position, unit_price=price))
                self.meant.append(f"price_{line.position}")
        return found

    def field_at(self, parts: Sequence[str]) -> str | None:
        """The field that the action of a pointer came from."""
        if parts[0] != "actions" or len(parts) < 2 or not parts[1].isdigit():
            return None
        return self.meant[int(parts[1])] if int(parts[1]) < len(self.meant) else None


class SettleForm(ApprovedForm, TenderForm):
    """How the difference of a change is paid or given back. ``version`` is the order's, as it was shown."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    way_back = forms.ChoiceField(
        label="Money back",
        required=False,
        choices=[("", "As it was paid"), *offered(choice for choice in Payment.Method.choices if choice[0] in WAYS)],
    )

    def __init__(self, *args: Any, due: Decimal, wanted: Sequence[PiecesWanted] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        del self.fields["id"]  # a change has one already
        self.due, self.wanted = due, list(wanted)
        for one in self.wanted:
            told = "Which are here and leave" if one.leaves else f"Sold with it: {', '.join(one.out[:MOST_SHOWN])}"
            self.fields[f"pieces_{one.variant.pk}"] = forms.CharField(
                label=f"Serial numbers of {one.variant.title}, {plain_decimal(one.units)}",
                max_length=60_000,
                help_text=f"{told}. Between commas or spaces.",
                widget=forms.TextInput({"autocomplete": "off"}),
            )
        for name in ("amount", "tendered"):
            self.fields[name].widget = forms.HiddenInput()
        if due > 0:
            del self.fields["way_back"]
        else:
            self.fields["method"].required = False

    def pieces(self) -> list[tuple[UUID, list[str]]]:
        """The pieces that leave or come back, as they were typed."""
        typed = [(one.variant.pk, self.cleaned_data[f"pieces_{one.variant.pk}"]) for one in self.wanted]
        return [(pk, [part for part in re.split(r"[,;\s]+", text) if part]) for pk, text in typed]

    def piece_fields(self) -> list[Any]:
        """The fields of pieces, for the template."""
        return [self[f"pieces_{one.variant.pk}"] for one in self.wanted]

    def field_at(self, parts: list[str]) -> str | None:
        """The field that a pointer of the service means."""
        if parts[0] == "pieces" and len(parts) > 1 and parts[1].isdigit() and int(parts[1]) < len(self.wanted):
            return f"pieces_{self.wanted[int(parts[1])].variant.pk}"
        return super().field_at(parts)

    def tenders(self) -> list[Tender] | None:
        """The payments of the difference; None leaves the way back to the service."""
        values = self.cleaned_data
        if self.due > 0:
            return [self.tender(due=self.due)]
        way = values["way_back"]
        return [Tender(id=values["payment_id"], method=way, amount=-self.due)] if self.due and way else None


class AddressForm(DeliveryFields):
    """Where the goods of an open order go from now on."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    def field_at(self, parts: Sequence[str]) -> str | None:
        """The field that a pointer of the service means."""
        return parts[-1] if parts[0] in ("delivery", "promised_at") else None
