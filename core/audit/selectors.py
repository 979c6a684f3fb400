"""Read the audit log."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from core.audit.models import AuditEntry
from core.locations.models import Location
from core.locations.selectors import clock_words

# One index probe per kind of object, however long the log is.
KINDS = """
    WITH RECURSIVE kind AS (
        (SELECT object_type FROM audit_auditentry ORDER BY object_type LIMIT 1)
        UNION ALL
        SELECT (SELECT object_type FROM audit_auditentry WHERE object_type > kind.object_type
                ORDER BY object_type LIMIT 1)
        FROM kind WHERE kind.object_type IS NOT NULL
    )
    SELECT object_type FROM kind WHERE object_type IS NOT NULL
"""

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)\Z")


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One field before and after, in words."""

    name: str
    before: str
    after: str


def entries(
    *, actor_id: UUID | None = None, action: str = "", object_type: str = "", object_id: str = ""
) -> QuerySet[AuditEntry]:
    """The log, narrowed by what is given."""
    rows = AuditEntry.objects.all()
    wanted = {"actor_id": actor_id, "action": action, "object_type": object_type, "object_id": object_id}
    return rows.filter(**{name: value for name, value in wanted.items() if value})


def kinds_of_objects() -> list[str]:
    """Every kind of object that stands in the log."""
    with connection.cursor() as cursor:
        cursor.execute(KINDS)
        return [row[0] for row in cursor.fetchall()]


def changes_in_words(entry: AuditEntry, names: Mapping[str, str] | None = None) -> list[FieldChange]:
    """What an entry changed, as a person reads it; ``names`` says what ids are called (`place_names`)."""
    return [
        FieldChange(name.replace("_", " "), in_words(before, names), in_words(after, names))
        for name, (before, after) in sorted(entry.changes.items())
    ]


def place_names() -> dict[str, str]:
    """What the locations are called, by their ids as the log keeps them."""
    return {str(place.pk): place.name for place in Location.objects.all()}


def in_words(value: Any, names: Mapping[str, str] | None = None) -> str:
    """A JSON value in plain words."""
    if value is None or value == "" or value == []:
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{name} {in_words(inner, names)}" for name, inner in value.items())
    if isinstance(value, Iterable) and not isinstance(value, str):
        return ", ".join(in_words(inner, names) for inner in value)
    if isinstance(value, str) and MOMENT.match(value):
        return clock_words(datetime.fromisoformat(value))
    return (names or {}).get(value, value) if isinstance(value, str) else str(value)


def kind_in_words(object_type: str) -> str:
    """A kind of object as people call it."""
    return object_type.replace("_", " ").replace("api ", "API ")
