"""Transfers on pages: the list, one transfer, and its goods leaving and arriving by scanner."""

from typing import Any, ClassVar
from uuid import UUID

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import cached_property

from core.errors import Conflict, DomainError, Forbidden, Invalid, NotFound, ReusedIdentifier, StaleVersion
from core.ids import uuid7
from core.locations.models import Location
from core.web.lists import ListPage
from core.web.views import Page
from inventory.barcodes import code128
from inventory.models import Transfer
from inventory.permissions import MOVE_STOCK, VIEW_STOCK
from inventory.selectors.transfers import (
    codes_of,
    find_transfer,
    pieces_on_way,
    transfer_rows,
    what_may_be_done,
    who_ended,
)
from inventory.services.arrivals import Arrival, receive_transfer
from inventory.services.lines import GoodsLine
from inventory.services.shipping import ship_transfer, take_back_transfer
from inventory.services.transfers import TransferDraft, cancel_transfer, create_transfer, edit_transfer
from inventory.web.move_forms import ArrivalForm, TransferFilter, TransferForm
from inventory.web.selectors import places_for
from inventory.web.sheets import explained, read_sheet

NEWEST_FIRST = ("-created_at", "id")
REFUSALS = (Invalid, NotFound, Conflict, ReusedIdentifier, Forbidden, StaleVersion)


class Transfers(ListPage):
    """/transfers/: what is on its way between locations."""

    required_permission: ClassVar = VIEW_STOCK
    template_name = "inventory/transfers.html"
    live_events = "transfer.*"

    by = NEWEST_FIRST

    @cached_property
    def places(self) -> list[Location]:
        """Where the actor sees stock."""
        return places_for(self.actor, VIEW_STOCK)

    def filter_form(self) -> TransferFilter:
        return TransferFilter(self.request.GET, places=self.places)

    def rows(self, wanted: dict[str, Any]) -> QuerySet[Transfer]:
        location_id = wanted["location"].pk if wanted["location"] else None
        return transfer_rows(actor=self.actor, state=wanted["state"], location_id=location_id)

    def more(self) -> dict[str, Any]:
        return {"places": self.places, "may_move": self.actor.may(MOVE_STOCK)}


class TransferNew(Page):
    """/transfers/new/: from where to where."""

    required_permission: ClassVar = MOVE_STOCK
    template_name = "inventory/transfer_new.html"

    def get(self, request: HttpRequest) -> HttpResponse:
        return self.render({"form": TransferForm(places=places_for(self.actor, MOVE_STOCK))})

    def post(self, request: HttpRequest) -> HttpResponse:
        form = TransferForm(request.POST, places=places_for(self.actor, MOVE_STOCK))
        if not form.is_valid():
            return self.render({"form": form}, status=422)
        values = form.cleaned_data
        draft = TransferDraft(
            transfer_id=values["id"],
            source_id=values["source"].pk,
            destination_id=values["destination"].pk,
            note=values["note"],
            lines=[],
        )
        try:
            drafted = create_transfer(draft, actor=self.actor)
        except REFUSALS as refusal:
            form.add_error(None, refusal.detail)
            return self.render({"form": form}, status=refusal.status)
        return redirect("transfer-edit", drafted.transfer.pk)


class TransferOne(Page):
    """/transfers/<id>/: what was sent, what arrived and what is to be done."""

    required_permission: ClassVar = VIEW_STOCK
    template_name = "inventory/transfer.html"
    live_events = "transfer.*"

    def get(self, request: HttpRequest, transfer_id: UUID) -> HttpResponse:
        transfer = find_transfer(transfer_id, actor=self.actor)
        context = {
            "transfer": transfer,
            "may": what_may_be_done(transfer, actor=self.actor),
            "who": who_ended(transfer),
            "live_about": [transfer.pk],
        }
        return self.render(context)


class SheetPage(Page):
    """What the pages share on which articles are scanned one by one."""

    template_name = "inventory/transfer_sheet.html"
    title: ClassVar[str] = ""
    mode: ClassVar[str] = ""

    def sheet(self, transfer: Transfer, *, status: int = 200, **more: Any) -> HttpResponse:
        lines = list(transfer.lines.all())
        typed = self.request.POST if self.request.method == "POST" else {}
        rows = [
            {
                "variant": line.variant,
                "expected": line.on_its_way if self.mode == "receive" else line.quantity,
                "quantity": typed.get(f"q-{line.variant_id}", self.start(line)),
                "damaged": typed.get(f"d-{line.variant_id}", ""),
                "serials": typed.get(f"s-{line.variant_id}", ""),
                "broken": typed.get(f"e-{line.variant_id}", ""),
            }
            for line in lines
        ]
        known = {
            "codes": {
                code: {"variant": variant, "pack": format(pack.normalize(), "f")}
                for code, (variant, pack) in codes_of([line.variant_id for line in lines]).items()
            }
        }
        context = {"transfer": transfer, "rows": rows, "known": known, "mode": self.mode, "title": self.title}
        return self.render({**context, **more}, status=status)

    def start(self, line: Any) -> str:
        """What stands in a line's field before anybody scanned: nothing, so that scans count from zero."""
        return ""


