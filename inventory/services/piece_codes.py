"""Lots and pieces in the registry of codes, so that their labels open them wherever they are scanned.

The text on a label is the maker's: two makers may use the same. The first stands in the registry; who scans a text
that several things carry is told so (`inventory.errors.AmbiguousCode`) instead of getting one of them. A text that
belongs to something else than a lot or a piece is refused when it is stated (`inventory.services.stating`): somebody
scanned the wrong code.
"""

from collections.abc import Iterable, Mapping
from uuid import UUID

from inventory.codes import normalise
from inventory.models import ScanCode
from inventory.scan_targets import shape_of
from inventory.selectors import LONGEST_CODE
from inventory.selectors.codes import owners_of

PIECES = (ScanCode.Kind.LOT, ScanCode.Kind.SERIAL)


def register_pieces(kind: ScanCode.Kind, named: Mapping[str, UUID]) -> None:
    """Register the texts of lots or pieces by what they stand for. A part of the service that makes them.

    One statement; in the order of the texts, so that two who register the same do not wait for each other. A text that
    is registered already, or belongs to others by its shape, stays as it is.
    """
    stored = {code: target for text, target in sorted(named.items()) if (code := _kept(text))}
    if stored:
        rows = [ScanCode(code=code, kind=kind, target_id=target) for code, target in sorted(stored.items())]
        ScanCode.objects.bulk_create(rows, ignore_conflicts=True)


def strangers(texts: Iterable[str]) -> dict[str, str]:
    """Those of the texts that are codes of something else than a lot or a piece, with what, in words. One query."""
    wanted = {code: text for text in texts if (code := _kept(text))}
    rows = ScanCode.objects.filter(code__in=wanted).exclude(kind__in=PIECES) if wanted else ()
    taken = {row.code for row in rows}
    owners = owners_of(taken) if taken else {}
    return {wanted[code]: owners.get(code, "something else") for code in taken}


def _kept(text: str) -> str:
    """The text as the registry keeps it, "" for what is never in it."""
    code = normalise(text)
    return code if code and len(code) <= LONGEST_CODE and code.isprintable() and shape_of(code) is None else ""
