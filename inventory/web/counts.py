"""Stocktakes on pages: the list, counting with a scanner, reviewing what differs, and what to count next."""

from typing import Any, ClassVar
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from core.api.views import as_uuid
from core.errors import Conflict, Forbidden, Invalid, NotFound, ReusedIdentifier
from core.ids import uuid7
from core.web.lists import ListPage
from core.web.views import Page
from inventory.barcodes import code128
from inventory.models import Count
from inventory.permissions import APPROVE_COUNTS, COUNT_STOCK, VIEW_COST
from inventory.selectors.counts import (
    counts,
    find_count,
    may_see_expected,
    own_entries,
    progress_of,
    seen_in,
    uncounted,
    variances,
)
from inventory.selectors.plan import count_plan
from inventory.services.count_booking import approve_count
from inventory.services.count_entries import EntryDraft, add_entries, take_back_entry
from inventory.services.counts import CountDraft, cancel_count, open_count, recount, resume_count, review_count
from inventory.web.count_forms import CountForm, EntryForm
from inventory.web.selectors import places_for

NEWEST_FIRST = ("-opened_at", "id")
LINES_SHOWN = 500
REFUSALS = (Invalid, NotFound, Conflict, ReusedIdentifier, Forbidden)


class Counts(ListPage):
    """/counts/: stocktakes, running ones and those of the past."""

    required_permission: ClassVar = COUNT_STOCK
    template_name = "inventory/counts.html"
    live_events = "count.*"

    by = NEWEST_FIRST

    def rows(self, wanted: dict[str, Any]) -> QuerySet[Count]:
        return counts(actor=self.actor)

    def more(self) -> dict[str, Any]:
        return {"may_open": self.actor.may(APPROVE_COUNTS)}


class CountNew(Page):
    """/counts/new/: begin one."""

    required_permission: ClassVar = APPROVE_COUNTS
    template_name = "inventory/count_new.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.render({"form": CountForm(places=places_for(self.actor, APPROVE_COUNTS))})

    def post(self, request: HttpRequest) -> HttpResponse:
        form = CountForm(request.POST, places=places_for(self.actor, APPROVE_COUNTS))
        if not form.is_valid():
            return self.render({"form": form}, status=422)
        values = form.cleaned_data
        draft = CountDraft(
            count_id=values["id"],
            location_id=values["location"].pk,
            name=values["name"],
            scope={
                "categories": [row.pk for row in values["categories"]],
                "brands": [row.pk for row in values["brands"]],
                "variants": [pk for text in values["variants"].split(",") if (pk := as_uuid(text.strip()))],
            },
            is_blind=values["is_blind"],
            recount_above=values["recount_above"],
        )
        try:
            opened = open_count(draft, actor=self.actor)
        except REFUSALS as refusal:
            form.add_error(None, refusal.detail)
            return self.render({"form": form}, status=refusal.status)
        return redirect("count-scan", opened.count.pk)


class CountOne(Page):
    """/counts/<id>/: how far it is; under review what differs, for those who may know."""

    required_permission: ClassVar = COUNT_STOCK
    template_name = "inventory/count.html"
    live_events = "count.*"

    def get(self, request: HttpRequest, count_id: UUID) -> HttpResponse:
        count = find_count(count_id, actor=self.actor)
        sees = may_see_expected(count, actor=self.actor) and count.state in ("review", "closed")
        found = variances(count) if sees else []
        different = [row for row in found if row.units]
        may_cost = self.actor.may(VIEW_COST)
        return self.render(
            {
                "count": count,
                "live_about": [count.pk],
                "progress": progress_of(count),
                "sees_expected": sees,
                "different": different[:LINES_SHOWN],
                "different_count": len(different),
                "line_count": len(found),
                "value": sum((row.value or 0 for row in different), 0) if may_cost else None,
                "may_view_cost": may_cost,
                "may_approve": self.actor.may(APPROVE_COUNTS, at=count.location_id),
                "left": len(uncounted(count, seen=list(seen_in(count)))) if count.state == "review" else 0,
                "bars": code128(count.number),
            }
        )


