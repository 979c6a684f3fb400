"""Points: earned on money, spent as money, and undone exactly, in any number of pieces."""

from collections import Counter
from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from core.errors import Invalid
from core.ids import uuid7
from core.locations.selectors import business_today
from core.testing import Shop, stock
from orders.auditor import audit_books
from orders.errors import NotEnoughCredit
from orders.models import CreditAccount, CreditEntry, Customer, Order, Payment
from orders.points import earned_on, part_in_points, points_back, points_for, points_kept
from orders.receipts.content import receipt_of
from orders.services.basket import BasketLine, Sale, Tender
from orders.services.checkout import Placed, place_order
from orders.services.credit import account_for, give
from orders.services.exchanges import Exchange, exchange
from orders.services.gift_cards import expire_credit
from orders.services.policy import change_policy
from orders.services.returns import Return, ReturnLine, return_goods
from orders.services.voids import void_order
from tests.api import machine, person, pointers
from tests.cash_steps import a_sale, sell
from tests.test_race_checkout import at_once, deadlocks

pytestmark = pytest.mark.django_db

cents = st.integers(1, 100_000).map(lambda n: Decimal(n) / 100)


@settings(phases=[Phase.generate], deadline=None)
@given(data=st.data(), pieces=st.lists(cents, min_size=1, max_size=6), value=st.sampled_from(["0.01", "0.005", "2.5"]))
def test_no_pieces_make_points_and_all_pieces_restore_both_sides(data: Any, pieces: list[Decimal], value: str) -> None:
    paid, rate = sum(pieces, Decimal(0)), Decimal(data.draw(st.integers(0, 200_000))) / 10_000
    most = int(paid / Decimal(value))
    burnt = Decimal(data.draw(st.integers(0, most)))
    by_points = burnt * Decimal(value)
    if by_points != by_points.quantize(Decimal("0.01")):
        burnt, by_points = burnt - 1, by_points - Decimal(value)
    assert points_for(by_points, Decimal(value)) == burnt
    money = paid - by_points
    earned = earned_on(money, rate)
    back = before = before_points = Decimal(0)
    for piece in pieces:
        back += piece
        part = part_in_points(by_points, paid, back, "EUR")
        assert 0 <= part - before_points <= back - before, "never more in points than goes back at all"
        given_back = points_back(burnt, by_points, part) if burnt else Decimal(0)
        kept = points_kept(earned, money, back - part)
        assert given_back * paid <= burnt * back and kept <= earned_on(money - (back - part), rate)
        before, before_points = back, part
    assert (part, given_back, kept) == (by_points, burnt, Decimal(0))


def customer() -> Customer:
    return Customer.objects.get(number="C1")


def the_policy(shop: Shop, per_unit: str = "1", value: str = "0.10", days: int | None = 365) -> None:
    change_policy(
        {"points_per_unit": Decimal(per_unit), "point_value": Decimal(value), "points_expire_days": days},
        actor=shop.actor("owner"),
    )


def account() -> CreditAccount:
    return account_for(customer().pk, "points")


def some_points(shop: Shop, points: str, **more: Any) -> None:
    give(
        account().pk,
        Decimal(points),
        kind="adjust",
        reference_type="t",
        reference_id=uuid7(),
        actor=shop.actor(),
        **more,
    )


def ledger() -> list[tuple[str, int]]:
    rows = CreditEntry.objects.filter(account__kind="points").order_by("id")
    return [(row.kind, int(row.amount)) for row in rows]


def by_points(amount: str) -> Tender:
    return Tender(method="points", amount=Decimal(amount))


def cash(amount: str) -> Tender:
    return Tender(method="cash", amount=Decimal(amount))


def bring_back(shop: Shop, sale: Order, quantity: str, **more: Any) -> Order:
    lines = [ReturnLine(position=1, quantity=Decimal(quantity))]
    wanted = Return(refund_id=uuid7(), order_id=sale.pk, lines=lines, reason="broken", **more)
    return return_goods(wanted, actor=shop.actor("manager")).order


def paid_back(refund: Order) -> dict[str, Decimal]:
    return dict(refund.payments.values_list("method", "amount"))


def test_a_sale_earns_whole_points_on_money_and_nothing_on_points(acme: Shop, globex: Shop) -> None:
    the_policy(acme)
    sold = sell(acme, None, quantity="2", customer_id=customer().pk)  # 9.00
    entry = CreditEntry.objects.get(account=account())
    assert (entry.kind, entry.amount, entry.reference_id) == ("earn", Decimal(9), sold.pk)
    assert entry.expires_on == sold.business_date + timedelta(days=365) and entry.remaining == 9
    second = sell(acme, None, by_points("0.50"), cash("4.00"), customer_id=customer().pk)
    assert ledger() == [("earn", 9), ("redeem", -5), ("earn", 4)] and account().balance == 8
    assert second.payments.get(method="points").amount == Decimal("0.50")
    receipt = receipt_of(second)
    assert receipt.points is not None
    assert [receipt.points.earned, receipt.points.spent, receipt.points.balance] == [4, 5, 8]
    sell(acme, None)
    assert len(ledger()) == 3 and receipt_of(Order.objects.latest("recorded_at")).points is None
    the_policy(acme, per_unit="0")
    sell(acme, None, customer_id=customer().pk)
    assert len(ledger()) == 3 and audit_books() == []


