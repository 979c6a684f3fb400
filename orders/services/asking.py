"""Ask for an approval and wait: whoever may give it answers on a device of their own.

The answer is an approval like any other (`orders.services.approvals.give_approval`), with the id of the request, for
exactly what was asked. So the act names the request's id as its approval.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import cast
from uuid import UUID

from django.db import IntegrityError, transaction

from core.actors import Actor
from core.audit.models import AuditEntry
from core.audit.services import record
from core.errors import Conflict, Forbidden, NotFound, ReusedIdentifier
from core.live import tell_user
from core.outbox.services import emit
from core.tenancy.context import current_tenant
from orders.events import ApprovalAnswered, ApprovalRequested
from orders.models import ApprovalRequest
from orders.permissions import FULFIL, SELL, VIEW_APPROVALS
from orders.services.approvals import Request, give_approval, place_of

WAITS = timedelta(minutes=10)
MOST_WAITING = 5
ANSWERED = "approval.answered"
"""What the asker's open screens are told; the row says the same to whoever missed it."""
State = ApprovalRequest.State


def ask_approval(request: Request, *, actor: Actor) -> tuple[ApprovalRequest, bool]:
    """Ask for leave to do one act; it waits ten minutes. Answers the row and whether this call made it.

    ``request`` names neither approver nor asker: the asker is the actor. A repeat answers the same row.

    Raises:
        Invalid, NotFound: there is no such permission or location.
        Forbidden: the actor is no person, or neither sells nor packs there.
        Conflict: the actor may do it without asking, or asks for too much at once.
        ReusedIdentifier: the id belongs to another request.
    """
    location = place_of(request)
    if actor.kind != "user" or actor.id is None:
        raise Forbidden("Only a person asks; a program names an approval.")
    if not (actor.may(SELL, at=location.pk) or actor.may(FULFIL, at=location.pk)):
        raise Forbidden("You do not work at this location.")
    if (stored := ApprovalRequest.objects.filter(pk=request.approval_id).first()) is not None:
        return _same(stored, request, actor), False
    if actor.may(request.permission, at=location.pk):
        raise Conflict("You may do this yourself.")
    try:
        return _ask(request, actor.id, actor), True
    except IntegrityError:
        return _same(ApprovalRequest.objects.get(pk=request.approval_id), request, actor), False


def _same(stored: ApprovalRequest, request: Request, actor: Actor) -> ApprovalRequest:
    asked = (request.permission, request.location_id, actor.id, request.reason[:200], request.details())
    if (stored.permission, stored.location_id, stored.requested_by_id, stored.reason, stored.details) != asked:
        raise ReusedIdentifier("This id belongs to another request.")
    return stored


@transaction.atomic
def _ask(request: Request, asker: UUID, actor: Actor) -> ApprovalRequest:
    now = datetime.now(UTC)
    waiting = ApprovalRequest.objects.filter(state=State.WAITING, expires_at__gt=now, requested_by=asker)
    if waiting.count() >= MOST_WAITING:
        raise Conflict("You have asked for several things already. Wait for an answer, or take one back.")
    row = ApprovalRequest(
        id=request.approval_id,
        permission=request.permission,
        location_id=request.location_id,
        requested_by_id=asker,
        requested_by_label=actor.label[:200],
        reason=request.reason[:200],
        details=request.details(),
        expires_at=now + WAITS,
    )
    row.save(force_insert=True)
    record(
        AuditEntry.Action.CREATE,
        actor=actor,
        object_type="approval_request",
        object_id=row.pk,
        object_label=row.permission,
        changes={"details": (None, row.details), "reason": (None, row.reason)},
    )
    emit(
        ApprovalRequested(
            request_id=row.pk,
            version=1,
            needs=row.permission,
            location_id=row.location_id,
            requested_by=asker,
            requested_by_label=row.requested_by_label,
            shown=row.details["shown"],
            subject=request.subject,
            expires_at=row.expires_at,
        ),
        actor=actor,
    )
    return row


