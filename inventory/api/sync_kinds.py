"""What devices send later of work on the floor: bodies as online, read and handed to the same services."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from rest_framework import serializers

from core.api.fields import QuantityField
from core.api.views import body_of
from core.sync.facts import by_author
from core.sync.registry import Doubt, Held, Item, Kind, Outcome, Reason, Unfit, register_kind, register_reason
from inventory.api.count_bodies import EntriesInput
from inventory.api.counts import entries_of
from inventory.api.move_bodies import ArrivalInput, ShipInput, goods_lines
from inventory.api.stock import stated_of
from inventory.api.stock_bodies import DocumentInput
from inventory.api.transfers import arrival_of
from inventory.models import Count, StockDocument, Transfer
from inventory.selectors import LONGEST_CODE
from inventory.services.arrivals import receive_transfer
from inventory.services.count_entries import add_entries
from inventory.services.documents import book_stock
from inventory.services.scancodes import add_code
from inventory.services.shipping import ship_transfer

DOCUMENTS = {"receive": "receipt", "adjust": "adjustment"}


def _document(item: Item) -> Outcome:
    """Goods received, or stock corrected: the body of ``POST /stock/movements/``."""
    body = body_of(DocumentInput, item.body)
    if body["kind"] != DOCUMENTS[item.kind]:
        raise Unfit("wrong-kind", f"It says that it is a {body['kind']}.")
    change = stated_of(body)
    stored = StockDocument.objects.filter(pk=change.document_id).first()
    if change.occurred_at is None:
        if stored is None:
            change = replace(change, occurred_at=item.occurred_at)
        elif bytes(stored.request_hash) != change.hash():  # by another item: the draft of the same work came back
            change = replace(change, occurred_at=stored.occurred_at)
    booked, doubts = by_author(item, lambda actor: book_stock(change, actor=actor))
    return Outcome(
        object_type="stock_document",
        object_id=booked.document.pk,
        label=str(booked.document.get_kind_display()),
        location_id=booked.document.location_id,
        answer={"document": str(booked.document.pk)},
        doubts=doubts,
        is_new=booked.is_new,
    )


class CountedInput(EntriesInput):
    """What was counted, and in which stocktake."""

    count = serializers.UUIDField()


def _counted(item: Item) -> Outcome:
    """Entries of a stocktake, each with its time: the body of ``…/entries/`` with ``count``."""
    body = body_of(CountedInput, item.body)
    count = Count.objects.filter(pk=body["count"]).first()
    if count is None:
        raise Unfit("unknown-count", "There was never such a stocktake.")
    if count.state != Count.State.OPEN:
        raise Unfit("count-over", f"Stocktake {count.number} was not being counted any more when it came.")
    drafts = [
        replace(one, counted_at=one.counted_at or item.occurred_at, device=one.device or item.device_name[:80])
        for one in entries_of(body["entries"])
    ]
    results, doubts = by_author(item, lambda actor: add_entries(count.pk, drafts, actor=actor))
    refused = [one for one in results if one.result == "refused"]
    if refused:
        said = f"{len(refused)} of {len(results)} counted were not added to {count.number}: {refused[0].detail}"
        told = [{"id": str(one.entry_id), "code": one.code, "detail": one.detail} for one in refused]
        doubts.append(Doubt(kind="count-entry", sentence=said, details={"entries": told}))
    return Outcome(
        object_type="count",
        object_id=count.pk,
        label=count.number,
        location_id=count.location_id,
        answer={"count": str(count.pk), "refused": [str(one.entry_id) for one in refused]},
        doubts=doubts,
        is_new=any(one.result != "duplicate" for one in results),
    )


class LinkInput(serializers.Serializer[Any]):
    """A code that somebody found on an article."""

    variant = serializers.UUIDField()
    code = serializers.CharField(max_length=LONGEST_CODE)
    pack_quantity = QuantityField(required=False)


def _link(item: Item) -> Outcome:
    """A code is an article's: the body of ``POST /variants/<id>/codes/`` with ``variant``. A repeat changes nothing."""
    body = body_of(LinkInput, item.body)
    pack = body.get("pack_quantity", Decimal(1))
    code, doubts = by_author(
        item, lambda actor: add_code(body["variant"], code=body["code"], pack_quantity=pack, actor=actor)
    )
    return Outcome(
        object_type="product",
        object_id=code.variant.product_id if code.variant else item.id,
        label=code.code,
        answer={"variant": str(body["variant"]), "code": code.code},
        doubts=doubts,
    )


class SentInput(ShipInput):
    """A transfer that left."""

    transfer = serializers.UUIDField()


def _sent(item: Item) -> Outcome:
    """A drafted transfer left: ``transfer`` with the body of ``…/ship/``. What left already is left as it is."""
    body = body_of(SentInput, item.body)
    stored = Transfer.objects.filter(pk=body["transfer"]).first()
    if stored is None:
        raise Unfit("unknown-transfer", "There was never such a transfer.")
    if stored.state != Transfer.State.DRAFT:
        return outcome_of_transfer(stored, [], is_new=False)
    lines = goods_lines(body["lines"]) if "lines" in body else None
    shipped, doubts = by_author(item, lambda actor: ship_transfer(stored.pk, lines=lines, actor=actor))
    return outcome_of_transfer(shipped, doubts)


class ArrivedInput(ArrivalInput):
    """What arrived, and of which transfer."""

    transfer = serializers.UUIDField()


def _arrived(item: Item) -> Outcome:
    """Goods of a transfer came: the body of ``…/receipts/`` with ``transfer``."""
    body = body_of(ArrivedInput, item.body)
    arrival = arrival_of(body["transfer"], body)
    done, doubts = by_author(item, lambda actor: receive_transfer(arrival, actor=actor))
    return outcome_of_transfer(done.transfer, doubts, is_new=done.is_new)


def outcome_of_transfer(transfer: Transfer, doubts: list[Doubt], *, is_new: bool = True) -> Outcome:
    """What is told of a transfer that a device moved on."""
    return Outcome(
        object_type="transfer",
        object_id=transfer.pk,
        label=transfer.number,
        location_id=transfer.source_id,
        answer={"transfer": str(transfer.pk), "number": transfer.number},
        doubts=doubts,
        is_new=is_new,
    )


def _uuid(value: Any) -> UUID | None:
    try:
        return UUID(str(value))
    except ValueError:
        return None


def _at_location(body: Mapping[str, Any]) -> Held:
    return Held(location_id=_uuid(body.get("location")))


def _where(model: Any, name: str, side: str) -> Callable[[Mapping[str, Any]], Held]:
    """The place of what a body names, as far as there is such a thing."""

    def place(body: Mapping[str, Any]) -> Held:
        known = _uuid(body.get(name))
        rows = model.objects.filter(pk=known).values_list(side, flat=True) if known else ()
        return Held(location_id=next(iter(rows), None))

    return place


for _name, _title, _take, _place in (
    ("receive", "Goods received", _document, _at_location),
    ("adjust", "A correction of stock", _document, _at_location),
    ("count", "Something counted", _counted, _where(Count, "count", "location_id")),
    ("link-code", "A code of an article", _link, lambda body: Held()),
    ("transfer-out", "A transfer that left", _sent, _where(Transfer, "transfer", "source_id")),
    ("transfer-in", "Goods of a transfer", _arrived, _where(Transfer, "transfer", "destination_id")),
):
    register_kind(Kind(name=_name, title=_title, version=1, take=_take, held=_place))
register_reason(Reason(kind="count-entry", title="Counted, and not added"))
