"""A price list out as a file, edited, and in again: preview the difference, apply it as a whole, undo it within a day.

A preview is written down price by price, so that what is applied is what was seen: a price that somebody changed in
between is left alone and said so. Applying is one transaction of a few statements, however many prices there are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from core.actors import Actor
from core.audit.models import AuditEntry
from core.audit.services import record
from core.copy import copy_rows
from core.errors import DomainError, NotFound, ReusedIdentifier
from core.jobs.registry import Progress
from core.jobs.services import enqueue
from core.spreadsheets import Cell
from core.uploaded_tables import UnreadableTable, read_table
from inventory.models import BulkEdit, BulkEditRow, PriceList, PriceSheet, PriceSheetRow
from inventory.permissions import MANAGE_PRICES, VIEW_PRODUCTS
from inventory.price_rows import COLUMNS, NEEDED, Key, read_rows
from inventory.selectors.price_sheets import HEAD, sheet_of
from inventory.selectors.prices import find_price_list
from inventory.services.previewed import must_apply, must_undo
from inventory.services.prices import locked_price_list, tell_price_list

APPLY, UNDO = "inventory.apply_price_sheet", "inventory.undo_price_sheet"
MOST_ROWS = 100_000
NAME_LENGTH = 200
State, RowState = BulkEdit.State, BulkEditRow.State

# ``present`` is the column that says what the list must hold, ``wanted`` what it holds afterwards.
LEAVE_ALONE = """
    UPDATE inventory_pricesheetrow AS row SET state = %(left)s
    FROM inventory_pricesheetrow AS other
    LEFT JOIN inventory_pricelistitem AS item ON item.price_list_id = %(list)s
        AND item.variant_id = other.variant_id AND item.from_quantity = other.from_quantity
    WHERE row.id = other.id AND other.sheet_id = %(sheet)s AND other.state = %(waiting)s
      AND item.unit_price IS DISTINCT FROM other.{present}
"""
TAKE_OFF = """
    DELETE FROM inventory_pricelistitem AS item USING inventory_pricesheetrow AS row
    WHERE row.sheet_id = %(sheet)s AND row.state = %(waiting)s AND row.{wanted} IS NULL
      AND item.price_list_id = %(list)s AND item.variant_id = row.variant_id
      AND item.from_quantity = row.from_quantity
"""
PUT_ON = """
    INSERT INTO inventory_pricelistitem (price_list_id, variant_id, from_quantity, unit_price)
    SELECT %(list)s, variant_id, from_quantity, {wanted} FROM inventory_pricesheetrow
    WHERE sheet_id = %(sheet)s AND state = %(waiting)s AND {wanted} IS NOT NULL ORDER BY id
    ON CONFLICT (price_list_id, variant_id, from_quantity) DO UPDATE SET unit_price = EXCLUDED.unit_price
"""
NOTE = """
    INSERT INTO inventory_pricechange (variant_id, price_list_id, price_list_name, list_version, from_quantity, before,
                                       after, reason, actor_kind, actor_id, actor_label, at)
    SELECT variant_id, %(list)s, %(name)s, %(version)s, from_quantity, {present}, {wanted}, %(reason)s, %(kind)s,
           %(actor)s, %(label)s, %(now)s
    FROM inventory_pricesheetrow WHERE sheet_id = %(sheet)s AND state = %(waiting)s ORDER BY id
