"""Price lists as files over REST: out, in as a preview, applied, undone."""

from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.fields import PriceField, QuantityField
from core.api.pagination import PageQuery, page_of
from core.api.renderers import ExactJSONParser
from core.api.views import ApiView, versioned
from core.spreadsheets import XLSX
from core.uploaded_tables import content_of
from core.web.downloads import table_file
from inventory.models import BulkEdit, BulkEditRow, PriceSheet, PriceSheetRow
from inventory.permissions import MANAGE_PRICES, VIEW_PRODUCTS
from inventory.selectors.price_sheets import find_price_sheet, price_sheets, rows_of_sheet
from inventory.services.price_sheets import apply_price_sheet, export_prices, preview_price_sheet, undo_price_sheet


class SheetQuery(serializers.Serializer[Any]):
    """Which file."""

    kind = serializers.ChoiceField(choices=["csv", "xlsx"], default="csv")
    rows = serializers.ChoiceField(
        choices=["listed", "all"], default="listed", help_text="`all`: also articles without a price on the list."
    )


class PriceSheetInput(serializers.Serializer[Any]):
    """A file with prices for a list. ``id`` is made by you: repeating is harmless."""

    id = serializers.UUIDField()
    price_list = serializers.UUIDField()
    file = serializers.FileField(
        allow_empty_file=True, help_text="CSV or XLSX with the columns SKU, From quantity and Price."
    )
    reason = serializers.CharField(required=False, allow_blank=True, max_length=200)


class RefusedRow(serializers.Serializer[Any]):
    """A row that cannot be read; it changes nothing."""

    row = serializers.IntegerField(help_text="As a spreadsheet counts them.")
    column = serializers.CharField()
    value = serializers.CharField()
    reason = serializers.CharField()


class PriceSheetBody(serializers.Serializer[PriceSheet]):
    """A file with prices, and what it would change or changed."""

    id = serializers.UUIDField()
    price_list = serializers.UUIDField(source="price_list_id")
    file_name = serializers.CharField()
    reason = serializers.CharField()
    state = serializers.ChoiceField(choices=BulkEdit.State.choices)
    found = serializers.IntegerField(help_text="Rows of the file.")
    added = serializers.IntegerField(help_text="Prices that are new on the list.")
    changed = serializers.IntegerField(help_text="Prices that differ.")
    removed = serializers.IntegerField(help_text="Prices that are taken off.")
    same = serializers.IntegerField(help_text="Rows that say what stands there already.")
    refused = serializers.IntegerField(help_text="Rows that cannot be read.")
    kept = serializers.IntegerField(help_text="Prices left alone: somebody changed them in between.")
    job = serializers.UUIDField(source="job_id", allow_null=True)
    created_at = serializers.DateTimeField()
    applied_at = serializers.DateTimeField(allow_null=True)
    undone_at = serializers.DateTimeField(allow_null=True)
    version = serializers.IntegerField()


class PriceSheetPage(serializers.Serializer[Any]):
    """One page of files, newest first."""

    results = PriceSheetBody(many=True)
    next = serializers.CharField(allow_null=True, help_text="The cursor of the next page; null at the end.")


class SheetRowBody(serializers.Serializer[PriceSheetRow]):
    """One price of the difference."""

    variant = serializers.UUIDField(source="variant_id")
    sku = serializers.CharField(source="variant.sku")
    from_quantity = QuantityField()
    before = PriceField(allow_null=True, help_text="Null: new on the list.")
    after = PriceField(allow_null=True, help_text="Null: taken off.")
    state = serializers.ChoiceField(choices=BulkEditRow.State.choices)


class PriceSheetDetail(PriceSheetBody):
    """A file with a page of its difference."""

    refused_rows = RefusedRow(many=True, help_text="The first 1,000.")
    rows = SheetRowBody(many=True)
    next = serializers.CharField(allow_null=True, help_text="The cursor of the next page of rows; null at the end.")


