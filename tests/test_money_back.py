"""Money goes back the way it came: no way gets more than it gave, and what a card or credit paid comes back first."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from core.errors import Invalid
from core.ids import uuid7
from core.outbox.models import Event
from core.testing import Shop, make_variant, stock
from inventory.models import TaxClass, Variant
from orders.auditor import audit_books
from orders.errors import ApprovalNeeded
from orders.models import CreditAccount, Customer, Order, Payment
from orders.selectors.ways import ways_of
from orders.services.basket import BasketLine, Sale, Tender
from orders.services.changes import Settlement, confirm_change, propose_change, revert_change
from orders.services.checkout import place_order
from orders.services.credit import account_for, give
from orders.services.exchanges import Exchange, Exchanged, exchange
from orders.services.gift_cards import Issued, issue_gift_card, set_card_state
from orders.services.returns import Refunded, Return, ReturnLine, return_goods
from orders.services.rewriting import Action
from tests.api import person, pointers

pytestmark = pytest.mark.django_db
D = Decimal


def a_card(shop: Shop, amount: str = "20.00") -> Issued:
    return issue_gift_card(card_id=uuid7(), amount=D(amount), actor=shop.actor("manager"))


def pays(method: str, amount: str, code: str = "") -> Tender:
    return Tender(method=method, amount=D(amount), code=code)


def basket(shop: Shop, units: str, *tenders: Tender, sku: str = "TEA", **more: Any) -> Sale:
    line = BasketLine(variant_id=shop.variant(sku).pk, quantity=D(units))
    return Sale(order_id=uuid7(), location_id=shop.location.pk, lines=[line], payments=tenders, **more)


def sell(shop: Shop, units: str, *tenders: Tender, **more: Any) -> Order:
    return place_order(basket(shop, units, *tenders, **more), actor=shop.actor("cashier")).order


def back(sale: Order, units: str, **more: Any) -> Return:
    line = ReturnLine(position=1, quantity=D(units))
    return Return(refund_id=uuid7(), order_id=sale.pk, lines=[line], reason="x", **more)


def swap(shop: Shop, sale: Order, units: str, taken: Sale, who: str = "cashier", **more: Any) -> Exchanged:
    wanted = Exchange(ticket=uuid7(), returned=back(sale, units, **more), sale=taken)
    return exchange(wanted, actor=shop.actor(who))


def given_back(made: Refunded) -> list[tuple[str, Decimal]]:
    return [(row.method, -row.amount) for row in made.payments]


def money_of(made: Refunded) -> list[tuple[Any, Decimal]]:
    return [
        ((row.method, row.account_id if row.method == "giftcard" else None), -row.amount)
        for row in made.payments
        if row.method != "exchange"
    ]


def balance(card: Issued) -> Decimal:
    return CreditAccount.objects.get(pk=card.card.account_id).balance


def test_an_exchange_gives_back_to_the_gift_card_first_and_only_the_cash_part_in_cash(acme: Shop) -> None:
    customer = Customer.objects.get(number="C1")
    give(
        account_for(customer.pk, CreditAccount.Kind.CREDIT).pk,
        D("5.00"),
        reference_type="test",
        reference_id=uuid7(),
        actor=acme.actor(),
    )
    card = a_card(acme, "10.00")
    tenders = [pays("cash", "12.00"), pays("giftcard", "10.00", card.code), pays("credit", "5.00")]
    sale = sell(acme, "6", *tenders, customer_id=customer.pk)  # 27.00
    made = swap(acme, sale, "5", basket(acme, "1"))  # 22.50 comes back, 4.50 is taken: 18.00 goes back
    assert given_back(made.refund) == [
        ("giftcard", D("10.00")),
        ("credit", D("5.00")),
        ("cash", D("3.00")),
        ("exchange", D("4.50")),
    ]
    assert (made.net, balance(card)) == (D("-18.00"), D("10.00"))
    # What was set off had been paid in cash, and so it goes back; so does what is left of the first sale.
    assert dict(ways_of(made.sale.order).left) == {("cash", None): D("4.50")}
    assert given_back(return_goods(back(made.sale.order, "1"), actor=acme.actor("cashier"))) == [("cash", D("4.50"))]
    assert given_back(return_goods(back(sale, "1"), actor=acme.actor("cashier"))) == [("cash", D("4.50"))]
    assert dict(ways_of(sale).left) == {} and audit_books() == []


def test_what_a_gift_card_paid_stays_the_cards_through_any_number_of_exchanges(acme: Shop) -> None:
    card = a_card(acme, "9.00")
    sale = sell(acme, "2", pays("giftcard", "9.00", card.code))
    second = swap(acme, sale, "2", basket(acme, "2")).sale.order
    third = swap(acme, second, "1", basket(acme, "1")).sale.order
    assert balance(card) == 0
    for order in (third, second):
        made = return_goods(back(order, "1"), actor=acme.actor("cashier"))
        assert given_back(made) == [("giftcard", D("4.50"))]
    assert balance(card) == D("9.00") and audit_books() == []


def test_money_for_what_a_gift_card_paid_needs_an_approval_in_return_and_exchange(acme: Shop) -> None:
    card = a_card(acme, "9.00")
    sale = sell(acme, "3", pays("giftcard", "9.00", card.code), pays("cash", "4.50"))
    told = Event.objects.count()
    for refused in (back(sale, "1", by_method="cash"), back(sale, "3", payments=[pays("cash", "13.50")])):
        with pytest.raises(ApprovalNeeded) as why:
            return_goods(refused, actor=acme.actor("cashier"))
        assert why.value.details["permission"] == "orders.refund_beyond"
    with pytest.raises(ApprovalNeeded):
        swap(acme, sale, "2", basket(acme, "1"), payments=[pays("cash", "4.50")])
    assert (Order.objects.count(), Event.objects.count(), balance(card)) == (1, told, D(0))
    made = return_goods(back(sale, "1", by_method="cash"), actor=acme.actor("manager"))
    assert given_back(made) == [("cash", D("4.50"))]
    # The cash part is back by now: what is left is the card's.
    rest = return_goods(back(sale, "2"), actor=acme.actor("cashier"))
    assert given_back(rest) == [("giftcard", D("9.00"))] and audit_books() == []


def test_a_blocked_card_gives_way_to_store_credit_and_without_a_customer_to_approved_cash(acme: Shop) -> None:
    customer = Customer.objects.get(number="C1")
    for who in (customer.pk, None):
        card = a_card(acme, "4.50")
        sale = sell(acme, "1", pays("giftcard", "4.50", card.code), customer_id=who)
        set_card_state(card.card.pk, state="blocked", actor=acme.actor("manager"))
        with pytest.raises(Invalid) as refused:
            return_goods(back(sale, "1", by_method="giftcard"), actor=acme.actor("cashier"))
        assert refused.value.details["errors"][0]["code"] == "no-account"
        if who:
            assert given_back(return_goods(back(sale, "1"), actor=acme.actor("cashier"))) == [("credit", D("4.50"))]
            continue
        with pytest.raises(ApprovalNeeded):
            return_goods(back(sale, "1"), actor=acme.actor("cashier"))
        assert given_back(return_goods(back(sale, "1"), actor=acme.actor("manager"))) == [("cash", D("4.50"))]
    assert CreditAccount.objects.get(customer=customer, kind="credit").balance == D("4.50")
    assert audit_books() == []


def test_a_change_of_a_paid_order_gives_back_to_the_card_first_too(acme: Shop) -> None:
    card = a_card(acme, "4.50")
    sale = sell(acme, "3", pays("cash", "9.00"), pays("giftcard", "4.50", card.code))
    actions = [Action(kind="quantity", position=1, quantity=D(1))]
    actor = acme.actor("manager")
    change, _ = propose_change(change_id=uuid7(), order_id=sale.pk, actions=actions, actor=actor)
    confirm_change(change.pk, order_id=sale.pk, version=1, settlement=Settlement(), actor=actor)
    rows = Payment.objects.filter(order=sale, amount__lt=0).order_by("amount", "method")
    assert sorted(rows.values_list("method", "amount")) == [("cash", D("-4.50")), ("giftcard", D("-4.50"))]
    again = Settlement(payments=[pays("card", "9.00")])
    revert_change(change.pk, order_id=sale.pk, version=2, settlement=again, actor=actor)
    assert dict(ways_of(sale).left) == {("card", None): D("9.00"), ("cash", None): D("4.50")}
    assert balance(card) == D("4.50") and audit_books() == []


def test_more_than_a_way_gave_is_refused_by_its_pointer_and_a_quote_says_what_each_can_get(acme: Shop) -> None:
    card = a_card(acme, "3.00")
    tenders = [pays("card", "4.00"), pays("giftcard", "3.00", card.code), pays("cash", "2.00")]
    sale, cashier = sell(acme, "2", *tenders), person(acme, "cashier")
    lines = [{"position": 1, "quantity": "2"}]
    quoted = cashier.post(f"orders/{sale.pk}/returns/quote/", {"lines": lines}).json()
    assert [(way["method"], way["amount"]) for way in quoted["ways"]] == [
        ("giftcard", "3.00"),
        ("card", "4.00"),
        ("cash", "2.00"),
    ]
    told = Event.objects.count()
    for payments, where in (
        ([("card", "4.01"), ("giftcard", "3.00"), ("cash", "1.99")], "/payments/0/amount"),
        ([("giftcard", "3.00"), ("card", "3.00"), ("card", "3.00")], "/payments/2/amount"),
        ([("giftcard", "3.01"), ("cash", "5.99")], "/payments/0/amount"),
        ([("bank", "9.00")], "/payments/0/amount"),
    ):
        stated = [{"method": method, "amount": amount} for method, amount in payments]
        body = {"id": str(uuid7()), "lines": lines, "reason": "x", "payments": stated}
        answer = cashier.post(f"orders/{sale.pk}/returns/", body)
        assert (answer.status_code, pointers(answer)) == (422, {where})
        assert answer.json()["errors"][0]["code"] == "more-than-paid"
    assert (Order.objects.count(), Event.objects.count()) == (1, told)
    made = return_goods(back(sale, "2"), actor=acme.actor("cashier"))
    assert given_back(made) == [("giftcard", D(3)), ("card", D(4)), ("cash", D(2))]


def drawn_tenders(data: Any, total: Decimal, codes: list[str]) -> list[Tender]:
    tenders = list[Tender]()
    for method, code in (("cash", ""), ("card", ""), *(("giftcard", code) for code in codes), ("credit", "")):
        part = D(data.draw(st.integers(0, int(total * 100)))) / 100
        if part:
            tenders.append(Tender(method=method, amount=part, code=code))
            total -= part
    return [*tenders, Tender(method="bank", amount=total)] if total else tenders


@settings(
    max_examples=15,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_no_way_ever_gets_back_more_than_it_gave_and_all_of_it_comes_back(acme: Shop, data: Any) -> None:
    cents, units = data.draw(st.integers(1, 3000)), data.draw(st.integers(1, 6))
    taxed = TaxClass.objects.get(name="standard")
    variant: Variant = make_variant(f"R{uuid7().hex[-10:]}", price=str(D(cents) / 100), tax=taxed)
    stock(variant, acme.location, "50")
    customer = Customer.objects.get(number="C1")
    credit = account_for(customer.pk, CreditAccount.Kind.CREDIT).pk
    give(credit, D(1000), reference_type="test", reference_id=uuid7(), actor=acme.actor())
    cards = [a_card(acme, "1000.00") for _ in range(2)]
    tenders = drawn_tenders(data, D(cents * units) / 100, [card.code for card in cards])

    def line(quantity: int) -> list[BasketLine]:
        return [BasketLine(variant_id=variant.pk, quantity=D(quantity))]

    def of(quantity: int, *paid: Tender) -> Sale:
        terms: Any = {"location_id": acme.location.pk, "customer_id": customer.pk}
        return Sale(order_id=uuid7(), lines=line(quantity), payments=paid, **terms)

    sale = place_order(of(units, *tenders), actor=acme.actor("cashier")).order
    gave = dict(ways_of(sale).left)
    assert sum(gave.values()) == sale.total
    open_sales, got = [(sale, units)], dict.fromkeys(gave, D(0))
    while open_sales:
        order, left = open_sales.pop(data.draw(st.integers(0, len(open_sales) - 1)))
        quantity = data.draw(st.integers(1, left))
        before = dict(ways_of(order).left)
        taken = data.draw(st.integers(0, quantity)) if len(open_sales) < 3 and order == sale else 0
        if taken:
            made = swap(acme, order, str(quantity), of(taken))
            refund = made.refund
            open_sales.append((made.sale.order, taken))
        else:
            refund = return_goods(back(order, str(quantity)), actor=acme.actor("cashier"))
        for way, amount in money_of(refund):
            assert amount <= before[way]
            got[way] += amount
            assert got[way] <= gave[way]
        assert sum(row.amount for row in refund.payments) == refund.order.total
        if left > quantity:
            open_sales.append((order, left - quantity))
    assert got == gave
    assert audit_books() == []
