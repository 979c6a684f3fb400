"""Codes: give one to an article, make our own, and register those of other things. A code means one thing."""

from decimal import Decimal
from typing import Literal
from uuid import UUID

from django.db import IntegrityError, transaction

from core.actors import Actor
from core.errors import Conflict, NotFound
from inventory.codes import check_digit, normalise
from inventory.models import CodeSequence, Product, ScanCode, Variant
from inventory.permissions import MANAGE_PRODUCTS
from inventory.reading import fits
from inventory.scan_targets import shape_of
from inventory.selectors import LONGEST_CODE
from inventory.selectors.codes import code_rules, owners_of
from inventory.services.catalogue import CodeDraft, ProductDraft, VariantDraft, update_product
from inventory.services.edits import conflict, fault, invalid

Style = Literal["ean13", "code128"]
PREFIXES = tuple(str(number) for number in range(20, 30))
"""Numbers for circulation inside a shop (GS1 General Specifications, 2.1.11)."""
CODE128_PREFIX = "S"
MOST_TRIES = 1000


@transaction.atomic
def add_code(variant_id: UUID, *, code: str, actor: Actor, pack_quantity: Decimal = Decimal(1)) -> ScanCode:
    """Give a variant a further code. One that it has already gets the pack quantity.

    Raises:
        NotFound: there is no such variant.
        Forbidden, Invalid: as in `inventory.services.catalogue.update_product`.
        Conflict: the code belongs to something else, which is named.
    """
    actor.require(MANAGE_PRODUCTS)
    variant = _locked(variant_id)
    stored = normalise(code)
    kept = [
        CodeDraft(code=row.code, pack_quantity=row.pack_quantity) for row in variant.codes.all() if row.code != stored
    ]
    drafts = [*kept, CodeDraft(code=code, pack_quantity=pack_quantity)]
    _write(variant, drafts, actor)
    return ScanCode.objects.get(code=stored)


@transaction.atomic
def remove_code(code_id: int, *, actor: Actor) -> None:
    """Take a code from its variant; it is free then. Raises `NotFound`, `Forbidden`."""
    actor.require(MANAGE_PRODUCTS)
    row = ScanCode.objects.filter(pk=code_id, variant__isnull=False).first()
    if row is None or row.variant_id is None:
        raise NotFound("There is no such code.")
    variant = _locked(row.variant_id)
    rest = variant.codes.exclude(pk=code_id)
    _write(variant, [CodeDraft(code=one.code, pack_quantity=one.pack_quantity) for one in rest], actor)


@transaction.atomic
def make_code(
    variant_id: UUID,
    *,
    actor: Actor,
    style: Style = "ean13",
    prefix: str = "",
    pack_quantity: Decimal = Decimal(1),
) -> ScanCode:
    """Give a variant a code of our own: the next free number, and none that was ever given before.

    "ean13" counts under a prefix from 20 to 29, by default the first that no rule for weights and prices takes;
    "code128" is S and nine digits.

    Raises:
        NotFound, Forbidden: as in `add_code`.
        Invalid: the prefix is none, or a rule takes what begins with it.
    """
    actor.require(MANAGE_PRODUCTS)
    _locked(variant_id)
    name = CODE128_PREFIX if style == "code128" else prefix or _free_prefix()
    if style == "ean13" and name not in PREFIXES:
        raise invalid(fault("/prefix", "range", "A prefix from 20 to 29."))
    patterns = [rule.pattern for rule in code_rules()]
    CodeSequence.objects.get_or_create(name=name)
    sequence = CodeSequence.objects.select_for_update().get(name=name)
    for number in range(sequence.last + 1, sequence.last + 1 + MOST_TRIES):
        code = f"{name}{number:09}" if style == "code128" else _ean13(name, number)
        if code is None:
            break
        if any(fits(pattern, code) for pattern in patterns) or ScanCode.objects.filter(code=normalise(code)).exists():
            continue
        CodeSequence.objects.filter(pk=sequence.pk).update(last=number)
        return add_code(variant_id, code=code, pack_quantity=pack_quantity, actor=actor)
    raise invalid(fault("/prefix", "used-up", "No number is free under this prefix: a rule or other codes take them."))


def claim_code(*, code: str, kind: ScanCode.Kind, target_id: UUID) -> ScanCode:
    """Register a code for a lot, a serial number, a location, a customer, a transfer, a count or a person.

    A part of the service that makes the thing, inside its transaction; that one audits and tells. Repeating it for the
    same thing changes nothing.

    Raises:
        Invalid: the text cannot be a code, or its shape belongs to somebody.
        Conflict: the code belongs to something else, which is named.
    """
    stored = checked_code(code, pointer="/code")
    try:
        with transaction.atomic():
            row, _ = ScanCode.objects.get_or_create(code=stored, defaults={"kind": kind, "target_id": target_id})
    except IntegrityError as taken:
        raise belongs(stored, pointer="/code") from taken
    if (row.kind, row.target_id) != (kind, target_id):
        raise belongs(stored, pointer="/code")
    return row


def release_codes(*, kind: ScanCode.Kind, target_id: UUID) -> int:
    """Free the codes of a thing that is gone. A part of the service that takes it away. Answers how many."""
    return ScanCode.objects.filter(kind=kind, target_id=target_id).delete()[0]


def checked_code(code: str, *, pointer: str) -> str:
    """A code as it is stored. Raises `Invalid` for what cannot be one or belongs to somebody by its shape."""
    stored = normalise(code)
    if not stored or len(stored) > LONGEST_CODE or not stored.isprintable():
        raise invalid(fault(pointer, "code", f"A code has 1 to {LONGEST_CODE} printable characters."))
    if shape := shape_of(stored):
        raise invalid(fault(pointer, "reserved", f"Codes of this form are those of {shape.word}."))
    return stored


def belongs(code: str, *, pointer: str) -> Conflict:
    """The refusal of a code that is taken, naming what it belongs to."""
    owner = owners_of([code]).get(code, "something else")
    return conflict(pointer, "taken", f"The code {code} belongs to {owner}.")


def _locked(variant_id: UUID) -> Variant:
    """The variant, its product locked: codes are part of the product's version."""
    variant = Variant.objects.filter(pk=variant_id).first()
    if variant is None:
        raise NotFound("There is no such variant.")
    Product.objects.select_for_update(no_key=True).filter(pk=variant.product_id).first()
    return variant


def _write(variant: Variant, drafts: list[CodeDraft], actor: Actor) -> None:
    draft = ProductDraft(values={}, variants=[VariantDraft(values={}, id=variant.pk, codes=drafts)])
    update_product(variant.product_id, draft, actor=actor)


def _free_prefix() -> str:
    taken = tuple(rule.pattern for rule in code_rules() if len(rule.pattern) == 13)
    free = [prefix for prefix in PREFIXES if not any(_may_begin(pattern, prefix) for pattern in taken)]
    if not free:
        raise invalid(fault("/prefix", "used-up", "The rules for weights and prices take every prefix from 20 to 29."))
    return free[0]


def _may_begin(pattern: str, prefix: str) -> bool:
    return all(not place.isdigit() or place == digit for place, digit in zip(pattern, prefix, strict=False))


def _ean13(prefix: str, number: int) -> str | None:
    body = f"{prefix}{number:010}"
    return f"{body}{check_digit(body)}" if len(body) == 12 else None
