"""Gift cards and store credit: a ledger that nobody overspends, codes that nobody guesses."""

from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from core.audit.models import AuditEntry
from core.errors import NotFound, ReusedIdentifier
from core.ids import ALPHABET, uuid7
from core.locations.selectors import business_today
from core.outbox.models import Event
from core.testing import CANARY, Shop, stock
from orders.auditor import audit_books
from orders.errors import GiftCardRefused, NotEnoughCredit, TooManyAttempts
from orders.models import CreditAccount, CreditEntry, Customer, GiftCard, Order, Payment
from orders.selectors.credit import spendable
from orders.services.checkout import Placed, Tender, place_order
from orders.services.credit import GUESSES, account_for, find_card, give, take
from orders.services.gift_cards import Issued, expire_credit, grouped, issue_gift_card, set_card_state
from tests.api import machine, person, pointers
from tests.cash_steps import a_register, a_sale, an_open_shift, sell
from tests.test_race_checkout import at_once, deadlocks

pytestmark = pytest.mark.django_db(transaction=True)


def a_card(shop: Shop, amount: str = "20.00", **more: Any) -> Issued:
    return issue_gift_card(card_id=uuid7(), amount=Decimal(amount), actor=shop.actor("manager"), **more)


def by_card(code: str, amount: str) -> Tender:
    return Tender(method="giftcard", amount=Decimal(amount), code=code)


def test_a_hundred_who_redeem_one_card_at_once_never_overspend_it(acme: Shop) -> None:
    stock(acme.variant("TEA"), acme.location, "1000")
    issued, cashier, before = a_card(acme, "45.00"), acme.actor("cashier"), deadlocks()
    other = a_card(acme, "1000.00")
    sales = []
    for number in range(100):  # half of them name the two cards in the other order
        parts = [by_card(issued.code, "1.50"), by_card(other.code, "3.00")]
        sales.append(a_sale(acme, None, *(parts if number % 2 else reversed(parts))))

    results = at_once(acme, [partial(place_order, one, actor=cashier) for one in sales], 12)

    kinds = Counter(type(result) for result in results)
    assert kinds == {Placed: 30, NotEnoughCredit: 70}, kinds
    balances = {row.pk: (row.balance, row.version) for row in CreditAccount.objects.all()}
    assert balances[issued.card.account_id] == (Decimal(0), 31)
    assert balances[other.card.account_id] == (Decimal(910), 31)
    assert Order.objects.count() == 30 and Payment.objects.count() == 60
    assert deadlocks() == before


def test_a_card_pays_a_part_and_what_is_left_stays_on_it(acme: Shop, globex: Shop) -> None:
    register = a_register(acme)
    shift = an_open_shift(acme, register)
    issued = a_card(acme, "10.00", note="Birthday")
    assert len(issued.code) == 16 and not set(issued.code) - set(ALPHABET)
    typed = f" {grouped(issued.code).lower()} "
    order = sell(acme, register, by_card(typed, "10"), Tender(method="cash", amount=Decimal(2)), sku="CUP")
    card, cash = order.payments.order_by("method")[1], order.payments.order_by("method")[0]
    assert (card.account_id, card.shift_id, cash.account_id) == (issued.card.account_id, shift.pk, None)
    assert (card.actor_label, card.amount) == ("Acme cashier", Decimal(10))
    entries = CreditEntry.objects.order_by("version")
    assert [(e.kind, e.amount, e.balance, e.reference_type) for e in entries] == [
        ("issue", Decimal(10), Decimal(10), "gift_card"),
        ("redeem", Decimal(-10), Decimal(0), "payment"),
    ]
    told = [event.type for event in Event.objects.order_by("id")]
    assert told[told.index("gift_card.issued") :] == [
        *["gift_card.issued", "credit.changed", "order.created", "payment.received", "payment.received"],
        *["order.completed", "credit.changed", "stock.changed"],
    ]
    kept = (
        str(list(Event.objects.values()))
        + str(list(AuditEntry.objects.values()))
        + str(list(GiftCard.objects.values()))
    )
    assert issued.code not in kept and CANARY not in kept
    with pytest.raises(NotEnoughCredit) as refusal:
        sell(acme, register, by_card(issued.code, "4.50"))
    assert refusal.value.details["available"] == "0.00"


def test_what_is_refunded_to_a_card_can_be_spent_again(acme: Shop) -> None:
    issued = a_card(acme, "4.50")
    order = sell(acme, None, by_card(issued.code, "4.50"))
    refund = uuid7()
    give(
        issued.card.account_id,
        Decimal("4.50"),
        reference_type="order",
        reference_id=refund,
        actor=acme.actor("cashier"),
    )
    sell(acme, None, by_card(issued.code, "4.50"))
    assert CreditAccount.objects.get().balance == 0 and order.total == Decimal("4.50")
    assert audit_books() == []


