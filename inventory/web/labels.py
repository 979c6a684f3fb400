"""Labels on a page: type or scan what is wanted, or take what changed or what came in, and get a PDF."""

import re
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse

from core.errors import DomainError
from core.locations.models import Location
from core.web.views import Page
from inventory.label_sheets import SHEETS
from inventory.models import StockDocument, Variant
from inventory.permissions import MANAGE_PRICES
from inventory.selectors import LONGEST_CODE, targets_of
from inventory.selectors.prices import old_labels
from inventory.services.labels import MOST_LINES, LabelLine, print_labels, whole
from inventory.web.forms import which_of
from inventory.web.selectors import named

MOST_NAMES = 50
"""So many lines of a sheet may be names: each is a search."""
LINE = re.compile(r"(?P<code>.+?)(?:\s+[xX×]\s*(?P<copies>\d{1,4}))?")


class LinesField(forms.CharField):
    """One article a line, with how many: ``5012345678900 x3``."""

    widget = forms.Textarea

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value) or ""
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        if len(lines) > MOST_LINES:
            raise ValidationError(f"At most {MOST_LINES} lines.")
        return [self.line(line) for line in lines]

    def line(self, text: str) -> LabelLine:
        found = LINE.fullmatch(text)
        code = found["code"] if found else ""
        if not found or len(code) > LONGEST_CODE or not code.isprintable():
            raise ValidationError(f"“{text[:100]}” is no article.")
        return LabelLine(code=code, copies=int(found["copies"] or 1))

    def run_validators(self, value: Any) -> None:
        """The text was checked line by line."""


class LabelForm(forms.Form):
    """Which labels, on what."""

    lines = LinesField(
        label="Articles",
        strip=False,
        widget=forms.Textarea({"rows": 8, "spellcheck": "false", "autocomplete": "off"}),
        help_text="One a line: its name, SKU or code, and how many: TEA-1 x3. "
        "A scanner types them in one after the other.",
    )
    sheet = forms.ChoiceField(label="Paper", choices=[(sheet.name, sheet.label) for sheet in SHEETS.values()])
    location = forms.ModelChoiceField(
        label="Prices of", queryset=Location.objects.none(), required=False, empty_label="No certain location"
    )
    skip = forms.IntegerField(
        label="Skip", min_value=0, max_value=39, initial=0, help_text="Places of a used sheet that are gone already."
    )
    qr = forms.BooleanField(label="QR codes instead of bars", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["location"].queryset = Location.objects.filter(is_active=True)  # type: ignore[attr-defined]

    def clean_lines(self) -> list[LabelLine]:
        """Names in the place of codes, where one article is called so."""
        lines: list[LabelLine] = self.cleaned_data["lines"]
        known = targets_of({line.code for line in lines})
        unknown = list({line.code: None for line in lines if line.code not in known})
        # More than these are no names: the service names every line that is wrong.
        meant = {code: self.meant(code) for code in unknown[:MOST_NAMES]}
        return [replace(line, code=meant.get(line.code, line.code)) for line in lines]

    def meant(self, typed: str) -> str:
        found = named(typed, stocked_only=False)
        if found.may_mean:
            self.add_error("lines", f"{typed}: {which_of(found.may_mean)}")
        return found.code or typed


MOST_OF_A_PRODUCT = 200


class Labels(Page):
    """/labels/: what to print, and what wants a new label. The answer to the form is the PDF."""

    required_permission: ClassVar = MANAGE_PRICES
    template_name = "inventory/labels.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        location = _uuid(request.GET.get("location", ""))
        lines = _received(_uuid(request.GET.get("document", "")))
        if product := _uuid(request.GET.get("product", "")):
            skus = Variant.objects.filter(product=product, is_active=True).order_by("position", "pk")
            lines = list(skus.values_list("sku", flat=True)[:MOST_OF_A_PRODUCT])
        if request.GET.get("changed"):
            lines = [f"{row.variant.sku} x{row.copies}" for row in old_labels(location_id=location)]
        given = {"lines": "\n".join(lines), "location": location, "sheet": next(iter(SHEETS))}
        return self.answer(LabelForm(initial=given), location)

    def post(self, request: HttpRequest) -> HttpResponse:
        form = LabelForm(request.POST)
        if not form.is_valid():
            return self.answer(form, None, status=422)
        values, is_zpl = form.cleaned_data, request.POST.get("then") == "zpl"
        try:
            content = print_labels(
                values["lines"],
                sheet=values["sheet"],
                location_id=values["location"].pk if values["location"] else None,
                skip=values["skip"],
                as_qr=values["qr"],
                as_zpl=is_zpl,
                actor=self.actor,
            )
        except DomainError as refusal:
            _explain(refusal, form, values["lines"])
            return self.answer(form, None, status=refusal.status)
        if is_zpl:
            disposition = {"Content-Disposition": 'attachment; filename="labels.zpl"'}
            return HttpResponse(content, content_type="application/zpl", headers=disposition)
        disposition = {"Content-Disposition": 'inline; filename="labels.pdf"'}
        return HttpResponse(content, content_type="application/pdf", headers=disposition)

    def answer(self, form: LabelForm, location: UUID | None, *, status: int = 200) -> HttpResponse:
        return self.render({"form": form, "location": location, "old": old_labels(location_id=location)}, status=status)


def _received(document_id: UUID | None) -> list[str]:
    """As many labels as were received: a line per article of a stock document."""
    document = StockDocument.objects.filter(pk=document_id).first() if document_id else None
    if document is None:
        return []
    skus = dict(Variant.objects.filter(pk__in=[line["variant"] for line in document.lines]).values_list("pk", "sku"))
    return [
        f"{skus[UUID(line['variant'])]} x{whole(Decimal(line['quantity']))}"
        for line in document.lines
        if UUID(line["variant"]) in skus and not line["quantity"].startswith("-")
    ]


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _explain(refusal: DomainError, form: LabelForm, lines: Sequence[LabelLine]) -> None:
    for error in refusal.details.get("errors", []) or [{"pointer": "", "detail": refusal.detail}]:
        parts = error["pointer"].strip("/").split("/")
        if parts[0] == "lines" and len(parts) > 1:
            form.add_error("lines", f"{lines[int(parts[1])].code}: {error['detail']}")
        else:
            form.add_error(parts[0] if parts[0] in form.fields else None, error["detail"])
