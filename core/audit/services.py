"""Write the audit log."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.db import connection, models

from core.actors import Actor
from core.audit.models import AuditEntry
from core.events import plain

HIDDEN = frozenset({"password", "digest", "secret", "secrets", "token"})


def record(
    action: AuditEntry.Action,
    *,
    actor: Actor,
    object_type: str,
    object_id: object = "",
    object_label: str = "",
    changes: Mapping[str, tuple[Any, Any]] | None = None,
) -> AuditEntry:
    """Add an entry in the transaction of the act itself. Values of secret fields are never kept.

    ``changes`` maps a field to its value before and after. Raises ``RuntimeError`` outside a transaction.
    """
    made = entry(
        action, actor=actor, object_type=object_type, object_id=object_id, object_label=object_label, changes=changes
    )
    made.save(force_insert=True)
    return made


def entry(
    action: AuditEntry.Action,
    *,
    actor: Actor,
    object_type: str,
    object_id: object = "",
    object_label: str = "",
    changes: Mapping[str, tuple[Any, Any]] | None = None,
) -> AuditEntry:
    """An entry as `record` would add it, not saved: for services that write it together with their rows."""
    if not connection.in_atomic_block:
        raise RuntimeError("record() belongs in the transaction of the act")
    kept = {
        name: ["***", "***"] if name in HIDDEN else [plain(before), plain(after)]
        for name, (before, after) in (changes or {}).items()
    }
    return AuditEntry(
        action=action,
        object_type=object_type,
        object_id=str(object_id),
        object_label=object_label[:200],
        changes=kept,
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor_label=actor.label[:200],
        address=actor.address,
        client=actor.client[:300],
        request_id=actor.request_id,
    )


def hide_values(*, object_type: str, object_ids: Iterable[object], label: str, fields: Collection[str]) -> None:
    """Blank the values of some fields in the entries about some objects, and their labels: the one change of the log
    there is, for a person's right to be forgotten. Who did what and when stays.

    Raises ``RuntimeError`` outside a transaction.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("hide_values() belongs in the transaction of the act")
    touched = []
    for row in AuditEntry.objects.filter(object_type=object_type, object_id__in=[str(pk) for pk in object_ids]):
        row.changes = {name: ["***", "***"] if name in fields else value for name, value in row.changes.items()}
        row.object_label = label[:200]
        touched.append(row)
    AuditEntry.objects.bulk_update(touched, ["changes", "object_label"], batch_size=500)


def field_values(row: models.Model, *names: str) -> dict[str, Any]:
    """The named fields of a row as they are now, to be compared later."""
    return {name: getattr(row, name) for name in names}


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """The fields whose value differs, with both values."""
    return {name: (before.get(name), after.get(name)) for name in after if before.get(name) != after.get(name)}
