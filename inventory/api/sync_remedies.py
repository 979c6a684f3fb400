"""What one tap does about work of the floor that could not be booked: bodies read again, and handed to the services."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from core.api.views import body_of
from core.sync.models import Flag
from core.sync.registry import Item, Outcome
from core.sync.remedies import Ask, Given, Remedy, is_kept, register_remedy, value_of
from inventory.api.counts import entries_of
from inventory.api.move_bodies import goods_lines
from inventory.api.sync_kinds import DOCUMENTS, CountedInput, SentInput, drafted_by, outcome_of_transfer
from inventory.models import Count, StockDocument, Transfer
from inventory.permissions import ADJUST_STOCK, APPROVE_COUNTS, MANAGE_PRODUCTS, MOVE_STOCK
from inventory.selectors import find_article
from inventory.services.documents import StockChange, StockLine, book_stock
from inventory.services.late_work import book_late_entries, document_id_of, ship_off_the_record
from inventory.services.scancodes import add_code


def _asked_of(codes: Sequence[str]) -> Sequence[Ask]:
    hint = "The article's number, or a code it has already."
    return [Ask(name=code, label=f"Code {code} is", hint=hint) for code in codes]


def _link_codes(given: Given, codes: Sequence[str]) -> None:
    for code in codes:
        typed = value_of(given, code, f"Say which article has the code {code}.")
        add_code(find_article(typed, pointer=f"/values/{code}"), code=code, actor=given.actor)


# --- goods received with a code that nobody knew


def _unknown_codes(flag: Flag) -> list[str]:
    """The codes of a document that stood for nothing, as far as that was all that was wrong with it."""
    errors = flag.details.get("errors")
    if not isinstance(errors, list) or not errors:
        return []
    places = [str(one.get("pointer", "")).split("/") for one in errors if one.get("code") == "unknown"]
    wanted = {int(one[2]) for one in places if len(one) == 4 and one[1] == "lines" and one[3] == "code"}
    if len(places) < len(errors) or len(wanted) < len(places):
        return []
    lines: Sequence[Mapping[str, Any]] = json.loads(flag.item.body)["body"]["lines"]
    return sorted({str(lines[place].get("code", "")) for place in wanted if place < len(lines)})


def _lacks_codes(flag: Flag) -> bool:
    return is_kept(flag, *DOCUMENTS) and bool(_unknown_codes(flag))


def _which_articles(flag: Flag) -> Sequence[Ask]:
    return _asked_of(_unknown_codes(flag))


def _link(given: Given) -> None:
    _link_codes(given, _unknown_codes(given.flag))


# --- lines that were left out, because nobody knew their codes


def _left_out_codes(flag: Flag) -> list[str]:
    """The codes of the lines that were left out, as far as that was all that was wrong with them."""
    rows = flag.details.get("lines")
    if flag.kind != "line-left-out" or not isinstance(rows, list) or not all(row.get("code") for row in rows):
        return []
    return sorted({str(row["code"]) for row in rows})


def _which_left_out(flag: Flag) -> Sequence[Ask]:
    return _asked_of(_left_out_codes(flag))


def _book_left_out(given: Given) -> None:
    flag = given.flag
    _link_codes(given, _left_out_codes(flag))
    assert flag.object_id is not None
    document = StockDocument.objects.get(pk=flag.object_id)
    change = StockChange(
        document_id=given.act_id,
        kind=document.kind,
        location_id=document.location_id,
        lines=[StockLine(code=row["code"], quantity=Decimal(row["quantity"])) for row in flag.details["lines"]],
        reason_code=document.reason_code,
        reason=document.reason,
        occurred_at=document.occurred_at,
        needs_note=False,
    )
    book_stock(change, actor=given.actor)


# --- counted for a stocktake that was over


def _is_late_count(flag: Flag) -> bool:
    return is_kept(flag, "count") and flag.details.get("code") == "count-over"


def _count_late(item: Item, given: Given) -> Outcome:
    body = body_of(CountedInput, item.body)
    entries = [replace(one, device=item.device_name[:80]) for one in entries_of(body["entries"])]
    made = book_late_entries(
        body["count"],
        entries,
        document_id=document_id_of(item.id),
        item_at=item.occurred_at,
        actor=item.author,
    )
    count = Count.objects.get(pk=body["count"])
    return Outcome(
        object_type="stock_document" if made else "count",
        object_id=made or count.pk,
        label=count.number,
        location_id=count.location_id,
        answer={"count": str(count.pk), "document": str(made) if made else None},
    )


# --- a transfer of goods that were not on record


def _left_off_the_record(flag: Flag) -> bool:
    return is_kept(flag, "transfer-out") and flag.details.get("code") == "out-of-stock"


def _ship(item: Item, given: Given) -> Outcome:
    body = body_of(SentInput, item.body)
    lines = goods_lines(body["lines"]) if "lines" in body else None
    if "destination" in body and not Transfer.objects.filter(pk=body["transfer"]).exists():
        drafted_by(body, item)
    shipped = ship_off_the_record(body["transfer"], lines=lines, document_id=document_id_of(item.id), actor=item.author)
    return outcome_of_transfer(shipped, [])


for _remedy in (
    Remedy(
        name="link-and-book",
        label="Link the code and book it",
        done="The code belongs to the article, and it is in the books.",
        permissions=(MANAGE_PRODUCTS, ADJUST_STOCK),
        fits=_lacks_codes,
        asks=_which_articles,
        always_asks=True,
        work=_link,
    ),
    Remedy(
        name="link-and-add",
        label="Link the code and book the line",
        done="The code belongs to the article, and its line is in the books.",
        permissions=(MANAGE_PRODUCTS, ADJUST_STOCK),
        fits=lambda flag: bool(_left_out_codes(flag)),
        asks=_which_left_out,
        always_asks=True,
        work=_book_left_out,
    ),
    Remedy(
        name="book-late-count",
        label="Book it as a correction",
        done="What was counted late is booked as a correction.",
        permissions=(APPROVE_COUNTS, ADJUST_STOCK),
        fits=_is_late_count,
        take=_count_late,
    ),
    Remedy(
        name="ship-as-correction",
        label="Correct the stock and let it leave",
        done="The stock is corrected, and the transfer is on its way.",
        permissions=(MOVE_STOCK, ADJUST_STOCK),
        fits=_left_off_the_record,
        take=_ship,
    ),
):
    register_remedy(_remedy)
