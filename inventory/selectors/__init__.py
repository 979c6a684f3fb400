"""Read the catalogue and the stock: what a scanned code means, what there is, how it got there.

The services, the API and the till use this module; what only pages need stands in `inventory.web.selectors`.
"""

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Upper

from core.db.prepared import prepared_cursor
from core.errors import Invalid, NotFound, fault
from inventory.codes import normalise
from inventory.models import (
    Lot,
    Product,
    ScanCode,
    Serial,
    StockDocument,
    StockLevel,
    StockMovement,
    Tombstone,
    Variant,
    title_of,
)

LONGEST_CODE = 80
ARTICLES = (ScanCode.Kind.VARIANT, ScanCode.Kind.LOT, ScanCode.Kind.SERIAL)
"""Kinds of the registry that are goods."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeTarget:
    """What a code stands for: a variant, and how many units of it (a pack of six is six); a label's lot or piece."""

    code: str
    variant_id: UUID
    pack_quantity: Decimal = Decimal(1)
    lot: str = ""
    serial: str = ""

    def units(self, scans: Decimal) -> Decimal | None:
        """So many packs in units, or None if that is no quantity we can keep (three places)."""
        exact = scans * self.pack_quantity
        kept = exact.quantize(Decimal("0.001"))
        return kept if kept == exact else None


@dataclass(frozen=True, slots=True)
class ForSale:
    """A variant as a sale copies it; ``tax_parts`` is the JSON of its tax class."""

    id: UUID
    product_id: UUID
    sku: str
    product_name: str
    variant_name: str
    unit_price: Decimal
    unit_cost: Decimal | None
    tax_rate: Decimal
    is_stocked: bool
    own_price: Decimal
    price_list: str | None
    category_id: UUID | None
    brand_id: UUID | None
    tax_parts: str
    unit: str
    on_hand: Decimal | None
    tracking: str

    @property
    def title(self) -> str:
        return title_of(self.product_name, self.variant_name)


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceTerms:
    """What a price depends on besides the variant and the place; ``quantities`` per variant: units, 1 if unnamed."""

    channel: str = ""
    group_ids: Collection[UUID] = ()
    at: datetime | None = None
    quantities: Mapping[UUID, Decimal] = field(default_factory=dict)


# Of the price lists that hold, the highest priority decides, of equal ones the lower price; within a list the step of
# the quantity. `static/js/lib/till/prices.js` is the same rule for a till without a network (tests/price_model.py).
FOR_SALE = """
    SELECT variant.id, product.id, variant.sku, product.name, variant.name,
           COALESCE(listed.unit_price, variant.unit_price),
           COALESCE(level.average_cost, variant.unit_cost), COALESCE(tax.rate, 0), variant.is_stocked,
           variant.unit_price, listed.name, product.category_id, product.brand_id, COALESCE(tax.parts::text, '[]'),
           variant.unit, level.on_hand, variant.tracking
    FROM unnest(%(ids)s::uuid[], %(quantities)s::numeric[]) AS wanted (id, quantity)
    JOIN inventory_variant AS variant ON variant.id = wanted.id
    JOIN inventory_product AS product ON product.id = variant.product_id
    LEFT JOIN inventory_taxclass AS tax ON tax.id = variant.tax_class_id
    LEFT JOIN inventory_stocklevel AS level ON level.variant_id = variant.id AND level.location_id = %(location)s
    LEFT JOIN LATERAL (
        SELECT step.unit_price, step.name FROM (
            SELECT DISTINCT ON (list.id) list.priority, list.name, item.unit_price
            FROM inventory_pricelistitem AS item JOIN inventory_pricelist AS list ON list.id = item.price_list_id
            WHERE item.variant_id = variant.id AND item.from_quantity <= wanted.quantity AND list.is_active
              AND (list.location_id IS NULL OR list.location_id = %(location)s)
              AND (list.channel = '' OR list.channel = %(channel)s)
              AND (list.customer_group_id IS NULL OR list.customer_group_id = ANY(%(groups)s::uuid[]))
              AND (list.starts_at IS NULL OR list.starts_at <= %(at)s)
              AND (list.ends_at IS NULL OR list.ends_at > %(at)s)
            ORDER BY list.id, item.from_quantity DESC
        ) AS step ORDER BY step.priority DESC, step.unit_price, step.name LIMIT 1
    ) AS listed ON true
    WHERE variant.is_active AND product.is_active
"""


