"""Goods told apart that come in by a document of others, and leave again where it never was.

Parts of the services that own the document; what was stated is checked by `inventory.services.stating`.
"""

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from inventory.models import Lot, MovementLot, MovementSerial, ScanCode
from inventory.services.changes import Cause
from inventory.services.naming import Leaving
from inventory.services.piece_codes import register_pieces
from inventory.services.stating import Stated


def make_lots(stated: Sequence[Stated]) -> dict[tuple[UUID, str], UUID]:
    """The lots that are named, made where they are new; an expiry date that nobody knew yet is kept.

    Call it after the document's own row, before the stock levels.
    """
    found = {}
    for one in sorted(stated, key=lambda each: each.variant.pk):
        for code, expires_on in sorted(one.expires.items()):
            lot, _ = Lot.objects.get_or_create(variant=one.variant, code=code, defaults={"expires_on": expires_on})
            if expires_on is not None and lot.expires_on is None:
                Lot.objects.filter(pk=lot.pk).update(expires_on=expires_on, version=lot.version + 1)
            found[one.variant.pk, code] = lot.pk
    register_pieces(ScanCode.Kind.LOT, {code: pk for (_, code), pk in found.items()})
    return found


def came_with(cause: Cause) -> dict[UUID, Leaving]:
    """The pieces and lots that came in with a document, as what leaves if it never was, by variant."""
    came = {"movement__reference_type": cause[0], "movement__reference_id": cause[1], "movement__delta__gt": 0}
    pieces: dict[UUID, list[str]] = defaultdict(list)
    lots: dict[UUID, list[tuple[UUID, Decimal]]] = defaultdict(list)
    for variant, number in (
        MovementSerial.objects.filter(**came).order_by("pk").values_list("serial__variant_id", "serial__number")
    ):
        pieces[variant].append(number)
    for variant, lot, units in (
        MovementLot.objects.filter(**came).order_by("pk").values_list("lot__variant_id", "lot_id", "delta")
    ):
        lots[variant].append((lot, -units))
    return {one: Leaving(tuple(pieces[one]), tuple(lots[one])) for one in pieces.keys() | lots.keys()}
