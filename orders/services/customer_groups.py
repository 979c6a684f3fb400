"""Groups of customers: what a price list or a discount can be for."""

from uuid import UUID

from django.db import IntegrityError, transaction

from core.actors import Actor
from core.audit.models import AuditEntry
from core.audit.services import record
from core.errors import Conflict, NotFound, fault, must_be_version, refuse
from inventory.models import PriceList
from orders.models import CustomerGroup
from orders.permissions import MANAGE_CUSTOMER_GROUPS


@transaction.atomic
def create_group(*, name: str, actor: Actor) -> CustomerGroup:
    """Add an empty group.

    Raises:
        Forbidden: the actor may not.
        Invalid, Conflict: the name is blank; it is taken.
    """
    actor.require(MANAGE_CUSTOMER_GROUPS)
    group = CustomerGroup(name=_checked(name))
    _save(group, is_new=True)
    _note(AuditEntry.Action.CREATE, group, None, group.name, actor)
    return group


@transaction.atomic
def rename_group(group_id: UUID, *, name: str, actor: Actor, expected_version: int | None = None) -> CustomerGroup:
    """Give a group another name; the same name changes nothing.

    Raises:
        Forbidden, NotFound: the actor may not; there is no such group.
        StaleVersion: the group is not at ``expected_version`` any more.
        Invalid, Conflict: the name is blank; it is taken.
    """
    actor.require(MANAGE_CUSTOMER_GROUPS)
    group = _locked(group_id)
    must_be_version(expected_version, group.version)
    before, wanted = group.name, _checked(name)
    if before != wanted:
        group.name, group.version = wanted, group.version + 1
        _save(group, is_new=False)
        _note(AuditEntry.Action.CHANGE, group, before, wanted, actor)
    return group


@transaction.atomic
def delete_group(group_id: UUID, *, actor: Actor) -> None:
    """Delete a group; its customers stay.

    Raises:
        Forbidden, NotFound: the actor may not; there is no such group.
        Conflict: a price list is for this group.
    """
    actor.require(MANAGE_CUSTOMER_GROUPS)
    group = _locked(group_id)
    prices = PriceList.objects.filter(customer_group_id=group.pk).first()
    if prices is not None:
        raise Conflict(f"The price list {prices} is for this group. Change it first.")
    _note(AuditEntry.Action.DELETE, group, group.name, None, actor)
    group.delete()


def _locked(group_id: UUID) -> CustomerGroup:
    group = CustomerGroup.objects.select_for_update().filter(pk=group_id).first()
    if group is None:
        raise NotFound("There is no such group.")
    return group


def _checked(name: str) -> str:
    if not name.strip():
        refuse(fault("/name", "empty", "A group has a name."))
    return name.strip()


def _save(group: CustomerGroup, *, is_new: bool) -> None:
    try:
        with transaction.atomic():
            group.save(force_insert=is_new)
    except IntegrityError as taken:
        error = {"pointer": "/name", "code": "taken", "detail": f"There is a group {group.name} already."}
        raise Conflict(error["detail"], details={"errors": [error]}) from taken


def _note(action: AuditEntry.Action, group: CustomerGroup, before: str | None, after: str | None, actor: Actor) -> None:
    record(
        action,
        actor=actor,
        object_type="customer_group",
        object_id=group.pk,
        object_label=after or before or "",
        changes={"name": (before, after)},
    )
