"""Add products and change them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from core.actors import Actor
from core.audit.models import AuditEntry
from core.audit.services import differences, field_values, record
from core.errors import Conflict, Invalid, NotFound, StaleVersion, fault
from core.locations.models import Location
from core.outbox.services import emit
from inventory.codes import is_gtin, normalise
from inventory.events import ProductCreated, ProductUpdated
from inventory.models import Product, ScanCode, StockLevel, StockMovement, TaxClass, Variant
from inventory.permissions import ADJUST_STOCK, MANAGE_PRODUCTS, VIEW_COST
from inventory.scan_targets import shape_of
from inventory.selectors.codes import owners_of
from inventory.services.attributes import checked_attributes
from inventory.services.groups import brand_named, category_at
from inventory.services.ledger import add_levels, move_stock
from inventory.services.prices import NewPrice, note_prices

MOST_VARIANTS = 200
DESCRIBED = ("category_id", "brand_id", "attributes")
PRODUCT_FIELDS = ("name", "description", "is_active")
VARIANT_FIELDS = ("sku", "name", "unit_price", "unit_cost", "is_stocked", "is_active", "unit", "tracking")


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeDraft:
    """A code as typed, and how many units it stands for."""

    code: str
    pack_quantity: Decimal = Decimal(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpeningStock:
    """What is on the shelf of one location at the start."""

    location_id: UUID
    quantity: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantDraft:
    """A variant to add, or (with ``id``) to change: ``values`` are the fields named, of `VARIANT_FIELDS`.

    ``codes`` None leaves the codes as they are, a list replaces them. ``tax_class`` is a name, "" for none.
    """

    values: dict[str, Any]
    id: UUID | None = None
    tax_class: str | None = None
    codes: Sequence[CodeDraft] | None = None
    stock: Sequence[OpeningStock] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductDraft:
    """A product to add or the changes to one: ``values`` are the fields named, of `PRODUCT_FIELDS`.

    ``category`` is a name or a way such as ``Food > Tea``, ``brand`` a name ("" for none); unknown ones are made.
    ``attributes`` are values by the code of their definition; None takes one away, what is not named stays.
    """

    values: dict[str, Any]
    category: str | None = None
    brand: str | None = None
    attributes: Mapping[str, Any] = field(default_factory=dict)
    variants: Sequence[VariantDraft] = field(default_factory=list)


@transaction.atomic
def create_product(draft: ProductDraft, *, actor: Actor) -> Product:
    """Add a product with its variants, codes and opening stock, or nothing.

    Raises:
        Forbidden: the actor may not manage products, state costs, or book the opening stock at a location.
        Invalid: a field, code, tax class or location is wrong; each is named by its pointer.
        Conflict: a SKU or a code belongs to another variant; each is named by its pointer.
    """
    actor.require(MANAGE_PRODUCTS)
    if not draft.variants:
        raise _invalid([fault("/variants", "empty", "A product has at least one variant.")])
    product = Product(**draft.values)
    _describe(product, draft, actor)
    product.save(force_insert=True)
    changed = _write_variants(product, draft.variants, actor)
    record(
        AuditEntry.Action.CREATE,
        actor=actor,
        object_type="product",
        object_id=product.pk,
        object_label=product.name,
        changes=differences({}, field_values(product, *PRODUCT_FIELDS, *DESCRIBED)) | changed,
    )
    prices = _prices_of(product)
    emit(
        ProductCreated(
            product_id=product.pk,
            version=product.version,
            name=product.name,
            skus=list(prices),
            prices=prices,
            is_active=product.is_active,
        ),
        actor=actor,
    )
    return product


@transaction.atomic
def update_product(
    product_id: UUID, draft: ProductDraft, *, actor: Actor, expected_version: int | None = None
) -> Product:
    """Change what is named of a product and its variants; nothing named differently changes nothing.

    Raises:
        NotFound: there is no such product, or a variant is not one of its own.
        StaleVersion: the product is not at ``expected_version`` any more.
        Forbidden, Invalid, Conflict: as in `create_product`.
    """
    actor.require(MANAGE_PRODUCTS)
    product = Product.objects.select_for_update().filter(pk=product_id).first()
    if product is None:
        raise NotFound("There is no such product.")
    if expected_version is not None and product.version != expected_version:
        raise StaleVersion
    before = field_values(product, *PRODUCT_FIELDS, *DESCRIBED)
    for name, value in draft.values.items():
        setattr(product, name, value)
    _describe(product, draft, actor)
    changed = differences(before, field_values(product, *PRODUCT_FIELDS, *DESCRIBED))
    changed |= _write_variants(product, draft.variants, actor)
    if changed:
        note_change(product, changed, actor=actor)
    return product


def _prices_of(product: Product) -> dict[str, Decimal]:
    return dict(product.variants.values_list("sku", "unit_price"))


def note_change(product: Product, changed: Mapping[str, tuple[Any, Any]], *, actor: Actor) -> None:
    """Save a locked product with its next version, and note and tell what changed of it or of what belongs to it."""
    product.version += 1
    product.save()
    record(
        AuditEntry.Action.CHANGE,
        actor=actor,
        object_type="product",
        object_id=product.pk,
        object_label=product.name,
        changes=changed,
    )
    prices = _prices_of(product)
    emit(
        ProductUpdated(
            product_id=product.pk,
            version=product.version,
            name=product.name,
            skus=list(prices),
            fields=sorted(changed),
            prices=prices,
            is_active=product.is_active,
        ),
        actor=actor,
    )


def _describe(product: Product, draft: ProductDraft, actor: Actor) -> None:
    """Put category, brand and attributes on a product; values that are named must fit their definition."""
    if draft.category is not None:
        product.category = category_at(draft.category, actor=actor)
    if draft.brand is not None:
        product.brand = brand_named(draft.brand, actor=actor)
    if draft.attributes:
        checked = checked_attributes(draft.attributes, category_id=product.category_id)
        kept = {**product.attributes, **checked}
        product.attributes = {code: value for code, value in kept.items() if value is not None}


def _write_variants(product: Product, drafts: Sequence[VariantDraft], actor: Actor) -> dict[str, tuple[Any, Any]]:
    """Add and change variants with their codes and stock; answers what differs, for the audit log."""
    if len(drafts) > MOST_VARIANTS:
        raise _invalid([fault("/variants", "too-many", f"At most {MOST_VARIANTS} variants.")])
    if any("unit_cost" in draft.values and (draft.id or draft.values["unit_cost"] is not None) for draft in drafts):
        actor.require(VIEW_COST)
    own = {variant.pk: variant for variant in product.variants.select_related("tax_class").order_by("pk")}
    _check(drafts, own)
    taxes = _tax_classes(drafts)
    changed: dict[str, tuple[Any, Any]] = {}
    for place, draft in enumerate(drafts):
        variant = own[draft.id] if draft.id else Variant(product=product, position=len(own) + place)
        before = field_values(variant, *VARIANT_FIELDS, "tax_class") if draft.id else {}
        for name, value in draft.values.items():
            setattr(variant, name, value)
        if draft.tax_class is not None:
            variant.tax_class = taxes.get(draft.tax_class)
        differs = differences(before, field_values(variant, *VARIANT_FIELDS, "tax_class"))
        if differs:
            _save(variant, pointer=f"/variants/{place}", is_new=not draft.id)
        if "unit_price" in differs:
            was, now = differs["unit_price"]
            note_prices([NewPrice(variant_id=variant.pk, before=was, after=now)], actor=actor)
        if draft.codes is not None and (codes := _write_codes(variant, draft.codes, f"/variants/{place}")):
            differs["codes"] = codes
        changed |= {f"{variant.sku}.{name}": (_named(old), _named(new)) for name, (old, new) in differs.items()}
        if not draft.id and variant.is_stocked:
            _open_stock(variant, draft.stock, actor, f"/variants/{place}")
    return changed


def _named(value: Any) -> Any:
    return str(value) if isinstance(value, TaxClass) else value


def _check(drafts: Sequence[VariantDraft], own: dict[UUID, Variant]) -> None:
    """Refuse what is wrong in itself (`Invalid`), then what belongs to somebody else (`Conflict`)."""
    skus, codes = dict[str, str](), dict[str, str]()
    errors: list[dict[str, str]] = []
    for place, draft in enumerate(drafts):
        here = f"/variants/{place}"
        errors += _faults(draft, own, here)
        if sku := draft.values.get("sku"):
            if sku in skus:
                errors.append(fault(f"{here}/sku", "twice", f"The SKU {sku} stands twice in this request."))
            skus.setdefault(sku, f"{here}/sku")
        for at, code in enumerate(draft.codes or []):
            stored, pointer = normalise(code.code), f"{here}/codes/{at}/code"
            if stored in codes:
                errors.append(fault(pointer, "twice", f"The code {stored} stands twice in this request."))
            codes.setdefault(stored, pointer)
    if errors:
        raise _invalid(errors)
    changing = {draft.id for draft in drafts if draft.id}
    taken = [
        fault(skus[sku], "taken", f"The SKU {sku} belongs to another variant.")
        for sku in Variant.objects.filter(sku__in=skus.keys()).exclude(pk__in=changing).values_list("sku", flat=True)
    ] + [
        fault(codes[code], "taken", f"The code {code} belongs to {owner}.")
        for code, owner in owners_of(codes.keys(), besides=changing).items()
    ]
    if taken:
        raise Conflict(taken[0]["detail"], details={"errors": taken})


def _faults(draft: VariantDraft, own: dict[UUID, Variant], here: str) -> list[dict[str, str]]:
    """What is wrong with one variant, whatever the others are."""
    errors = []
    if draft.id and draft.id not in own:
        errors.append(fault(f"{here}/id", "unknown", "This is no variant of this product."))
    if draft.id and draft.stock:
        errors.append(fault(f"{here}/stock", "opening", "Opening stock is for new variants; book a receipt."))
    if not draft.id and not {"sku", "unit_price"} <= draft.values.keys():
        errors.append(fault(here, "required", "A new variant needs a sku and a unit_price."))
    if draft.id in own and _changes_tracking_of_stock(own[draft.id], draft.values):
        errors.append(fault(f"{here}/tracking", "in-stock", "How it is told apart changes while none is held."))
    for at, code in enumerate(draft.codes or []):
        if code.code.strip().isdigit() and not code.code.strip().strip("0"):
            errors.append(fault(f"{here}/codes/{at}/code", "zeros", "A code of zeros only is no GTIN."))
        elif shape := shape_of(normalise(code.code)):
            errors.append(
                fault(f"{here}/codes/{at}/code", "reserved", f"Codes of this form are those of {shape.word}.")
            )
    return errors


def _changes_tracking_of_stock(variant: Variant, values: Mapping[str, Any]) -> bool:
    if values.get("tracking", variant.tracking) == variant.tracking:
        return False
    levels = StockLevel.objects.filter(variant=variant)
    return levels.exclude(on_hand=0, damaged=0, in_transit=0).exists()


def _tax_classes(drafts: Sequence[VariantDraft]) -> dict[str, TaxClass]:
    names = {draft.tax_class for draft in drafts if draft.tax_class}
    known = {tax.name: tax for tax in TaxClass.objects.filter(name__in=names)} if names else {}
    errors = [
        fault(f"/variants/{place}/tax_class", "unknown", f"There is no tax class {draft.tax_class}.")
        for place, draft in enumerate(drafts)
        if draft.tax_class and draft.tax_class not in known
    ]
    if errors:
        raise _invalid(errors)
    return known


def _save(variant: Variant, *, pointer: str, is_new: bool) -> None:
    try:
        with transaction.atomic():
            variant.save(force_insert=is_new)
    except IntegrityError as taken:  # somebody took it between our look and our write
        error = fault(f"{pointer}/sku", "taken", f"The SKU {variant.sku} belongs to another variant.")
        raise Conflict(error["detail"], details={"errors": [error]}) from taken


def _write_codes(variant: Variant, drafts: Sequence[CodeDraft], pointer: str) -> tuple[list[str], list[str]] | None:
    """Make the variant's codes those given; answers both lists where they differ."""
    before = {row.code: row for row in variant.codes.all()}
    wanted = {normalise(draft.code): draft.pack_quantity for draft in drafts}
    gone = before.keys() - wanted.keys()
    fresh = [
        ScanCode(
            code=code,
            variant=variant,
            pack_quantity=pack,
            symbology=ScanCode.Symbology.GTIN if is_gtin(code) else ScanCode.Symbology.CODE,
        )
        for code, pack in wanted.items()
        if code not in before
    ]
    repacked = [before[code] for code, pack in wanted.items() if code in before and before[code].pack_quantity != pack]
    old = [f"{row.code} x {row.pack_quantity.normalize():f}" for row in before.values()]
    for row in repacked:
        row.pack_quantity = wanted[row.code]
    if not (gone or fresh or repacked):
        return None
    variant.codes.filter(code__in=gone).delete()
    ScanCode.objects.bulk_update(repacked, ["pack_quantity"])
    try:
        with transaction.atomic():
            ScanCode.objects.bulk_create(fresh)
    except IntegrityError as taken:
        error = fault(f"{pointer}/codes", "taken", "One of these codes belongs to another variant.")
        raise Conflict(error["detail"], details={"errors": [error]}) from taken
    return sorted(old), sorted(f"{code} x {pack.normalize():f}" for code, pack in wanted.items())


