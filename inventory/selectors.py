"""Read the catalogue: what a code means."""

from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from inventory.codes import normalise
from inventory.models import ScanCode, Variant


@dataclass(frozen=True, slots=True)
class CodeTarget:
    """What a code stands for: a variant, and how many units of it one scan means."""

    variant_id: UUID
    pack_quantity: Decimal


def targets_of(codes: Collection[str]) -> dict[str, CodeTarget]:
    """What these codes mean, by the code as it was given; unknown ones are left out. A SKU counts as a code.

    At most two queries for any number of codes.
    """
    stored = {code: normalise(code) for code in codes if code}
    if not stored:
        return {}
    known = {
        row.code: CodeTarget(row.variant_id, row.pack_quantity)
        for row in ScanCode.objects.filter(code__in=set(stored.values()), variant__isnull=False)
    }
    found = {code: known[form] for code, form in stored.items() if form in known}
    left = {code.strip(): code for code in stored if code not in found}
    if left:
        for sku, pk in Variant.objects.filter(sku__in=left).values_list("sku", "pk"):
            found[left[sku]] = CodeTarget(pk, Decimal(1))
    return found