def test_a_customer_pays_with_store_credit(acme: Shop) -> None:
    customer = Customer.objects.get(number="C1")
    owner = person(acme, "owner")
    path = f"customers/{customer.pk}/credit/"
    assert owner.get(path).json() == {
        **{"account": None, "balance": "0.00", "currency": "GBP", "results": [], "next": None}
    }
    body = {"id": str(uuid7()), "amount": "6.00", "reason": "broken cup"}
    assert [owner.post(path, body).status_code for _ in range(2)] == [201, 200]
    assert owner.post(path, {**body, "amount": "7"}).json()["code"] == "identifier-reused"
    tender = Tender(method="credit", amount=Decimal("4.50"))
    sell(acme, None, tender, customer_id=customer.pk)
    answer = owner.get(path).json()
    assert (answer["balance"], [row["amount"] for row in answer["results"]]) == ("1.50", ["-4.50", "6.00"])
    taken = owner.post(path, {"id": str(uuid7()), "amount": "-2", "reason": "x"})
    assert (taken.status_code, taken.json()["available"]) == (409, "1.50")
    for wrong in ({"amount": "0"}, {"amount": "0.001"}, {"amount": "1e12"}, {"reason": " "}):
        refused = owner.post(path, {"id": str(uuid7()), "amount": "1", "reason": "x", **wrong})
        assert (refused.status_code, pointers(refused)) == (422, {f"/{next(iter(wrong))}"})
    key = machine(acme)
    line = {"variant": str(acme.variant().pk), "quantity": "1"}
    for customer_id in (None, str(Customer.objects.create(number="C2").pk)):
        sale = {"id": str(uuid7()), "location": str(acme.location.pk), "lines": [line], "customer": customer_id}
        refused = key.post("orders/", {**sale, "payments": [{"method": "credit", "amount": "4.50"}]})
        assert (refused.status_code, pointers(refused)) == (422, {"/payments/0/method"})
    assert CreditEntry.objects.count() == 2


