"""Labels over REST."""

from typing import Any, ClassVar

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from core.api.views import ApiView
from inventory.api.lines import ArticleInput
from inventory.label_sheets import SHEETS
from inventory.permissions import MANAGE_PRICES
from inventory.services.labels import MOST_LABELS, MOST_LINES, LabelLine, print_labels

ZPL = "application/zpl"


class LabelInput(ArticleInput):
    """So many labels of exactly one of ``variant`` and ``code``."""

    copies = serializers.IntegerField(min_value=1, max_value=MOST_LABELS)


class LabelsInput(serializers.Serializer[Any]):
    """Which labels on which sheet, with the prices of a location."""

    sheet = serializers.ChoiceField(choices=[(sheet.name, sheet.label) for sheet in SHEETS.values()])
    location = serializers.UUIDField(required=False, allow_null=True)
    skip = serializers.IntegerField(required=False, min_value=0, help_text="Places of a used sheet to leave empty.")
    qr = serializers.BooleanField(required=False, help_text="QR codes instead of bars.")
    format = serializers.ChoiceField(
        choices=["pdf", "zpl"], required=False, help_text="`zpl` for a label printer; the sheet must be a roll."
    )
    lines = LabelInput(many=True, max_length=MOST_LINES)  # type: ignore[call-arg]


class Labels(ApiView):
    """/labels/: a PDF to print."""

    required_permission: ClassVar = MANAGE_PRICES
    tag = "prices"

    @extend_schema(
        operation_id="print_labels",
        summary="Labels and shelf tags as PDF or ZPL, with the prices that hold now",
        request=LabelsInput,
        responses={(200, "application/pdf"): OpenApiTypes.BINARY, (200, ZPL): OpenApiTypes.BINARY},
    )
    def post(self, request: Request) -> HttpResponse:
        body = self.read(LabelsInput)
        lines = [
            LabelLine(variant_id=line.get("variant"), code=line.get("code", ""), copies=line["copies"])
            for line in body["lines"]
        ]
        content = print_labels(
            lines,
            sheet=body["sheet"],
            location_id=body.get("location"),
            skip=body.get("skip", 0),
            as_qr=body.get("qr", False),
            as_zpl=body.get("format") == "zpl",
            actor=self.actor,
        )
        return HttpResponse(content, content_type=ZPL if body.get("format") == "zpl" else "application/pdf")