class CountScan(Page):
    """/counts/<id>/scan/: count."""

    required_permission: ClassVar = COUNT_STOCK
    template_name = "inventory/count_scan.html"

    def get(self, request: HttpRequest, count_id: UUID) -> HttpResponse:
        return self.answer(count_id, EntryForm())

    def post(self, request: HttpRequest, count_id: UUID) -> HttpResponse:
        form = EntryForm(request.POST)
        if not form.is_valid():
            return self.answer(count_id, form, status=422)
        values = form.cleaned_data
        entry = EntryDraft(entry_id=values["id"], code=values["code"], quantity=values["quantity"])
        try:
            result = add_entries(count_id, [entry], actor=self.actor)[0]
        except Conflict as refusal:
            form.add_error(None, refusal.detail)
            return self.answer(count_id, form, status=refusal.status)
        if result.result == "refused":
            form.add_error("code", result.detail)
            return self.answer(count_id, form, status=422)
        return redirect("count-scan", count_id)

    def answer(self, count_id: UUID, form: EntryForm, *, status: int = 200) -> HttpResponse:
        count = find_count(count_id, actor=self.actor)
        entries = own_entries(count, actor=self.actor)
        context = {"count": count, "form": form, "entries": entries, "next_id": uuid7()}
        return self.render({**context, "may_approve": self.actor.may(APPROVE_COUNTS)}, status=status)


class CountTakeBack(Page):
    """/counts/<id>/take-back/: an entry was wrong."""

    required_permission: ClassVar = COUNT_STOCK
    http_method_names = ["post"]  # noqa: RUF012  typed so by Django

    def post(self, request: HttpRequest, count_id: UUID) -> HttpResponse:
        entry = as_uuid(request.POST.get("entry", ""))
        if entry is None:
            raise NotFound("There is no such entry.")
        try:
            take_back_entry(count_id, entry, actor=self.actor)
        except Conflict as refusal:
            messages.error(request, refusal.detail)
        return redirect("count-scan", count_id)


class CountStep(Page):
    """/counts/<id>/step/: to review, count again, go on, book or give up (``then``)."""

    required_permission: ClassVar = APPROVE_COUNTS
    http_method_names = ["post"]  # noqa: RUF012  typed so by Django

    def post(self, request: HttpRequest, count_id: UUID) -> HttpResponse:
        steps: dict[str, Any] = {
            "review": review_count,
            "recount": recount,
            "resume": resume_count,
            "cancel": cancel_count,
            "approve": approve_count,
        }
        then = request.POST.get("then", "")
        if then not in steps:
            raise NotFound("There is no such step.")
        given = {"not_counted": request.POST.get("not_counted", "")} if then == "approve" else {}
        try:
            steps[then](count_id, actor=self.actor, **given)
        except (Conflict, Invalid) as refusal:
            messages.error(request, refusal.detail)
        return redirect("count", count_id)


class CountResult(Page):
    """/counts/<id>/result/: the paper of a booked count."""

    required_permission: ClassVar = COUNT_STOCK
    template_name = "inventory/count_result.html"

    def get(self, request: HttpRequest, count_id: UUID) -> HttpResponse:
        count = find_count(count_id, actor=self.actor)
        if not may_see_expected(count, actor=self.actor):
            raise Forbidden("This count is blind. Those who approve it see what it came to.")
        found, may_cost = variances(count), self.actor.may(VIEW_COST)
        value = sum((row.value or 0 for row in found), 0) if may_cost else None
        return self.render({"count": count, "rows": found, "may_view_cost": may_cost, "value": value})


class CountPlan(Page):
    """/counts/plan/: what to count next."""

    required_permission: ClassVar = APPROVE_COUNTS
    template_name = "inventory/count_plan.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        places = places_for(self.actor, APPROVE_COUNTS)
        asked = as_uuid(request.GET.get("location", ""))
        place = next((one for one in places if one.pk == asked), places[0] if places else None)
        plan = count_plan(place) if place else None
        return self.render({"places": places, "place": place, "plan": plan, "next_id": uuid7()})
