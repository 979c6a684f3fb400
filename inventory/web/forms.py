"""What people may type on the pages of goods and stock."""

import re
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from core.locations.models import Location
from core.web.choices import offered
from inventory.models import AttributeDefinition, Brand, ScanCode, TaxClass, Variant
from inventory.selectors import LONGEST_CODE
from inventory.selectors.groups import category_tree
from inventory.services.catalogue import MOST_VARIANTS, CodeDraft
from inventory.web.group_forms import category_choices
from inventory.web.selectors import Article, named

MOST_CODES = 100
MOST_FILTERS = 4
SOME = 4
"""So many of the articles that a name may mean are told."""
CODE_AND_PACK = re.compile(r"(?P<code>.*?)(?:\s+[xX×]\s*(?P<pack>\d{1,8}(?:\.\d{1,3})?))?")
SEARCH = {"type": "search", "autocomplete": "off"}


class ProductFilter(forms.Form):
    """Which products."""

    q = forms.CharField(
        label="Search",
        required=False,
        max_length=100,
        widget=forms.TextInput({**SEARCH, "placeholder": "Name, SKU or code"}),
    )
    category = forms.ChoiceField(label="Category", required=False)
    brand = forms.ModelChoiceField(label="Brand", queryset=Brand.objects.all(), required=False, empty_label="All")
    sold = forms.ChoiceField(
        label="State", required=False, choices=[("", "For sale"), ("no", "Not for sale"), ("all", "All")]
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["category"].choices = category_choices(category_tree(), none="All")  # type: ignore[attr-defined]
        self.definitions = list(AttributeDefinition.objects.filter(is_filter=True)[:MOST_FILTERS])
        for row in self.definitions:
            self.fields[f"attr_{row.code}"] = value_field(row)

    @property
    def attribute_fields(self) -> list[Any]:
        """The filters by attribute."""
        return [self[f"attr_{row.code}"] for row in self.definitions]

    def attributes(self) -> dict[str, Any]:
        """The values asked for, as they are kept."""
        return kept_values(self, self.definitions)


def value_field(definition: AttributeDefinition) -> forms.Field:
    """The field in which a value of an attribute is typed."""
    label = f"{definition.label} ({definition.unit})" if definition.unit else definition.label
    if definition.kind == AttributeDefinition.Kind.CHOICE:
        return forms.ChoiceField(
            label=label, required=False, choices=[("", "–"), *((one, one) for one in definition.choices)]
        )
    if definition.kind == AttributeDefinition.Kind.YES_NO:
        return forms.ChoiceField(label=label, required=False, choices=[("", "–"), ("true", "Yes"), ("false", "No")])
    if definition.kind == AttributeDefinition.Kind.DATE:
        return forms.CharField(label=label, required=False, max_length=10, widget=forms.DateInput({"type": "date"}))
    return forms.CharField(label=label, required=False, max_length=500)


def kept_values(form: forms.Form, definitions: Sequence[AttributeDefinition]) -> dict[str, Any]:
    """What was typed for attributes, by code; left out where nothing was."""
    typed = {row.code: form.cleaned_data.get(f"attr_{row.code}") for row in definitions}
    is_flag = {row.code for row in definitions if row.kind == AttributeDefinition.Kind.YES_NO}
    return {code: value == "true" if code in is_flag else value for code, value in typed.items() if value}


class StockFilter(forms.Form):
    """Which stock levels."""

    q = forms.CharField(
        label="Search",
        required=False,
        max_length=100,
        widget=forms.TextInput({**SEARCH, "placeholder": "Name or SKU"}),
    )
    location = forms.ModelChoiceField(
        label="Location", queryset=Location.objects.none(), required=False, empty_label="All"
    )
    state = forms.ChoiceField(
        label="Stock",
        required=False,
        choices=[("", "Any"), ("low", "Low"), ("out", "Sold out"), ("negative", "Below zero")],
    )

    def __init__(self, *args: Any, places: Sequence[Location], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        ids = [place.pk for place in places]
        self.fields["location"].queryset = Location.objects.filter(pk__in=ids)  # type: ignore[attr-defined]


class ArticleField(forms.CharField):
    """One article by its code, its SKU or words of its name; cleaned to a code or SKU."""

    def __init__(self, *, stocked_only: bool = True, **kwargs: Any) -> None:
        self.stocked_only = stocked_only
        quiet = forms.TextInput({"autocomplete": "off", "placeholder": "Name, SKU or code", "class": "input"})
        super().__init__(**{"label": "Article", "max_length": LONGEST_CODE, "widget": quiet, **kwargs})

    def clean(self, value: Any) -> str:
        typed = super().clean(value)
        if not typed:
            return ""
        meant = named(typed, stocked_only=self.stocked_only)
        if meant.may_mean:
            raise ValidationError(which_of(meant.may_mean))
        if not meant.code:
            raise ValidationError("No article carries this code or is called so.")
        return meant.code


def which_of(found: Sequence[Article]) -> str:
    """What to say where a name means several articles."""
    some = "; ".join(f"{row.title} ({row.sku})" for row in found[:SOME])
    more = "; and more" if len(found) > SOME else ""
    return f"Several articles are called so: type more of the name, or the SKU. {some}{more}"


class CodesField(forms.CharField):
    """Codes between commas; a pack says how many it holds: ``5012345678900, 15012345678907 x6``."""

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compared as text: an empty field is no list of no codes."""
        return str(initial or "").strip() != str(data or "").strip()

    def to_python(self, value: Any) -> Any:
        return [_code(part) for part in re.split(r"[,;\n]", super().to_python(value) or "") if part.strip()]

    def validate(self, value: Any) -> None:
        if len(value) > MOST_CODES:
            raise ValidationError(f"At most {MOST_CODES} codes.")

    def run_validators(self, value: Any) -> None:
        """The text was checked piece by piece."""


def _code(text: str) -> CodeDraft:
    found = CODE_AND_PACK.fullmatch(text.strip())
    code = found["code"].strip() if found else ""
    pack = Decimal(found["pack"] or 1) if found else Decimal(1)
    if not code or len(code) > LONGEST_CODE or not code.isprintable():
        raise ValidationError(f"“{text.strip()[:100]}” cannot be a code.")
    if pack <= 0:
        raise ValidationError(f"A pack holds more than nothing: {text.strip()[:100]}")
    return CodeDraft(code=code, pack_quantity=pack)


def codes_text(codes: Iterable[ScanCode]) -> str:
    """Codes as `CodesField` reads them."""
    return ", ".join(
        row.printed + (f" x{row.pack_quantity.normalize():f}" if row.pack_quantity != 1 else "") for row in codes
    )


class ProductForm(forms.Form):
    """What the variants of a product share."""

    name = forms.CharField(label="Name", max_length=200, help_text="Shown on receipts.")
    category = forms.CharField(
        label="Category",
        required=False,
        max_length=1000,
        help_text="The way from the top: Food > Tea. A new name makes a new category.",
        widget=forms.TextInput({"list": "categories", "autocomplete": "off"}),
    )
    brand = forms.CharField(
        label="Brand",
        required=False,
        max_length=120,
        help_text="A new name makes a new brand.",
        widget=forms.TextInput({"list": "brands", "autocomplete": "off"}),
    )
    description = forms.CharField(
        label="Description", required=False, max_length=10_000, widget=forms.Textarea({"rows": 3})
    )
    is_active = forms.BooleanField(label="For sale", required=False, initial=True)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, definitions: Sequence[AttributeDefinition] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.definitions = definitions
        for row in definitions:
            self.fields[f"attr_{row.code}"] = value_field(row)

    @property
    def attribute_fields(self) -> list[Any]:
        """The fields the shop gave its products."""
        return [self[f"attr_{row.code}"] for row in self.definitions]

    def attributes(self) -> dict[str, Any]:
        """The values by code; None for what was emptied."""
        return {row.code: None for row in self.definitions} | kept_values(self, self.definitions)


class VariantForm(forms.Form):
    """One variant: a row of the product's form. An untouched new row is left out."""

    id = forms.UUIDField(required=False, widget=forms.HiddenInput)
    sku = forms.CharField(
        label="SKU",
        max_length=64,
        help_text="Your own short code for it, such as TEA-100.",
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    name = forms.CharField(label="Variant", required=False, max_length=120)
    unit_price = forms.DecimalField(label="Price", min_value=Decimal(0), max_digits=14, decimal_places=4)
    unit_cost = forms.DecimalField(label="Cost", required=False, min_value=Decimal(0), max_digits=14, decimal_places=4)
    tax_class = forms.ChoiceField(label="Tax", required=False)
    codes = CodesField(label="Codes", required=False, max_length=4000, widget=forms.TextInput({"autocomplete": "off"}))
    unit = forms.CharField(
        label="Sold by", required=False, max_length=12, help_text="kg, m, l; empty for pieces.", strip=True
    )
    tracking = forms.ChoiceField(
        label="Tracked",
        required=False,
        choices=offered(Variant.Tracking.choices),
        initial=Variant.Tracking.NONE,
        help_text="By lot what expires or may be recalled, by serial number single pieces.",
    )
    is_stocked = forms.BooleanField(
        label="Stocked", required=False, initial=True, help_text="Not for services such as gift wrapping."
    )
    is_active = forms.BooleanField(label="For sale", required=False, initial=True)

    def __init__(self, *args: Any, with_cost: bool, taxes: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["tax_class"].choices = taxes  # type: ignore[attr-defined]
        if len(taxes) < 2:  # none besides "None"
            self.fields["tax_class"].help_text = "Rates are set up under Catalogue, Tax classes."
        elif len(taxes) == 2 and self.empty_permitted:
            self.fields["tax_class"].initial = taxes[1][0]
            self.fields["tax_class"].help_text = "Your only tax class, chosen for you."
        for name in ("unit_price", "unit_cost"):
            self.fields[name].widget = forms.TextInput({"inputmode": "decimal", "class": "input--num"})
        if not with_cost:
            del self.fields["unit_cost"]

    def has_changed(self) -> bool:
        """A new row in which nothing but the tax differs is untouched: that one was chosen by the form."""
        return bool(set(self.changed_data) - {"tax_class"}) if self.empty_permitted else super().has_changed()


VariantForms = forms.formset_factory(VariantForm, extra=1, max_num=MOST_VARIANTS, absolute_max=MOST_VARIANTS + 1)


def tax_choices() -> list[tuple[str, str]]:
    """The tax classes by name, and none."""
    return [("", "None"), *((tax.name, f"{tax.name}, {tax.rate.normalize():f}%") for tax in TaxClass.objects.all())]


def initial_of(variant: Variant) -> dict[str, Any]:
    """A variant as its row of the form shows it."""
    return {
        "id": variant.pk,
        "sku": variant.sku,
        "name": variant.name,
        "unit_price": plain_number(variant.unit_price),
        "unit_cost": None if variant.unit_cost is None else plain_number(variant.unit_cost),
        "tax_class": variant.tax_class.name if variant.tax_class else "",
        "codes": codes_text(variant.codes.all()),
        "unit": variant.unit,
        "tracking": variant.tracking,
        "is_stocked": variant.is_stocked,
        "is_active": variant.is_active,
    }


def plain_number(value: Decimal) -> str:
    """A price to be edited: two places at least, no zeros beyond."""
    short = value.normalize()
    return f"{value:.2f}" if short == round(short, 2) else f"{short:f}"
