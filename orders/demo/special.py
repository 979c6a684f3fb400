"""Articles of the demo shop that show what the catalogue can do: options, lots, serial numbers, weights, own prices."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from core.actors import SYSTEM
from inventory.codes import check_digit
from inventory.models import Category, Product, Variant
from inventory.option_matrix import Option, Value
from inventory.services.catalogue import CodeDraft, ProductDraft, VariantDraft, create_product
from inventory.services.code_rules import create_rule
from inventory.services.options import set_options
from inventory.services.prices import PriceLine, create_price_list, set_prices
from orders.demo.drawing import draw
from orders.demo.goods import in_house_ean
from orders.models import CustomerGroup, Discount
from orders.services.discounts import create_discount

STANDARD = "standard"
SCALE = "26IIIIIWWWWWC"
"""What the scale at the counter prints: 26, the article, grams, a check digit."""


@dataclass(frozen=True, slots=True)
class Special:
    """The articles by what they show."""

    pasta: Variant
    grinder: Variant
    cheese: Variant
    apron: Sequence[Variant]
    wrapping: Variant
    honey: Variant


def put_out() -> Special:
    """Make the articles, the rule of the scale, and pictures of these and of some others."""
    create_rule({"name": "Weight from the counter's scale", "pattern": SCALE, "decimals": 3}, actor=SYSTEM)
    label = "261200100000"
    aprons = _article("D2004", "Kitchen apron", "Household", "19.50", "8.20", tax=STANDARD)
    sizes, colours = (Option(name, [Value(value) for value in values]) for name, values in APRONS)
    set_options(aprons.product_id, [sizes, colours], actor=SYSTEM)
    made = Special(
        pasta=_article("D2001", "Fresh pasta, 250 g", "Dairy and eggs", "3.60", "1.70", tracking="lot"),
        grinder=_article("D2002", "Coffee grinder, steel", "Household", "64.00", "33.00", STANDARD, tracking="serial"),
        cheese=_article(
            "D2003",
            "Mountain cheese, by weight",
            "Dairy and eggs",
            "21.90",
            "11.40",
            unit="kg",
            code=f"{label}{check_digit(label)}",
        ),
        apron=list(Variant.objects.filter(product=aprons.product_id).order_by("position", "pk")),
        wrapping=_article("D2005", "Gift wrapping", "Household", "2.50", None, STANDARD, is_stocked=False),
        honey=_article("D2006", "Chestnut honey, 500 g", "Store cupboard", "9.80", "5.10"),
    )
    draw([*PICTURED, *(one.product.name for one in (made.pasta, made.grinder, made.cheese, aprons, made.honey))])
    return made


APRONS = (("Size", ("S", "M", "L")), ("Colour", ("Natural", "Green")))
PICTURED = (
    "Sourdough loaf",
    "Butter croissant",
    "House espresso beans, 250 g",
    "Whole milk, 1 l",
    "Bananas, bunch",
    "Apples, 1 kg",
    "Dark chocolate, 100 g",
    "Sparkling water, 1 l",
    "Enamel mug",
    "Beeswax candle",
)


def _article(
    sku: str,
    name: str,
    category: str,
    price: str,
    cost: str | None,
    tax: str = "zero",
    *,
    code: str = "",
    **values: Any,
) -> Variant:
    facts = {"sku": sku, "unit_price": Decimal(price), "unit_cost": Decimal(cost) if cost else None, **values}
    codes = [CodeDraft(code=code or in_house_ean(int(sku[1:])))]
    draft = ProductDraft(
        values={"name": name},
        category=category,
        brand="House range",
        variants=[VariantDraft(values=facts, tax_class=tax, codes=codes)],
    )
    product: Product = create_product(draft, actor=SYSTEM)
    return product.variants.select_related("product").get()


def reduce(regulars: CustomerGroup) -> None:
    """A price list of a group, a discount that applies by itself, one for everybody's second piece, and a coupon."""
    prices = create_price_list({"name": "Regulars", "customer_group_id": regulars.pk}, actor=SYSTEM)
    lines = [
        PriceLine(variant_id=row.pk, unit_price=(row.unit_price * 9 / 10).quantize(Decimal("0.01")))
        for row in Variant.objects.filter(product__category__name="Coffee and tea")
    ]
    set_prices(prices.pk, lines, actor=SYSTEM, reason="Ten per cent for regulars")
    create_discount(
        actor=SYSTEM,
        name="3 for 2 in the bakery",
        kind=Discount.Kind.BUY_GET,
        value=Decimal(100),
        buy_quantity=Decimal(2),
        get_quantity=Decimal(1),
        conditions={"categories": [str(Category.objects.get(name="Bakery").pk)]},
    )
    create_discount(
        actor=SYSTEM,
        code="WELCOME",
        name="Welcome",
        kind=Discount.Kind.PERCENT,
        scope=Discount.Scope.ORDER,
        value=Decimal(10),
        conditions={"least_total": "20"},
    )
