"""A shop in which everything is that a device has to reckon with, and baskets that try it."""

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from core.locations.models import Location
from core.testing import Shop, make_variant, stock
from inventory.models import Brand, Category, Product, ScanCode, TaxClass, Variant
from inventory.services.code_rules import create_rule
from inventory.services.prices import PriceLine, create_price_list, set_prices
from inventory.services.tax_classes import TaxPart as Part
from inventory.services.tax_classes import create_tax_class
from orders.models import Customer, CustomerGroup
from orders.services.discounts import create_coupon, create_discount
from tests.vectors.scans import gtin

GOODS = 24
COUPONS = ("SPRING", "NEVER", "LATER", "OVER9")


def label_code(number: int, cents: int) -> str:
    """A label of the shop's scale: article 0001 to 0004, price in cents."""
    return gtin(f"22{number:04d}0{cents:05d}"[:12])


def equip(shop: Shop, dice: random.Random) -> None:
    """Taxes of several parts, categories in each other, price lists of every kind, discounts, coupons, labels."""
    owner, here = shop.actor(), shop.location
    taxes = [
        create_tax_class(name="reduced", rate=Decimal("5.5"), actor=owner),
        create_tax_class(
            name="double",
            parts=[
                Part(name="state", rate=Decimal("5")),
                Part(name="city", rate=Decimal("2.375"), on_top=True),
            ],
            actor=owner,
        ),
        TaxClass.objects.get(name="standard"),
        None,
    ]
    top = Category.objects.create(name="Food")
    shelves = [top, Category.objects.create(name="Tea", parent=top), Category.objects.create(name="Things"), None]
    brands = [Brand.objects.create(name="Leaf"), None]
    made = []
    for number in range(GOODS):
        price = Decimal(dice.choice((1, 99, 250, 333, 1999, dice.randrange(1, 50_000)))) / 100
        one = make_variant(
            f"ART-{number:02d}", name=f"{shop.mark} thing {number}", price=str(price), tax=dice.choice(taxes)
        )
        Variant.objects.filter(pk=one.pk).update(
            unit=("kg", "g", "oz", "m")[number] if number < 4 else "",
            name=dice.choice(("", "red", "blue")),
            tracking="lot" if number == 5 else "none",
        )
        Product.objects.filter(pk=one.product_id).update(category=dice.choice(shelves), brand=dice.choice(brands))
        _codes(one, number)
        stock(one, here, str(dice.randrange(1, 50)), low_at="5" if number % 3 == 0 else None)
        made.append(one)
    _lists(shop, dice, made)
    _discounts(shop, dice, made)
    create_rule({"name": "Scale", "pattern": "22IIIIXPPPPPC", "decimals": 2, "price_does": "charge"}, actor=owner)
    create_rule({"name": "Shown", "pattern": "23IIIIXPPPPPC", "decimals": 2}, actor=owner)
    create_rule({"name": "Weight", "pattern": "28IIIIXWWWWWC", "decimals": 3}, actor=owner)


def _money(dice: random.Random, most: int) -> Decimal:
    return Decimal(dice.randrange(1, most)) / 100


def _codes(one: Variant, number: int) -> None:
    for code, units in ((gtin(f"40063813{number:04d}"), 1), (f"Own-{number}", 1), (gtin(f"1400638{number:06d}"), 6)):
        gs1 = code.isdigit()
        ScanCode.objects.create(
            code=code.zfill(14) if gs1 else code, symbology="gtin" if gs1 else "code", variant=one, pack_quantity=units
        )
    if number < 4:
        ScanCode.objects.create(code=f"{number:04d}", variant=one)


def _lists(shop: Shop, dice: random.Random, made: list[Variant]) -> None:
    now, owner = datetime.now(UTC), shop.actor()
    group = CustomerGroup.objects.create(name="Trade")
    other = Location.objects.create(code="TWO", name="Second shop")
    Customer.objects.get().groups.add(group)
    kinds: list[dict[str, Any]] = [
        {},
        {"location_id": shop.location.pk, "priority": 5},
        {"location_id": other.pk, "priority": 9},
        {"customer_group_id": group.pk, "priority": 7},
        {"channel": "counter", "priority": 3},
        {"channel": "online", "priority": 8},
        {"starts_at": now + timedelta(hours=1), "priority": 6},
        {"starts_at": now - timedelta(days=1), "ends_at": now + timedelta(hours=2), "priority": 6},
        {"is_active": False, "priority": 9},
    ]
    for number, values in enumerate(kinds):
        found = create_price_list({"name": f"List {number}", **values}, actor=owner)
        lines = [
            PriceLine(
                variant_id=one.pk, unit_price=Decimal(dice.randrange(1, 30_000)) / 100, from_quantity=Decimal(step)
            )
            for one in dice.sample(made, 8)
            for step in dice.choice(((1,), (1, 3, 10), (5,)))
        ]
        set_prices(found.pk, lines, actor=owner)


