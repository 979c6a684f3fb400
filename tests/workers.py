"""Tests beside each other: which of them share a worker, and what is begun first.

Each worker has a database of its own (pytest-django) and three numbers of the Redis (`retail_saas.settings.test`).
"""

from zlib import crc32

import pytest
from xdist.scheduler import LoadScopeScheduling

TOGETHER = ("tests/realtime/",)
"""Folders whose files share what they have started."""
DIVIDED = ("tests/permissions/test_matrix.py", "tests/test_hostile_pages.py")
"""Long files without anything started, which any worker may take a part of."""
PARTS = 8
LONG = ("tests/test_demo_and_books.py", "tests/test_forecast_engine.py", "tests/test_import_")
"""Files with a single test of half a minute, which nobody should wait for at the end."""


class Units(LoadScopeScheduling):  # type: ignore[misc]
    """Gives each worker one unit after the other, in the order of the collection."""

    def _split_scope(self, nodeid: str) -> str:
        return unit_of(nodeid)


def unit_of(nodeid: str) -> str:
    """What is run by one worker in one go: mostly a file, so that a browser or a process is started once."""
    file = nodeid.partition("::")[0]
    if file in DIVIDED:
        return f"{file} {crc32(nodeid.encode()) % PARTS}"
    return next((folder for folder in TOGETHER if file.startswith(folder)), file)


def longest_first(items: list[pytest.Item]) -> None:
    """Begin with browsers, processes and much data: a long file that comes last is waited for by everybody."""

    def place(item: pytest.Item) -> int:
        if item.get_closest_marker("browser"):
            return 0
        return 1 if item.get_closest_marker("live") or item.nodeid.startswith(LONG) else 2

    first: dict[str, int] = {}
    for item in items:
        unit = unit_of(item.nodeid)
        first[unit] = min(place(item), first.get(unit, 2))
    items.sort(key=lambda item: first[unit_of(item.nodeid)])
