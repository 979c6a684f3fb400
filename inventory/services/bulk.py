"""Change many variants at once: preview the difference, apply it with progress, undo it within a day.

A preview is written down row by row, so that what is applied is what was seen: a value that somebody changed in between
is left alone and said so. Applying and undoing go in portions, each a transaction of its own; a worker that dies in the
middle is followed by another that goes on with the rows that are left.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F

from core.actors import Actor
from core.api.idempotency import fingerprint
from core.audit.models import AuditEntry
from core.audit.services import record
from core.copy import copy_rows
from core.errors import DomainError, Invalid, NotFound, ReusedIdentifier
from core.jobs.registry import Progress
from core.jobs.services import enqueue
from core.outbox.services import emit_all
from inventory.bulk_changes import FIELDS, planned, read_changes
from inventory.events import ProductUpdated
from inventory.models import BulkEdit, BulkEditRow, Product, Variant
from inventory.permissions import MANAGE_PRICES, VIEW_COST
from inventory.selectors.bulk import variants_matching
from inventory.services.previewed import must_apply, must_undo
from inventory.services.prices import NewPrice, note_prices

APPLY, UNDO = "inventory.apply_bulk_edit", "inventory.undo_bulk_edit"
MOST_VARIANTS = 60_000
PORTION = 500
AT_ONCE = 50
"""Values that differ by row are written so many at a time: each row is compared with each of them."""
State, RowState = BulkEdit.State, BulkEditRow.State


@dataclass(frozen=True, slots=True)
class Previewed:
    """The edit with its planned rows, and whether this call made it."""

    edit: BulkEdit
    is_new: bool


def preview_bulk_edit(
    edit_id: UUID, *, matching: dict[str, Any], changes: dict[str, Any], actor: Actor, reason: str = ""
) -> Previewed:
    """Write down what the changes would do to the variants that match; nothing of them is changed yet.

    Safe to repeat with the same ``edit_id`` and content.

    Raises:
        Forbidden: the actor may not edit in bulk, or not see the costs it would change.
        Invalid: a filter or a change is wrong, too many match, or a value would be impossible.
        ReusedIdentifier: the id belongs to another edit.
    """
    actor.require(MANAGE_PRICES)
    asked = fingerprint([matching, changes, reason])
    try:
        edit = _preview(edit_id, matching, changes, reason, asked, actor)
    except (IntegrityError, DomainError) as conflict:
        stored = BulkEdit.objects.filter(pk=edit_id).first()
        if stored is None:
            raise
        if stored.created_by_id != actor.id:
            raise NotFound("There is no such bulk edit.") from conflict
        if bytes(stored.request_hash) != asked:
            raise ReusedIdentifier("This id belongs to a bulk edit with other content.") from conflict
        return Previewed(stored, False)
    return Previewed(edit, True)


@transaction.atomic(durable=True)
def _preview(
    edit_id: UUID, matching: dict[str, Any], changes: dict[str, Any], reason: str, asked: bytes, actor: Actor
) -> BulkEdit:
    wanted = read_changes(changes)
    if "unit_cost" in wanted:
        actor.require(VIEW_COST)
    edit = BulkEdit.objects.create(
        id=edit_id,
        request_hash=asked,
        filter=matching,
        changes=changes,
        reason=reason[:200],
        created_by_kind=actor.kind,
        created_by_id=actor.id,
        created_by_label=actor.label[:200],
    )
    variants = list(variants_matching(matching)[: MOST_VARIANTS + 1])
    if len(variants) > MOST_VARIANTS:
        raise Invalid(f"More than {MOST_VARIANTS} variants match. Narrow the filter.")
    rows = list(planned(variants, wanted))
    _copy(edit, rows)
    edit.found, edit.changed = len(variants), len(rows)
    edit.save(update_fields=["found", "changed"])
    _record(edit, AuditEntry.Action.CREATE, actor, {"found": (None, edit.found), "changed": (None, edit.changed)})
    return edit


def _copy(edit: BulkEdit, rows: Iterable[tuple[UUID, str, Any, Any]]) -> None:
    copy_rows(
        BulkEditRow,
        ["bulk_edit_id", "variant_id", "field", "before", "after", "state"],
        (
            [edit.pk, variant_id, field, json.dumps(before), json.dumps(after), RowState.PLANNED.value]
            for variant_id, field, before, after in rows
        ),
    )


@transaction.atomic
def apply_bulk_edit(edit_id: UUID, *, actor: Actor) -> BulkEdit:
    """Have a previewed edit applied by a worker; asking again changes nothing, unless the worker gave up.

    Then it goes on where it ended.

    Raises:
        NotFound: there is no such edit.
        Conflict: it changes nothing, or its day is over.
    """
    actor.require(MANAGE_PRICES)
    edit = _locked(edit_id)
    return (
        _ask(edit, State.APPLYING, APPLY, actor) if must_apply(edit, differs=bool(edit.changed), noun="edit") else edit
    )


@transaction.atomic
def undo_bulk_edit(edit_id: UUID, *, actor: Actor, now: datetime | None = None) -> BulkEdit:
    """Have an applied edit taken back by a worker; what somebody changed since stays as it is and is listed.

    Raises:
        NotFound: there is no such edit.
        Conflict: it was not applied, or more than 24 hours ago.
    """
    actor.require(MANAGE_PRICES)
    edit = _locked(edit_id)
    return _ask(edit, State.UNDOING, UNDO, actor) if must_undo(edit, noun="edit", now=now) else edit


def _ask(edit: BulkEdit, state: BulkEdit.State, kind: str, actor: Actor) -> BulkEdit:
    job = enqueue(kind, actor=actor, dedupe_key=f"{edit.pk}/{edit.version}", edit_id=edit.pk)
    before, edit.state, edit.job_id, edit.version = edit.state, state, job.pk, edit.version + 1
    edit.save(update_fields=["state", "job_id", "version"])
    _record(edit, AuditEntry.Action.CHANGE, actor, {"state": (before, state.value)})
    return edit


def run_bulk_edit(edit_id: UUID, *, actor: Actor, progress: Progress, is_undo: bool) -> dict[str, Any]:
    """Apply or undo an edit in portions; a repeat goes on where an earlier try ended."""
    edit = BulkEdit.objects.get(pk=edit_id)
    running, over = (State.UNDOING, State.UNDONE) if is_undo else (State.APPLYING, State.APPLIED)
    if edit.state != running:
        return {"state": edit.state}
    waiting = RowState.DONE if is_undo else RowState.PLANNED
    total = edit.rows.filter(state=waiting).count()
    done = 0
    while portion := _next_variants(edit, waiting):
        done += _portion(edit, portion, waiting, actor, is_undo=is_undo)
        progress(done, total, "Undoing" if is_undo else "Applying")
    with transaction.atomic(durable=True):
        edit = _locked(edit_id)
        now = datetime.now(UTC)
        edit.state, edit.version = over, edit.version + 1
        edit.kept = edit.rows.filter(state__in=[RowState.KEPT, RowState.SKIPPED]).count()
        edit.applied_at, edit.undone_at = (edit.applied_at, now) if is_undo else (now, None)
        edit.save(update_fields=["state", "version", "kept", "applied_at", "undone_at"])
        _record(
            edit, AuditEntry.Action.CHANGE, actor, {"state": (running.value, over.value), "kept": (None, edit.kept)}
        )
    return {"state": edit.state, "values": done, "kept": edit.kept}


def _next_variants(edit: BulkEdit, waiting: BulkEditRow.State) -> list[UUID]:
    """The variants of the next portion, whole."""
    rows = edit.rows.filter(state=waiting).order_by("variant_id").values_list("variant_id", flat=True)
    return list(rows.distinct()[:PORTION])


@transaction.atomic(durable=True)
def _portion(
    edit: BulkEdit, variant_ids: Sequence[UUID], waiting: BulkEditRow.State, actor: Actor, *, is_undo: bool
) -> int:
    """Change the variants of a portion: products are locked by key, then compared, then written."""
    rows = list(edit.rows.filter(variant__in=variant_ids, state=waiting))
    owners = set(Variant.objects.filter(pk__in=variant_ids).values_list("product_id", flat=True))
    products = {row.pk: row for row in Product.objects.select_for_update().filter(pk__in=owners).order_by("pk")}
    variants = {row.pk: row for row in Variant.objects.filter(pk__in=variant_ids)}
    touched: dict[UUID, set[str]] = defaultdict(set)
    prices: list[NewPrice] = []
    for row in rows:
        variant = variants[row.variant_id]
        product = products[variant.product_id]
        field = FIELDS[row.field]
        target: Variant | Product = product if field.is_of_product else variant
        expected, wanted = (row.after, row.before) if is_undo else (row.before, row.after)
        if field.read(target) != expected:
            row.state = RowState.KEPT if is_undo else RowState.SKIPPED
            continue
        field.write(target, wanted)
        row.state = RowState.UNDONE if is_undo else RowState.DONE
        touched[product.pk].add(row.field if field.is_of_product else f"{variant.sku}.{row.field}")
        if row.field == "unit_price":
            prices.append(NewPrice(variant_id=variant.pk, before=Decimal(str(expected)), after=Decimal(str(wanted))))
    _write(edit, rows, variants.values(), [products[pk] for pk in touched])
    note_prices(prices, actor=actor, reason=edit.reason or "Bulk edit")
    _tell(touched, products, actor)
    return len(rows)


def _write(
    edit: BulkEdit, rows: Sequence[BulkEditRow], variants: Iterable[Variant], products: Sequence[Product]
) -> None:
    changed = [FIELDS[name] for name in edit.changes]
    if names := [field.column for field in changed if not field.is_of_product]:
        Variant.objects.bulk_update(list(variants), names, batch_size=AT_ONCE)
    now = datetime.now(UTC)
    Product.objects.filter(pk__in=[row.pk for row in products]).update(version=F("version") + 1, updated_at=now)
    for product in products:
        product.version, product.updated_at = product.version + 1, now
    if of_product := [field.column for field in changed if field.is_of_product]:
        Product.objects.bulk_update(list(products), of_product, batch_size=AT_ONCE)
    for state in {row.state for row in rows}:
        edit.rows.filter(pk__in=[row.pk for row in rows if row.state == state]).update(state=state)


def _tell(touched: dict[UUID, set[str]], products: dict[UUID, Product], actor: Actor) -> None:
    prices: dict[UUID, dict[str, Decimal]] = defaultdict(dict)
    rows = Variant.objects.filter(product__in=touched)
    for product_id, sku, price in rows.values_list("product_id", "sku", "unit_price"):
        prices[product_id][sku] = price
    emit_all(
        [
            ProductUpdated(
                product_id=pk,
                version=products[pk].version,
                name=products[pk].name,
                skus=list(prices[pk]),
                fields=sorted(fields),
                prices=prices[pk],
                is_active=products[pk].is_active,
            )
            for pk, fields in touched.items()
        ],
        actor=actor,
    )


def _locked(edit_id: UUID) -> BulkEdit:
    edit = BulkEdit.objects.select_for_update().filter(pk=edit_id).first()
    if edit is None:
        raise NotFound("There is no such bulk edit.")
    return edit


def _record(edit: BulkEdit, action: AuditEntry.Action, actor: Actor, changes: dict[str, tuple[Any, Any]]) -> None:
    label = edit.reason or f"{edit.changed} values of {edit.found} variants"
    record(action, actor=actor, object_type="bulk_edit", object_id=edit.pk, object_label=label[:200], changes=changes)
