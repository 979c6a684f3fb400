"""Baskets, discounts and what they come to by `orders.discounting`, as JSON; `tests/js/discount-vectors.test.js`."""

import json
import random
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from orders.discounting import Basket, Item, Manual, Rule, evaluate

BASKETS = 10_000
SEED = 20_261_122
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
GOODS = ("tea", "cup", "jam", "bun", "tin")
SHELVES = {"tea": ("drinks", "all"), "cup": ("things", "all"), "jam": ("all",), "bun": (), "tin": ("drinks", "all")}
BRANDS = {"tea": "leaf", "tin": "leaf", "cup": "clay"}
STEPS = ((100, 2), (10_000, 0), (10, 3), (1, 4))


def some(chance: random.Random, what: tuple[str, ...], likely: float) -> frozenset[str]:
    return frozenset(chance.sample(what, chance.randint(1, 2))) if chance.random() < likely else frozenset()


def a_rule(chance: random.Random, number: int) -> Rule:
    kind = chance.choice(("percent", "percent", "amount", "price", "buy_get"))
    scope = "order" if kind in ("percent", "amount") and chance.random() < 0.4 else "lines"
    value = {
        "percent": chance.choice((100_000, 500_000, 333_333, 1_000_000, chance.randrange(1_000_001))),
        "buy_get": chance.choice((1_000_000, 500_000)),
    }.get(kind, chance.choice((5_000, 50_000, 12_345, chance.randrange(10**6))))
    return Rule(
        id=f"r{number}",
        name=f"Rule {number}",
        kind=kind,
        scope=scope,
        value=value,
        buy=1000 * chance.randint(1, 3),
        get=1000 * chance.randint(1, 2),
        stacking=chance.choice(("exclusive", "best", "best", "combine", "combine")),
        needs_coupon=chance.random() < 0.2,
        starts_at=NOW + timedelta(hours=chance.choice((-5, 0, 1))) if chance.random() < 0.15 else None,
        ends_at=NOW + timedelta(hours=chance.choice((0, 1))) if chance.random() < 0.15 else None,
        variants=some(chance, GOODS, 0.3),
        categories=some(chance, ("drinks", "things", "all"), 0.25),
        brands=some(chance, ("leaf", "clay"), 0.15),
        groups=some(chance, ("staff", "club"), 0.1),
        locations=some(chance, ("main", "north", "south"), 0.1),
        channels=some(chance, ("counter", "online"), 0.1),
        least_total=chance.choice((50_000, 200_000, 1_000_000)) if chance.random() < 0.25 else 0,
        least_quantity=chance.choice((2000, 5000)) if chance.random() < 0.2 else 0,
    )


def by_hand(chance: random.Random) -> Manual:
    if chance.random() < 0.5:
        return Manual("percent", chance.choice((100_000, 50_000, 1_000_000, chance.randrange(1_000_001))))
    return Manual("amount", chance.choice((10_000, 1_234, chance.randrange(10**6))))


def an_item(chance: random.Random) -> Item:
    goods = chance.choice(GOODS)
    return Item(
        variant=goods,
        quantity=chance.choice((1000, 1000, 2000, 3000, 6000, 500, chance.randrange(1, 10**5))),
        unit_price=chance.choice(
            (45_000, 120_000, 32_500, 9_900, 0, chance.randrange(10**6), chance.randrange(10**10))
        ),
        categories=frozenset(SHELVES[goods]),
        brand=BRANDS.get(goods, ""),
        manual=by_hand(chance) if chance.random() < 0.1 else None,
    )


def a_case(chance: random.Random) -> tuple[Basket, list[Rule]]:
    rules = [a_rule(chance, number) for number in range(chance.choice((0, 1, 2, 3, 5, 8)))]
    basket = Basket(
        items=tuple(an_item(chance) for _ in range(chance.choice((1, 2, 3, 5)))),
        location=chance.choice(("main", "north")),
        channel="counter",
        when=NOW,
        groups=some(chance, ("staff", "club"), 0.3),
        opened={rule.id: "CODE" for rule in rules if rule.needs_coupon and chance.random() < 0.7},
        manual=by_hand(chance) if chance.random() < 0.15 else None,
    )
    return basket, rules


def as_json(value: Any) -> Any:
    """Sets as lists, numbers as text, times as milliseconds."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, Manual):
        return {"kind": value.kind, "value": str(value.value)}
    if isinstance(value, datetime):
        return int(value.timestamp() * 1000)
    if isinstance(value, dict):
        return {name: as_json(one) for name, one in value.items()}
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, list | tuple):
        return [as_json(one) for one in value]
    return str(value)


def vectors(count: int = BASKETS) -> Iterator[dict[str, Any]]:
    """The cases with their answers."""
    chance = random.Random(SEED)
    for _ in range(count):
        basket, rules = a_case(chance)
        step, exponent = chance.choice(STEPS)
        rounding = chance.choice(("half_up", "half_up", "half_even", "exact"))
        outcome = evaluate(basket, rules, step=1 if rounding == "exact" else step, rounding=rounding)  # type: ignore[arg-type]
        yield {
            "terms": {"exponent": exponent, "rounding": rounding},
            "basket": {
                **{
                    name: as_json(getattr(basket, name)) for name in ("location", "channel", "when", "groups", "opened")
                },
                "manual": as_json(basket.manual),
                "items": [{**as_json(asdict(item)), "manual": as_json(item.manual)} for item in basket.items],
            },
            "rules": [as_json(asdict(rule)) for rule in rules],
            "lines": [[[step.source, str(step.amount)] for step in steps] for steps in outcome.lines],
            "reasons": {
                rule: [reason.code, str(reason.need), str(reason.have), reason.other]
                for rule, reason in sorted(outcome.reasons.items())
            },
        }


if __name__ == "__main__":
    for vector in vectors():
        print(json.dumps(vector, separators=(",", ":")))  # noqa: T201  what it is for