def test_a_code_is_shown_once_and_a_repeat_gives_the_same_card(acme: Shop) -> None:
    manager = person(acme, "manager")
    body = {"id": str(uuid7()), "amount": "25.00", "expires_on": str(business_today() + timedelta(days=365))}
    first, again = (manager.post("gift-cards/", body) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert len(first.json()["code"].replace("-", "")) == 16 and again.json()["code"] is None
    assert {**first.json(), "code": None} == again.json()
    assert manager.post("gift-cards/", {**body, "amount": "26"}).json()["code"] == "identifier-reused"
    printed = {"id": str(uuid7()), "amount": "5", "code": "abcd-efgh 1234-5678"}
    assert manager.post("gift-cards/", printed).json()["code"] == "ABCD-EFGH-1234-5678"
    taken = manager.post("gift-cards/", {**printed, "id": str(uuid7())})
    assert (taken.status_code, taken.json()["code"]) == (409, "conflict")
    found = person(acme, "cashier").post("gift-cards/lookup/", {"code": "ABCDEFGHI2345678"})
    assert (found.status_code, found.json()["balance"]) == (200, "5.00")  # an I that was meant as 1
    assert [row["last_four"] for row in manager.get("gift-cards/", {"q": "5678"}).json()["results"]] == ["5678"]
    for wrong, pointer in (
        ({"amount": "0"}, "/amount"),
        ({"amount": "-5"}, "/amount"),
        ({"amount": "0.001"}, "/amount"),
        ({"amount": "NaN"}, "/amount"),
        ({"code": "SHORT"}, "/code"),
        ({"code": "UUUUUUUUUUUUUUUU"}, "/code"),
        ({"expires_on": "2001-01-01"}, "/expires_on"),
        ({"note": "x" * 201}, "/note"),
    ):
        refused = manager.post("gift-cards/", {"id": str(uuid7()), "amount": "5", **wrong})
        assert (refused.status_code, pointers(refused)) == (422, {pointer}), wrong
    assert GiftCard.objects.count() == 2


def test_unknown_and_blocked_codes_are_one_refusal_and_guessing_ends(acme: Shop) -> None:
    issued = a_card(acme)
    cashier = acme.actor("cashier")
    set_card_state(issued.card.pk, state="blocked", reason="lost", actor=acme.actor())
    told = []
    for code in (issued.code, "0000000000000000", "nonsense", ""):
        with pytest.raises(GiftCardRefused) as refusal:
            find_card(code, actor=cashier)
        told.append((refusal.value.detail, dict(refusal.value.details)))
    assert len({str(one) for one in told}) == 1
    for _ in range(GUESSES.count - 4):
        with pytest.raises(GiftCardRefused):
            find_card("1111222233334444", actor=cashier)
    set_card_state(issued.card.pk, state="active", actor=acme.actor())
    with pytest.raises(TooManyAttempts) as waits:
        find_card(issued.code, actor=cashier)
    assert waits.value.details["retry_after_seconds"] > 0
    answer = person(acme, "cashier").post("gift-cards/lookup/", {"code": issued.code})
    assert (answer.status_code, answer.json()["code"]) == (429, "too-many-attempts")
    for _ in range(GUESSES.count * 2):  # right codes are not counted
        assert find_card(issued.code, actor=acme.actor("manager")).pk == issued.card.pk


def test_a_card_that_is_blocked_in_this_moment_pays_nothing(acme: Shop) -> None:
    issued = a_card(acme)
    set_card_state(issued.card.pk, state="blocked", actor=acme.actor())
    with pytest.raises(GiftCardRefused):
        sell(acme, None, by_card(issued.code, "4.50"))
    stale = person(acme, "manager").patch(f"gift-cards/{issued.card.pk}/", {"state": "active"}, **{"if-match": '"1"'})
    assert (stale.status_code, stale.json()["current"]) == (412, {"state": "blocked", "version": 2})
    assert not Order.objects.exists()


def test_what_expires_first_is_spent_first_and_the_rest_is_booked_out(acme: Shop) -> None:
    actor = acme.actor()
    account = account_for(Customer.objects.get(number="C1").pk, CreditAccount.Kind.CREDIT)
    today = business_today()

    def given(amount: str, expires_on: date | None) -> CreditEntry:
        return give(
            account.pk,
            Decimal(amount),
            kind="earn",
            reference_type="test",
            reference_id=uuid7(),
            expires_on=expires_on,
            actor=actor,
        )

    late, gone, soon, never = (
        given("10", today + timedelta(days=9)),
        given("5", today - timedelta(days=1)),
        given("10", today),
        given("3", None),
    )
    account.refresh_from_db()
    assert (account.balance, spendable(account)) == (Decimal(28), Decimal(23))
    with pytest.raises(NotEnoughCredit):
        take(account.pk, Decimal(24), reference_type="test", reference_id=uuid7(), actor=actor)
    take(account.pk, Decimal(12), reference_type="test", reference_id=uuid7(), actor=actor)
    assert [expire_credit(actor=actor) for _ in range(2)] == [1, 0]
    for entry in (late, gone, soon, never):
        entry.refresh_from_db()
    assert [entry.remaining for entry in (late, gone, soon, never)] == [Decimal(8), Decimal(0), Decimal(0), None]
    account.refresh_from_db()
    assert (account.balance, spendable(account)) == (Decimal(11), Decimal(11))
    assert CreditEntry.objects.filter(kind="expire").values_list("amount", flat=True).get() == -5
    assert audit_books() == []


def test_points_may_go_below_zero_when_they_are_taken_back(acme: Shop) -> None:
    actor = acme.actor()
    account = account_for(Customer.objects.get(number="C1").pk, CreditAccount.Kind.POINTS)
    reference: dict[str, Any] = {"reference_type": "order", "actor": actor}
    give(account.pk, Decimal(10), kind="earn", reference_id=uuid7(), expires_on=business_today(), **reference)
    take(account.pk, Decimal(8), reference_id=uuid7(), **reference)
    take(account.pk, Decimal(10), kind="reverse", reference_id=uuid7(), may_refuse=False, **reference)
    entry = give(account.pk, Decimal(10), kind="earn", reference_id=uuid7(), expires_on=business_today(), **reference)
    assert (entry.balance, entry.remaining, entry.account.currency) == (Decimal(2), Decimal(2), "")
    with pytest.raises(NotFound):
        give(uuid7(), Decimal(1), reference_id=uuid7(), **reference)
    assert audit_books() == []


def test_correcting_a_card_leaves_its_reason(acme: Shop) -> None:
    issued, manager = a_card(acme), person(acme, "manager")
    path = f"gift-cards/{issued.card.pk}/entries/"
    body = {"id": str(uuid7()), "amount": "-5.00", "reason": "typed wrong"}
    assert [manager.post(path, body).status_code for _ in range(2)] == [201, 200]
    rows = manager.get(path).json()["results"]
    assert [(row["kind"], row["amount"], row["balance"], row["reason"]) for row in rows] == [
        ("adjust", "-5.00", "15.00", "typed wrong"),
        ("issue", "20.00", "20.00", ""),
    ]
    assert person(acme, "cashier").post(path, body).status_code == 403
    assert manager.post(f"gift-cards/{uuid7()}/entries/", body).status_code == 404


def test_who_names_no_code_or_states_what_only_services_book_is_told_where(acme: Shop) -> None:
    line = {"variant": str(acme.variant().pk), "quantity": "1"}
    sale = {"location": str(acme.location.pk), "lines": [line]}
    for payment, pointer in (
        ({"method": "giftcard", "amount": "4.50"}, "/payments/0/code"),
        ({"method": "exchange", "amount": "4.50"}, "/payments/0/method"),
        ({"method": "points", "amount": "4.50"}, "/payments/0/method"),
        ({"method": "card", "amount": "4.50", "tendered": "5"}, "/payments/0/tendered"),
    ):
        answer = machine(acme).post("orders/", {"id": str(uuid7()), **sale, "payments": [payment]})
        assert (answer.status_code, pointers(answer)) == (422, {pointer}), payment
    same = by_card(a_card(acme).code, "4.50")
    sold = a_sale(acme, None, same)
    place_order(sold, actor=acme.actor("cashier"))
    assert place_order(sold, actor=acme.actor("cashier")).is_new is False
    with pytest.raises(ReusedIdentifier):
        place_order(a_sale(acme, None, same), actor=acme.actor("cashier"))