def for_sale(
    ids: Collection[UUID], *, location_id: UUID | None = None, terms: PriceTerms | None = None
) -> dict[UUID, ForSale]:
    """Those of the variants that may be sold, with today's name, price, tax and cost: the hot query of every sale.

    The price is that of the price list that decides, else the variant's own. The cost is the moving average at the
    location; without one, what the catalogue says.
    """
    terms = terms or PriceTerms()
    wanted = list(ids)
    values: dict[str, Any] = {
        "ids": wanted,
        "quantities": [terms.quantities.get(variant_id, Decimal(1)) for variant_id in wanted],
        "location": location_id,
        "channel": terms.channel,
        "groups": list(terms.group_ids),
        "at": terms.at or datetime.now(UTC),
    }
    with prepared_cursor() as cursor:
        cursor.execute(FOR_SALE, values)
        return {row[0]: ForSale(*row) for row in cursor.fetchall()}


def targets_of(typed: Iterable[str]) -> dict[str, CodeTarget]:
    """What each typed code stands for; unknown ones are left out. One query, a second one if some may be SKUs.

    A code is looked for as it is stored, then whatever its case (if only one fits), then as a SKU. The label of a lot
    or a piece stands for its article, unless several articles use its name.
    """
    wanted = {text: normalise(text) for text in typed if text.isprintable() and len(text) <= LONGEST_CODE}
    if not wanted:
        return {}
    rows = ScanCode.objects.annotate(upper=Upper("code")).filter(
        Q(code__in=set(wanted.values())) | Q(upper__in={code.upper() for code in wanted.values()}),
        kind__in=ARTICLES,
    )
    exact: dict[str, ScanCode] = {}
    any_case: dict[str, list[ScanCode]] = {}
    for row in _with_articles(list(rows)):
        exact[row.code] = row
        any_case.setdefault(row.code.upper(), []).append(row)
    found: dict[str, CodeTarget] = {}
    for text, code in wanted.items():
        alike = any_case.get(code.upper(), [])
        hit = exact.get(code) or (alike[0] if len(alike) == 1 else None)
        if hit is not None and hit.variant_id is not None:
            told = {} if hit.kind == ScanCode.Kind.VARIANT else {str(hit.kind): getattr(hit, "named", "")}
            found[text] = CodeTarget(code=hit.code, variant_id=hit.variant_id, pack_quantity=hit.pack_quantity, **told)
    left = {text: text.strip() for text in wanted if text not in found}
    if left:
        skus = dict(Variant.objects.filter(sku__in=set(left.values())).values_list("sku", "pk"))
        found |= {text: CodeTarget(code=sku, variant_id=skus[sku]) for text, sku in left.items() if sku in skus}
    return found


def find_article(typed: str, *, pointer: str) -> UUID:
    """The article that somebody named by its id, or typed or scanned a code or number of. Raises `Invalid`."""
    with suppress(ValueError):
        if Variant.objects.filter(pk=UUID(typed)).exists():
            return UUID(typed)
    target = targets_of({typed}).get(typed)
    if target is None:
        detail = "No article of the shop has this code or number."
        raise Invalid(detail, details={"errors": [fault(pointer, "unknown", detail)]})
    return target.variant_id


def _with_articles(rows: list[ScanCode]) -> list[ScanCode]:
    """The codes with their articles: those of lots and pieces get that of what they stand for, two queries if any."""
    labels = {row.target_id for row in rows if row.kind != ScanCode.Kind.VARIANT and row.target_id}
    if not labels:
        return rows
    things: list[tuple[Any, str]] = [(Lot, "code"), (Serial, "number")]
    names: dict[UUID | None, tuple[str, UUID]] = {}
    for model, called in things:
        found = model.objects.filter(pk__in=labels).values_list("pk", called, "variant")
        names |= {pk: (name, variant) for pk, name, variant in found}
    texts = {name for name, _ in names.values()}
    users: dict[str, set[UUID]] = {}
    for model, called in things:
        for name, variant in model.objects.filter(**{f"{called}__in": texts}).values_list(called, "variant"):
            users.setdefault(name, set()).add(variant)
    kept = []
    for row in rows:
        if row.kind != ScanCode.Kind.VARIANT:
            name, row.variant_id = names.get(row.target_id, ("", None))
            row.named = name  # type: ignore[attr-defined]
            if row.variant_id is None or (normalise(name) == row.code and len(users[name]) > 1):
                continue
        kept.append(row)
    return kept


