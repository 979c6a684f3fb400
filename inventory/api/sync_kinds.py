"""What devices send later of work on the floor: bodies as online, read and handed to the same services."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse
from rest_framework import serializers

from core.api.fields import QuantityField
from core.api.views import body_of
from core.money import plain_decimal
from core.sync.facts import by_author
from core.sync.registry import Doubt, Held, Item, Kind, Outcome, Reason, Unfit, Way, register_kind, register_reason
from inventory.api.count_bodies import EntriesInput
from inventory.api.counts import entries_of
from inventory.api.move_bodies import ArrivalInput, ShipInput, goods_lines
from inventory.api.stock import stated_of
from inventory.api.stock_bodies import DocumentInput
from inventory.api.transfers import arrival_of
from inventory.models import Count, StockDocument, Transfer, TransferReceipt, Variant
from inventory.permissions import ADJUST_STOCK
from inventory.selectors import LONGEST_CODE
from inventory.services.arrivals import receive_transfer
from inventory.services.count_entries import add_entries
from inventory.services.documents import StockChange, StockLine
from inventory.services.scancodes import add_code
from inventory.services.shipping import ship_transfer
from inventory.services.taken_documents import Taken, take_document
from inventory.services.transfers import TransferDraft, create_transfer

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
    taken, doubts = by_author(item, lambda actor: take_document(change, actor=actor))
    booked = taken.booked
    if booked.is_new:
        doubts += _lacking(taken, change)
    return Outcome(
        object_type="stock_document",
        object_id=booked.document.pk,
        label=str(booked.document.get_kind_display()),
        location_id=booked.document.location_id,
        answer={
            "document": str(booked.document.pk),
            **({"left_out": sorted(taken.left_out)} if taken.left_out else {}),
        },
        doubts=doubts,
        is_new=booked.is_new,
    )


def _lacking(taken: Taken, change: StockChange) -> list[Doubt]:
    """What of a document is not in the books, or not said in it: once for all its lines."""
    doubts = []
    if taken.left_out:
        left_out = [(change.lines[place], wrong) for place, wrong in sorted(taken.left_out.items())]
        known = Variant.objects.select_related("product").in_bulk([line.variant_id for line, _ in left_out])
        rows = [_left_out(line, wrong, known) for line, wrong in left_out]
        named = ", ".join(row["name"] for row in rows[:5])
        more = f" and {len(rows) - 5} more" if len(rows) > 5 else ""
        said = f"{len(rows)} of {len(change.lines)} lines not booked: {named}{more}. {rows[0]['detail']}"
        doubts.append(Doubt(kind="line-left-out", sentence=said, details={"lines": rows}))
    if taken.lacks_note:
        doubts.append(
            Doubt(kind="note-missing", sentence="A correction of this value needs a note, and came with none.")
        )
    return doubts


def _left_out(line: StockLine, wrong: Mapping[str, str], known: Mapping[UUID, Variant]) -> dict[str, str]:
    """What is kept of a line: words, and of a code that nobody knew what it takes to book it when somebody does."""
    row = {"name": _in_words(line, known), "detail": wrong["detail"]}
    if wrong["code"] == "unknown" and wrong["pointer"].endswith("/code"):
        row |= {"code": line.code, "quantity": plain_decimal(line.quantity)}
    return row


def _in_words(line: StockLine, known: Mapping[UUID, Variant]) -> str:
    """A line as the device sent it: how many of what."""
    variant = known.get(line.variant_id) if line.variant_id else None
    what = variant.title if variant else line.code or f"article {line.variant_id}"
    return f"{plain_decimal(line.quantity)} × {what}"


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
    """A transfer that left. One that nobody had drafted names ``destination`` (and ``source``) as well."""

    transfer = serializers.UUIDField()
    source = serializers.UUIDField(required=False)  # type: ignore[assignment]
    destination = serializers.UUIDField(required=False)
    note = serializers.CharField(required=False, allow_blank=True, max_length=300)

    def validate(self, body: dict[str, Any]) -> dict[str, Any]:
        if ("destination" in body) != ("source" in body):
            raise serializers.ValidationError("Name both ends, or neither.", code="both-ends")
        return body


def _sent(item: Item) -> Outcome:
    """A transfer left: ``transfer`` with the body of ``…/ship/``; with both ends it is drafted first.

    What left already is left as it is.
    """
    body = body_of(SentInput, item.body)
    stored = Transfer.objects.filter(pk=body["transfer"]).first()
    drafted: list[Doubt] = []
    if stored is None and "destination" in body:
        stored, drafted = drafted_by(body, item)
    if stored is None:
        raise Unfit("unknown-transfer", "There was never such a transfer.")
    if stored.state != Transfer.State.DRAFT:
        return outcome_of_transfer(stored, [], is_new=False)
    lines = goods_lines(body["lines"]) if "lines" in body else None
    shipped, doubts = by_author(
        item, lambda actor: ship_transfer(stored.pk, lines=lines, actor=actor, occurred_at=item.occurred_at)
    )
    return outcome_of_transfer(shipped, [*drafted, *doubts][:1])


def drafted_by(body: Mapping[str, Any], item: Item) -> tuple[Transfer, list[Doubt]]:
    """A transfer that somebody packed without a list."""
    draft = TransferDraft(
        transfer_id=body["transfer"],
        source_id=body["source"],
        destination_id=body["destination"],
        note=body.get("note", ""),
        lines=goods_lines(body.get("lines", [])),
    )
    made, doubts = by_author(item, lambda actor: create_transfer(draft, actor=actor))
    return made.transfer, doubts


class ArrivedInput(ArrivalInput):
    """What arrived, and of which transfer."""

    transfer = serializers.UUIDField()


def _arrived(item: Item) -> Outcome:
    """Goods of a transfer came: the body of ``…/receipts/`` with ``transfer``."""
    body = body_of(ArrivedInput, item.body)
    arrival = arrival_of(body["transfer"], body)
    stored = TransferReceipt.objects.filter(pk=arrival.receipt_id).first()
    if arrival.occurred_at is None:
        if stored is None:
            arrival = replace(arrival, occurred_at=item.occurred_at)
        elif bytes(stored.request_hash) != arrival.hash():
            arrival = replace(arrival, occurred_at=stored.occurred_at)
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


def _by_hand(flag: Any) -> Sequence[Way]:
    """Where the lines that were left out are booked, once somebody knows what they are."""
    kind = StockDocument.objects.filter(pk=flag.object_id).values_list("kind", flat=True).first() or "receipt"
    query = urlencode({"kind": kind, **({"location": flag.location_id} if flag.location_id else {})})
    return [Way(label="Book them by hand", url=f"{reverse('stock-book')}?{query}", permission=ADJUST_STOCK)]


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


def _source(body: Mapping[str, Any]) -> Held:
    """Where a transfer left from; of one that nobody had drafted as the device says."""
    known = _where(Transfer, "transfer", "source_id")(body)
    return known if known.location_id else Held(location_id=_uuid(body.get("source")))


for _name, _title, _take, _place in (
    ("receive", "Goods received", _document, _at_location),
    ("adjust", "A correction of stock", _document, _at_location),
    ("count", "Something counted", _counted, _where(Count, "count", "location_id")),
    ("link-code", "A code of an article", _link, lambda body: Held()),
    ("transfer-out", "A transfer that left", _sent, _source),
    ("transfer-in", "Goods of a transfer", _arrived, _where(Transfer, "transfer", "destination_id")),
):
    register_kind(Kind(name=_name, title=_title, version=1, take=_take, held=_place))
register_reason(Reason(kind="count-entry", title="Counted, and not added"))
register_reason(Reason(kind="line-left-out", title="Lines that were not booked", ways=_by_hand))
register_reason(Reason(kind="note-missing", title="A correction without a note"))