def _discounts(shop: Shop, dice: random.Random, made: list[Variant]) -> None:
    now, owner = datetime.now(UTC), shop.actor()
    categories = {row.name: str(row.pk) for row in Category.objects.all()}
    group = str(CustomerGroup.objects.get().pk)
    some = [str(one.pk) for one in dice.sample(made, 6)]
    kinds: list[dict[str, Any]] = [
        {"kind": "percent", "value": "10", "conditions": {"categories": [categories["Food"]]}, "stacking": "combine"},
        {"kind": "amount", "value": "0.33", "conditions": {"brands": [str(Brand.objects.get().pk)]}},
        {"kind": "price", "value": "1.11", "conditions": {"variants": some[:2]}},
        {"kind": "buy_get", "value": "100", "buy_quantity": Decimal(2), "get_quantity": Decimal(1),
         "conditions": {"variants": some}},
        {"kind": "percent", "value": "7.5", "scope": "order", "conditions": {"least_total": "50"},
         "stacking": "combine"},
        {"kind": "percent", "value": "20", "conditions": {"groups": [group]}, "stacking": "exclusive"},
        {"kind": "percent", "value": "50", "starts_at": now + timedelta(hours=1)},
        {"kind": "amount", "value": "5", "scope": "order", "ends_at": now + timedelta(hours=2),
         "conditions": {"least_quantity": "4", "channels": ["counter"]}, "stacking": "combine"},
        {"kind": "percent", "value": "15", "scope": "order", "needs_coupon": True, "code": COUPONS[0],
         "stacking": "combine"},
        {"kind": "percent", "value": "25", "needs_coupon": True, "code": COUPONS[1],
         "conditions": {"locations": [str(Location.objects.get(code="TWO").pk)]}},
        {"kind": "percent", "value": "30", "needs_coupon": True, "code": COUPONS[2],
         "starts_at": now + timedelta(hours=1)},
    ]  # fmt: skip
    for number, values in enumerate(kinds):
        value = Decimal(values.pop("value"))
        made_ = create_discount(actor=owner, name=f"Discount {number}", value=value, position=number, **values)
    create_coupon(discount=made_.pk, code=COUPONS[3], expires_at=now + timedelta(minutes=30), actor=owner)


def baskets(shop: Shop, dice: random.Random, count: int) -> Iterator[dict[str, Any]]:
    """Bodies of quotes at the counter, now and at hours that lie before and after prices begin and end."""
    now = datetime.now(UTC)
    goods = list(Variant.objects.order_by("sku"))
    customer = str(Customer.objects.get().pk)
    for _ in range(count):
        lines = [_line(dice, dice.choice(goods)) for _ in range(dice.randint(1, 6))]
        body: dict[str, Any] = {"location": str(shop.location.pk), "channel": "counter", "lines": lines}
        body["occurred_at"] = (now + timedelta(minutes=dice.choice((-200, -30, 0, 9)))).isoformat()
        if dice.random() < 0.4:
            body["customer"] = customer
        if dice.random() < 0.4:
            body["coupons"] = dice.sample(COUPONS, dice.randint(1, 2)) + dice.choice(([], ["spring"]))
        if dice.random() < 0.25:
            body["discount"] = _by_hand(dice)
        yield body


def _line(dice: random.Random, variant: Variant) -> dict[str, Any]:
    number = int(variant.sku[-2:]) if variant.sku.startswith("ART") else 99
    if number < 4 and dice.random() < 0.4:
        cents = dice.choice((1, 99, 1234, dice.randrange(1, 99_999)))
        return {"variant": str(variant.pk), "quantity": str(dice.randint(1, 4)), "label": label_code(number, cents)}
    quantity = dice.choice(("1", "1", "2", "3", "5", "10", "0.25", "1.333", "0.001"))
    line: dict[str, Any] = {"variant": str(variant.pk), "quantity": quantity}
    if dice.random() < 0.15:
        line["discount"] = _by_hand(dice)
    if dice.random() < 0.1:
        line["unit_price"] = str(Decimal(dice.randrange(1, 9999)) / 100)
    return line


def _by_hand(dice: random.Random) -> dict[str, Any]:
    if dice.random() < 0.5:
        return {"kind": "percent", "value": dice.choice(("5", "10", "33.3333", "100")), "reason": "a scratch"}
    return {"kind": "amount", "value": dice.choice(("0.05", "1", "7.77", "500"))}


def scans() -> Iterator[str]:
    """Texts that somebody scans: articles in every form, labels, packs, nonsense and what nobody knows."""
    for number in (0, 1, 2, 3, 5, 7):
        code = gtin(f"40063813{number:04d}")
        yield from (code, code.zfill(14), f"]E0{code}", f"Own-{number}", f"own-{number}", f"ART-{number:02d}")
        yield from (gtin(f"1400638{number:06d}"), f"(01){code.zfill(14)}(10)L7(17)270131", f"]C101{code.zfill(14)}21S1")
        yield f"(01){code.zfill(14)}(3103)000750"
        yield f"(01){code.zfill(14)}(3202)000150(3922)1250"
        yield f"(01){code.zfill(14)}(37)12"
    for number in range(5):
        yield label_code(number, 1250)
        yield gtin(f"23{number:04d}000199"[:12])
        yield gtin(f"28{number:04d}001500"[:12])
        yield gtin(f"28{number:04d}000000"[:12])
    yield from ("nothing", "4006381333932", "(01)40063810000", "art-00", " Own-1 ", "(99)", "%", "äß")
