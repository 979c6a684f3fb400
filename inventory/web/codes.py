"""Scan anything, and the rules for codes that carry a weight, a price or a number."""

from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from core.errors import Conflict, DomainError, Invalid, NotFound, StaleVersion
from core.tenancy.context import current_tenant
from core.web.views import Page
from inventory.code_presets import PRESETS
from inventory.models import EmbeddedCodeRule
from inventory.permissions import MANAGE_PRODUCTS, VIEW_PRODUCTS
from inventory.reading import LONGEST_SCAN, PROBLEMS, read_scan
from inventory.scan_targets import Target
from inventory.selectors.codes import code_rules, resolve_scan, this_year
from inventory.services import code_rules as rules
from inventory.web.groups import explain, tabs

REFUSALS = (Invalid, Conflict, StaleVersion)


class ScanForm(forms.Form):
    """Whatever a scanner types."""

    code = forms.CharField(
        label="Code",
        required=False,
        max_length=LONGEST_SCAN,
        strip=True,
        widget=forms.TextInput({"type": "search", "autocomplete": "off", "autofocus": True, "enterkeyhint": "go"}),
        help_text="Scan or type anything: an article, a lot, a shelf, a customer card, a receipt.",
    )


class ScanAnything(Page):
    """/scan/: whatever is scanned opens where it belongs."""

    required_permission: ClassVar = VIEW_PRODUCTS
    template_name = "inventory/scan.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        form = ScanForm(request.GET)
        if not form.is_valid():
            return self.render({"form": form}, status=422)
        code = form.cleaned_data["code"]
        if not code:
            return self.render({"form": ScanForm()})
        try:
            found = resolve_scan(code, actor=self.actor)
        except DomainError as refusal:
            pack_of = refusal.details.get("pack_of")
            return self.render({"form": form, "refusal": refusal, "pack_of": pack_of}, status=refusal.status)
        if found.url:
            return redirect(found.url)
        if isinstance(found, Target):
            return self.render({"form": ScanForm(), "target": found})
        return redirect("product", found.product_id)


class RuleForm(forms.Form):
    """A rule."""

    name = forms.CharField(label="Name", required=False, max_length=rules.NAME)
    pattern = forms.CharField(
        label="Pattern",
        max_length=20,
        help_text=(
            "Digit by digit: digits stand for themselves, I for the article, W for a weight, P for a price,"
            " N for pieces, V for the check digit inside, C for the last one, X for anything."
        ),
        widget=forms.TextInput(
            {"autocomplete": "off", "spellcheck": "false", "class": "mono", "placeholder": "28IIIIVWWWWWC"}
        ),
    )
    decimals = forms.IntegerField(
        label="Decimal places",
        min_value=0,
        max_value=6,
        initial=3,
        help_text="Of the number inside: 3 for grams in kg.",
    )
    price_does = forms.ChoiceField(
        label="The price inside",
        choices=EmbeddedCodeRule.PriceDoes.choices,
        required=False,
        help_text="Charge it only where your own scale prints the label. It counts for patterns with P.",
    )
    position = forms.IntegerField(
        label="Asked as number",
        required=False,
        min_value=0,
        max_value=1_000_000,
        help_text="Lower ones first; the first rule that fits decides.",
    )
    is_active = forms.BooleanField(label="In use", required=False, initial=True)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def values(self) -> dict[str, Any]:
        """What the service takes."""
        found = {name: self.cleaned_data[name] for name in ("pattern", "decimals", "is_active")}
        if self.cleaned_data["price_does"]:
            found["price_does"] = self.cleaned_data["price_does"]
        found |= {"name": self.cleaned_data["name"] or self.cleaned_data["pattern"]}
        if self.cleaned_data["position"] is not None:
            found["position"] = self.cleaned_data["position"]
        return found


class CodeRules(Page):
    """/settings/catalogue/code-rules/: the rules, a box to try them, presets, and the form of a new one."""

    required_permission: ClassVar = MANAGE_PRODUCTS
    template_name = "inventory/code_rules.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.answer(RuleForm())

    def post(self, request: HttpRequest) -> HttpResponse:
        if "preset" in request.POST:
            added = rules.add_preset(request.POST["preset"], actor=self.actor)
            messages.success(request, f"{added} rules were added." if added else "These rules are there already.")
            return redirect("code-rules")
        form = RuleForm(request.POST)
        if not form.is_valid():
            return self.answer(form, status=422)
        try:
            row = rules.create_rule(form.values(), actor=self.actor)
        except REFUSALS as refusal:
            explain(refusal, form)
            return self.answer(form, status=refusal.status)
        messages.success(request, f"{row} was added.")
        return redirect("code-rules")

    def answer(self, form: RuleForm, *, status: int = 200) -> HttpResponse:
        tried = self.request.GET.get("try", "")[:LONGEST_SCAN]
        reading = read_scan(tried, code_rules(), year=this_year()) if tried.strip() else None
        context = {
            "form": form,
            "rows": EmbeddedCodeRule.objects.all()[: rules.MOST_RULES],
            "presets": PRESETS,
            "country": current_tenant().country.lower(),
            "tabs": tabs("code-rules"),
            "tried": tried,
            "reading": reading,
            "told": PROBLEMS.get(reading.problem, "") if reading else "",
            "box": _box(),
        }
        return self.render(context, status=status)


class CodeRuleOne(Page):
    """/settings/catalogue/code-rules/<id>/: change a rule, or take it away."""

    required_permission: ClassVar = MANAGE_PRODUCTS
    template_name = "inventory/code_rule.html"

    def get(self, request: HttpRequest, rule_id: UUID) -> HttpResponse:
        row = _rule(rule_id)
        return self.answer(row, RuleForm(initial={**_values(row), "version": row.version}))

    def post(self, request: HttpRequest, rule_id: UUID) -> HttpResponse:
        row = _rule(rule_id)
        if "delete" in request.POST:
            rules.delete_rule(row.pk, actor=self.actor)
            messages.success(request, f"{row} is gone.")
            return redirect("code-rules")
        form = RuleForm(request.POST)
        if not form.is_valid():
            return self.answer(row, form, status=422)
        try:
            rules.update_rule(row.pk, form.values(), actor=self.actor, expected_version=form.cleaned_data["version"])
        except REFUSALS as refusal:
            explain(refusal, form)
            return self.answer(row, form, status=refusal.status)
        messages.success(request, f"{row} was saved.")
        return redirect("code-rules")

    def answer(self, row: EmbeddedCodeRule, form: RuleForm, *, status: int = 200) -> HttpResponse:
        return self.render({"row": row, "form": form, "box": _box(besides=row)}, status=status)


def _values(row: EmbeddedCodeRule) -> dict[str, Any]:
    return {name: getattr(row, name) for name in rules.FIELDS}


def _box(*, besides: EmbeddedCodeRule | None = None) -> dict[str, Any]:
    """What the box needs to read a code while a rule is being edited: the other rules, in their order."""
    rows = EmbeddedCodeRule.objects.filter(is_active=True).exclude(pk__in=[besides.pk] if besides else [])
    return {
        "year": this_year(),
        "problems": PROBLEMS,
        "rules": [
            {
                "pattern": row.pattern,
                "decimals": row.decimals,
                "position": row.position,
                "charges": row.price_does == EmbeddedCodeRule.PriceDoes.CHARGE,
            }
            for row in rows
        ],
    }


def _rule(rule_id: UUID) -> EmbeddedCodeRule:
    row = EmbeddedCodeRule.objects.filter(pk=rule_id).first()
    if row is None:
        raise NotFound("There is no such rule.")
    return row