def products(
    *,
    words: str = "",
    is_active: bool | None = None,
    updated_since: datetime | None = None,
    category_ids: Collection[UUID] | None = None,
    brand_id: UUID | None = None,
    attributes: Mapping[str, Any] | None = None,
) -> QuerySet[Product]:
    """The catalogue with everything a list shows; ``words`` is looked for in names, SKUs and codes."""
    rows = Product.objects.select_related("category", "brand")
    rows = rows.prefetch_related("variants__codes", "variants__tax_class", "pictures")
    wanted = {"is_active": is_active, "updated_at__gte": updated_since, "brand": brand_id, "category__in": category_ids}
    rows = rows.filter(**{name: value for name, value in wanted.items() if value is not None})
    if attributes:
        rows = rows.filter(attributes__contains=dict(attributes))
    if words := words.strip():
        rows = rows.filter(pk__in=_carrying(words))
    return rows


def _carrying(words: str) -> QuerySet[Any]:
    """The products with the words in a name, a SKU or as a code: a union, because an index serves each part of it."""
    named = Product.objects.order_by().filter(name__icontains=words).values_list("pk")
    variants = Variant.objects.order_by().values_list("product_id")
    codes = ScanCode.objects.order_by().filter(code__iexact=normalise(words), variant__isnull=False)
    return named.union(
        variants.filter(sku__icontains=words),
        variants.filter(name__icontains=words),
        codes.values_list("variant__product_id"),
    )


def deleted_since(kind: str, moment: datetime) -> list[UUID]:
    """What of a kind is gone since a moment, oldest first."""
    rows = Tombstone.objects.filter(kind=kind, deleted_at__gte=moment).order_by("deleted_at", "id")
    return list(rows.values_list("object_id", flat=True))


def find_product(product_id: UUID) -> Product:
    """A product with its variants and codes. Raises `NotFound`."""
    product = products().filter(pk=product_id).first()
    if product is None:
        raise NotFound("There is no such product.")
    return product


def stock_levels(*, places: frozenset[UUID] | None, low_only: bool = False) -> QuerySet[StockLevel]:
    """Levels at the given locations (None: all) with their variants; ``low_only``: at or below their warning level."""
    rows = StockLevel.objects.select_related("variant__product", "location").filter(variant__is_stocked=True)
    if places is not None:
        rows = rows.filter(location_id__in=places)
    return rows.filter(on_hand__lte=F("low_at")) if low_only else rows


def movements(*, places: frozenset[UUID] | None) -> QuerySet[StockMovement]:
    """The ledger at the given locations (None: all), with variants and locations."""
    rows = StockMovement.objects.select_related("variant", "location")
    return rows if places is None else rows.filter(location_id__in=places)


def movements_like(
    rows: QuerySet[StockMovement],
    *,
    variant: UUID | None = None,
    location: UUID | None = None,
    kind: str = "",
    reason_code: str = "",
    reason: str = "",
    since: datetime | None = None,
    until: datetime | None = None,
) -> QuerySet[StockMovement]:
    """Those of the ledger's lines that fit everything named; ``until`` is the first instant that does not belong."""
    wanted: dict[str, Any] = {
        "variant": variant,
        "location": location,
        "kind": kind or None,
        "reason__icontains": reason or None,
        "occurred_at__gte": since,
        "occurred_at__lt": until,
    }
    rows = rows.filter(**{name: value for name, value in wanted.items() if value is not None})
    if reason_code:
        documents = StockDocument.objects.filter(reason_code=reason_code).values("pk")
        rows = rows.filter(reference_type="stock_document", reference_id__in=documents)
    return rows