@transaction.atomic
def answer_request(request_id: UUID, *, allow: bool, reason: str = "", actor: Actor) -> ApprovalRequest:
    """Allow what somebody asks for, or refuse it, and tell their open screens.

    Allowing makes the approval; it lasts ten minutes from now and is used once. The same answer again changes nothing.

    Raises:
        NotFound: there is no such request where the actor sees approvals.
        Forbidden: the actor may not do it themselves, or asked it themselves.
        Conflict: it was answered otherwise, taken back, or waited too long.
    """
    row = _locked(request_id)
    if row is None or not actor.may(VIEW_APPROVALS, at=row.location_id):
        raise NotFound("There is no such request.")
    if actor.kind != "user" or actor.id == row.requested_by_id:
        raise Forbidden("Somebody else must answer what you ask for.")
    actor.require(row.permission, at=row.location_id)
    state = State.ALLOWED if allow else State.REFUSED
    if (row.state, row.answered_by_id) == (state, actor.id):
        return row
    _must_wait(row)
    if allow:
        give_approval(_as_asked(row, reason), actor=actor)
    return _end(row, state, reason.strip()[:200], actor)


@transaction.atomic
def withdraw_request(request_id: UUID, *, actor: Actor) -> ApprovalRequest:
    """Take back what one asked for. One that was answered, or withdrawn before, stays as it is.

    Raises:
        NotFound: the actor has asked no such thing.
    """
    row = _locked(request_id)
    if row is None or row.requested_by_id != actor.id:
        raise NotFound("There is no such request.")
    return row if row.state != State.WAITING else _end(row, State.WITHDRAWN, "", actor)


def _locked(request_id: UUID) -> ApprovalRequest | None:
    rows = ApprovalRequest.objects.select_for_update(of=("self",)).select_related("location")
    return rows.filter(pk=request_id).first()


def _must_wait(row: ApprovalRequest) -> None:
    if row.stands == "expired":
        raise Conflict("It waited too long for an answer. They have to ask again.")
    if row.state == State.WITHDRAWN:
        raise Conflict(f"{row.requested_by_label} has taken it back.")
    if row.state != State.WAITING:
        raise Conflict(f"{row.answered_by_label} has answered it: {row.get_state_display().lower()}.")


def _as_asked(row: ApprovalRequest, reason: str) -> Request:
    details = row.details
    return Request(
        approval_id=row.pk,
        permission=row.permission,
        location_id=row.location_id,
        requested_by=row.requested_by_id,
        reason=reason.strip() or row.reason,
        shown=details["shown"],
        amount=None if details["amount"] is None else Decimal(details["amount"]),
        subject=UUID(details["subject"]) if details["subject"] else None,
    )


def _end(row: ApprovalRequest, state: State, answer: str, actor: Actor) -> ApprovalRequest:
    row.state, row.answer, row.answered_at = state, answer, datetime.now(UTC)
    row.answered_by_id, row.answered_by_label = cast(UUID, actor.id), actor.label[:200]
    row.save(update_fields=["state", "answer", "answered_at", "answered_by_id", "answered_by_label"])
    record(
        AuditEntry.Action.CHANGE,
        actor=actor,
        object_type="approval_request",
        object_id=row.pk,
        object_label=row.permission,
        changes={"state": (State.WAITING.value, row.state), "answer": (None, row.answer)},
    )
    emit(
        ApprovalAnswered(
            request_id=row.pk,
            version=2,
            needs=row.permission,
            location_id=row.location_id,
            requested_by=row.requested_by_id,
            state=row.state,
            answered_by=row.answered_by_id,
            answered_by_label=row.answered_by_label,
        ),
        actor=actor,
    )
    tell_user(current_tenant(), row.requested_by_id, ANSWERED, {"id": str(row.pk), "state": row.state})
    return row
