"""A basket on a page: articles found by code or name, with quantities, in a form that works without JavaScript.

Fields ``variant``, ``quantity`` and ``unit_price`` stand once for each row. ``find`` holds a code or a part of a name,
``add`` the article that was chosen of several, ``remove`` the place of a row.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from core.actors import Actor
from core.api.views import as_uuid
from core.errors import DomainError
from core.money import plain_decimal
from core.web.refusals import explain
from inventory.models import StockLevel, Variant
from inventory.selectors import LONGEST_CODE, targets_of
from inventory.selectors.blind import hidden_among
from inventory.web.selectors import Article, articles, veiled
from orders.services.basket import BasketLine
from orders.services.checkout import MOST_LINES

FOUND_MOST = 8
QUANTITY = forms.DecimalField(max_digits=14, decimal_places=3, required=False)
NUMBER = {"inputmode": "decimal", "autocomplete": "off", "class": "input--num"}


class RowForm(forms.Form):
    """One article of a basket."""

    variant = forms.UUIDField(widget=forms.HiddenInput)
    quantity = forms.DecimalField(
        label="Quantity", max_digits=14, decimal_places=3, widget=forms.TextInput({**NUMBER, "data-live": True})
    )
    unit_price = forms.DecimalField(
        label="Price of one",
        required=False,
        min_value=Decimal(0),
        max_digits=14,
        decimal_places=4,
        widget=forms.TextInput({**NUMBER, "placeholder": "as listed", "data-live": True}),
    )
    told = forms.CharField(
        label="Lot", required=False, max_length=2000, widget=forms.TextInput({"autocomplete": "off", "data-live": True})
    )
    article: Article | None = None
    free: Decimal | None = None

    def line(self) -> BasketLine:
        """The row in the words of the services."""
        values = self.cleaned_data
        told, how = values.get("told") or "", self.article.tracking if self.article else ""
        return BasketLine(
            variant_id=values["variant"],
            quantity=values["quantity"],
            unit_price=values.get("unit_price"),
            lot=told.strip()[:40] if how == Variant.Tracking.LOT else "",
            serials=numbers_in(told) if how == Variant.Tracking.SERIAL else (),
        )

    def tell_apart(self) -> None:
        """Ask for the lot or the pieces, where the article has them."""
        how, field = self.article.tracking if self.article else "", self.fields["told"]
        if how == Variant.Tracking.SERIAL:
            field.label, field.help_text = "Serial numbers", "Optional, between commas or spaces."
        elif how == Variant.Tracking.LOT:
            field.help_text = "Optional."
        else:
            field.widget = forms.HiddenInput()

    def field_at(self, parts: Sequence[str]) -> str | None:
        """The field that a pointer of the service means."""
        return "told" if parts[-1] in ("lot", "serials") else None


@dataclass
class Basket:
    """The rows of a form, what was found for what was typed, and why nothing was."""

    rows: list[RowForm] = field(default_factory=list)
    found: list[Article] = field(default_factory=list)
    typed: str = ""
    problem: str = ""
    is_changed: bool = False
    """Whether this request added, removed or looked for something: then nothing else is done with it."""

    def is_valid(self) -> bool:
        return all([row.is_valid() for row in self.rows])

    def lines(self) -> list[BasketLine]:
        """The rows in the words of the services; only to be asked when they are valid."""
        return [row.line() for row in self.rows]

    def explain(self, refusal: DomainError, form: forms.Form | None) -> None:
        """Put a refusal beside the rows it is about, the rest on the form; without one, above the rows."""
        short = refusal.details.get("short", ())
        for one in short:
            told = f"Wanted {one['wanted']}, free are {one['available']}."
            row = next((row for row in self.rows if row.article and row.article.sku == one["sku"]), None)
            if row is None:
                self.problem = f"{one['name']}: {told}"
            else:
                row.add_error("quantity", told)
        if form is not None and short:
            form.add_error(None, refusal.detail)
        elif form is not None:
            explain(refusal, form, lines=self.rows)
        elif not any(row.errors for row in self.rows):
            self.problem = refusal.detail


def read_basket(data: QueryDict, *, location_id: UUID | None, channel: str, may_price: bool, actor: Actor) -> Basket:
    """The basket of a form that was sent, after what was looked for, added or removed in it.

    What is being counted blind is shown without its stock to those who do not approve the count.
    """
    rows, basket = _rows(data), Basket()
    removed, added = data.get("remove", ""), as_uuid(data.get("add", ""))
    typed = data.get("find", "").strip()
    if removed.isascii() and removed.isdigit() and int(removed) < len(rows):
        del rows[int(removed)]
        basket.is_changed = True
    if added is not None:
        _add(rows, added, Decimal(1))
        basket.is_changed = True
    elif typed and location_id is not None:
        basket.is_changed = True
        _find(basket, rows, typed, location_id, channel)
    ids = [pk for row in rows if (pk := as_uuid(row["variant"])) is not None]
    known = {}
    if ids and location_id is not None:
        known = {one.id: one for one in articles(location_id=location_id, ids=ids, limit=MOST_LINES, channel=channel)}
    free = free_at(location_id, ids)
    hidden = hidden_among(ids, location_id, actor=actor) if location_id is not None else set[UUID]()
    if location_id is not None:
        basket.found = veiled(basket.found, location_id=location_id, actor=actor)
    for row in rows:
        form = RowForm(row, auto_id=f"row{len(basket.rows)}_%s", use_required_attribute=False)
        if not may_price:
            del form.fields["unit_price"]
        pk = as_uuid(row["variant"])
        form.article = known.get(pk) if pk else None
        form.tell_apart()
        is_told = form.article is not None and form.article.is_stocked and pk not in hidden
        form.free = free.get(pk, Decimal(0)) if pk and is_told else None
        basket.rows.append(form)
    return basket


def numbers_in(text: str) -> list[str]:
    """Serial numbers as people type them: between commas or spaces."""
    return [part for part in re.split(r"[,;\s]+", text) if part]


def free_at(location_id: UUID | None, ids: Sequence[UUID]) -> dict[UUID, Decimal]:
    """How many units of each article nobody has set aside at a location."""
    levels = StockLevel.objects.filter(location=location_id, variant__in=ids)
    return {
        variant: there - reserved for variant, there, reserved in levels.values_list("variant", "on_hand", "reserved")
    }


def _rows(data: QueryDict) -> list[dict[str, str]]:
    columns = {name: data.getlist(name)[: MOST_LINES + 1] for name in ("variant", "quantity", "unit_price", "told")}
    return [
        {name: values[place] if place < len(values) else "" for name, values in columns.items()}
        for place in range(len(columns["variant"]))
    ]


def _find(basket: Basket, rows: list[dict[str, str]], typed: str, location_id: UUID, channel: str) -> None:
    target = targets_of([typed]).get(typed) if len(typed) <= LONGEST_CODE else None
    if target is not None:
        _add(rows, target.variant_id, target.pack_quantity)
        return
    found = articles(location_id=location_id, words=typed[:LONGEST_CODE], limit=FOUND_MOST, channel=channel)
    if len(found) == 1:
        _add(rows, found[0].id, Decimal(1))
    else:
        basket.found, basket.typed = found, typed[:LONGEST_CODE]
        basket.problem = "" if found else "Nothing that is for sale is called so or carries this code."


def _add(rows: list[dict[str, str]], variant_id: UUID, units: Decimal) -> None:
    """A row more, or so many units more of the one that is there."""
    for row in rows:
        if row["variant"] == str(variant_id):
            try:
                row["quantity"] = plain_decimal((QUANTITY.clean(row["quantity"]) or 0) + units)
            except ValidationError:
                row["quantity"] = plain_decimal(units)
            return
    rows.append({"variant": str(variant_id), "quantity": plain_decimal(units), "unit_price": "", "told": ""})


def initial_of(form: forms.Form, data: Mapping[str, Any]) -> dict[str, Any]:
    """What was typed into a form, to show it again without complaining about what is not there yet."""
    return {name: data.get(name) for name in form.fields if data.get(name) not in (None, "")}
