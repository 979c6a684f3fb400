"""Walks of the services of the catalogue, for tests/test_writes_are_told.py."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from core.testing import Shop
from inventory.option_matrix import Option, Value
from inventory.services import (
    attributes,
    catalogue,
    code_rules,
    groups,
    options,
    pictures,
    retiring,
    scancodes,
    tax_classes,
)
from tests.pictures import a_picture

MODULES = (attributes, code_rules, groups, options, pictures, retiring, scancodes, tax_classes)
OTHERS = {"inventory.services.edits"}
"""What these services have in common, told by each."""
QUIET = {
    "add_preset": "calls create_rule for each",
    "shift_category": "calls update_category for each that changes its place",
}
ASKS = {
    "encode",
    "combined_rate",
    "checked_attributes",
    "fitting",
    "checked_code",
    "preview_options",
    "used_variants",
}
PARTS = {"brand_named", "note_change", "category_at", "touch", "touch_values", "claim_code", "release_codes", "belongs"}
"""Parts of other services, told by those."""


def category(shop: Shop) -> Any:
    groups.create_category(name="First", actor=shop.actor())
    return groups.create_category(name="Tea", actor=shop.actor())


def brand(shop: Shop) -> Any:
    return groups.create_brand(name="Acme Pottery", actor=shop.actor())


def tax_class(shop: Shop) -> Any:
    return tax_classes.create_tax_class(name="reduced", rate=Decimal(5), actor=shop.actor())


def attribute(shop: Shop) -> Any:
    values = {"code": "material", "label": "Material", "kind": "choice", "choices": ["Glass", "Clay"]}
    return attributes.create_attribute(values, actor=shop.actor())


def rule(shop: Shop) -> Any:
    return code_rules.create_rule({"pattern": "28IIIIVWWWWWC", "decimals": 3}, actor=shop.actor())


def product(shop: Shop) -> Any:
    variant = catalogue.VariantDraft(values={"sku": "GOES", "unit_price": Decimal(1), "is_stocked": False})
    return catalogue.create_product(
        catalogue.ProductDraft(values={"name": "Goes"}, variants=[variant]), actor=shop.actor()
    )


TOLD: dict[str, tuple[Callable[[Shop], Any], Callable[[Shop, Any], Any], tuple[str, str], list[str]]] = {
    "create_category": (
        lambda s: None,
        lambda s, _: groups.create_category(name="Tea", actor=s.actor()),
        ("create", "category"),
        ["category.created"],
    ),
    "update_category": (
        category,
        lambda s, c: groups.update_category(c.pk, {"name": "Teas"}, actor=s.actor()),
        ("change", "category"),
        ["category.updated"],
    ),
    "delete_category": (
        category,
        lambda s, c: groups.delete_category(c.pk, actor=s.actor()),
        ("delete", "category"),
        ["category.deleted"],
    ),
    "create_brand": (lambda s: None, lambda s, _: brand(s), ("create", "brand"), ["brand.created"]),
    "update_brand": (
        brand,
        lambda s, b: groups.update_brand(b.pk, {"name": "Acme Glass"}, actor=s.actor()),
        ("change", "brand"),
        ["brand.updated"],
    ),
    "delete_brand": (
        brand,
        lambda s, b: groups.delete_brand(b.pk, actor=s.actor()),
        ("delete", "brand"),
        ["brand.deleted"],
    ),
    "create_tax_class": (lambda s: None, lambda s, _: tax_class(s), ("create", "tax_class"), ["tax_class.created"]),
    "update_tax_class": (
        tax_class,
        lambda s, t: tax_classes.update_tax_class(t.pk, {"rate": Decimal(6)}, actor=s.actor()),
        ("change", "tax_class"),
        ["tax_class.updated"],
    ),
    "delete_tax_class": (
        tax_class,
        lambda s, t: tax_classes.delete_tax_class(t.pk, actor=s.actor()),
        ("delete", "tax_class"),
        ["tax_class.deleted"],
    ),
    "create_attribute": (lambda s: None, lambda s, _: attribute(s), ("create", "attribute"), ["attribute.created"]),
    "update_attribute": (
        attribute,
        lambda s, a: attributes.update_attribute(a.pk, {"label": "Made of"}, actor=s.actor()),
        ("change", "attribute"),
        ["attribute.updated"],
    ),
    "delete_attribute": (
        attribute,
        lambda s, a: attributes.delete_attribute(a.pk, actor=s.actor()),
        ("delete", "attribute"),
        ["attribute.deleted"],
    ),
    "create_rule": (lambda s: None, lambda s, _: rule(s), ("create", "code_rule"), ["code_rule.changed"]),
    "update_rule": (
        rule,
        lambda s, r: code_rules.update_rule(r.pk, {"decimals": 2}, actor=s.actor()),
        ("change", "code_rule"),
        ["code_rule.changed"],
    ),
    "delete_rule": (
        rule,
        lambda s, r: code_rules.delete_rule(r.pk, actor=s.actor()),
        ("delete", "code_rule"),
        ["code_rule.changed"],
    ),
    "add_code": (
        lambda s: s.variant().pk,
        lambda s, v: scancodes.add_code(v, code="TEA-X", actor=s.actor()),
        ("change", "product"),
        ["product.updated"],
    ),
    "make_code": (
        lambda s: s.variant().pk,
        lambda s, v: scancodes.make_code(v, actor=s.actor()),
        ("change", "product"),
        ["product.updated"],
    ),
    "remove_code": (
        lambda s: s.variant().codes.get().pk,
        lambda s, c: scancodes.remove_code(c, actor=s.actor()),
        ("change", "product"),
        ["product.updated"],
    ),
    "add_picture": (
        lambda s: s.variant().product_id,
        lambda s, p: pictures.add_picture(p, a_picture(), actor=s.actor()),
        ("change", "product"),
        ["product.updated"],
    ),
    "change_picture": (
        lambda s: pictures.add_picture(s.variant().product_id, a_picture(), actor=s.actor()),
        lambda s, p: pictures.change_picture(p.pk, alt="A cup", actor=s.actor()),
        ("change", "product"),
        ["product.updated"],
    ),
    "remove_picture": (
        lambda s: pictures.add_picture(s.variant().product_id, a_picture(), actor=s.actor()),
        lambda s, p: pictures.remove_picture(p.pk, actor=s.actor()),
        ("change", "product"),
        ["product.updated"],
    ),
    "set_options": (
        product,
        lambda s, p: options.set_options(p.pk, [Option("Size", [Value("S"), Value("M")])], actor=s.actor()),
        ("change", "product"),
        ["product.updated"],
    ),
    "retire_product": (
        product,
        lambda s, p: retiring.retire_product(p.pk, actor=s.actor()),
        ("delete", "product"),
        ["product.deleted"],
    ),
}
