"""What the pages and the till read of goods and stock; location-scoped actors see the stock of their places only."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.core.paginator import Page as DjangoPage
from django.core.paginator import Paginator
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum

from core.actors import Actor
from core.errors import NotFound
from core.locations.models import Location
from inventory.codes import normalise
from inventory.models import Product, ProductPicture, ScanCode, StockException, StockLevel, StockMovement, Variant
from inventory.permissions import VIEW_STOCK
from inventory.selectors import LONGEST_CODE, ForSale, PriceTerms, for_sale, targets_of
from inventory.selectors.blind import hidden_among, without_blind
from inventory.selectors.groups import attributes_for, category_tree
from inventory.selectors.pictures import picture_url
from inventory.selectors.stock import MOST_WORDS, levels_like

MOVEMENTS_SHOWN = 20
VARIANTS_SHOWN = 50
EXCEPTIONS_SHOWN = 100


@dataclass(frozen=True, slots=True)
class Article:
    """What a till needs to know of a variant: ``on_hand`` is None for what is not stocked, or hidden."""

    id: UUID
    sku: str
    title: str
    unit_price: Decimal
    tax_rate: Decimal
    is_stocked: bool
    on_hand: Decimal | None
    low_at: Decimal | None
    tracking: str
    picture: str


@dataclass(frozen=True, slots=True)
class ProductRow:
    """A product as the list shows it: its variants together."""

    product: Product
    skus: list[str]
    lowest_price: Decimal | None
    highest_price: Decimal | None
    on_hand: Decimal | None
    picture: dict[str, str] | None = None

    @property
    def more(self) -> int:
        """SKUs beyond the first."""
        return len(self.skus) - 1


def articles(
    *,
    location_id: UUID | None,
    words: str = "",
    category_id: UUID | None = None,
    ids: Collection[UUID] | None = None,
    limit: int = 60,
    channel: str = "counter",
) -> list[Article]:
    """What is for sale, with the stock of one location (None: of none) and the price that holds there: three queries.

    ``ids`` keeps its order, else by name.

    Every word must stand in the name, begin the SKU or be a code of it.
    """
    level = StockLevel.objects.filter(variant=OuterRef("pk"), location=location_id)
    rows = Variant.objects.filter(is_active=True, product__is_active=True).select_related("product", "tax_class")
    rows = rows.annotate(there=Subquery(level.values("on_hand")), warn_at=Subquery(level.values("low_at")))
    if ids is not None:
        rows = rows.filter(pk__in=ids)
    if category_id is not None:
        rows = rows.filter(product__category__in=category_tree().below(category_id))
    for word in words.split()[:MOST_WORDS]:
        carrier = ScanCode.objects.filter(code=normalise(word)[:80], variant=OuterRef("pk"))
        rows = rows.filter(
            Q(product__name__icontains=word) | Q(name__icontains=word) | Q(sku__istartswith=word) | Exists(carrier)
        )
    shown = list(rows.order_by("product__name", "position", "pk")[:limit])
    goods = for_sale([row.pk for row in shown], location_id=location_id, terms=PriceTerms(channel=channel))
    pictures = _tile_pictures({row.product_id for row in shown})
    found = [
        _article(row, goods.get(row.pk), pictures.get(row.pk) or pictures.get(row.product_id, "")) for row in shown
    ]
    if ids is not None:
        place = {pk: number for number, pk in enumerate(ids)}
        found.sort(key=lambda article: place[article.id])
    return found


def veiled(found: Sequence[Article], *, location_id: UUID, actor: Actor) -> list[Article]:
    """The articles without the stock of those that are being counted blind there, if the actor may not see it."""
    hidden = hidden_among([one.id for one in found], location_id, actor=actor)
    return [replace(one, on_hand=None, low_at=None) if one.id in hidden else one for one in found]


NAMED_MOST = 8
"""Articles to choose from where a name means several."""


@dataclass(frozen=True, slots=True)
class Named:
    """What somebody typed or scanned: ``code`` if it means one article, else those it may mean (none: nothing)."""

    code: str = ""
    may_mean: Sequence[Article] = ()


def named(typed: str, *, location_id: UUID | None = None, stocked_only: bool = True) -> Named:
    """The article that a code, a SKU or words of a name mean; a code stays as it is, for what a pack holds."""
    if len(typed) <= LONGEST_CODE and targets_of([typed]):
        return Named(code=typed)
    rows = articles(location_id=location_id, words=typed, limit=NAMED_MOST)
    found = [row for row in rows if row.is_stocked or not stocked_only]
    return Named(code=found[0].sku) if len(found) == 1 else Named(may_mean=found)


def titles_of(codes: Collection[str]) -> dict[str, str]:
    """What the articles are called that these codes stand for; unknown codes are left out."""
    targets = targets_of(codes)
    rows = Variant.objects.filter(pk__in={target.variant_id for target in targets.values()}).select_related("product")
    titles = {row.pk: row.title for row in rows}
    return {code: titles[target.variant_id] for code, target in targets.items()}


def _article(row: Any, now: ForSale | None, picture: str) -> Article:
    return Article(
        id=row.pk,
        sku=row.sku,
        title=row.title,
        unit_price=now.unit_price if now else row.unit_price,
        tax_rate=row.tax_class.rate if row.tax_class else Decimal(0),
        is_stocked=row.is_stocked,
        on_hand=(row.there or Decimal(0)) if row.is_stocked else None,
        low_at=row.warn_at,
        tracking=row.tracking,
        picture=picture,
    )


def _tile_pictures(product_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Addresses of small pictures: the first of each variant that has its own, and the first of each product."""
    rows = ProductPicture.objects.filter(product__in=list(product_ids)).order_by("position", "created_at", "pk")
    found: dict[UUID, str] = {}
    for product_id, variant_id, sha256 in rows.values_list("product_id", "variant_id", "sha256"):
        for pk in (product_id, variant_id):
            if pk is not None:
                found.setdefault(pk, picture_url(sha256))
    return found