"""
MARK = "UPDATE inventory_pricesheetrow SET state = %(over)s WHERE sheet_id = %(sheet)s AND state = %(waiting)s"


@dataclass(frozen=True, slots=True)
class Previewed:
    """The file with its difference, and whether this call read it."""

    sheet: PriceSheet
    is_new: bool


@transaction.atomic
def export_prices(price_list_id: UUID, *, actor: Actor, with_all: bool = False) -> list[Sequence[Cell]]:
    """The prices of a list as rows of a table, its head first; the audit log knows who took them.

    ``with_all``: with a row for every other article for sale, to be filled in.

    Raises:
        NotFound: there is no such list.
    """
    actor.require(VIEW_PRODUCTS)
    price_list = find_price_list(price_list_id)
    rows: list[Sequence[Cell]] = [HEAD, *sheet_of(price_list, with_all=with_all)]
    label = f"{price_list.name}, {len(rows) - 1} rows"
    record(
        AuditEntry.Action.EXPORT,
        actor=actor,
        object_type="price_list",
        object_id=price_list.pk,
        object_label=label[:200],
    )
    return rows


def preview_price_sheet(
    sheet_id: UUID, content: bytes, *, price_list_id: UUID, file_name: str, actor: Actor, reason: str = ""
) -> Previewed:
    """Read a file of prices for a list and write down what it would change; nothing of it is changed yet.

    The file has the columns of `inventory.selectors.price_sheets.HEAD`; only SKU and price are needed, and an empty
    price takes the article off. Rows that cannot be read are counted and listed, the others stand. Safe to repeat
    with the same ``sheet_id``, list, file and reason.

    Raises:
        Forbidden: the actor may not set prices.
        NotFound: there is no such list.
        UnreadableTable: it is no table with these columns.
        ReusedIdentifier: the id belongs to another file.
    """
    actor.require(MANAGE_PRICES)
    asked = sha256(b"\0".join([price_list_id.bytes, reason.encode(), content])).digest()
    try:
        sheet = _preview(sheet_id, content, price_list_id, file_name, asked, actor, reason)
    except (IntegrityError, DomainError) as conflict:
        stored = PriceSheet.objects.select_related("price_list").filter(pk=sheet_id).first()
        if stored is None:
            raise
        if bytes(stored.request_hash) != asked:
            raise ReusedIdentifier("This id belongs to another file.") from conflict
        return Previewed(stored, False)
    return Previewed(sheet, True)


@transaction.atomic
def _preview(
    sheet_id: UUID, content: bytes, price_list_id: UUID, file_name: str, asked: bytes, actor: Actor, reason: str
) -> PriceSheet:
    price_list = PriceList.objects.filter(pk=price_list_id).first()
    if price_list is None:
        raise NotFound("There is no such price list.")
    rows = read_table(content, columns=COLUMNS, needed=NEEDED, most_rows=MOST_ROWS)
    if not rows:
        raise UnreadableTable("There is a header but no rows below it.")
    wanted = read_rows(rows)
    present: dict[Key, Decimal] = {
        (variant_id, quantity): price
        for variant_id, quantity, price in price_list.items.values_list("variant_id", "from_quantity", "unit_price")
    }
    sheet = PriceSheet(
        id=sheet_id,
        request_hash=asked,
        price_list=price_list,
        file_name=_printable(file_name)[-NAME_LENGTH:],
        reason=reason[:200],
        found=len(rows),
        refused=wanted.refused,
        refused_rows=wanted.refused_rows,
        created_by_kind=actor.kind,
        created_by_id=actor.id,
        created_by_label=actor.label[:200],
    )
    differences: list[tuple[Any, ...]] = []
    for key, after in wanted.prices.items():
        before = present.get(key)
        if before == after:
            sheet.same += 1
            continue
        sheet.added += before is None
        sheet.removed += after is None
        sheet.changed += before is not None and after is not None
        differences.append((sheet_id, *key, before, after, RowState.PLANNED.value))
    sheet.save(force_insert=True)
    copy_rows(PriceSheetRow, ["sheet_id", "variant_id", "from_quantity", "before", "after", "state"], differences)
    counts = {name: (None, getattr(sheet, name)) for name in ("found", "added", "changed", "removed", "refused")}
    _record(sheet, AuditEntry.Action.CREATE, actor, counts)
    return sheet


def _printable(name: str) -> str:
    return "".join(letter for letter in name if letter.isprintable()) or "prices"


@transaction.atomic
def apply_price_sheet(sheet_id: UUID, *, actor: Actor) -> PriceSheet:
    """Have a previewed file applied by a worker; asking again changes nothing, unless the worker gave up.

    Raises:
        NotFound: there is no such file.
        Conflict: it changes nothing, or was taken back.
    """
    actor.require(MANAGE_PRICES)
    sheet = _locked(sheet_id)
    return (
        _ask(sheet, State.APPLYING, APPLY, actor)
        if must_apply(sheet, differs=bool(sheet.differs), noun="file")
        else sheet
    )


@transaction.atomic
def undo_price_sheet(sheet_id: UUID, *, actor: Actor, now: datetime | None = None) -> PriceSheet:
    """Have an applied file taken back by a worker; what somebody changed since stays as it is and is listed.

    Raises:
        NotFound: there is no such file.
        Conflict: it was not applied, or more than 24 hours ago.
    """
    actor.require(MANAGE_PRICES)
    sheet = _locked(sheet_id)
    return _ask(sheet, State.UNDOING, UNDO, actor) if must_undo(sheet, noun="file", now=now) else sheet


def _ask(sheet: PriceSheet, state: BulkEdit.State, kind: str, actor: Actor) -> PriceSheet:
    job = enqueue(kind, actor=actor, dedupe_key=f"{sheet.pk}/{sheet.version}", sheet_id=sheet.pk)
    before, sheet.state, sheet.job_id, sheet.version = sheet.state, state, job.pk, sheet.version + 1
    sheet.save(update_fields=["state", "job_id", "version"])
    _record(sheet, AuditEntry.Action.CHANGE, actor, {"state": (before, state.value)})
    return sheet


@transaction.atomic(durable=True)
def run_price_sheet(sheet_id: UUID, *, actor: Actor, progress: Progress, is_undo: bool) -> dict[str, Any]:
    """Apply or undo a file, all of it in this transaction; a repeat after it is over changes nothing.

    ``progress`` is told from inside the transaction: give one that speaks over a connection of its own.
    """
    sheet = _locked(sheet_id)
    running, over = (State.UNDOING, State.UNDONE) if is_undo else (State.APPLYING, State.APPLIED)
    if sheet.state != running:
        return {"state": sheet.state}
    price_list = locked_price_list(sheet.price_list_id)
    left = RowState.KEPT if is_undo else RowState.SKIPPED
    present, wanted = ("after", "before") if is_undo else ("before", "after")
    now = datetime.now(UTC)
    values: dict[str, Any] = {
        "sheet": sheet.pk,
        "list": price_list.pk,
        "name": price_list.name,
        "version": price_list.version + 1,
        "waiting": (RowState.DONE if is_undo else RowState.PLANNED).value,
        "left": left.value,
        "over": (RowState.UNDONE if is_undo else RowState.DONE).value,
        "reason": _reason(sheet, is_undo=is_undo),
        "kind": actor.kind,
        "actor": actor.id,
        "label": actor.label[:200],
        "now": now,
    }
    done = 0
    with connection.cursor() as cursor:
        for place, statement in enumerate((LEAVE_ALONE, TAKE_OFF, PUT_ON, NOTE, MARK)):
            progress(sheet.differs * place // 5, sheet.differs, "Taking back" if is_undo else "Setting prices")
            cursor.execute(statement.format(present=present, wanted=wanted), values)
            done = cursor.rowcount
    sheet.kept = sheet.rows.filter(state__in=[RowState.KEPT, RowState.SKIPPED]).count()
    sheet.state, sheet.version = over, sheet.version + 1
    sheet.applied_at, sheet.undone_at = (sheet.applied_at, now) if is_undo else (now, None)
    sheet.save(update_fields=["state", "version", "kept", "applied_at", "undone_at"])
    _record(sheet, AuditEntry.Action.CHANGE, actor, {"state": (running.value, over.value), "kept": (None, sheet.kept)})
    if done:
        price_list.version += 1
        price_list.save(update_fields=["version", "updated_at"])
        told = {"prices": (None, done), "reason": (None, values["reason"])}
        tell_price_list(AuditEntry.Action.CHANGE, price_list, told, actor)
    progress(sheet.differs, sheet.differs, "Done")
    return {"state": sheet.state, "prices": done, "kept": sheet.kept}


def _reason(sheet: PriceSheet, *, is_undo: bool) -> str:
    why = sheet.reason or sheet.file_name
    return f"Taken back: {why}"[:200] if is_undo else why


def _locked(sheet_id: UUID) -> PriceSheet:
    sheet = PriceSheet.objects.select_for_update(of=("self",)).select_related("price_list").filter(pk=sheet_id).first()
    if sheet is None:
        raise NotFound("There is no such file with prices.")
    return sheet


def _record(sheet: PriceSheet, action: AuditEntry.Action, actor: Actor, changes: dict[str, tuple[Any, Any]]) -> None:
    label = f"{sheet.file_name} for {sheet.price_list.name}"[:200]
    record(action, actor=actor, object_type="price_sheet", object_id=sheet.pk, object_label=label, changes=changes)
