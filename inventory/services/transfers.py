"""Goods for another location: draft, edit, cancel. They leave by `shipping` and arrive by `arrivals`.

Locks: the transfer's own row, then the stock levels of both sides in one key order. Nothing is lost on the way but by
name: what leaves ``on_hand`` of the source is ``in_transit`` of the destination until it arrives, goes back or is
missed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from django.db import IntegrityError, transaction

from core.actors import Actor
from core.api.idempotency import fingerprint
from core.audit.models import AuditEntry
from core.audit.services import record
from core.errors import Conflict, Forbidden, Invalid, NotFound, ReusedIdentifier, StaleVersion, refuse
from core.ids import reference
from core.locations.selectors import active_location
from core.outbox.services import emit
from core.retry import with_locks
from inventory.events import TransferCancelled, TransferClosed, TransferCreated
from inventory.models import ScanCode, Transfer, TransferLine
from inventory.permissions import MOVE_STOCK
from inventory.services.lines import GoodsLine, units_of

State = Transfer.State


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferDraft:
    """What is to go from where to where. ``transfer_id`` is the client's and makes repeats harmless."""

    transfer_id: UUID
    source_id: UUID
    destination_id: UUID
    lines: Sequence[GoodsLine]
    note: str = ""

    def hash(self) -> bytes:
        """What a repeat must have in common with the first try."""
        return fingerprint([self.source_id, self.destination_id, [line.as_json() for line in self.lines], self.note])


@dataclass(frozen=True, slots=True)
class Drafted:
    """The transfer, and whether this call made it (False: it was there already)."""

    transfer: Transfer
    is_new: bool


def create_transfer(draft: TransferDraft, *, actor: Actor) -> Drafted:
    """Draft a transfer; nothing moves yet. Safe to repeat with the same ``transfer_id``.

    Raises:
        Forbidden: the actor may move stock at neither of the two locations.
        Invalid, NotFound: a line or a location is wrong; every wrong line is named.
        ReusedIdentifier: the id belongs to another transfer.
    """
    _require_either(actor, draft.source_id, draft.destination_id)
    try:
        wanted = _wanted(draft)
    except (Invalid, NotFound) as refusal:
        return _twin(draft, actor, refusal)
    transfer = Transfer(
        id=draft.transfer_id,
        request_hash=draft.hash(),
        number=f"T-{reference(draft.transfer_id)}",
        source_id=draft.source_id,
        destination_id=draft.destination_id,
        note=draft.note,
        created_by_kind=actor.kind,
        created_by_id=actor.id,
        created_by_label=actor.label[:200],
    )
    try:
        with_locks(lambda: _insert(transfer, wanted, actor))
    except IntegrityError as conflict:
        return _twin(draft, actor, conflict)
    return Drafted(transfer, True)


@transaction.atomic
def edit_transfer(
    transfer_id: UUID,
    *,
    actor: Actor,
    lines: Sequence[GoodsLine] | None = None,
    note: str | None = None,
    expected_version: int | None = None,
) -> Transfer:
    """Change a draft: ``lines`` replaces all of them, ``note`` its text; what is None stays. A repeat changes nothing.

    Raises:
        NotFound: there is no such transfer where the actor may move stock.
        StaleVersion: it is not at ``expected_version`` any more.
        Conflict: it is no draft any more.
        Invalid: every wrong line is named.
    """
    transfer = locked_transfer(transfer_id, actor=actor, expected_version=expected_version)
    must_be(transfer, State.DRAFT, "Only a draft can be changed.")
    changes: dict[str, tuple[object, object]] = {}
    if note is not None and note != transfer.note:
        changes["note"] = (transfer.note, note)
        transfer.note = note
    if lines is not None:
        wanted = {v: units.good for v, units in units_of(good_only(lines), may_be_empty=True).items()}
        before = dict(transfer.lines.values_list("variant_id", "quantity"))
        if wanted != before:
            changes["lines"] = (len(before), len(wanted))
            transfer.lines.all().delete()
            _write_lines(transfer, wanted)
    if changes:
        transfer.version += 1
        transfer.save(update_fields=["note", "version"])
        record_transfer(AuditEntry.Action.CHANGE, transfer, actor, changes)
    return transfer


@transaction.atomic
def cancel_transfer(transfer_id: UUID, *, actor: Actor, expected_version: int | None = None) -> Transfer:
    """Give up a draft. One that is given up already stays so.

    Raises:
        NotFound, StaleVersion: as in `edit_transfer`.
        Conflict: its goods are on their way, or arrived.
    """
    transfer = locked_transfer(transfer_id, actor=actor, expected_version=expected_version)
    if transfer.state == State.CANCELLED and transfer.shipped_at is None:
        return transfer
    must_be(transfer, State.DRAFT, "Its goods have left. Take them back instead.")
    end_transfer(transfer, State.CANCELLED, actor)
    tell_cancelled(transfer, actor, returned=Decimal(0))
    return transfer


