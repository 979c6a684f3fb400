"""What every change of a small thing of the catalogue has in common: lock, compare, save, audit. Callers tell it."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from uuid import UUID

from django.db import IntegrityError, models, transaction

from core.actors import Actor
from core.audit.models import AuditEntry
from core.audit.services import differences, field_values, record
from core.errors import Conflict, Invalid, NotFound, StaleVersion
from inventory.permissions import MANAGE_PRODUCTS

Row = TypeVar("Row", bound=models.Model)


def fault(pointer: str, code: str, detail: str) -> dict[str, str]:
    """One thing that is wrong, and where."""
    return {"pointer": pointer, "code": code, "detail": detail}


def invalid(*errors: dict[str, str]) -> Invalid:
    """The refusal that names them all."""
    detail = errors[0]["detail"] if len(errors) == 1 else f"{len(errors)} things are wrong."
    return Invalid(detail, details={"errors": list(errors)})


def conflict(pointer: str, code: str, detail: str) -> Conflict:
    """The refusal of what the state of the shop forbids."""
    return Conflict(detail, details={"errors": [fault(pointer, code, detail)]})


def clean_name(value: Any, *, longest: int, pointer: str = "/name") -> str:
    """A name without needless blanks. Raises `Invalid` for none, a long one or one with control characters."""
    name = " ".join(str(value).split())
    if not name:
        raise invalid(fault(pointer, "blank", "A name says something."))
    if len(name) > longest or not name.isprintable():
        raise invalid(fault(pointer, "name", f"A name has at most {longest} printable characters."))
    return name


def locked(
    model: type[Row], pk: UUID, *, called: str, expected_version: int | None = None, to_delete: bool = False
) -> Row:
    """The row, locked against other writers; ``to_delete`` also against those who would begin to point to it.

    Raises `NotFound` or `StaleVersion`.
    """
    rows = model._default_manager.select_for_update(of=("self",), no_key=not to_delete)
    row = rows.filter(pk=pk).first()
    if row is None:
        raise NotFound(f"There is no such {called}.")
    if expected_version is not None and row.version != expected_version:  # type: ignore[attr-defined]
        raise StaleVersion
    return row


def added(row: Row, *, actor: Actor, object_type: str, fields: tuple[str, ...], taken: Callable[[], Conflict]) -> Row:
    """Save a new row and note it; ``taken`` makes the refusal where its name belongs to another."""
    actor.require(MANAGE_PRODUCTS)
    _save(row, taken=taken, force_insert=True)
    values = differences({}, field_values(row, *fields))
    _note(AuditEntry.Action.CREATE, row, actor, object_type, values)
    return row


def edited(
    row: Row, changes: Mapping[str, Any], *, actor: Actor, object_type: str, taken: Callable[[], Conflict]
) -> list[str]:
    """Put ``changes`` on a locked row, raise its version and note it; answers what differs, nothing: no write."""
    actor.require(MANAGE_PRODUCTS)
    before = field_values(row, *changes)
    for name, value in changes.items():
        setattr(row, name, value)
    differs = differences(before, field_values(row, *changes))
    if not differs:
        return []
    row.version += 1  # type: ignore[attr-defined]
    _save(row, taken=taken)
    _note(AuditEntry.Action.CHANGE, row, actor, object_type, differs)
    return sorted(differs)


def removed(row: models.Model, *, actor: Actor, object_type: str, changes: Mapping[str, Any] | None = None) -> None:
    """Delete a row and note it. What still points to it is the caller's to find."""
    actor.require(MANAGE_PRODUCTS)
    _note(AuditEntry.Action.DELETE, row, actor, object_type, changes or {})
    row.delete()


def _save(row: models.Model, *, taken: Callable[[], Conflict], force_insert: bool = False) -> None:
    try:
        with transaction.atomic():
            row.save(force_insert=force_insert)
    except IntegrityError as twin:
        raise taken() from twin


def _note(action: AuditEntry.Action, row: models.Model, actor: Actor, kind: str, changes: Mapping[str, Any]) -> None:
    record(action, actor=actor, object_type=kind, object_id=row.pk, object_label=str(row), changes=changes)
