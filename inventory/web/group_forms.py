"""What people may type in the settings of the catalogue."""

import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError

from core.money import plain_decimal
from core.web.choices import offered
from inventory.models import AttributeDefinition, Brand, TaxClass
from inventory.selectors.groups import Tree, category_tree
from inventory.services import attributes
from inventory.services.groups import BRAND_NAME, CATEGORY_NAME, MOST_POSITION
from inventory.services.tax_classes import MOST_PARTS, NAME, TaxPart

INDENT = "\u2003"
PART = re.compile(r"(?P<name>.+?)[:\s]\s*(?P<rate>\d{1,3}(?:[.,]\d{1,4})?)\s*%?(?P<top>\s+on top)?", re.IGNORECASE)


def category_choices(tree: Tree, *, none: str, without: UUID | None = None) -> list[tuple[str, str]]:
    """The tree as a list to choose from, a category and what is below it left out."""
    hidden = tree.below(without) if without else set()
    rows = [one for one in tree.branches if one.id not in hidden]
    return [("", none), *((str(one.id), INDENT * one.depth + one.name) for one in rows)]


class CategoryField(forms.ChoiceField):
    """One of the categories, or none."""

    def __init__(self, *, none: str, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)
        self.none = none

    def clean(self, value: Any) -> UUID | None:
        text = super().clean(value)
        return UUID(text) if text else None


class GroupForm(forms.Form):
    """What the forms share: the version that was seen."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, own: UUID | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        wanting = [field for field in self.fields.values() if isinstance(field, CategoryField)]
        tree = category_tree() if wanting else Tree()
        for field in wanting:
            field.choices = category_choices(tree, none=field.none, without=own)


class CategoryForm(GroupForm):
    """A category and where it stands."""

    name = forms.CharField(label="Name", max_length=CATEGORY_NAME)
    parent_id = CategoryField(label="Below", none="At the top")


class BrandForm(GroupForm):
    """A brand."""

    name = forms.CharField(label="Name", max_length=BRAND_NAME)


class PartsField(forms.CharField):
    """Several taxes, one on each line: ``GST 5``, ``PST 7 on top``."""

    def to_python(self, value: Any) -> Any:
        lines = [line.strip() for line in (super().to_python(value) or "").splitlines() if line.strip()]
        if len(lines) > MOST_PARTS:
            raise ValidationError(f"At most {MOST_PARTS} taxes.")
        return [_part(line) for line in lines]

    def run_validators(self, value: Any) -> None:
        """The text was checked line by line."""


def _part(line: str) -> TaxPart:
    found = PART.fullmatch(line)
    try:
        rate = Decimal(found["rate"].replace(",", ".")) if found else Decimal("NaN")
    except InvalidOperation:
        rate = Decimal("NaN")
    if found is None or not rate.is_finite():
        raise ValidationError(f"“{line[:60]}” says no name and rate.")
    return TaxPart(name=found["name"].strip(), rate=rate, on_top=bool(found["top"]))


def parts_text(parts: Sequence[dict[str, Any]]) -> str:
    """Parts as `PartsField` reads them."""
    return "\n".join(f"{one['name']} {one['rate']}{' on top' if one['on_top'] else ''}" for one in parts)


class TaxClassForm(GroupForm):
    """A tax class of one rate or several parts."""

    name = forms.CharField(label="Name", max_length=NAME)
    rate = forms.DecimalField(
        label="Rate",
        required=False,
        min_value=Decimal(0),
        max_digits=7,
        decimal_places=4,
        help_text="Per cent: 20 means 20 %. Leave it empty where there are several taxes.",
        widget=forms.TextInput({"inputmode": "decimal", "class": "input--num"}),
    )
    parts = PartsField(
        label="Several taxes",
        required=False,
        max_length=2000,
        help_text="One on each line with its per cent: GST 5. One that is also taken of those before it: PST 7 on top.",
        widget=forms.Textarea({"rows": 3}),
    )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        if values.get("parts"):
            values["rate"] = None  # the parts decide
        elif "rate" in values and values["rate"] is None and "parts" in values:
            self.add_error("rate", "Give a rate, or several taxes.")
        return values


class ChoicesField(forms.CharField):
    """One choice on each line; ``old = new`` renames one, and the products follow."""

    def to_python(self, value: Any) -> Any:
        return [line.strip() for line in (super().to_python(value) or "").splitlines() if line.strip()]

    def run_validators(self, value: Any) -> None:
        """The service looks at each."""


class AttributeForm(GroupForm):
    """A field of products."""

    label = forms.CharField(label="Name", max_length=attributes.LABEL, help_text="As people see it: Material.")
    code = forms.SlugField(
        label="Code",
        max_length=attributes.CODE,
        help_text="As programs see it: material. It stays for ever.",
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    kind = forms.ChoiceField(label="Kind", choices=offered(AttributeDefinition.Kind.choices))
    choices = ChoicesField(
        label="Choices",
        required=False,
        max_length=20_000,
        help_text="For the kind choice: one on each line. To rename one, write: old = new.",
        widget=forms.Textarea({"rows": 4}),
    )
    unit = forms.CharField(label="Unit", required=False, max_length=attributes.UNIT, help_text="cm, %, W.")
    category_id = CategoryField(label="Of products in", none="Every category")
    is_filter = forms.BooleanField(label="Filter", required=False, help_text="Offered above the list of products.")
    position = forms.IntegerField(label="Place", required=False, min_value=0, max_value=MOST_POSITION, initial=0)

    def __init__(self, *args: Any, own: UUID | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if own is not None:
            for name in ("code", "kind"):
                self.fields[name].disabled = True

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        values["renamed"] = {}
        for at, line in enumerate(values.get("choices") or []):
            old, middle, new = line.partition(" = ")
            if middle and new.strip():
                values["renamed"][old.strip()] = new.strip()
                values["choices"][at] = new.strip()
        values["position"] = values.get("position") or 0
        return values


class RemovalForm(forms.Form):
    """Where what uses it shall go."""

    move_to = forms.ChoiceField(label="What uses it goes to", required=False)

    def __init__(self, *args: Any, choices: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["move_to"].choices = choices  # type: ignore[attr-defined]

    def clean_move_to(self) -> UUID | None:
        return UUID(self.cleaned_data["move_to"]) if self.cleaned_data["move_to"] else None


class DiscardForm(forms.Form):
    """Whether values may be lost."""

    discard = forms.BooleanField(label="The products lose their value of it", required=False)


def others(model: type[Brand] | type[TaxClass], own: UUID) -> list[tuple[str, str]]:
    """The other rows to choose from."""
    rows = model.objects.exclude(pk=own)[:1000]
    return [("", "Nowhere: it is not in use"), *((str(row.pk), row.name) for row in rows)]


def initial_of_group(row: Any) -> dict[str, Any]:
    """A row as its form shows it."""
    values = {name: getattr(row, name) for name in ("version", "name", "parent_id") if hasattr(row, name)}
    if isinstance(row, TaxClass):
        values |= {"parts": parts_text(row.parts), "rate": "" if row.parts else plain_decimal(row.rate)}
    if isinstance(row, AttributeDefinition):
        values |= {name: getattr(row, name) for name in attributes.FIELDS}
        values["choices"] = "\n".join(row.choices)
    return values