def test_points_pay_only_whole_and_only_for_who_has_them(acme: Shop) -> None:
    the_policy(acme, per_unit="0", value="0.50")
    some_points(acme, "8")
    nobody = Customer.objects.create(number="C2")
    cases: list[tuple[dict[str, Any], list[Tender], str]] = [
        ({}, [by_points("4.50")], "/payments/0/method"),
        ({"customer_id": nobody.pk}, [by_points("4.50")], "/payments/0/method"),
        ({"customer_id": customer().pk}, [cash("4.30"), by_points("0.20")], "/payments/1/amount"),
    ]
    for more, tenders, pointer in cases:
        with pytest.raises(Invalid) as refusal:
            sell(acme, None, *tenders, **more)
        assert refusal.value.details["errors"][0]["pointer"] == pointer
    with pytest.raises(NotEnoughCredit):
        sell(acme, None, by_points("4.50"), customer_id=customer().pk)
    assert not Order.objects.exists() and account().balance == 8
    the_policy(acme, value="0")
    line = {"variant": str(acme.variant().pk), "quantity": "1"}
    body = {"id": str(uuid7()), "location": str(acme.location.pk), "lines": [line], "customer": str(customer().pk)}
    for amount in ("4.50", "0", "-4.50", "1e30", "NaN"):
        answer = machine(acme).post("orders/", {**body, "payments": [{"method": "points", "amount": amount}]})
        assert (answer.status_code == 422 and "/payments/0/" in str(pointers(answer))) or amount in ("0", "-4.50"), (
            amount
        )
        assert answer.status_code == 422, amount


@pytest.mark.django_db(transaction=True)
def test_twenty_who_burn_one_balance_at_once_never_overspend_it(acme: Shop) -> None:
    the_policy(acme, per_unit="0", value="0.50")
    stock(acme.variant("TEA"), acme.location, "100")
    some_points(acme, "50")
    before = deadlocks()
    sales = [a_sale(acme, None, by_points("4.50"), customer_id=customer().pk) for _ in range(20)]
    results = at_once(acme, [partial(place_order, one, actor=acme.actor("cashier")) for one in sales], 10)
    assert Counter(type(result) for result in results) == {Placed: 5, NotEnoughCredit: 15}
    assert account().balance == 5 and Payment.objects.count() == 5 and deadlocks() == before
    assert audit_books() == []


def test_pieces_that_come_back_take_their_share_of_points_and_the_last_one_all_of_the_rest(acme: Shop) -> None:
    the_policy(acme)
    some_points(acme, "100")
    sold = sell(acme, None, by_points("4.70"), cash("8.80"), quantity="3", customer_id=customer().pk)
    assert account().balance == 100 - 47 + 8
    first = bring_back(acme, sold, "1", by_method="cash")
    assert paid_back(first) == {"points": Decimal("-1.56"), "cash": Decimal("-2.94")}
    assert ledger()[-2:] == [("refund", 15), ("reverse", -3)]
    bring_back(acme, sold, "1")
    last = bring_back(acme, sold, "1")
    assert account().balance == 100
    assert sum(
        (-x.amount for x in Payment.objects.filter(order__refund_of=sold, method="cash")), Decimal(0)
    ) == Decimal("8.80")
    assert sum(
        (-x.amount for x in Payment.objects.filter(order__refund_of=sold, method="points")), Decimal(0)
    ) == Decimal("4.70")
    receipt = receipt_of(last)
    assert receipt.points is not None and receipt.points.balance == 100
    assert audit_books() == []


def test_points_that_were_spent_are_taken_back_below_zero_and_expired_ones_are_not(acme: Shop) -> None:
    the_policy(acme, per_unit="2", days=10)
    sold = sell(acme, None, customer_id=customer().pk)  # earns 9
    sell(acme, None, by_points("0.50"), cash("4"), customer_id=customer().pk)  # spends 5, earns 8
    lots = CreditEntry.objects.filter(kind="earn")
    assert {lot.remaining for lot in lots} == {4, 8}
    lots.filter(reference_id=sold.pk).update(expires_on=business_today() - timedelta(days=1))
    bring_back(acme, sold, "1")
    assert [kind for kind, _ in ledger()][-2:] == ["expire", "reverse"]
    assert account().balance == 9 - 5 + 8 - 4 - 5
    other = sell(acme, None, customer_id=customer().pk)
    sell(acme, None, by_points("1.20"), cash("3.30"), customer_id=customer().pk)
    bring_back(acme, other, "1")
    assert account().balance == 3 + 9 - 12 + 6 - 9 and expire_credit(actor=acme.actor()) == 0
    assert audit_books() == []


