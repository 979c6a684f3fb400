"""A gift card that is sold is money the shop owes: no revenue, tax, stock or points, and undone only untouched."""

from datetime import timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from core.errors import Conflict, Invalid, ReusedIdentifier
from core.ids import uuid7
from core.locations.selectors import business_today
from core.outbox.models import Event
from core.testing import Shop, stock
from inventory.models import StockMovement
from orders.auditor import audit_books
from orders.errors import GiftCardRefused, GiftCardUsed, NotEnoughCredit
from orders.metrics_base import COMPLETED, ITEMS, REVENUE, SALES
from orders.models import CreditAccount, CreditEntry, Customer, GiftCard, Order, SellingPolicy
from orders.receipts.content import receipt_of
from orders.selectors.shifts import drawer_figures, figures
from orders.services.basket import CardSold
from orders.services.checkout import BasketLine, Placed, Sale, Tender, place_order
from orders.services.credit import find_card
from orders.services.exchanges import Exchange, exchange
from orders.services.placing import Cancellation, add_payment, cancel_order, place_open_order
from orders.services.returns import Return, ReturnLine, return_goods
from orders.services.voids import void_order
from tests.api import person, pointers
from tests.cash_steps import a_register, a_sale, an_open_shift, closed, sell
from tests.test_race_checkout import at_once, deadlocks

pytestmark = pytest.mark.django_db(transaction=True)
CODE = "ABCDEFGH23456789"


def card(amount: str = "20.00", code: str = "", **more: Any) -> CardSold:
    return CardSold(card_id=uuid7(), amount=Decimal(amount), code=code, **more)


def cash(amount: str) -> Tender:
    return Tender(method="cash", amount=Decimal(amount))


def sold_alone(shop: Shop, one: CardSold, *tenders: Tender, **more: Any) -> Placed:
    sale = Sale(
        order_id=uuid7(),
        location_id=shop.location.pk,
        lines=[],
        payments=tenders or [cash(str(one.amount))],
        gift_cards=[one],
        **more,
    )
    return place_order(sale, actor=shop.actor("cashier"))


def revenue() -> Any:
    found = Order.objects.filter(COMPLETED).aggregate(revenue=REVENUE, sales=SALES, items=ITEMS)
    return found["revenue"], found["sales"], found["items"]


def test_a_card_sold_with_goods_is_owed_and_the_goods_alone_are_revenue(acme: Shop) -> None:
    register = a_register(acme)
    shift = an_open_shift(acme, register)
    one = card()
    sale = a_sale(acme, register, cash("24.50"), gift_cards=[one])
    moved = StockMovement.objects.count()
    placed = place_order(sale, actor=acme.actor("cashier"))
    again = place_order(sale, actor=acme.actor("cashier"))
    assert (placed.is_new, again.is_new, again.codes, len(placed.codes[one.card_id])) == (True, False, {}, 16)
    order: Any = Order.objects.get()
    assert (order.total, order.apart_total, order.line_count, order.items) == (Decimal("24.50"), 20, 2, 1)
    line: Any = order.lines.get(kind="giftcard")
    assert (line.position, line.gift_card_id, line.net, line.tax, line.tax_rate) == (2, one.card_id, 20, 0, 0)
    entry: Any = CreditEntry.objects.get()
    assert (entry.kind, entry.amount, entry.reference_id) == ("issue", 20, one.card_id)
    assert GiftCard.objects.get().order == order and StockMovement.objects.count() == moved + 1
    told = list(Event.objects.filter(type__startswith="gift_card").values_list("type", "payload__order_id"))
    assert told == [("gift_card.issued", str(order.pk))]
    assert revenue() == (Decimal("4.50"), Decimal("4.50"), 1)
    sell(acme, register, Tender(method="giftcard", amount=Decimal("4.50"), code=placed.codes[one.card_id]))
    found = drawer_figures(shift)
    assert (found["sales"], found["cash"]) == ({"count": 2, "total": "9.00"}, "24.50")
    assert found["owed"] == [{"kind": "giftcard", "sold": "20.00", "redeemed": "4.50", "given_back": "0.00"}]
    assert [row["total"] for row in found["cashiers"]] == ["9.00"]
    net = sum(Decimal(row["net"]) + Decimal(row["tax"]) for row in found["tax"])
    assert net == Decimal("9.00")
    assert (closed(acme, shift).totals or {})["owed"] == found["owed"]
    assert CreditAccount.objects.get().balance == Decimal("15.50") and audit_books() == []


