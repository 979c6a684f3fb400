"""Somebody lets somebody else do one act beyond their role: PINs and approvals.

A service that needs more than the actor may have asks `allowed(...)` inside its transaction:

    allowed(actor, VOID, at=order.location_id, approval_id=given, act=("order", order.pk), subject=order.pk)
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any, cast
from uuid import UUID

from django.contrib.auth.hashers import check_password, make_password
from django.db import IntegrityError, transaction

from core.actors import Actor
from core.audit.models import AuditEntry
from core.audit.services import record
from core.errors import Forbidden, Invalid, ReusedIdentifier, fault, refuse
from core.limits import Rate, give_back, hit
from core.locations.models import Location
from core.locations.selectors import active_location
from core.money import plain_decimal
from core.outbox.services import emit
from core.people.models import User
from core.people.permissions import PERMISSIONS
from core.people.selectors import actor_of_user
from core.people.services import TooManyAttempts
from orders.errors import ApprovalNeeded, ApprovalRefused, WrongPin
from orders.events import ApprovalGiven
from orders.models import Approval, ApprovalPin

VALID = timedelta(minutes=10)
PIN_TRIES = Rate("approval-pin", 5, 900, is_kept=True)
ASKER_TRIES = Rate("approval-pin-asker", 20, 900, is_kept=True)
Action = AuditEntry.Action
SHORTEST_PIN, LONGEST_PIN = 4, 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is to be approved, as the approver was shown it. ``approval_id`` is the client's.

    At the asker's till: ``approver_id`` and ``pin``, the asker is the actor. On the approver's own device: neither,
    the approver is the actor and ``requested_by`` whom it is for. ``subject`` is the order it is about, if there is
    one; ``amount`` the most it covers.
    """

    approval_id: UUID
    permission: str
    location_id: UUID
    approver_id: UUID | None = None
    pin: str = ""
    requested_by: UUID | None = None
    reason: str = ""
    shown: str = ""
    amount: Decimal | None = None
    subject: UUID | None = None

    def details(self) -> dict[str, Any]:
        return {
            "shown": self.shown[:500],
            "amount": None if self.amount is None else plain_decimal(self.amount, places=2),
            "subject": str(self.subject) if self.subject else None,
        }


@transaction.atomic
def set_pin(*, pin: str, password: str, actor: Actor) -> None:
    """Set one's own PIN. It wants the password, so that nobody gives a colleague one at an open session.

    Raises:
        Forbidden: the actor is no person, or the password is wrong.
        Invalid: the PIN is no 4 to 12 digits, or too easy.
        TooManyAttempts: too many wrong passwords.
    """
    user = _person(actor.id) if actor.kind == "user" else None
    if user is None:
        raise Forbidden("Only a person has a PIN.")
    problem = _weak(pin)
    if problem:
        raise Invalid(problem, details={"errors": [{"pointer": "/pin", "code": "pin", "detail": problem}]})
    if not hit(PIN_TRIES, f"password:{user.pk}").allowed:
        raise TooManyAttempts
    if not check_password(password, user.password):
        raise Forbidden("This is not your password.")
    give_back(PIN_TRIES, f"password:{user.pk}")
    ApprovalPin.objects.update_or_create(user=user, defaults={"hashed": make_password(pin)})
    record(Action.CHANGE, actor=actor, object_type="approval_pin", object_id=user.pk, object_label=str(user))


def _person(user_id: UUID | None) -> User | None:
    return User.objects.filter(pk=user_id, is_active=True).first() if user_id else None


def _weak(pin: str) -> str:
    if not (pin.isascii() and pin.isdigit() and SHORTEST_PIN <= len(pin) <= LONGEST_PIN):
        return f"A PIN is {SHORTEST_PIN} to {LONGEST_PIN} digits."
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(pin)}
    return "This PIN is too easy to guess." if len(steps) == 1 and steps & {0, 1, 9} else ""


def give_approval(request: Request, *, actor: Actor) -> Approval:
    """Approve one act for somebody; a repeat of the same request answers the same approval.

    Wrong PINs are counted per approver and per asker, and stand in the audit log.

    Raises:
        Invalid, NotFound: there is no such permission, location or asker.
        Forbidden: the actor approves on their own device what they may not do themselves.
        WrongPin: the PIN is wrong, or the person named cannot approve it.
        TooManyAttempts: too many wrong PINs.
        ReusedIdentifier: the id belongs to another approval.
    """
    location = place_of(request)
    if request.approver_id is not None:
        approver, asker = _by_pin(request, actor), actor
    else:
        actor.require(request.permission, at=location.pk)
        approver, asker = actor, _asker(request, actor)
    try:
        return _write(request, approver=approver, asker=asker, actor=actor)
    except IntegrityError:
        stored = Approval.objects.get(pk=request.approval_id)
        same = (stored.permission, stored.location_id, stored.approved_by_id, stored.requested_by_id, stored.details)
        if same != (request.permission, location.pk, approver.id, asker.id, request.details()):
            raise ReusedIdentifier("This id belongs to another approval.") from None
        return stored


