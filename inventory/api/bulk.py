"""Bulk edits over REST: preview, apply, undo."""

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.pagination import PageQuery, page_of
from core.api.views import ApiView, versioned
from inventory.models import BulkEdit, BulkEditRow
from inventory.permissions import MANAGE_PRICES, VIEW_COST
from inventory.selectors.bulk import bulk_edits, find_bulk_edit, rows_of
from inventory.services.bulk import apply_bulk_edit, preview_bulk_edit, undo_bulk_edit


class BulkEditInput(serializers.Serializer[Any]):
    """Which variants, and what is to be done to them. ``id`` is made by you: repeating is harmless."""

    id = serializers.UUIDField()
    filter = serializers.DictField(
        help_text="q, category (with all below it), brand, is_active, price_from, price_to, variants (ids)."
    )
    changes = serializers.DictField(
        help_text='By field: {"unit_price": {"how": "set|add|percent", "value": "5", "ending": "0.99"}},'
        " unit_cost likewise, is_active, tax_class, category, brand by value."
    )
    reason = serializers.CharField(required=False, allow_blank=True, max_length=200)


class BulkEditBody(serializers.Serializer[BulkEdit]):
    """A bulk edit."""

    id = serializers.UUIDField()
    state = serializers.ChoiceField(choices=BulkEdit.State.choices)
    filter = serializers.JSONField()
    changes = serializers.JSONField()
    reason = serializers.CharField()
    found = serializers.IntegerField(help_text="Variants that match.")
    changed = serializers.IntegerField(help_text="Values that differ afterwards.")
    kept = serializers.IntegerField(help_text="Values left alone: somebody changed them in between.")
    job = serializers.UUIDField(source="job_id", allow_null=True)
    created_at = serializers.DateTimeField()
    applied_at = serializers.DateTimeField(allow_null=True)
    undone_at = serializers.DateTimeField(allow_null=True)
    version = serializers.IntegerField()


class BulkEditPage(serializers.Serializer[Any]):
    """One page of edits, newest first."""

    results = BulkEditBody(many=True)
    next = serializers.CharField(allow_null=True, help_text="The cursor of the next page; null at the end.")


class RowBody(serializers.Serializer[BulkEditRow]):
    """One value of the difference."""

    variant = serializers.UUIDField(source="variant_id")
    sku = serializers.CharField(source="variant.sku")
    field = serializers.CharField()
    before = serializers.JSONField(allow_null=True)
    after = serializers.JSONField(allow_null=True)
    state = serializers.ChoiceField(choices=BulkEditRow.State.choices)


class BulkEditDetail(BulkEditBody):
    """A bulk edit with a page of its values."""

    rows = RowBody(many=True)
    next = serializers.CharField(allow_null=True, help_text="The cursor of the next page of rows; null at the end.")


class BulkEdits(ApiView):
    """/bulk-edits/: many changes at once."""

    required_permission: ClassVar = MANAGE_PRICES
    tag = "bulk edits"

    @extend_schema(
        operation_id="list_bulk_edits",
        summary="Bulk edits, newest first",
        parameters=[PageQuery],
        responses=BulkEditPage,
    )
    def get(self, request: Request) -> Response:
        wanted = self.query(PageQuery)
        rows, beyond = page_of(bulk_edits(), by=("-created_at", "id"), cursor=wanted["cursor"], limit=wanted["limit"])
        return Response({"results": [BulkEditBody(row).data for row in rows], "next": beyond})

    @extend_schema(
        operation_id="preview_bulk_edit",
        summary="Preview a bulk edit: nothing is changed yet",
        request=BulkEditInput,
        responses={
            201: OpenApiResponse(BulkEditBody, "The difference is written down."),
            200: OpenApiResponse(BulkEditBody, "It was, by this very request."),
        },
    )
    def post(self, request: Request) -> Response:
        body = self.read(BulkEditInput)
        made = preview_bulk_edit(
            body["id"],
            matching=body["filter"],
            changes=body["changes"],
            reason=body.get("reason", ""),
            actor=self.actor,
        )
        told = BulkEditBody(made.edit).data
        if made.is_new:
            return versioned(told, made.edit, status=201, headers={"Location": f"/api/v1/bulk-edits/{made.edit.pk}/"})
        return versioned(told, made.edit, headers={"Idempotent-Replayed": "true"})


class BulkEditOne(ApiView):
    """/bulk-edits/<id>/: one edit with its values."""

    required_permission: ClassVar = MANAGE_PRICES
    tag = "bulk edits"

    @extend_schema(
        operation_id="get_bulk_edit",
        summary="A bulk edit with a page of its values",
        parameters=[PageQuery],
        responses=BulkEditDetail,
    )
    def get(self, request: Request, edit_id: UUID) -> Response:
        wanted = self.query(PageQuery)
        edit = find_bulk_edit(edit_id)
        rows = rows_of(edit)
        if not self.actor.may(VIEW_COST):
            rows = rows.exclude(field="unit_cost")
        found, beyond = page_of(rows, by=("id",), cursor=wanted["cursor"], limit=wanted["limit"])
        body = {**BulkEditBody(edit).data, "rows": [RowBody(row).data for row in found], "next": beyond}
        return versioned(body, edit)


class Apply(ApiView):
    """/bulk-edits/<id>/apply/: have it done."""

    required_permission: ClassVar = MANAGE_PRICES
    idempotent: ClassVar = True
    tag = "bulk edits"

    @extend_schema(
        operation_id="apply_bulk_edit",
        summary="Apply a previewed edit in the background; asking again changes nothing",
        request=None,
        responses={202: BulkEditBody},
    )
    def post(self, request: Request, edit_id: UUID) -> Response:
        edit = apply_bulk_edit(edit_id, actor=self.actor)
        return versioned(BulkEditBody(edit).data, edit, status=202)


class Undo(ApiView):
    """/bulk-edits/<id>/undo/: have it taken back."""

    required_permission: ClassVar = MANAGE_PRICES
    idempotent: ClassVar = True
    tag = "bulk edits"

    @extend_schema(
        operation_id="undo_bulk_edit",
        summary="Take an applied edit back, within 24 hours, in the background",
        request=None,
        responses={202: BulkEditBody},
    )
    def post(self, request: Request, edit_id: UUID) -> Response:
        edit = undo_bulk_edit(edit_id, actor=self.actor)
        return versioned(BulkEditBody(edit).data, edit, status=202)