def test_discounts_leave_a_card_alone_and_no_card_buys_a_card(acme: Shop) -> None:
    cashier = person(acme, "owner")
    first = sold_alone(acme, card("50.00", CODE))
    body = {
        "id": str(uuid7()),
        "location": str(acme.location.pk),
        "lines": [{"variant": str(acme.variant("TEA").pk), "quantity": "1"}],
        "discount": {"kind": "percent", "value": "10"},
        "gift_cards": [{"id": str(uuid7()), "amount": "10.00"}],
        "payments": [{"method": "giftcard", "amount": "14.05", "code": CODE}],
    }
    refused = cashier.post("orders/", body)
    assert (refused.status_code, refused.json()["errors"][0]["code"]) == (422, "gift-card")
    body["payments"] = [
        {"method": "giftcard", "amount": "4.05", "code": CODE},
        {"method": "card", "amount": "10.00"},
    ]
    stated = {name: body[name] for name in ("location", "lines", "discount")}
    quoted = cashier.post("orders/quote/", {**stated, "gift_cards": [{"amount": "10.00"}]}).json()
    answer = cashier.post("orders/", body)
    assert answer.status_code == 201, answer.content
    assert (answer.json()["total"], answer.json()["apart_total"], answer.json()["discount_total"]) == (
        "14.05",
        "10.00",
        "0.45",
    )
    assert [line["kind"] for line in answer.json()["lines"]] == ["goods", "giftcard"]
    told = answer.json()["gift_cards"][0]
    assert len(told["code"].replace("-", "")) == 16 and told["amount"] == "10.00"
    replayed = cashier.post("orders/", body)
    assert (replayed.status_code, replayed.json()["gift_cards"][0]["code"]) == (200, None)
    assert (quoted["total"], quoted["lines"][1]["total"]) == ("14.05", "10.00")
    assert first.order.total == 50 and CreditAccount.objects.count() == 2


def test_points_buy_no_card_and_the_receipt_says_what_is_on_it(acme: Shop, globex: Shop) -> None:
    SellingPolicy.objects.update_or_create(pk=1, defaults={"points_per_unit": 1, "point_value": Decimal("0.10")})
    customer = Customer.objects.get(number="C1")
    earned = place_order(a_sale(acme, None, cash("4.50"), customer_id=customer.pk), actor=acme.actor("cashier")).order
    with pytest.raises(Invalid) as refused:
        sold_alone(acme, card("0.40"), Tender(method="points", amount=Decimal("0.40")), customer_id=customer.pk)
    assert [fault["code"] for fault in refused.value.details["errors"]] == ["gift-card"]
    assert Order.objects.get() == earned and not GiftCard.objects.exists()
    slip = receipt_of(sold_alone(acme, card("20.00", CODE)).order)
    assert [(one.last_four, one.balance, one.is_new) for one in slip.cards] == [("6789", Decimal(20), True)]


def test_a_sale_that_only_sells_cards_earns_no_points_and_what_they_pay_does(acme: Shop) -> None:
    SellingPolicy.objects.update_or_create(pk=1, defaults={"points_per_unit": 1, "point_value": Decimal("0.10")})
    customer = Customer.objects.get(number="C1")
    placed = sold_alone(acme, card("20.00", CODE), customer_id=customer.pk)
    assert not CreditAccount.objects.filter(kind="points").exists()
    paid = Tender(method="giftcard", amount=Decimal("4.50"), code=CODE)
    both = a_sale(acme, None, paid, cash("10.00"), customer_id=customer.pk, gift_cards=[card("10.00")])
    order = place_order(both, actor=acme.actor("cashier")).order
    points = CreditAccount.objects.get(kind="points")
    assert points.balance == 4
    back = Return(refund_id=uuid7(), order_id=order.pk, lines=[ReturnLine(position=2, quantity=Decimal(1))], reason="x")
    return_goods(back, actor=acme.actor("cashier"))
    points.refresh_from_db()
    assert points.balance == 4  # the card had earned nothing
    rest = Return(refund_id=uuid7(), order_id=order.pk, lines=[ReturnLine(position=1, quantity=Decimal(1))], reason="x")
    return_goods(rest, actor=acme.actor("cashier"))
    points.refresh_from_db()
    assert points.balance == 0 and placed.order.total == 20 and revenue()[0] == 0
    assert figures(an_open_shift(acme))["owed"] == []