def place_of(request: Request) -> Location:
    """Where it is to be approved. Raises `Invalid` or `NotFound` where it is no permission or place of approvals."""
    location = active_location(request.location_id)
    known = PERMISSIONS.get(request.permission)
    if known is None or not known.by_location or not request.permission.startswith("orders."):
        refuse(fault("/permission", "unknown", "This cannot be approved."))
    return location


def _asker(request: Request, actor: Actor) -> Actor:
    user = _person(request.requested_by)
    if user is None or user.pk == actor.id:
        detail = "Name whom you approve it for, or approve with your PIN at their till."
        raise Invalid(detail, details={"errors": [{"pointer": "/requested_by", "code": "unknown", "detail": detail}]})
    return actor_of_user(user)


def _by_pin(request: Request, actor: Actor) -> Actor:
    counted = [(PIN_TRIES, str(request.approver_id)), (ASKER_TRIES, str(actor.id))]
    if not all([hit(rate, who).allowed for rate, who in counted]):
        raise TooManyAttempts
    user = _person(request.approver_id)
    kept = ApprovalPin.objects.filter(user=user).first() if user else None
    matches = check_password(request.pin, kept.hashed if kept else make_password("0"))
    approver = actor_of_user(user) if user else None
    if approver is None or not matches or not approver.may(request.permission, at=request.location_id):
        with transaction.atomic():
            record(
                Action.LOG_IN_FAILED,
                actor=actor,
                object_type="approval_pin",
                object_id=request.approver_id or "",
                object_label=str(user or ""),
                changes={"permission": (None, request.permission)},
            )
        raise WrongPin
    for rate, who in counted:
        give_back(rate, who)
    return approver


@transaction.atomic
def _write(request: Request, *, approver: Actor, asker: Actor, actor: Actor) -> Approval:
    approval = Approval(
        id=request.approval_id,
        permission=request.permission,
        location_id=request.location_id,
        approved_by_id=cast(UUID, approver.id),
        approved_by_label=approver.label[:200],
        requested_by_id=asker.id,
        requested_by_label=asker.label[:200],
        reason=request.reason[:200],
        details=request.details(),
        expires_at=datetime.now(UTC) + VALID,
    )
    approval.save(force_insert=True)
    record(
        Action.CREATE,
        actor=actor,
        object_type="approval",
        object_id=approval.pk,
        object_label=request.permission,
        changes={
            "approved_by": (None, approval.approved_by_label),
            "requested_by": (None, approval.requested_by_label),
            "details": (None, approval.details),
        },
    )
    emit(
        ApprovalGiven(
            approval_id=approval.pk,
            version=1,
            needs=approval.permission,
            location_id=approval.location_id,
            approved_by=approval.approved_by_id,
            approved_by_label=approval.approved_by_label,
            requested_by=approval.requested_by_id,
            requested_by_label=approval.requested_by_label,
        ),
        actor=actor,
    )
    return approval


def allowed(
    actor: Actor,
    permission: str,
    *,
    at: UUID,
    approval_id: UUID | None,
    act: tuple[str, UUID],
    subject: UUID | None = None,
    amount: Decimal | None = None,
) -> Approval | None:
    """Let the actor pass who holds ``permission`` at a location, or whom somebody approved this one act.

    To be called in the transaction of the act, before stock is moved: an approval is used under its row's lock, once,
    by ``act`` (type and id of the document, which the receipt finds it by). One that names a subject is for that one
    only; one that names an amount covers no more. Answers the approval, None where none was needed.

    Raises:
        ApprovalNeeded: the actor may not, and brought no approval; ``details`` say what to ask for.
        ApprovalRefused: the approval is unknown, used, late, or for something else.
    """
    if actor.may(permission, at=at):
        return None
    if approval_id is None:
        told = {"permission": permission, "location": str(at), "subject": str(subject) if subject else None}
        raise ApprovalNeeded(details={**told, "amount": None if amount is None else plain_decimal(amount, places=2)})
    row = Approval.objects.select_for_update(of=("self",)).filter(pk=approval_id).first()
    if row is None or (row.permission, row.location_id, row.requested_by_id) != (permission, at, actor.id):
        raise ApprovalRefused("There is no such approval for you here.")
    if row.used_at is not None:
        raise ApprovalRefused("This approval was used already.")
    if row.expires_at < datetime.now(UTC):
        raise ApprovalRefused("This approval is too old. Ask again.")
    _covers(row.details, subject, amount)
    row.used_at = datetime.now(UTC)
    row.reference_type, row.reference_id = act
    row.save(update_fields=["used_at", "reference_type", "reference_id"])
    return row


def approval_for(permission: str, given: Sequence[UUID]) -> UUID | None:
    """Which of the approvals that were brought is for this: None where all are known to be for something else."""
    rows = dict(Approval.objects.filter(pk__in=given).values_list("pk", "permission")) if given else {}
    return next((one for one in given if rows.get(one, permission) == permission), None)


def _covers(details: Mapping[str, Any], subject: UUID | None, amount: Decimal | None) -> None:
    if subject is not None and details.get("subject") != str(subject):
        raise ApprovalRefused("It was approved for another order.")
    if amount is not None and (details.get("amount") is None or Decimal(details["amount"]) < amount):
        raise ApprovalRefused("Less than this amount was approved.")