def test_a_void_restores_both_sides(acme: Shop) -> None:
    the_policy(acme)
    some_points(acme, "30")
    sold = sell(acme, None, by_points("2"), cash("2.50"), customer_id=customer().pk)
    void_order(sold.pk, void_id=uuid7(), reason="mistake", actor=acme.actor("manager"))
    assert account().balance == 30 and ledger()[-2:] == [("refund", 20), ("reverse", -2)]
    assert audit_books() == []


def test_goods_paid_with_points_are_not_exchanged_into_money(acme: Shop) -> None:
    the_policy(acme)
    some_points(acme, "45")
    sold = sell(acme, None, by_points("4.50"), customer_id=customer().pk)
    returned = Return(
        refund_id=uuid7(), order_id=sold.pk, lines=[ReturnLine(position=1, quantity=Decimal(1))], reason="other"
    )
    sale = Sale(
        order_id=uuid7(),
        location_id=acme.location.pk,
        lines=[BasketLine(variant_id=acme.variant("TEA").pk, quantity=Decimal(1))],
        payments=[by_points("4.50")],
        customer_id=customer().pk,
    )
    made = exchange(Exchange(ticket=uuid7(), returned=returned, sale=sale), actor=acme.actor("manager"))
    assert paid_back(made.refund.order) == {"points": Decimal("-4.50")} and account().balance == 0
    assert {kind for kind, _ in ledger()} == {"adjust", "redeem", "refund"} and audit_books() == []


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(data=st.data())
def test_random_sales_and_returns_leave_the_points_as_they_were(acme: Shop, data: Any) -> None:
    stock(acme.variant("TEA"), acme.location, "100000")
    rate, value = data.draw(st.sampled_from([("3.7", "0.05"), ("0.3", "0.10"), ("1", "0.50")]))
    the_policy(acme, per_unit=rate, value=value, days=data.draw(st.sampled_from([None, 30])))
    some_points(acme, "200")
    start = account().balance
    quantity = data.draw(st.integers(1, 4))
    total = Decimal("4.50") * quantity
    points = data.draw(st.integers(0, min(100, int(total / Decimal(value)))))
    part = points * Decimal(value)
    tenders = [x for x in (by_points(str(part)), cash(str(total - part))) if x.amount]
    sold = sell(acme, None, *tenders, quantity=str(quantity), customer_id=customer().pk)
    left = quantity
    while left:
        some = data.draw(st.integers(1, left))
        bring_back(acme, sold, str(some))
        left -= some
        kept = (Decimal(left) / quantity) * (total - part) * Decimal(rate)
        assert account().balance <= start - points * left // quantity + kept + 1
    assert account().balance == start and audit_books() == []


def test_a_customers_points_are_told_with_their_ledger(acme: Shop, globex: Shop) -> None:
    the_policy(acme)
    owner, path = person(acme, "owner"), f"customers/{customer().pk}/points/"
    assert owner.get(path).json() == {
        **{"account": None, "balance": "0.00", "spendable": "0.00", "value": "0.00", "currency": "GBP"},
        **{"each": "0.1000", "results": [], "next": None},
    }
    sell(acme, None, quantity="2", customer_id=customer().pk)
    told = owner.get(path).json()
    assert (told["balance"], told["spendable"], told["value"]) == ("9.00", "9.00", "0.90")
    assert [(row["kind"], row["amount"]) for row in told["results"]] == [("earn", "9.00")]
    assert owner.get(f"customers/{uuid7()}/points/").status_code == 404
    page = person(acme, "cashier").browser.get(f"/customers/{customer().pk}/")
    assert page.status_code == 200 and b"worth" in page.content


def test_the_policy_is_changed_on_a_page(acme: Shop) -> None:
    the_policy(acme)
    browser = person(acme, "manager").browser
    page = browser.get("/settings/selling/")
    assert page.status_code == 200
    form = page.context["form"]
    data = {name: "" if form.initial[name] is None else str(form.initial[name]) for name in form.fields}
    assert browser.post("/settings/selling/", {**data, "point_value": "-1"}).status_code == 422
    assert browser.post("/settings/selling/", {**data, "points_expire_days": "0"}).status_code == 422
    assert browser.post("/settings/selling/", {**data, "point_value": "0.25"}).status_code == 302
    assert browser.post("/settings/selling/", {**data, "point_value": "0.30"}).status_code == 412
    told = person(acme, "manager").get("policy/").json()
    assert Decimal(told["point_value"]) == Decimal("0.25") and told["points_expire_days"] == 365
    assert person(acme, "cashier").browser.get("/settings/selling/").status_code == 403
