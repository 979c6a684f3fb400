"""What goods cost: a moving average per place, frozen on what leaves; their value is always the sum of the ledger."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.actors import SYSTEM
from core.ids import uuid7
from core.testing import Shop, make_variant, sale_body
from inventory.models import StockLevel, StockMovement, Variant
from inventory.services.ledger import Change, add_levels, move_stock
from orders.models import OrderLine
from tests.api import Api

KINDS = StockMovement.Kind
VALUE = """
    SELECT coalesce(sum((delta + damaged + in_transit) * coalesce(unit_cost, 0) + revaluation), 0)
    FROM inventory_stockmovement WHERE variant_id = %s AND location_id = %s
"""


def book(shop: Shop, variant: Variant, kind: StockMovement.Kind = KINDS.RECEIPT, **change: Any) -> None:
    move_stock(
        deltas={(variant.pk, shop.location.pk): Change(**change)},
        kind=kind,
        reference_type="test",
        reference_id=uuid7(),
        actor=SYSTEM,
        occurred_at=datetime.now(UTC),
        may_refuse=False,
    )


def level_of(shop: Shop, variant: Variant) -> StockLevel:
    return StockLevel.objects.get(variant=variant, location=shop.location)


def value_in_ledger(shop: Shop, variant: Variant) -> Decimal:
    with connection.cursor() as cursor:
        cursor.execute(VALUE, [variant.pk, shop.location.pk])
        return Decimal(cursor.fetchone()[0])


def test_goods_that_come_in_move_the_average_and_goods_that_go_do_not(acme: Shop) -> None:
    variant = make_variant("NEW")
    book(acme, variant, on_hand=Decimal(10), unit_cost=Decimal("2.0000"))
    book(acme, variant, on_hand=Decimal(5), unit_cost=Decimal("3.5000"))
    book(acme, variant, KINDS.SALE, on_hand=Decimal(-7))
    level = level_of(acme, variant)
    assert (level.on_hand, level.average_cost) == (Decimal(8), Decimal("2.5000"))
    costs = list(variant.movements.order_by("id").values_list("unit_cost", "revaluation"))
    assert costs == [(Decimal(cost), Decimal(0)) for cost in ("2", "3.5", "2.5")]
    assert value_in_ledger(acme, variant) == Decimal(20)


def test_what_rounding_leaves_over_is_named(acme: Shop) -> None:
    variant = make_variant("NEW")
    book(acme, variant, on_hand=Decimal(2), unit_cost=Decimal(1))
    book(acme, variant, on_hand=Decimal(1), unit_cost=Decimal("1.0001"))
    last = variant.movements.latest("id")
    assert level_of(acme, variant).average_cost == Decimal("1.0000")
    assert last.revaluation == Decimal("-0.0001")


def test_what_was_sold_before_it_came_is_revalued_when_it_comes(acme: Shop) -> None:
    variant = make_variant("NEW", price="4.00")  # the catalogue says 2.00
    book(acme, variant, KINDS.SALE, on_hand=Decimal(-3))
    book(acme, variant, on_hand=Decimal(5), unit_cost=Decimal("2.5000"))
    level = level_of(acme, variant)
    assert (level.on_hand, level.average_cost) == (Decimal(2), Decimal("2.5000"))
    assert variant.movements.latest("id").revaluation == Decimal("-1.5")  # three were sold at 2.00, not 2.50
    assert value_in_ledger(acme, variant) == Decimal(5)


def test_damaged_goods_and_goods_on_their_way_keep_their_value(acme: Shop) -> None:
    variant = make_variant("NEW")
    book(acme, variant, on_hand=Decimal(4), unit_cost=Decimal(3))
    book(acme, variant, KINDS.DAMAGE, on_hand=Decimal(-1), damaged=Decimal(1))
    book(acme, variant, KINDS.TRANSIT, in_transit=Decimal(2), unit_cost=Decimal(6))
    level = level_of(acme, variant)
    states = [level.on_hand, level.damaged, level.in_transit, level.average_cost]
    assert states == [Decimal(3), Decimal(1), Decimal(2), Decimal(4)]
    assert value_in_ledger(acme, variant) == Decimal(24)


def test_the_line_of_a_sale_has_the_cost_of_the_ledger(acme: Shop) -> None:
    variant = acme.variant("TEA")
    book(acme, variant, on_hand=Decimal(10), unit_cost=Decimal("4.7500"))  # ten stand there at 2.25
    answer = Api(acme.client("owner")).post("orders/", sale_body(acme, {"TEA": "2"}))
    assert answer.status_code == 201, answer.content
    assert OrderLine.objects.get().unit_cost == Decimal("3.5000")
    assert variant.movements.latest("id").unit_cost == Decimal("3.5000")


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["in", "out", "damage"]),
        st.integers(1, 9),
        st.decimals("0.0001", "99.9999", places=4),
    ),
    max_size=12,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_the_ledgers_value_is_always_units_times_average(acme: Shop, steps: list[tuple[str, int, Decimal]]) -> None:
    variant = make_variant(f"N{uuid7().hex}")
    add_levels([(variant.pk, acme.location.pk)])
    for what, units, cost in steps:
        if what == "in":
            book(acme, variant, on_hand=Decimal(units), unit_cost=cost)
        elif what == "out":
            book(acme, variant, KINDS.SALE, on_hand=Decimal(-units))
        else:
            book(acme, variant, KINDS.DAMAGE, on_hand=Decimal(-units), damaged=Decimal(units))
        level = level_of(acme, variant)
        held = level.on_hand + level.damaged + level.in_transit
        assert value_in_ledger(acme, variant) == held * (level.average_cost or 0)
