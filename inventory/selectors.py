"""Read the catalogue and the stock, and what a code means."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from core.errors import NotFound
from inventory.codes import normalise
from inventory.errors import UnknownCode
from inventory.models import Product, ScanCode, StockLevel, StockMovement, Variant

LONGEST_CODE = 80


@dataclass(frozen=True, slots=True)
class CodeTarget:
    """What a code stands for: a variant, and how many units of it one scan means."""

    variant_id: UUID
    pack_quantity: Decimal


@dataclass(frozen=True, slots=True)
class Scanned:
    """What a scan means at a till. ``on_hand`` is None for what is not stocked and where nobody asked for a place."""

    code: str
    variant_id: UUID
    product_id: UUID
    sku: str
    title: str
    unit_price: Decimal
    tax_rate: Decimal
    pack_quantity: Decimal
    is_stocked: bool
    on_hand: Decimal | None


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
        if row.variant_id
    }
    found = {code: known[form] for code, form in stored.items() if form in known}
    left = {code.strip(): code for code in stored if code not in found}
    if left:
        for sku, pk in Variant.objects.filter(sku__in=left).values_list("sku", "pk"):
            found[left[sku]] = CodeTarget(pk, Decimal(1))
    return found


def resolve_code(code: str, *, location_id: UUID | None = None) -> Scanned:
    """What a scanned or typed code stands for, with the stock of one location if one is named.

    The code as it is stored comes first, then without regard to case, then the SKU. Raises `UnknownCode`.
    """
    stored = normalise(code)
    if not stored or len(stored) > LONGEST_CODE or "\x00" in stored:
        raise UnknownCode(details={"code": code[:LONGEST_CODE]})
    variants = Variant.objects.select_related("product", "tax_class").filter(is_active=True, product__is_active=True)
    row = (
        ScanCode.objects.filter(code=stored, variant__isnull=False).first()
        or ScanCode.objects.filter(code__iexact=stored, variant__isnull=False).order_by("code").first()
    )
    variant = (
        variants.filter(pk=row.variant_id).first()
        if row
        else variants.filter(sku=stored).first() or variants.filter(sku__iexact=stored).order_by("sku").first()
    )
    if variant is None:
        raise UnknownCode(f"Nothing that is for sale carries the code {stored}.", details={"code": stored})
    on_hand = None
    if location_id is not None and variant.is_stocked:
        level = StockLevel.objects.filter(variant=variant, location=location_id).first()
        on_hand = level.on_hand if level else Decimal(0)
    return Scanned(
        code=row.code if row else variant.sku,
        variant_id=variant.pk,
        product_id=variant.product_id,
        sku=variant.sku,
        title=variant.title,
        unit_price=variant.unit_price,
        tax_rate=variant.tax_class.rate if variant.tax_class else Decimal(0),
        pack_quantity=row.pack_quantity if row else Decimal(1),
        is_stocked=variant.is_stocked,
        on_hand=on_hand,
    )


def _with_variants() -> QuerySet[Product]:
    return Product.objects.select_related("category").prefetch_related("variants__tax_class", "variants__codes")


def products(
    *, words: str = "", is_active: bool | None = None, updated_since: datetime | None = None
) -> QuerySet[Product]:
    """Products with variants, tax and codes. ``words`` stands in the name or a SKU, or is a whole code."""
    rows = _with_variants()
    if is_active is not None:
        rows = rows.filter(is_active=is_active)
    if updated_since is not None:
        rows = rows.filter(updated_at__gte=updated_since)
    if words := words.strip():
        own = Variant.objects.filter(product=OuterRef("pk"), sku__icontains=words)
        carrier = ScanCode.objects.filter(variant__product=OuterRef("pk"), code=normalise(words))
        rows = rows.filter(Q(name__icontains=words) | Exists(own) | Exists(carrier))
    return rows


def find_product(product_id: UUID) -> Product:
    """A product with variants, tax and codes. Raises `NotFound`."""
    product = _with_variants().filter(pk=product_id).first()
    if product is None:
        raise NotFound("There is no such product.")
    return product


def stock_levels(*, places: frozenset[UUID] | None, low_only: bool = False) -> QuerySet[StockLevel]:
    """Levels at these places (None: all) with their variants; ``low_only`` those at their warning level or below."""
    rows = StockLevel.objects.select_related("variant__product")
    if places is not None:
        rows = rows.filter(location_id__in=places)
    return rows.filter(on_hand__lte=F("low_at")) if low_only else rows


def movements(*, places: frozenset[UUID] | None) -> QuerySet[StockMovement]:
    """The ledger of these places (None: all) with the variants."""
    rows = StockMovement.objects.select_related("variant")
    return rows if places is None else rows.filter(location_id__in=places)
