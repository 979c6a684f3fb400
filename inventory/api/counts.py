"""Stocktakes over REST."""

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.pagination import PageQuery, page_of
from core.api.parameters import IF_MATCH
from core.api.views import ApiView, versioned
from core.errors import Forbidden, StaleVersion
from inventory.api import count_bodies as bodies
from inventory.permissions import APPROVE_COUNTS, COUNT_STOCK, VIEW_COST
from inventory.selectors.counts import counts, find_count, may_see_expected
from inventory.services.count_booking import approve_count
from inventory.services.count_entries import EntryDraft, add_entries, take_back_entry
from inventory.services.counts import CountDraft, cancel_count, open_count, recount, resume_count, review_count


class CountView(ApiView):
    """What the views of stocktakes share."""

    tag = "stocktakes"

    def shown(self, count_id: UUID, *, status: int = 200, headers: dict[str, str] | None = None) -> Response:
        count = find_count(count_id, actor=self.actor)
        return versioned(bodies.count_body(count), count, status=status, headers=headers)

    def changed(self, count_id: UUID, change: Any, **given: Any) -> Response:
        """Call a service that honours the version, and answer what came of it."""
        try:
            change(count_id, actor=self.actor, expected_version=self.expected_version(), **given)
        except StaleVersion as stale:
            current = bodies.count_body(find_count(count_id, actor=self.actor))
            raise StaleVersion(details={"current": current}) from stale
        return self.shown(count_id)


class Counts(CountView):
    """/counts/: stocktakes."""

    required_permission: ClassVar = {"GET": COUNT_STOCK, "POST": APPROVE_COUNTS}

    @extend_schema(
        operation_id="list_counts",
        summary="Stocktakes where you count, newest first",
        parameters=[bodies.CountQuery],
        responses={200: bodies.CountPage},
    )
    def get(self, request: Request) -> Response:
        wanted = self.query(bodies.CountQuery)
        rows = counts(actor=self.actor)
        if wanted["state"]:
            rows = rows.filter(state=wanted["state"])
        if "location" in wanted:
            rows = rows.filter(location=wanted["location"])
        found, beyond = page_of(rows, by=("-opened_at", "id"), cursor=wanted["cursor"], limit=wanted["limit"])
        return Response({"results": [bodies.count_body(row) for row in found], "next": beyond})

    @extend_schema(
        operation_id="open_count",
        summary="Begin a stocktake; the shop goes on selling",
        description="Repeating the same `id` with the same content answers 200.",
        request=bodies.CountInput,
        responses={
            201: OpenApiResponse(bodies.CountBody, "Opened."),
            200: OpenApiResponse(bodies.CountBody, "It was opened before, by this very request."),
        },
    )
    def post(self, request: Request) -> Response:
        body = self.read(bodies.CountInput)
        draft = CountDraft(
            count_id=body["id"],
            location_id=body["location"],
            name=body.get("name", ""),
            scope=body.get("scope", {}),
            is_blind=body["is_blind"],
            recount_above=body.get("recount_above"),
        )
        if open_count(draft, actor=self.actor).is_new:
            return self.shown(draft.count_id, status=201)
        return self.shown(draft.count_id, headers={"Idempotent-Replayed": "true"})


class CountOne(CountView):
    """/counts/<id>/: one stocktake."""

    required_permission: ClassVar = COUNT_STOCK

    @extend_schema(operation_id="get_count", summary="A stocktake", responses={200: bodies.CountBody})
    def get(self, request: Request, count_id: UUID) -> Response:
        return self.shown(count_id)


class CountEntries(CountView):
    """/counts/<id>/entries/: what was counted."""

    required_permission: ClassVar = COUNT_STOCK

    @extend_schema(
        operation_id="add_count_entries",
        summary="Add up to 500 entries from a device, each once",
        description=(
            "Send the same entries again when in doubt: each is `applied` once and a `duplicate` after that. An entry"
            " that cannot be taken is `refused` with a code and harms no other. Entries of one round add up."
        ),
        request=bodies.EntriesInput,
        responses={200: bodies.EntriesAnswer},
    )
    def post(self, request: Request, count_id: UUID) -> Response:
        entries = entries_of(self.read(bodies.EntriesInput)["entries"])
        results = add_entries(count_id, entries, actor=self.actor)
        return Response({"results": [bodies.entry_body(result) for result in results]})