class TransferEdit(SheetPage):
    """/transfers/<id>/edit/: the list of a draft."""

    required_permission: ClassVar = MOVE_STOCK
    title, mode = "What is to go", "edit"

    def get(self, request: HttpRequest, transfer_id: UUID) -> HttpResponse:
        transfer = find_transfer(transfer_id, actor=self.actor)
        if transfer.state != Transfer.State.DRAFT:
            return redirect("transfer", transfer_id)
        return self.sheet(transfer)

    def post(self, request: HttpRequest, transfer_id: UUID) -> HttpResponse:
        transfer, read = find_transfer(transfer_id, actor=self.actor), read_sheet(request.POST)
        if read.problems:
            return self.sheet(transfer, problems=read.problems, status=422)
        seen = request.POST.get("version", "")
        version = int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 10 else None
        try:
            edit_transfer(transfer_id, actor=self.actor, lines=read.lines, expected_version=version)
        except REFUSALS as refusal:
            return self.sheet(transfer, problems=explained(refusal), status=refusal.status)
        if request.POST.get("then") == "more":
            return redirect("transfer-edit", transfer_id)
        messages.success(request, "The list was saved.")
        return redirect("transfer", transfer_id)

    def start(self, line: Any) -> str:
        return format(line.quantity.normalize(), "f")


class TransferShip(SheetPage):
    """/transfers/<id>/ship/: scan what goes into the van, or send the whole list."""

    required_permission: ClassVar = MOVE_STOCK
    title, mode = "Ship", "ship"

    def get(self, request: HttpRequest, transfer_id: UUID) -> HttpResponse:
        return self.sheet(find_transfer(transfer_id, actor=self.actor))

    def post(self, request: HttpRequest, transfer_id: UUID) -> HttpResponse:
        transfer, read = find_transfer(transfer_id, actor=self.actor), read_sheet(request.POST)
        if read.problems:
            return self.sheet(transfer, problems=read.problems, status=422)
        lines = None if request.POST.get("then") == "all" else read.lines
        try:
            shipped = ship_transfer(transfer_id, actor=self.actor, lines=lines)
        except DomainError as refusal:
            return self.sheet(transfer, problems=explained(refusal), status=refusal.status)
        messages.success(request, f"{shipped.number} is on its way to {shipped.destination}.")
        return redirect("transfer", transfer_id)


class TransferReceive(SheetPage):
    """/transfers/<id>/receive/: scan what came out of the boxes."""

    required_permission: ClassVar = MOVE_STOCK
    title, mode = "Receive", "receive"

    def get(self, request: HttpRequest, transfer_id: UUID) -> HttpResponse:
        return self.sheet(find_transfer(transfer_id, actor=self.actor), form=ArrivalForm(initial={"id": uuid7()}))

    def post(self, request: HttpRequest, transfer_id: UUID) -> HttpResponse:
        transfer, read = find_transfer(transfer_id, actor=self.actor), read_sheet(request.POST)
        form = ArrivalForm(request.POST)
        if not form.is_valid() or read.problems:
            return self.sheet(transfer, form=form, problems=read.problems, status=422)
        values, lines = form.cleaned_data, read.lines
        if request.POST.get("then") == "all":
            left = [line for line in transfer.lines.all() if line.on_its_way]
            pieces = pieces_on_way(transfer, [line.variant_id for line in left])
            lines = [
                GoodsLine(variant_id=line.variant_id, quantity=line.on_its_way, serials=pieces.get(line.variant_id, ()))
                for line in left
            ]
        arrival = Arrival(
            receipt_id=values["id"],
            transfer_id=transfer_id,
            lines=lines,
            is_last=values["is_last"],
            reason=values["reason"],
        )
        try:
            arrived = receive_transfer(arrival, actor=self.actor)
        except REFUSALS as refusal:
            return self.sheet(transfer, form=form, problems=explained(refusal), status=refusal.status)
        is_over = arrived.transfer.state == Transfer.State.CLOSED
        messages.success(request, "Booked. Nothing is on its way any more." if is_over else "Booked. More is to come.")
        return redirect("transfer", transfer_id)


class TransferCancelled(Page):
    """/transfers/<id>/cancelled/: a draft is given up, or what is on its way turns round."""

    required_permission: ClassVar = MOVE_STOCK
    http_method_names = ["post"]  # noqa: RUF012  typed so by Django

    def post(self, request: HttpRequest, transfer_id: UUID) -> HttpResponse:
        try:
            if request.POST.get("then") == "back":
                take_back_transfer(transfer_id, actor=self.actor, reason=request.POST.get("reason", "")[:200])
                messages.success(request, "What was on its way is back on the shelf it came from.")
            else:
                cancel_transfer(transfer_id, actor=self.actor)
                messages.success(request, "The draft was given up. Nothing has moved.")
        except Conflict as refusal:
            messages.error(request, refusal.detail)
        return redirect("transfer", transfer_id)


class PackingList(Page):
    """/transfers/<id>/packing-list/: the paper that travels with the goods."""

    required_permission: ClassVar = VIEW_STOCK
    template_name = "inventory/packing_list.html"

    def get(self, request: HttpRequest, transfer_id: UUID) -> HttpResponse:
        transfer = find_transfer(transfer_id, actor=self.actor)
        return self.render({"transfer": transfer, "bars": code128(transfer.number)})
