"""What a product's variants differ in, on a page: the form, what it would do, and doing it."""

import re
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from core.errors import DomainError, NotFound, StaleVersion
from core.web.views import Page
from inventory.models import Product
from inventory.option_matrix import LONGEST, LONGEST_SKU, MOST_OPTIONS, MOST_VALUES, Option, Value
from inventory.permissions import MANAGE_PRODUCTS
from inventory.services.options import OptionsPlan, preview_options, set_options
from inventory.web.selectors import product_by_id

ARROW = re.compile(r"\s*(?:->|→)\s*")
LONGEST_LIST = MOST_VALUES * (2 * LONGEST + 6)
SHOWN = 12
PLACEHOLDERS = (("Size", "S, M, L"), ("Colour", "red, blue"), ("Material", "cotton, wool"))


class OptionsForm(forms.Form):
    """Up to three options, each with its values between commas."""

    sku_base = forms.CharField(
        label="New SKUs begin with",
        required=False,
        max_length=LONGEST_SKU,
        help_text="The values follow, with dashes. Empty: as the first variant's SKU begins.",
        widget=forms.TextInput({"autocomplete": "off"}),
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for at, (name, values) in enumerate(PLACEHOLDERS[:MOST_OPTIONS]):
            self.fields[f"was{at}"] = forms.CharField(required=False, max_length=LONGEST, widget=forms.HiddenInput)
            self.fields[f"name{at}"] = forms.CharField(
                label=f"Option {at + 1}",
                required=False,
                max_length=LONGEST,
                widget=forms.TextInput({"autocomplete": "off", "placeholder": name}),
            )
            self.fields[f"values{at}"] = forms.CharField(
                label="Values",
                required=False,
                max_length=LONGEST_LIST,
                widget=forms.Textarea({"rows": 2, "placeholder": values}),
            )

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The fields of each option."""
        return [
            {"was": self[f"was{at}"], "name": self[f"name{at}"], "values": self[f"values{at}"]}
            for at in range(MOST_OPTIONS)
        ]

    def stated(self) -> list[tuple[int, Option]]:
        """The options that are named, with their rows."""
        found = []
        for at in range(MOST_OPTIONS):
            name, values = self.cleaned_data[f"name{at}"], self.cleaned_data[f"values{at}"]
            if name or values:
                parts = [part.strip() for part in re.split(r"[,;\n]", values) if part.strip()]
                found.append((at, Option(name, [_value(part) for part in parts], self.cleaned_data[f"was{at}"])))
        return found

    def told(self) -> str:
        """What was typed, so that nothing else is done than what was shown."""
        return repr((self.stated(), self.cleaned_data["sku_base"]))


def _value(text: str) -> Value:
    was, *now = ARROW.split(text, maxsplit=1)
    return Value(now[0], was) if now else Value(was)


class ProductOptions(Page):
    """/products/<id>/options/: what variants differ in. The first answer shows what it does, the second does it."""

    required_permission: ClassVar = MANAGE_PRODUCTS
    template_name = "inventory/product_options.html"

    def get(self, request: HttpRequest, product_id: UUID) -> HttpResponse:
        product = product_by_id(product_id)
        return self.answer(product, OptionsForm(initial=_initial(product)))

    def post(self, request: HttpRequest, product_id: UUID) -> HttpResponse:
        product = product_by_id(product_id)
        form = OptionsForm(request.POST)
        if not form.is_valid():
            return self.answer(product, form, status=422)
        stated = form.stated()
        options, base, version = [one for _, one in stated], form.cleaned_data["sku_base"], form.cleaned_data["version"]
        try:
            if "confirm" not in request.POST or form.cleaned_data["seen"] != form.told():
                plan = preview_options(product.pk, options, actor=self.actor, sku_base=base)
                return self.answer(product, form, plan=plan, seen=form.told())
            set_options(product.pk, options, actor=self.actor, sku_base=base, expected_version=version)
        except NotFound:
            raise
        except StaleVersion:
            form.add_error(None, "Somebody changed this product in the meantime. Open it anew to see what is there.")
            return self.answer(product, form, status=StaleVersion.status)
        except DomainError as refusal:
            _explain(refusal, form, [at for at, _ in stated])
            return self.answer(product, form, status=refusal.status)
        messages.success(request, "The variants are as you see them.")
        return redirect("product", product.pk)

    def answer(
        self, product: Product, form: OptionsForm, *, plan: OptionsPlan | None = None, seen: str = "", status: int = 200
    ) -> HttpResponse:
        context = {"product": product, "form": form, "plan": plan, "seen": seen, "groups": _groups(plan)}
        return self.render(context, status=status)


def _groups(plan: OptionsPlan | None) -> list[dict[str, Any]]:
    """What a plan does to which variants, the first of each."""
    if plan is None:
        return []
    several = (
        ("Will be made", "badge--good", [(one.sku, one.name) for one in plan.added]),
        ("Will be called otherwise", "", [(row.sku, name) for row, name in plan.renamed]),
        ("Will be for sale again", "badge--good", [(row.sku, row.name) for row in plan.reactivated]),
        ("Will not be for sale any more: they have a past or a code", "badge--warn", _named(plan.deactivated)),
        ("Will be deleted: they were never used", "badge--bad", _named(plan.deleted)),
    )
    return [
        {"title": title, "tone": tone, "count": len(rows), "rows": rows[:SHOWN], "more": len(rows[SHOWN:])}
        for title, tone, rows in several
        if rows
    ]


def _named(rows: Any) -> list[tuple[str, str]]:
    return [(row.sku, row.name) for row in rows]


def _initial(product: Product) -> dict[str, Any]:
    found: dict[str, Any] = {"version": product.version}
    for at, one in enumerate(product.options):
        found |= {f"was{at}": one["name"], f"name{at}": one["name"], f"values{at}": ", ".join(one["values"])}
    return found


def _explain(refusal: DomainError, form: OptionsForm, rows: list[int]) -> None:
    """Put every complaint beside the field it is about."""
    for error in refusal.details.get("errors", []):
        parts = error["pointer"].strip("/").split("/")
        field = "sku_base" if parts[0] == "sku_base" else None
        if len(parts) > 2 and parts[1].isdigit() and int(parts[1]) < len(rows):
            field = f"{'values' if parts[2] == 'values' else 'name'}{rows[int(parts[1])]}"
        form.add_error(field, error["detail"])
    if not refusal.details.get("errors"):
        form.add_error(None, refusal.detail)
