"""Discounts, coupons and taxes at the checkout: who pays what, why, and why not less."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from core.errors import Conflict, Forbidden, Invalid, StaleVersion
from core.ids import uuid7
from core.testing import Shop
from inventory.models import Category, TaxClass
from orders.errors import ApprovalRefused, CouponRefused, WrongPayment
from orders.models import Coupon, CouponUse, Customer, CustomerGroup, Order, OrderLine, SellingPolicy
from orders.services.approvals import Request, give_approval
from orders.services.basket import BasketLine, GivenDiscount, Sale, Tender
from orders.services.checkout import Placed, place_order
from orders.services.coupons import give_back_coupons
from orders.services.discounts import create_coupon, create_discount, update_coupon, update_discount
from orders.services.quotes import quote


def make(shop: Shop, kind: str = "percent", value: str = "10", **values: Any) -> Any:
    name = values.pop("name", f"{kind} {value}")
    return create_discount(actor=shop.actor(), name=name, kind=kind, value=Decimal(value), **values)


def basket(shop: Shop, **skus: str) -> Sale:
    lines = [BasketLine(variant_id=shop.variant(sku).pk, quantity=Decimal(n)) for sku, n in skus.items()]
    return Sale(order_id=uuid7(), location_id=shop.location.pk, lines=lines, payments=[])


def pay(sale: Sale, total: str, method: str = "card") -> Sale:
    return replace(sale, payments=[Tender(method=method, amount=Decimal(total))])


def sell(shop: Shop, sale: Sale, total: str, role: str = "cashier") -> Placed:
    return place_order(pay(sale, total), actor=shop.actor(role))


def of_lines(made: Any) -> list[tuple[str, str]]:
    return [(f"{line.discount:.2f}", f"{line.total:.2f}") for line in made.lines]


def test_ten_per_cent_off_tea_is_on_the_line_the_order_and_in_the_trace(acme: Shop) -> None:
    discount = make(acme, conditions={"variants": [str(acme.variant("TEA").pk)]}, name="Tea week")
    order = sell(acme, basket(acme, TEA="2", CUP="1"), "20.10").order
    order.refresh_from_db()
    tea, cup = order.lines.all()
    assert (tea.list_price, tea.unit_price, tea.discount) == (Decimal("4.5"), Decimal("4.5"), Decimal("0.9"))
    assert (tea.total, tea.tax, tea.net) == (Decimal("8.1"), Decimal("1.35"), Decimal("6.75"))
    assert tea.trace == [
        {"step": "listed", "amount": "4.5000"},
        {"step": "discount", "id": str(discount.pk), "name": "Tea week", "coupon": "", "amount": "-0.90"},
    ]
    assert (cup.discount, cup.trace) == (Decimal(0), [{"step": "listed", "amount": "12.0000"}])
    assert order.discounts == [{"id": str(discount.pk), "name": "Tea week", "coupon": "", "amount": "0.90"}]
    assert (order.discount_total, order.total) == (Decimal("0.9"), Decimal("20.1"))


def test_the_kinds_of_discount(acme: Shop) -> None:
    actor, sale = acme.actor("cashier"), basket(acme, TEA="3", CUP="1")
    for values, expected in (
        ({"kind": "amount", "value": "0.50"}, [("1.50", "12.00"), ("0.50", "11.50")]),
        ({"kind": "amount", "value": "5", "scope": "order"}, [("2.65", "10.85"), ("2.35", "9.65")]),
        ({"kind": "price", "value": "4"}, [("1.50", "12.00"), ("8.00", "4.00")]),
        ({"kind": "buy_get", "value": "100", "buy_quantity": Decimal(2), "get_quantity": Decimal(1)},
         [("4.50", "9.00"), ("0.00", "12.00")]),
        ({"kind": "percent", "value": "10", "conditions": {"least_quantity": "5"}},
         [("0.00", "13.50"), ("0.00", "12.00")]),
    ):  # fmt: skip
        discount = make(acme, **values)  # type: ignore[arg-type]
        assert of_lines(quote(sale, actor=actor)) == expected, values
        update_discount(discount.pk, {"is_active": False}, actor=acme.actor())
    assert of_lines(quote(sale, actor=actor)) == [("0.00", "13.50"), ("0.00", "12.00")]


def test_the_best_of_two_is_taken_and_the_others_are_told_why_not(acme: Shop) -> None:
    make(acme, name="Small", value="5")
    make(acme, name="Large", value="20")
    make(acme, name="From fifty", kind="amount", value="5", scope="order", conditions={"least_total": "50"})
    made = quote(basket(acme, TEA="2"), actor=acme.actor("cashier"))
    assert of_lines(made) == [("1.80", "7.20")]
    assert {(why.name, why.code, why.detail) for why in made.why_not} == {
        ("Small", "better", "It does not go together with “Large”, which was better."),
        ("From fifty", "least-total", "It begins at 50.00 GBP; these goods come to 7.20 GBP."),
    }


def test_a_category_means_all_below_it_and_a_group_its_customers(acme: Shop) -> None:
    drinks = Category.objects.create(name="Drinks")
    hot = Category.objects.create(name="Hot", parent=drinks)
    tea = acme.variant("TEA").product
    tea.category = hot
    tea.save()
    club = CustomerGroup.objects.create(name="Club")
    make(acme, conditions={"categories": [str(drinks.pk)], "groups": [str(club.pk)]})
    sale, actor = basket(acme, TEA="1", CUP="1"), acme.actor("cashier")
    assert quote(sale, actor=actor).discount_total == 0
    customer = Customer.objects.get(number="C1")
    customer.groups.add(club)
    assert of_lines(quote(replace(sale, customer_id=customer.pk), actor=actor)) == [("0.45", "4.05"), ("0.00", "12.00")]


def test_a_coupon_opens_its_discount_and_is_counted_once(acme: Shop) -> None:
    discount = make(acme, code=" spring ", name="Spring")
    assert discount.needs_coupon
    sale = replace(basket(acme, TEA="2"), coupons=["Spring"])
    first = sell(acme, sale, "8.10")
    again = place_order(pay(sale, "8.10"), actor=acme.actor("cashier"))
    assert (first.is_new, again.is_new) == (True, False)
    coupon = Coupon.objects.get(code="SPRING")
    assert (coupon.used, CouponUse.objects.get().order_id) == (1, first.order.pk)
    assert first.order.discounts[0]["coupon"] == "SPRING"
    assert sell(acme, basket(acme, TEA="1"), "4.50").order.discount_total == 0


def _spoil(shop: Shop, coupon: Coupon, reason: str) -> dict[str, Any]:
    """Bring a coupon into the state in which it is refused for a reason; answers what the sale says besides."""
    now, owner = datetime.now(UTC), shop.actor()
    if reason == "expired":
        update_coupon(coupon.pk, {"expires_at": now - timedelta(minutes=1)}, actor=owner)
    elif reason == "inactive":
        update_coupon(coupon.pk, {"is_active": False}, actor=owner)
    elif reason == "used-up":
        update_coupon(coupon.pk, {"max_uses": 1}, actor=owner)
        sell(shop, replace(basket(shop, TEA="1"), coupons=["SPRING"]), "4.05")
    elif reason in ("needs-customer", "used-by-customer"):
        update_coupon(coupon.pk, {"max_per_customer": 1}, actor=owner)
    elif reason == "goods":
        conditions = {"variants": [str(shop.variant("CUP").pk)]}
        update_discount(coupon.discount_id, {"conditions": conditions}, actor=owner)
    elif reason == "ended":
        update_discount(coupon.discount_id, {"ends_at": now - timedelta(days=1)}, actor=owner)
    elif reason == "least-total":
        update_discount(coupon.discount_id, {"conditions": {"least_total": "50"}}, actor=owner)
    if reason == "used-by-customer":
        customer = Customer.objects.get(number="C1")
        sell(shop, replace(basket(shop, TEA="1"), coupons=["SPRING"], customer_id=customer.pk), "4.05")
        return {"customer_id": customer.pk}
    return {}


@pytest.mark.parametrize(
    "reason",
    [
        "unknown",
        "expired",
        "inactive",
        "used-up",
        "needs-customer",
        "used-by-customer",
        "goods",
        "ended",
        "least-total",
    ],
)
def test_a_coupon_that_does_not_hold_is_refused_in_plain_words(acme: Shop, reason: str) -> None:
    make(acme, code="SPRING", name="Spring")
    more = _spoil(acme, Coupon.objects.get(), reason)
    orders, used = Order.objects.count(), Coupon.objects.get().used
    code = "NOPE" if reason == "unknown" else "SPRING"
    sale = replace(basket(acme, TEA="2"), coupons=[code], **more)
    with pytest.raises(CouponRefused) as refusal:
        sell(acme, sale, "9.00")
    [told] = refusal.value.details["coupons"]
    assert (told["coupon"], told["code"]) == (code, reason) and told["detail"].endswith(".")
    made = quote(sale, actor=acme.actor("cashier"))
    assert [(why.coupon, why.code) for why in made.why_not] == [(code, reason)]
    assert (Order.objects.count(), Coupon.objects.get().used) == (orders, used)


def test_a_coupon_that_is_not_the_best_stays_with_the_customer(acme: Shop) -> None:
    make(acme, value="50", name="Half", stacking="exclusive")
    make(acme, code="SPRING", name="Spring")
    made = sell(acme, replace(basket(acme, TEA="2"), coupons=["SPRING"]), "4.50")
    assert made.order.discount_total == Decimal("4.5")
    assert (Coupon.objects.get().used, CouponUse.objects.count()) == (0, 0)


def test_a_voided_sale_gives_its_coupon_back_once(acme: Shop) -> None:
    make(acme, code="SPRING", name="Spring")
    order = sell(acme, replace(basket(acme, TEA="2"), coupons=["SPRING"]), "8.10").order
    assert (give_back_coupons(order.pk), give_back_coupons(order.pk)) == (1, 0)
    assert Coupon.objects.get().used == 0


def test_by_hand_a_cashier_gives_what_the_policy_allows(acme: Shop) -> None:
    SellingPolicy.objects.create(id=1, discount_percent=Decimal(10))
    sale = basket(acme, TEA="2", CUP="1")
    ten = GivenDiscount(kind="percent", value=Decimal(10), reason="dented")
    lines = [replace(sale.lines[0], discount=ten), sale.lines[1]]
    order = sell(acme, replace(sale, lines=lines), "20.10").order
    assert order.discounts == [{"by_hand": "line", "name": "By hand", "reason": "", "amount": "0.90"}]
    tea = OrderLine.objects.get(order=order, sku="TEA")
    assert tea.trace[1] == {
        "step": "discount",
        "by_hand": "line",
        "name": "By hand",
        "reason": "dented",
        "amount": "-0.90",
    }

    both = replace(sale, order_id=uuid7(), lines=lines, discount=ten)
    with pytest.raises(Forbidden) as refusal:
        sell(acme, both, "18.09")
    told = refusal.value.details
    assert (told["permission"], told["allowed_percent"], told["percent"]) == ("orders.give_discount", "10", "19")
    assert told["amount"] == "2.91" and quote(both, actor=acme.actor("cashier")).needs_approval
    with pytest.raises(ApprovalRefused):
        sell(acme, replace(both, approval_ids=[uuid7()]), "18.09")
    approved = give_approval(
        Request(
            approval_id=uuid7(),
            permission="orders.give_discount",
            location_id=acme.location.pk,
            requested_by=acme.actor("cashier").id,
            amount=Decimal("2.91"),
        ),
        actor=acme.actor("manager"),
    )
    made = sell(acme, replace(both, approval_ids=[approved.pk]), "18.09").order
    approved.refresh_from_db()
    assert (approved.reference_type, approved.reference_id) == ("order", made.pk)
    both = replace(both, order_id=uuid7())
    assert sell(acme, both, "18.09", role="manager").order.discount_total == Decimal("2.91")


def test_an_amount_by_hand_off_the_order_is_spread_to_the_cent(acme: Shop) -> None:
    given = GivenDiscount(kind="amount", value=Decimal(1), reason="")
    made = sell(acme, replace(basket(acme, TEA="1", CUP="1", JAM="1"), discount=given), "18.75", role="manager")
    assert of_lines(made) == [("0.23", "4.27"), ("0.61", "11.39"), ("0.16", "3.09")]


@pytest.mark.parametrize("value", ["0", "-1", "100.0001"])
def test_a_discount_by_hand_must_be_possible(acme: Shop, value: str) -> None:
    given = GivenDiscount(kind="percent", value=Decimal(value))
    with pytest.raises(Invalid) as refusal:
        sell(acme, replace(basket(acme, TEA="1"), discount=given), "4.50", role="owner")
    assert refusal.value.details["errors"][0]["pointer"] == "/discount/value"


def test_cash_goes_to_the_smallest_coin_and_a_card_does_not(acme: Shop) -> None:
    acme.tenant.cash_step = Decimal("0.05")
    try:
        make(acme, value="7")
        sale, cashier = basket(acme, TEA="1"), acme.actor("cashier")  # 0.315 is 0.32
        made = quote(sale, actor=cashier)
        assert (made.total, made.cash_total) == (Decimal("4.18"), Decimal("4.20"))
        with pytest.raises(WrongPayment) as refusal:
            place_order(pay(sale, str(made.total), "cash"), actor=cashier)
        assert refusal.value.details["total"] == "4.20"
        order = place_order(pay(sale, "4.20", "cash"), actor=cashier).order
        assert (order.total, order.cash_rounding) == (made.total, Decimal("4.20") - made.total)
        order = place_order(pay(basket(acme, TEA="1"), str(made.total)), actor=cashier).order
        assert order.cash_rounding == 0
    finally:
        acme.tenant.cash_step = None


def test_several_taxes_are_written_to_the_line_by_name(acme: Shop) -> None:
    TaxClass.objects.update(
        rate=Decimal(21),
        parts=[{"name": "state", "rate": "10", "on_top": False}, {"name": "city", "rate": "10", "on_top": True}],
    )
    acme.tenant.prices_include_tax, acme.tenant.tax_by_document = False, True
    try:
        order = sell(acme, basket(acme, TEA="1", JAM="1"), "9.38").order
        tea, jam = OrderLine.objects.filter(order=order)
        assert (tea.net, tea.tax, tea.tax_rate, order.tax_by_document) == (
            Decimal("4.5"),
            Decimal("0.94"),
            Decimal(21),
            True,
        )
        assert tea.tax_parts == [
            {"name": "state", "rate": "10", "amount": "0.45"},
            {"name": "city", "rate": "10", "amount": "0.49"},
        ]
        assert (jam.tax, order.tax_total, order.total) == (Decimal("0.69"), Decimal("1.63"), Decimal("9.38"))
    finally:
        acme.tenant.prices_include_tax, acme.tenant.tax_by_document = True, False


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"name": " "}, "/name"),
    ({"kind": "gift"}, "/kind"),
    ({"value": Decimal(101)}, "/value"),
    ({"value": Decimal(0)}, "/value"),
    ({"kind": "price", "scope": "order"}, "/scope"),
    ({"kind": "buy_get", "buy_quantity": Decimal("1.5"), "get_quantity": Decimal(1)}, "/buy_quantity"),
    ({"kind": "buy_get", "buy_quantity": Decimal(1)}, "/get_quantity"),
    ({"kind": "amount", "scope": "order", "value": Decimal("0.001")}, "/value"),
    ({"conditions": {"variants": [str(uuid7())]}}, "/conditions/variants"),
    ({"conditions": {"brands": ["x"]}}, "/conditions/brands"),
    ({"conditions": {"groups": "x"}}, "/conditions/groups"),
    ({"conditions": {"moon": "full"}}, "/conditions/moon"),
    ({"conditions": {"channels": ["history"]}}, "/conditions/channels"),
    ({"conditions": {"least_total": "NaN"}}, "/conditions/least_total"),
    ({"conditions": {"least_quantity": "-1"}}, "/conditions/least_quantity"),
    ({"position": -1}, "/position"),
]


@pytest.mark.parametrize(("values", "pointer"), WRONG, ids=[pointer + str(at) for at, (_, pointer) in enumerate(WRONG)])
def test_a_discount_that_cannot_be_is_refused_by_field(acme: Shop, values: dict[str, Any], pointer: str) -> None:
    given = {"name": "x", "kind": "percent", "value": Decimal(10), **values}
    with pytest.raises(Invalid) as refusal:
        create_discount(actor=acme.actor(), **given)
    assert pointer in {error["pointer"] for error in refusal.value.details["errors"]}


def test_names_and_codes_are_taken_once_and_an_old_version_is_refused(acme: Shop) -> None:
    discount = make(acme, name="Spring", code="SPRING")
    owner = acme.actor()
    with pytest.raises(Conflict):
        make(acme, name="Spring")
    with pytest.raises(Conflict):
        create_coupon(actor=owner, discount=discount.pk, code="spring")
    with pytest.raises(StaleVersion):
        update_discount(discount.pk, {"value": Decimal(5)}, actor=owner, expected_version=2)
    with pytest.raises(Invalid):
        create_coupon(actor=owner, discount=make(acme, name="All").pk, code="OTHER")
    with pytest.raises(Forbidden):
        create_discount(actor=acme.actor("cashier"), name="Mine", kind="percent", value=Decimal(1))
