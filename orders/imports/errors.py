"""How an import refuses. Whatever the reason, nothing of the file has landed."""

from typing import Any

from core.errors import DomainError


class UnreadableFile(DomainError):
    """It is not a file of this format: another kind of file, damaged, too large, or other columns."""

    code, status, title = "unreadable-file", 422, "This file cannot be read"


class RefusedRows(DomainError):
    """Some rows break a rule; ``rows`` lists row, column, value and reason of the first of them."""

    code, status, title = "refused-rows", 422, "Some rows of the file are wrong"

    def __init__(self, rows: list[dict[str, Any]], count: int) -> None:
        first = rows[0]
        self.rows, self.count = rows, count
        super().__init__(
            f"{count:,} {'row is' if count == 1 else 'rows are'} wrong, so nothing was imported. The first: row"
            f" {first['row']}, {first['column']} {first['value']!r}: {first['reason']}",
            details={"refused": count, "rows": rows[:20]},
        )