class PricesFile(ApiView):
    """/price-lists/<id>/file/: a list as a spreadsheet."""

    required_permission: ClassVar = VIEW_PRODUCTS
    tag = "prices"

    @extend_schema(
        operation_id="export_prices",
        summary="A price list as CSV or XLSX, to be edited and sent back",
        parameters=[SheetQuery],
        responses={(200, "text/csv"): OpenApiTypes.BINARY, (200, XLSX): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, price_list_id: UUID) -> HttpResponse:
        wanted = self.query(SheetQuery)
        rows = export_prices(price_list_id, with_all=wanted["rows"] == "all", actor=self.actor)
        return table_file(rows, name="prices", title="Prices", kind=wanted["kind"])


class PriceSheets(ApiView):
    """/price-sheets/: files with prices."""

    required_permission: ClassVar = MANAGE_PRICES
    tag = "prices"
    parser_classes = (MultiPartParser, ExactJSONParser)  # JSON is told that it lacks the file

    @extend_schema(
        operation_id="list_price_sheets",
        summary="Files with prices, newest first",
        parameters=[PageQuery],
        responses=PriceSheetPage,
    )
    def get(self, request: Request) -> Response:
        wanted = self.query(PageQuery)
        rows, beyond = page_of(price_sheets(), by=("-created_at", "id"), cursor=wanted["cursor"], limit=wanted["limit"])
        return Response({"results": [PriceSheetBody(row).data for row in rows], "next": beyond})

    @extend_schema(
        operation_id="preview_price_sheet",
        summary="Preview a file with prices: nothing is changed yet",
        request={"multipart/form-data": PriceSheetInput},
        responses={
            201: OpenApiResponse(PriceSheetBody, "The difference is written down."),
            200: OpenApiResponse(PriceSheetBody, "It was, by this very request."),
        },
    )
    def post(self, request: Request) -> Response:
        body = self.read(PriceSheetInput)
        made = preview_price_sheet(
            body["id"],
            content_of(body["file"]),
            price_list_id=body["price_list"],
            file_name=body["file"].name,
            reason=body.get("reason", ""),
            actor=self.actor,
        )
        told = PriceSheetBody(made.sheet).data
        if made.is_new:
            there = {"Location": f"/api/v1/price-sheets/{made.sheet.pk}/"}
            return versioned(told, made.sheet, status=201, headers=there)
        return versioned(told, made.sheet, headers={"Idempotent-Replayed": "true"})


class PriceSheetOne(ApiView):
    """/price-sheets/<id>/: one file with its difference."""

    required_permission: ClassVar = MANAGE_PRICES
    tag = "prices"

    @extend_schema(
        operation_id="get_price_sheet",
        summary="A file with prices, with a page of its difference",
        parameters=[PageQuery],
        responses=PriceSheetDetail,
    )
    def get(self, request: Request, sheet_id: UUID) -> Response:
        wanted = self.query(PageQuery)
        sheet = find_price_sheet(sheet_id)
        found, beyond = page_of(rows_of_sheet(sheet), by=("id",), cursor=wanted["cursor"], limit=wanted["limit"])
        rows = [SheetRowBody(row).data for row in found]
        refused = RefusedRow(sheet.refused_rows, many=True).data
        body = {**PriceSheetBody(sheet).data, "refused_rows": refused, "rows": rows, "next": beyond}
        return versioned(body, sheet)


class Apply(ApiView):
    """/price-sheets/<id>/apply/: have it done."""

    required_permission: ClassVar = MANAGE_PRICES
    idempotent: ClassVar = True
    tag = "prices"

    @extend_schema(
        operation_id="apply_price_sheet",
        summary="Apply a previewed file in the background, as a whole; asking again changes nothing",
        request=None,
        responses={202: PriceSheetBody},
    )
    def post(self, request: Request, sheet_id: UUID) -> Response:
        sheet = apply_price_sheet(sheet_id, actor=self.actor)
        return versioned(PriceSheetBody(sheet).data, sheet, status=202)


class Undo(ApiView):
    """/price-sheets/<id>/undo/: have it taken back."""

    required_permission: ClassVar = MANAGE_PRICES
    idempotent: ClassVar = True
    tag = "prices"

    @extend_schema(
        operation_id="undo_price_sheet",
        summary="Take an applied file back, within 24 hours, in the background",
        request=None,
        responses={202: PriceSheetBody},
    )
    def post(self, request: Request, sheet_id: UUID) -> Response:
        sheet = undo_price_sheet(sheet_id, actor=self.actor)
        return versioned(PriceSheetBody(sheet).data, sheet, status=202)