def test_an_untouched_card_comes_back_whole_and_a_used_one_stays(acme: Shop) -> None:
    placed = sold_alone(acme, card("20.00", CODE))
    cashier, order = acme.actor("cashier"), placed.order

    def back(quantity: str) -> Return:
        line = ReturnLine(position=1, quantity=Decimal(quantity))
        return Return(refund_id=uuid7(), order_id=order.pk, lines=[line], reason="changed her mind")

    body = {"id": str(uuid7()), "lines": [{"position": 1, "quantity": "0.5"}], "reason": "x"}
    half = person(acme, "cashier").post(f"orders/{order.pk}/returns/", body)
    assert (half.status_code, pointers(half)) == (422, {"/lines/0/quantity"})
    sell(acme, None, Tender(method="giftcard", amount=Decimal("4.50"), code=CODE))
    before = Event.objects.count()
    with pytest.raises(GiftCardUsed):
        return_goods(back("1"), actor=cashier)
    with pytest.raises(GiftCardUsed):
        void_order(order.pk, void_id=uuid7(), reason="x", actor=acme.actor("manager"))
    assert (Event.objects.count(), Order.objects.get(pk=order.pk).state) == (before, "completed")
    other = sold_alone(acme, card("7.00", "ZZZZYYYYXXXXWWWW"))
    line = ReturnLine(position=1, quantity=Decimal(1))
    refund: Any = return_goods(
        Return(refund_id=uuid7(), order_id=other.order.pk, lines=[line], reason="x"), actor=cashier
    ).order
    assert (refund.total, refund.apart_total, refund.items) == (-7, -7, 0)
    with pytest.raises(GiftCardRefused):
        find_card("ZZZZYYYYXXXXWWWW", actor=cashier)
    assert revenue() == (Decimal("4.50"), Decimal("4.50"), 1) and audit_books() == []


def test_a_void_takes_the_card_back_and_an_exchange_may_sell_one(acme: Shop) -> None:
    placed = sold_alone(acme, card("20.00", CODE))
    void_order(placed.order.pk, void_id=uuid7(), reason="wrong", actor=acme.actor("manager"))
    entries = list(CreditEntry.objects.order_by("id").values_list("kind", "amount"))
    assert entries == [("issue", Decimal(20)), ("reverse", Decimal(-20))] and revenue() == (0, 0, 0)
    with pytest.raises(GiftCardRefused):
        find_card(CODE, actor=acme.actor("cashier"))
    origin = sell(acme, None, quantity="2")
    line = ReturnLine(position=1, quantity=Decimal(2))
    sale = Sale(
        order_id=uuid7(),
        location_id=acme.location.pk,
        lines=[],
        payments=[cash("1.00")],
        gift_cards=[card("10.00")],
    )
    made = exchange(
        Exchange(
            ticket=uuid7(),
            returned=Return(refund_id=uuid7(), order_id=origin.pk, lines=[line], reason="x"),
            sale=sale,
        ),
        actor=acme.actor("cashier"),
    )
    assert made.net == 1 and revenue()[0] == 0 and len(made.sale.codes) == 1 and audit_books() == []