def _open_stock(variant: Variant, stock: Sequence[OpeningStock], actor: Actor, pointer: str) -> None:
    """Empty levels at every location, so that locks find them, then what is on the shelf already."""
    places = set(Location.objects.filter(is_active=True).values_list("pk", flat=True))
    errors = [
        fault(f"{pointer}/stock/{at}/location", "unknown", "There is no such location.")
        for at, opening in enumerate(stock)
        if opening.location_id not in places
    ]
    if len({opening.location_id for opening in stock}) < len(stock):
        errors.append(fault(f"{pointer}/stock", "twice", "A location stands twice."))
    if errors:
        raise _invalid(errors)
    add_levels([(variant.pk, place) for place in places])
    for opening in stock:
        actor.require(ADJUST_STOCK, at=opening.location_id)
    move_stock(
        deltas={(variant.pk, opening.location_id): opening.quantity for opening in stock},
        kind=StockMovement.Kind.OPENING,
        reference_type="product",
        reference_id=variant.product_id,
        actor=actor,
        occurred_at=datetime.now(UTC),
        may_refuse=False,
    )


def _invalid(errors: list[dict[str, str]]) -> Invalid:
    return Invalid(
        errors[0]["detail"] if len(errors) == 1 else f"{len(errors)} things are wrong.", details={"errors": errors}
    )