def locked_transfer(transfer_id: UUID, *, actor: Actor, expected_version: int | None = None) -> Transfer:
    """The transfer's row, locked. Raises `NotFound` where the actor may move stock at neither end, `StaleVersion`."""
    rows = Transfer.objects.select_for_update(of=("self",)).select_related("source", "destination")
    transfer = rows.filter(pk=transfer_id).first()
    if transfer is None or not _may_either(actor, transfer.source_id, transfer.destination_id):
        raise NotFound("There is no such transfer.")
    if expected_version is not None and transfer.version != expected_version:
        raise StaleVersion
    return transfer


def tell_closed(transfer: Transfer, actor: Actor) -> None:
    """Tell that nothing of it is on its way any more."""
    lines = list(transfer.lines.all())
    emit(
        TransferClosed(
            transfer_id=transfer.pk,
            version=transfer.version,
            number=transfer.number,
            location_id=transfer.destination_id,
            source_id=transfer.source_id,
            damaged=sum((line.damaged for line in lines), Decimal(0)),
            missing=sum((line.missing for line in lines), Decimal(0)),
        ),
        actor=actor,
    )


@transaction.atomic
def _insert(transfer: Transfer, wanted: Mapping[UUID, Decimal], actor: Actor) -> None:
    transfer.save(force_insert=True)
    _write_lines(transfer, wanted)
    ScanCode.objects.bulk_create(  # the number is scanned from the packing list
        [ScanCode(code=transfer.number, kind=ScanCode.Kind.TRANSFER, target_id=transfer.pk)], ignore_conflicts=True
    )
    record_transfer(AuditEntry.Action.CREATE, transfer, actor, {"lines": (None, len(wanted))})
    emit(
        TransferCreated(
            transfer_id=transfer.pk,
            version=transfer.version,
            number=transfer.number,
            location_id=transfer.source_id,
            destination_id=transfer.destination_id,
            lines=len(wanted),
        ),
        actor=actor,
    )


def _write_lines(transfer: Transfer, wanted: Mapping[UUID, Decimal]) -> None:
    TransferLine.objects.bulk_create(
        TransferLine(transfer=transfer, variant_id=variant, quantity=units) for variant, units in wanted.items()
    )


def good_only(lines: Sequence[GoodsLine]) -> Sequence[GoodsLine]:
    """The lines, if all of them are sound goods; else `Invalid`."""
    errors = [
        {"pointer": f"/lines/{place}/damaged", "code": "damaged", "detail": "Only sound goods are sent."}
        for place, line in enumerate(lines)
        if line.damaged
    ]
    refuse(*errors)
    return lines


def _wanted(draft: TransferDraft) -> dict[UUID, Decimal]:
    if draft.source_id == draft.destination_id:
        error = {"pointer": "/destination", "code": "same", "detail": "Goods go to another location."}
        raise Invalid(error["detail"], details={"errors": [error]})
    for place in (draft.source_id, draft.destination_id):
        active_location(place)
    return {variant: units.good for variant, units in units_of(good_only(draft.lines), may_be_empty=True).items()}


def end_transfer(transfer: Transfer, state: str, actor: Actor, *, reason: str = "") -> None:
    """Write that it is over, and how."""
    before = transfer.state
    transfer.state, transfer.closed_at = state, datetime.now(UTC)
    transfer.version += 1
    transfer.save(update_fields=["state", "closed_at", "version"])
    changes: dict[str, tuple[object, object]] = {"state": (before, state)}
    record_transfer(AuditEntry.Action.CHANGE, transfer, actor, changes | ({"reason": (None, reason)} if reason else {}))


def tell_cancelled(transfer: Transfer, actor: Actor, *, returned: Decimal) -> None:
    """Tell that it was given up."""
    emit(
        TransferCancelled(
            transfer_id=transfer.pk,
            version=transfer.version,
            number=transfer.number,
            location_id=transfer.source_id,
            destination_id=transfer.destination_id,
            returned=returned,
        ),
        actor=actor,
    )


def record_transfer(
    action: AuditEntry.Action, transfer: Transfer, actor: Actor, changes: Mapping[str, tuple[object, object]]
) -> None:
    """Its entry in the audit log."""
    record(
        action,
        actor=actor,
        object_type="transfer",
        object_id=transfer.pk,
        object_label=transfer.number,
        changes=changes,
    )


def must_be(transfer: Transfer, state: str, otherwise: str) -> None:
    """Raise `Conflict` unless it is in this state."""
    if transfer.state != state:
        raise Conflict(otherwise, details={"state": transfer.state})


def _may_either(actor: Actor, source_id: UUID, destination_id: UUID) -> bool:
    return actor.may(MOVE_STOCK, at=source_id) or actor.may(MOVE_STOCK, at=destination_id)


def _require_either(actor: Actor, source_id: UUID, destination_id: UUID) -> None:
    if not _may_either(actor, source_id, destination_id):
        raise Forbidden(details={"permission": MOVE_STOCK})


def _twin(draft: TransferDraft, actor: Actor, conflict: Exception) -> Drafted:
    """The transfer an earlier try made, or else ``conflict``."""
    stored = Transfer.objects.select_related("source", "destination").filter(pk=draft.transfer_id).first()
    if stored is None:
        raise conflict
    if stored.created_by_id != actor.id:
        raise NotFound("There is no such transfer.") from conflict
    if bytes(stored.request_hash) != draft.hash():
        raise ReusedIdentifier("This id belongs to a transfer with other content.") from conflict
    return Drafted(stored, False)
