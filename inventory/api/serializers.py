"""The bodies of the catalogue and stock API."""

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from core.api.answers import Answer
from core.api.fields import PriceField, QuantityField, RateField
from core.api.pagination import PageQuery
from inventory.models import Product, ProductPicture, ScanCode, StockLevel, StockMovement, Variant
from inventory.reasons import REASONS
from inventory.selectors import LONGEST_CODE
from inventory.selectors.pictures import WIDTHS, picture_url
from inventory.services.catalogue import MOST_VARIANTS


class CodeBody(serializers.Serializer[ScanCode]):
    """A code and how many units it stands for. GTINs come back with 14 digits."""

    code = serializers.CharField(max_length=LONGEST_CODE)
    pack_quantity = QuantityField(required=False, min_value=Decimal("0.001"))
    symbology = serializers.ChoiceField(choices=ScanCode.Symbology.choices, read_only=True)


class OpeningInput(serializers.Serializer[Any]):
    """What is on the shelf of one location at the start."""

    location = serializers.UUIDField()
    quantity = QuantityField(min_value=0)


class VariantInput(serializers.Serializer[Any]):
    """A new variant; with the ``id`` of an old one, the changes to it. ``codes`` replaces all its codes."""

    id = serializers.UUIDField(required=False)
    sku = serializers.CharField(max_length=64, required=False)
    name = serializers.CharField(max_length=120, required=False, allow_blank=True)
    unit_price = PriceField(min_value=0, required=False)
    unit_cost = PriceField(min_value=0, required=False, allow_null=True)
    tax_class = serializers.CharField(max_length=60, required=False, allow_blank=True, help_text='A name, "" for none.')
    unit = serializers.CharField(
        max_length=12, required=False, allow_blank=True, help_text='What one is: "kg", "m"; "" is a piece.'
    )
    tracking = serializers.ChoiceField(choices=Variant.Tracking.choices, required=False)
    is_stocked = serializers.BooleanField(required=False)
    is_active = serializers.BooleanField(required=False)
    codes = CodeBody(many=True, required=False, max_length=100)  # type: ignore[call-arg]
    stock = OpeningInput(many=True, required=False, max_length=100)  # type: ignore[call-arg]


class ProductInput(serializers.Serializer[Any]):
    """A new product with at least one variant."""

    name = serializers.CharField(max_length=200)
    description = serializers.CharField(max_length=10_000, required=False, allow_blank=True)
    category = serializers.CharField(
        max_length=1000,
        required=False,
        allow_blank=True,
        help_text="A name or a way (`Food > Tea`), made if it is new.",
    )
    brand = serializers.CharField(max_length=120, required=False, allow_blank=True, help_text="Made if it is new.")
    attributes = serializers.DictField(
        child=serializers.JSONField(allow_null=True), required=False, help_text="Values by code; null takes one away."
    )
    is_active = serializers.BooleanField(required=False)
    variants = VariantInput(many=True, max_length=MOST_VARIANTS)  # type: ignore[call-arg]


class ProductChanges(ProductInput):
    """What is to change; what is not named stays. Variants without an ``id`` are added."""

    name = serializers.CharField(max_length=200, required=False)
    variants = VariantInput(many=True, required=False, max_length=MOST_VARIANTS)  # type: ignore[call-arg]


class VariantBody(Answer[Variant]):
    """What is sold, priced and counted."""

    id = serializers.UUIDField()
    sku = serializers.CharField()
    name = serializers.CharField()
    options = serializers.DictField(child=serializers.CharField(), help_text="Its value of each option of the product.")
    unit_price = PriceField()
    unit_cost = PriceField(allow_null=True, required=False, help_text="Only with `inventory.view_cost`.")
    tax_class = serializers.CharField(source="tax_class.name", allow_null=True, default=None)
    tax_rate = RateField(source="tax_class.rate", default=Decimal(0), help_text="Per cent.")
    unit = serializers.CharField()
    tracking = serializers.ChoiceField(choices=Variant.Tracking.choices)
    is_stocked = serializers.BooleanField()
    is_active = serializers.BooleanField()
    codes = CodeBody(many=True)


class OptionBody(serializers.Serializer[Any]):
    """What the variants of a product differ in."""

    name = serializers.CharField()
    values = serializers.ListField(child=serializers.CharField())


class ShownPicture(serializers.Serializer[ProductPicture]):
    """What a product looks like; the first is shown in lists."""

    id = serializers.UUIDField()
    alt = serializers.CharField()
    urls = serializers.SerializerMethodField(help_text="Addresses by width.")

    def get_urls(self, row: ProductPicture) -> dict[str, str]:
        return {str(width): picture_url(row.sha256, width) for width in WIDTHS}


