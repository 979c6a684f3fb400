"""Fill a new shop's schema: what the migrations said the first time is said again, without thinking it out anew.

Running the migrations takes seconds, nearly all of them Django's: it builds its picture of the models once per
operation. The statements are the same for every empty schema, so the first shop after an update writes them down and
the others replay them, as top-level statements (CITUS 9: a copy made by a function would stay on the coordinator).
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

from core.events import plain
from core.tenancy.context import maintenance, use_public
from core.tenancy.models import SchemaScript

NOT_KEPT = ("SELECT", "SET ", "SHOW", "SAVEPOINT", "RELEASE", "ROLLBACK", "BEGIN", "COMMIT")


def fill_schema(schema: str, *, fingerprint: str, migrate: Callable[[str], None]) -> None:
    """Give an empty schema the shape that the migrations of ``fingerprint`` make; ``migrate`` runs them."""
    with use_public():
        script = SchemaScript.objects.filter(fingerprint=fingerprint).first()
    if script is not None:
        _replay(schema, script.statements)
        return
    kept: list[tuple[str, Any]] = []
    with _written_down(kept):
        migrate(schema)
    with use_public():
        SchemaScript.objects.exclude(fingerprint=fingerprint).delete()
        SchemaScript.objects.get_or_create(fingerprint=fingerprint, defaults={"statements": json.loads(_text(kept))})


@contextmanager
def _written_down(kept: list[tuple[str, Any]]) -> Iterator[None]:
    def keep(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        answer = execute(sql, params, many, context)
        if not str(sql).lstrip().upper().startswith(NOT_KEPT):
            kept.append((str(sql), params))
        return answer

    with connection.execute_wrapper(keep):
        yield


def _text(kept: list[tuple[str, Any]]) -> str:
    return json.dumps([[sql, None if params is None else [plain(value) for value in params]] for sql, params in kept])


def _replay(schema: str, statements: list[list[Any]]) -> None:
    with maintenance():
        try:
            connection.set_schema(schema)  # type: ignore[attr-defined]
            with transaction.atomic(), connection.cursor() as cursor:
                for sql, params in statements:
                    cursor.execute(sql, params)
        finally:
            connection.set_schema_to_public()  # type: ignore[attr-defined]