class CountTakeBack(CountView):
    """/counts/<id>/take-back/: an entry was wrong."""

    required_permission: ClassVar = COUNT_STOCK
    idempotent: ClassVar = True

    @extend_schema(
        operation_id="take_back_count_entry",
        summary="Take an entry back",
        request=bodies.TakeBackInput,
        responses={200: bodies.TakenBack},
    )
    def post(self, request: Request, count_id: UUID) -> Response:
        entry = self.read(bodies.TakeBackInput)["entry"]
        return Response({"is_new": take_back_entry(count_id, entry, actor=self.actor)})


class CountLines(CountView):
    """/counts/<id>/lines/: counted against the record."""

    required_permission: ClassVar = COUNT_STOCK

    @extend_schema(
        operation_id="list_count_lines",
        summary="What a count under review or booked came to",
        description="Of a blind count only for those who approve.",
        parameters=[PageQuery],
        responses={200: bodies.CountLinePage},
    )
    def get(self, request: Request, count_id: UUID) -> Response:
        count = find_count(count_id, actor=self.actor)
        if not may_see_expected(count, actor=self.actor):
            raise Forbidden("This count is blind.", details={"permission": APPROVE_COUNTS})
        wanted = self.query(PageQuery)
        rows = count.lines.select_related("variant__product")
        found, beyond = page_of(rows, by=("id",), cursor=wanted["cursor"], limit=wanted["limit"])
        context = {"with_cost": self.actor.may(VIEW_COST)}
        return Response({"results": bodies.line_bodies(found, context), "next": beyond})


class CountReview(CountView):
    """/counts/<id>/review/: the counting is over."""

    required_permission: ClassVar = APPROVE_COUNTS
    idempotent: ClassVar = True

    @extend_schema(
        operation_id="review_count",
        summary="End the counting and compare",
        parameters=[IF_MATCH],
        request=None,
        responses={200: bodies.CountBody},
    )
    def post(self, request: Request, count_id: UUID) -> Response:
        return self.changed(count_id, review_count)


class CountResume(CountView):
    """/counts/<id>/resume/: somebody had not finished."""

    required_permission: ClassVar = APPROVE_COUNTS
    idempotent: ClassVar = True

    @extend_schema(
        operation_id="resume_count",
        summary="Go on counting in the same round",
        parameters=[IF_MATCH],
        request=None,
        responses={200: bodies.CountBody},
    )
    def post(self, request: Request, count_id: UUID) -> Response:
        return self.changed(count_id, resume_count)


class CountRecount(CountView):
    """/counts/<id>/recount/: what differs is counted again."""

    required_permission: ClassVar = APPROVE_COUNTS
    idempotent: ClassVar = True

    @extend_schema(
        operation_id="recount",
        summary="Count variances again: those you name, or those above the threshold",
        parameters=[IF_MATCH],
        request=bodies.RecountInput,
        responses={200: bodies.CountBody},
    )
    def post(self, request: Request, count_id: UUID) -> Response:
        return self.changed(count_id, recount, variants=self.read(bodies.RecountInput).get("variants"))


class CountApprove(CountView):
    """/counts/<id>/approve/: the differences are booked."""

    required_permission: ClassVar = APPROVE_COUNTS
    idempotent: ClassVar = True

    @extend_schema(
        operation_id="approve_count",
        summary="Book the differences, all or none",
        parameters=[IF_MATCH],
        request=bodies.ApproveInput,
        responses={200: bodies.CountBody},
    )
    def post(self, request: Request, count_id: UUID) -> Response:
        return self.changed(count_id, approve_count, not_counted=self.read(bodies.ApproveInput)["not_counted"])


class CountCancel(CountView):
    """/counts/<id>/cancel/: a count is given up."""

    required_permission: ClassVar = APPROVE_COUNTS
    idempotent: ClassVar = True

    @extend_schema(
        operation_id="cancel_count",
        summary="Give a count up; nothing is booked",
        parameters=[IF_MATCH],
        request=None,
        responses={200: bodies.CountBody},
    )
    def post(self, request: Request, count_id: UUID) -> Response:
        return self.changed(count_id, cancel_count)


def entries_of(rows: list[dict[str, Any]]) -> list[EntryDraft]:
    """What was counted in the words of the service."""
    return [
        EntryDraft(
            entry_id=row["id"],
            variant_id=row.get("variant"),
            code=row.get("code", ""),
            quantity=row["quantity"],
            counted_at=row.get("counted_at"),
            device=row.get("device", ""),
        )
        for row in rows
    ]
