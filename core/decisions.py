"""What a shop decides about itself: one row of settings per subject, changed by one shape of service."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from django.db.models import Model

from core.audit.services import differences, field_values
from core.errors import fault, must_be_version, refuse

Row = TypeVar("Row", bound=Model)


def decide(
    kind: type[Row],
    values: Mapping[str, Any],
    *,
    fields: Sequence[str],
    wrong: Callable[[str, Any], str],
    expected_version: int | None,
) -> tuple[Row, dict[str, tuple[Any, Any]]]:
    """Change the one row of a kind, in the transaction of the service that records it; gives what differs too.

    ``wrong`` says what is wrong with a value, "" for nothing. The same decisions again change nothing.

    Raises:
        StaleVersion: it is not at ``expected_version`` any more.
        Invalid: a field cannot have this value; every one is named.
    """
    rows = kind._default_manager
    rows.get_or_create(pk=1, defaults={"version": 0})
    row: Any = rows.select_for_update().get(pk=1)
    must_be_version(expected_version, row.version)
    refuse(*(fault(f"/{name}", "value", why) for name, value in values.items() if (why := wrong(name, value))))
    before = field_values(row, *fields)
    for name, value in values.items():
        setattr(row, name, value)
    changes = differences(before, field_values(row, *fields))
    if changes:
        row.version += 1
        row.save()
    return row, changes