def products(
    *,
    words: str = "",
    category_id: UUID | None = None,
    is_active: bool | None = True,
    brand_id: UUID | None = None,
    attributes: Mapping[str, Any] | None = None,
) -> QuerySet[Product]:
    """Products by name; words as in `articles`, a SKU or code of any variant counts. A category has all below it."""
    rows = Product.objects.select_related("category", "brand")
    if brand_id is not None:
        rows = rows.filter(brand=brand_id)
    if attributes:
        rows = rows.filter(attributes__contains=dict(attributes))
    if is_active is not None:
        rows = rows.filter(is_active=is_active)
    if category_id is not None:
        rows = rows.filter(category__in=category_tree().below(category_id))
    for word in words.split()[:MOST_WORDS]:
        rows = rows.filter(pk__in=_carrying(word))
    return rows


def _carrying(word: str) -> QuerySet[Any]:
    """The products with a word in a name, at the beginning of a SKU or as a code; an index serves each part of it."""
    variants = Variant.objects.order_by().values_list("product_id")
    codes = ScanCode.objects.order_by().filter(code=normalise(word)[:80], variant__isnull=False)
    named = Product.objects.order_by().filter(name__icontains=word).values_list("pk")
    return named.union(
        variants.filter(sku__istartswith=word),
        variants.filter(name__icontains=word),
        codes.values_list("variant__product_id"),
    )


def product_rows(found: Sequence[Product], *, actor: Actor) -> list[ProductRow]:
    """Prices, stock and first pictures of some products: three queries for any number of them."""
    variants: dict[UUID, list[Variant]] = {product.pk: [] for product in found}
    for variant in Variant.objects.filter(product__in=variants).order_by("product_id", "position", "pk"):
        variants[variant.product_id].append(variant)
    on_hand = _on_hand([variant.pk for several in variants.values() for variant in several], actor=actor)
    shown = _first_pictures(variants)
    rows = []
    for product in found:
        several = variants[product.pk]
        prices = [variant.unit_price for variant in several]
        stocked = [variant for variant in several if variant.is_stocked]
        rows.append(
            ProductRow(
                product=product,
                skus=[variant.sku for variant in several],
                lowest_price=min(prices, default=None),
                highest_price=max(prices, default=None),
                on_hand=sum((on_hand.get(variant.pk, Decimal(0)) for variant in stocked), Decimal(0))
                if stocked and actor.may(VIEW_STOCK)
                else None,
                picture=shown.get(product.pk),
            )
        )
    return rows