def test_of_two_redemptions_and_a_void_the_void_or_a_redemption_wins(acme: Shop) -> None:
    before = deadlocks()
    stock(acme.variant("TEA"), acme.location, "12")  # enough for every turn, whoever wins
    for turn in range(6):
        code = f"ABCDEFGH2345678{turn}"
        placed = sold_alone(acme, card("9.00", code))
        paid = partial(Tender, method="giftcard", code=code)
        spend = [
            partial(place_order, a_sale(acme, None, paid(amount=Decimal("4.50"))), actor=acme.actor("cashier"))
            for _ in range(2)
        ]
        void = partial(void_order, placed.order.pk, void_id=uuid7(), reason="x", actor=acme.actor("manager"))
        results = at_once(acme, [*spend, void] if turn % 2 else [void, *spend], 3)
        spent = sum(isinstance(one, Placed) for one in results)
        voided = Order.objects.get(pk=placed.order.pk).state == "voided"
        assert (spent, voided) in ((2, False), (1, False), (0, True)), results
        refused = [one for one in results if isinstance(one, Exception)]
        assert all(isinstance(one, GiftCardUsed | GiftCardRefused | NotEnoughCredit) for one in refused), results
    assert deadlocks() == before


def test_a_z_report_counts_orders_for_later_whose_money_went_through_the_drawer(acme: Shop) -> None:
    register = a_register(acme)
    shift = an_open_shift(acme, register)
    line = BasketLine(variant_id=acme.variant("TEA").pk, quantity=Decimal(2))
    common: dict[str, Any] = {"location_id": acme.location.pk, "lines": [line], "register_id": register.pk}
    first, second = (
        place_open_order(
            Sale(order_id=uuid7(), payments=[cash(paid)], **common), delivery={"kind": "pickup"}, actor=acme.actor()
        ).order
        for paid in ("2.00", "9.00")
    )
    add_payment(first.pk, cash("3.00"), actor=acme.actor(), register_id=register.pk)
    wanted = Cancellation(cancel_id=uuid7(), reason="x", register_id=register.pk)
    cancel_order(second.pk, wanted, actor=acme.actor())
    sell(acme, register)
    found = drawer_figures(shift)
    assert found["open_orders"] == {"count": 2, "received": "14.00", "paid_out": "-9.00"}
    assert (found["sales"], found["cash"], found["documents"]) == ({"count": 1, "total": "4.50"}, "9.50", 1)
    page = person(acme, "manager").browser.get(f"/shifts/{shift.pk}/")
    assert b"Orders for later, 2" in page.content


def test_what_is_wrong_with_a_card_is_named_and_nothing_is_sold(acme: Shop) -> None:
    cashier = person(acme, "cashier")
    taken = sold_alone(acme, card("5.00", CODE))
    yesterday = str(business_today() - timedelta(days=1))
    line = {"variant": str(acme.variant("TEA").pk), "quantity": "1"}
    twin = {"id": str(uuid7()), "amount": "1.00"}
    for cards, pointer in (
        ([{"amount": "0"}], "/gift_cards/0/amount"),
        ([{"amount": "-1"}], "/gift_cards/0/amount"),
        ([{"amount": "0.001"}], "/gift_cards/0/amount"),
        ([{"amount": "1e14"}], "/gift_cards/0/amount"),
        ([{"amount": "1", "code": "SHORT"}], "/gift_cards/0/code"),
        ([{"amount": "1", "expires_on": yesterday}], "/gift_cards/0/expires_on"),
        ([twin, twin], "/gift_cards"),
        ([{"amount": "1"}] * 51, "/gift_cards"),
    ):
        stated = [{"id": str(uuid7()), **one} for one in cards]
        body = {"id": str(uuid7()), "location": str(acme.location.pk), "lines": [line], "payments": []}
        answer = cashier.post("orders/", {**body, "gift_cards": stated})
        assert (answer.status_code, pointers(answer)) == (422, {pointer}), (cards[0], answer.content)
    delivery = {"delivery": {"kind": "pickup"}}
    later = cashier.post("orders/open/", {**body, **delivery, "gift_cards": [{"id": str(uuid7()), "amount": "5"}]})
    assert later.status_code == 422
    with pytest.raises(Conflict):
        sold_alone(acme, card("5.00", CODE))
    again = CardSold(card_id=GiftCard.objects.get(order=taken.order).pk, amount=Decimal(5))
    with pytest.raises(ReusedIdentifier):
        sold_alone(acme, again)
    assert (Order.objects.count(), GiftCard.objects.count()) == (1, 1)