class ProductBody(Answer[Product]):
    """A product with its variants."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    description = serializers.CharField()
    category = serializers.CharField(source="category.name", allow_null=True, default=None)
    category_id = serializers.UUIDField(allow_null=True)
    brand = serializers.CharField(source="brand.name", allow_null=True, default=None)
    attributes = serializers.DictField(child=serializers.JSONField(), help_text="Values by code of the attribute.")
    is_active = serializers.BooleanField()
    options = OptionBody(many=True)
    pictures = ShownPicture(many=True)
    variants = VariantBody(many=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()
    version = serializers.IntegerField()


class ProductQuery(PageQuery):
    """Which products: in the order they changed, so that `updated_since` and a cursor miss nothing."""

    q = serializers.CharField(required=False, max_length=100, help_text="In the name or SKU, or a whole code.")
    updated_since = serializers.DateTimeField(required=False)
    is_active = serializers.BooleanField(required=False, allow_null=True, default=None)
    category = serializers.UUIDField(required=False, help_text="This one and all below it.")
    brand = serializers.UUIDField(required=False)
    attribute = serializers.CharField(required=False, max_length=600, help_text="`code:value`, as it is kept.")


class ProductPage(serializers.Serializer[Any]):
    """One page of products."""

    results = ProductBody(many=True)
    deleted = serializers.ListField(
        child=serializers.UUIDField(), required=False, help_text="With `updated_since`, on its first page: gone since."
    )
    next = serializers.CharField(allow_null=True, help_text="The cursor of the next page; null at the end.")
    similar = serializers.BooleanField(
        required=False, help_text="Nothing is exactly what was asked for; these are nearly, best first."
    )


class LevelBody(Answer[StockLevel]):
    """The stock of a variant at a location."""

    variant = serializers.UUIDField(source="variant_id")
    location = serializers.UUIDField(source="location_id")
    sku = serializers.CharField(source="variant.sku")
    name = serializers.CharField(source="variant.title")
    on_hand = QuantityField()
    reserved = QuantityField(help_text="The part of `on_hand` that is set aside.")
    available = QuantityField(help_text="What may be sold: `on_hand` less `reserved`, never below zero.")
    damaged = QuantityField()
    in_transit = QuantityField(help_text="On its way here.")
    low_at = QuantityField(allow_null=True)
    over_at = QuantityField(allow_null=True)
    version = serializers.IntegerField()


class LevelQuery(PageQuery):
    """Which levels."""

    location = serializers.UUIDField(required=False)
    variant = serializers.UUIDField(required=False)
    low = serializers.BooleanField(required=False, default=False, help_text="Only at or below their warning level.")


class LevelPage(serializers.Serializer[Any]):
    """One page of stock levels."""

    results = LevelBody(many=True)
    next = serializers.CharField(allow_null=True, help_text="The cursor of the next page; null at the end.")


class MovementBody(serializers.Serializer[StockMovement]):
    """One line of the ledger."""

    id = serializers.IntegerField()
    variant = serializers.UUIDField(source="variant_id")
    sku = serializers.CharField(source="variant.sku")
    location = serializers.UUIDField(source="location_id")
    delta = QuantityField()
    balance = QuantityField(help_text="On hand after it.")
    kind = serializers.ChoiceField(choices=StockMovement.Kind.choices)
    reference_type = serializers.CharField()
    reference_id = serializers.UUIDField()
    reason = serializers.CharField()
    occurred_at = serializers.DateTimeField()
    recorded_at = serializers.DateTimeField()
    version = serializers.IntegerField()


class MovementQuery(PageQuery):
    """Which movements: newest first."""

    variant = serializers.UUIDField(required=False)
    location = serializers.UUIDField(required=False)
    kind = serializers.ChoiceField(choices=StockMovement.Kind.choices, required=False)
    reason_code = serializers.ChoiceField(
        choices=[(code, one.label) for code, one in REASONS.items()], required=False, help_text="Of a correction."
    )
    reason = serializers.CharField(required=False, max_length=100, help_text="A part of the note.")
    since = serializers.DateTimeField(required=False, help_text="What happened at this instant or later.")
    until = serializers.DateTimeField(required=False, help_text="What happened before this instant.")


class MovementPage(serializers.Serializer[Any]):
    """One page of the ledger."""

    results = MovementBody(many=True)
    next = serializers.CharField(allow_null=True, help_text="The cursor of the next page; null at the end.")


class RetiredBody(serializers.Serializer[Any]):
    """What became of a product."""

    id = serializers.UUIDField(source="product_id")
    is_deleted = serializers.BooleanField(help_text="False: it has a history and stays, not for sale.")


_PRODUCT, _LEVEL, _MOVEMENT = ProductBody(), LevelBody(), MovementBody()


def product_body(product: Product, *, with_cost: bool) -> dict[str, Any]:
    """The body of a product; costs only for those who may see them."""
    body = _PRODUCT.to_representation(product)
    if not with_cost:
        for variant in body["variants"]:
            del variant["unit_cost"]
    return body


def level_body(level: StockLevel) -> dict[str, Any]:
    return _LEVEL.to_representation(level)


def movement_body(movement: StockMovement) -> dict[str, Any]:
    return _MOVEMENT.to_representation(movement)