def _first_pictures(product_ids: Iterable[UUID]) -> dict[UUID, dict[str, str]]:
    """The first picture of each product that has one, small."""
    rows = ProductPicture.objects.filter(product__in=list(product_ids))
    rows = rows.order_by("product_id", "position", "created_at", "pk").distinct("product_id")
    return {row.product_id: {"url": picture_url(row.sha256), "alt": row.alt} for row in rows}


def _on_hand(variant_ids: Iterable[UUID], *, actor: Actor) -> dict[UUID, Decimal]:
    if not actor.may(VIEW_STOCK):
        return {}
    levels = at_places(StockLevel.objects.filter(variant__in=list(variant_ids)), actor.places(VIEW_STOCK))
    levels = without_blind(levels, actor=actor)
    return {row["variant_id"]: row["sum"] for row in levels.values("variant_id").annotate(sum=Sum("on_hand"))}


def at_places(rows: QuerySet[Any], places: frozenset[UUID] | None) -> QuerySet[Any]:
    """The rows of these locations; None means all of them."""
    return rows if places is None else rows.filter(location__in=places)


def product_by_id(product_id: UUID) -> Product:
    """A product, sold or not. Raises `NotFound`."""
    product = Product.objects.select_related("category").filter(pk=product_id).first()
    if product is None:
        raise NotFound("There is no such product.")
    return product


def variants_of(product: Product, page: str | None = None) -> DjangoPage[Variant]:
    """Fifty of a product's variants with tax and codes, by the number of the page; the nearest for one that is none."""
    rows = product.variants.select_related("tax_class").prefetch_related("codes").order_by("position", "pk")
    return Paginator(rows, VARIANTS_SHOWN).get_page(page)


def facts_of(product: Product) -> list[dict[str, str]]:
    """Brand and attributes of a product, as people read them."""
    facts = [{"label": "Brand", "value": product.brand.name}] if product.brand else []
    for row in attributes_for(product.category_id) if product.attributes else []:
        if row.code in product.attributes:
            value = product.attributes[row.code]
            text = ("Yes" if value else "No") if isinstance(value, bool) else f"{value} {row.unit}".strip()
            facts.append({"label": row.label, "value": text})
    return facts


def movements_of(product: Product, *, actor: Actor) -> list[StockMovement]:
    """The product's latest movements, newest first."""
    if not actor.may(VIEW_STOCK):
        return []
    rows = StockMovement.objects.filter(variant__in=product.variants.values("pk"))
    rows = at_places(rows, actor.places(VIEW_STOCK)).select_related("variant", "location")
    rows = without_blind(rows, actor=actor)
    return list(rows.order_by("-id")[:MOVEMENTS_SHOWN])


def stock_levels(
    *, actor: Actor, location_id: UUID | None = None, state: str = "", words: str = ""
) -> QuerySet[StockLevel]:
    """Levels by SKU with ``sku`` on each row. ``state``: "low" (at its warning level or below), "out", "negative"."""
    rows = levels_like(actor=actor, location_id=location_id, words=words).filter(variant__is_active=True)
    if state == "low":
        rows = rows.filter(on_hand__lte=F("low_at"))
    elif state == "out":
        rows = rows.filter(on_hand__lte=0)
    elif state == "negative":
        rows = rows.filter(on_hand__lt=0)
    return rows


def open_exceptions(*, actor: Actor, location_id: UUID | None = None) -> list[StockException]:
    """What a person must look at, newest first, at most a hundred."""
    rows = StockException.objects.filter(resolved_at__isnull=True).select_related("variant__product", "location")
    rows = at_places(rows, actor.places(VIEW_STOCK))
    if location_id is not None:
        rows = rows.filter(location=location_id)
    return list(rows[:EXCEPTIONS_SHOWN])


def places_for(actor: Actor, permission: str) -> list[Location]:
    """The active locations where the actor holds a permission, by code."""
    rows = Location.objects.filter(is_active=True)
    places = actor.places(permission)
    return list((rows if places is None else rows.filter(pk__in=places)).order_by("code", "pk"))


def categories_for_sale() -> list[dict[str, Any]]:
    """The categories that hold something for sale: ``id`` and ``name``."""
    rows = Product.objects.filter(is_active=True, category__isnull=False).values("category_id", "category__name")
    counted = rows.annotate(count=Count("pk")).order_by("category__name", "category_id")
    return [{"id": row["category_id"], "name": row["category__name"]} for row in counted]
