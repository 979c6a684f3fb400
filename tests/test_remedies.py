"""One tap puts an exception right: exact rows, once, by one person."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from core.audit.models import AuditEntry
from core.errors import Conflict, Forbidden, Invalid
from core.ids import uuid7
from core.locations.models import Location
from core.outbox.models import Event
from core.sync.models import Flag, SyncItem
from core.sync.remedies import PutRight, put_right
from core.testing import Shop, sale_body
from inventory.models import Count, ScanCode, StockDocument, StockException, StockLevel, Transfer
from inventory.services.count_booking import approve_count
from inventory.services.count_entries import EntryDraft, add_entries
from inventory.services.counts import CountDraft, open_count, review_count
from inventory.services.lines import GoodsLine
from inventory.services.transfers import TransferDraft, create_transfer
from orders.auditor import audit_books
from orders.errors import ApprovalNeeded
from orders.models import GiftCard, Order, OrderChange, Payment
from orders.services.gift_cards import issue_gift_card
from orders.services.policy import change_policy
from tests.api import machine, person
from tests.cash_steps import a_register, an_open_shift
from tests.test_race_checkout import at_once, deadlocks
from tests.tills_away import Till, as_sold, at_another_price

pytestmark = pytest.mark.django_db(transaction=True)


def on_hand(shop: Shop, sku: str = "TEA", place: Location | None = None) -> Any:
    return StockLevel.objects.get(variant__sku=sku, location=place or shop.location).on_hand


def these(*values: Any) -> Any:
    """Values side by side, as they are."""
    return values


def fix(shop: Shop, flag: Flag, remedy: str, *, role: str = "owner", **values: str) -> PutRight:
    return put_right(flag.pk, remedy=remedy, values=values, actor=shop.actor(role))


def facts() -> tuple[Any, ...]:
    """What must not move where a remedy is refused or repeated."""
    return (
        Order.objects.count(),
        Payment.objects.count(),
        OrderChange.objects.count(),
        StockDocument.objects.count(),
        sorted(StockLevel.objects.values_list("variant__sku", "location__code", "on_hand", "in_transit")),
        AuditEntry.objects.count(),
        Event.objects.count(),
    )


def dear(shop: Shop, till: Till, *, register: UUID | None = None) -> Flag:
    """A cup was sold for 15.00 that costs 12.00."""
    order: dict[str, Any] = {"payments": [{"method": "cash", "amount": "15.00"}]}
    if register:
        order["register"] = str(register)
    body = sale_body(shop, {"CUP": "1"}, channel="counter", **order)
    till.item("sale", {"order": body, "as_sold": at_another_price(as_sold(body), "15.00")})
    assert till.send()[0]["result"] == "applied"
    return Flag.objects.get(kind="price")


def test_the_difference_goes_back_as_it_was_paid_through_the_open_drawer_and_once(acme: Shop, globex: Shop) -> None:
    shift = an_open_shift(acme)
    flag = dear(acme, Till.at(acme), register=shift.register_id)

    done = fix(acme, flag, "refund-difference")

    order = Order.objects.get()
    line = order.lines.get()
    assert these(order.total, order.tax_total, line.unit_price, line.total) == (12, 2, 12, 12)
    paid: Any = list(order.payments.order_by("amount").values_list("method", "amount", "shift"))
    assert paid == [("cash", -3, shift.pk), ("cash", 15, shift.pk)]
    assert these(done.is_new, done.flag.resolution, done.flag.details["given_back"]) == (True, "corrected", "3.00")
    told = Event.objects.filter(type__in=["payment.refunded", "order.updated", "exception.resolved"]).order_by("id")
    assert [event.type for event in told] == ["order.updated", "payment.refunded", "exception.resolved"]
    assert told[2].payload["remedy"] == "refund-difference"
    before = facts()
    assert fix(acme, flag, "refund-difference").is_new is False
    assert facts() == before
    assert audit_books() == []


def test_of_two_who_refund_at_once_one_does(acme: Shop) -> None:
    flag, before = dear(acme, Till.at(acme)), deadlocks()
    done = at_once(acme, [partial(fix, acme, flag, "refund-difference", role=one) for one in ("owner", "manager")], 2)
    assert sorted(one.is_new for one in done) == [False, True]
    assert deadlocks() == before
    assert sorted(Payment.objects.values_list("amount", flat=True)) == [-3, 15]


def test_a_difference_beyond_the_limit_wants_consent_and_one_who_may_not_refund_is_refused(acme: Shop) -> None:
    flag = dear(acme, Till.at(acme))
    change_policy({"refund_amount": Decimal(1)}, actor=acme.actor())
    before = facts()
    for role, refusal in (("manager", None), ("accountant", Forbidden)):
        actor = acme.actor(role)
        if refusal is None:
            limited = {name: at for name, at in actor.permissions.items() if name != "orders.refund_beyond"}
            actor = type(actor)(kind="user", id=actor.id, label=actor.label, permissions=limited)
        with pytest.raises(refusal or ApprovalNeeded):
            put_right(flag.pk, remedy="refund-difference", actor=actor)
    assert facts() == before
    with pytest.raises(Invalid):
        fix(acme, flag, "link-and-book")
    with pytest.raises(Invalid):
        fix(acme, flag, "nothing")


def test_cash_does_not_go_back_where_no_drawer_is_open_and_several_want_a_choice(acme: Shop) -> None:
    one, two = a_register(acme), a_register(acme, "Till 2")
    flag = dear(acme, Till.at(acme))
    before = facts()
    with pytest.raises(Invalid):
        fix(acme, flag, "refund-difference")
    assert facts() == before
    an_open_shift(acme, one)
    other = an_open_shift(acme, two)
    with pytest.raises(Invalid):
        fix(acme, flag, "refund-difference")
    asks = machine(acme).get(f"exceptions/{flag.pk}/").json()["remedies"][0]["asks"]
    assert sorted(value for value, _ in asks[0]["choices"]) == sorted([str(one.pk), str(two.pk)])
    fix(acme, flag, "refund-difference", register=str(two.pk))
    assert Payment.objects.get(amount=-3).shift == other


def test_what_was_changed_or_came_back_since_is_not_refunded_by_one_tap(acme: Shop) -> None:
    from orders.services.returns import Return, ReturnLine, return_goods

    flag = dear(acme, Till.at(acme))
    order = Order.objects.get()
    return_goods(
        Return(refund_id=uuid7(), order_id=order.pk, lines=[ReturnLine(position=1, quantity=Decimal(1))], reason="x"),
        actor=acme.actor(),
    )
    before = facts()
    with pytest.raises(Conflict):
        fix(acme, flag, "refund-difference")
    assert facts() == before


def test_an_unknown_article_of_a_sale_gets_its_code_its_name_and_its_stock_leaves(acme: Shop) -> None:
    till = Till.at(acme)
    body = sale_body(acme, {"TEA": "2"}, channel="counter")
    sold = as_sold(body)
    body["lines"][0] = {"code": "4012345678901", "quantity": "2"}
    sold["lines"][0] |= {"variant": None, "sku": "", "title": "Loose tea"}
    till.item("sale", {"order": body, "as_sold": sold})
    till.send()
    flag = Flag.objects.get()
    before = facts()
    for typed in ("", "NO-SUCH", str(uuid7())):
        with pytest.raises(Invalid):
            fix(acme, flag, "name-article", article=typed)
    assert these(facts(), on_hand(acme)) == (before, 10)

    fix(acme, flag, "name-article", article="TEA")
    fix(acme, flag, "name-article", article="TEA")

    line = Order.objects.get().lines.get()
    assert these(line.variant, line.sku, line.name, line.total) == (acme.variant("TEA"), "TEA", "Loose tea", 9)
    assert these(on_hand(acme), Order.objects.get().items) == (8, 2)
    assert ScanCode.objects.get(code="04012345678901").variant == acme.variant("TEA")
    assert audit_books() == []


def kept(till: Till, kind: str, body: Any, **more: Any) -> Flag:
    till.item(kind, body, **more)
    assert till.send()[0]["result"] == "quarantined"
    return Flag.objects.get(kind="not-booked", resolved_at=None)


def test_goods_with_unknown_codes_are_linked_and_received_in_one_step(acme: Shop) -> None:
    till = Till.at(acme, who="stock clerk")
    lines = [{"code": "4012345678901", "quantity": "3"}, {"code": "4012345678901", "quantity": "1"}]
    body: dict[str, Any] = {"id": str(uuid7()), "kind": "receipt", "location": str(acme.location.pk), "lines": lines}
    when = datetime.now(UTC) - timedelta(hours=3)
    flag = kept(till, "receive", body, occurred_at=when.isoformat())
    assert flag.location == acme.location
    before = facts()
    with pytest.raises(Invalid):
        fix(acme, flag, "link-and-book")
    assert facts() == before

    for _ in range(2):
        fix(acme, flag, "link-and-book", **{"4012345678901": "JAM"})

    document = StockDocument.objects.get(pk=body["id"])
    assert these(document.occurred_at, on_hand(acme, "JAM"), on_hand(acme)) == (when, 14, 10)
    assert SyncItem.objects.get().outcome == "applied"
    assert audit_books() == []


def test_a_line_that_was_left_out_is_linked_and_booked_as_of_when_it_came(acme: Shop) -> None:
    till = Till.at(acme, who="stock clerk")
    lines = [{"code": "4012345678901", "quantity": "3"}, {"variant": str(acme.variant("TEA").pk), "quantity": "1"}]
    body: dict[str, Any] = {"id": str(uuid7()), "kind": "receipt", "location": str(acme.location.pk), "lines": lines}
    when = datetime.now(UTC) - timedelta(hours=3)
    till.item("receive", body, occurred_at=when.isoformat())
    assert till.send()[0]["result"] == "applied"
    flag = Flag.objects.get(kind="line-left-out")
    assert these(on_hand(acme, "JAM"), on_hand(acme)) == (10, 11)
    before = facts()
    with pytest.raises(Invalid):
        fix(acme, flag, "link-and-add")
    assert facts() == before

    for _ in range(2):
        fix(acme, flag, "link-and-add", **{"4012345678901": "JAM"})

    assert these(on_hand(acme, "JAM"), on_hand(acme)) == (13, 11)
    assert [row.occurred_at for row in StockDocument.objects.filter(kind="receipt")] == [when, when]
    assert audit_books() == []


def test_a_gift_card_whose_code_was_taken_is_sold_with_another_that_is_told_once(acme: Shop) -> None:
    code = "ABCDEFGH12345678"
    issue_gift_card(card_id=uuid7(), amount=Decimal(20), code=code, actor=acme.actor())
    till = Till.at(acme)
    card = str(uuid7())
    body = sale_body(acme, {}, channel="counter", payments=[{"method": "cash", "amount": "10.00"}])
    body["gift_cards"] = [{"id": card, "amount": "10.00", "code": code}]
    flag = kept(till, "sale", {"order": body, "as_sold": {"lines": [], "total": "10.00", "cash_rounding": "0.00"}})

    done = fix(acme, flag, "other-gift-card-code")
    again = fix(acme, flag, "other-gift-card-code")

    told = done.told["gift_cards"][0]
    sold = GiftCard.objects.get(pk=card)
    assert these(told["id"], told["code"][-4:], again.told) == (card, sold.last_four, {})
    assert these(sold.account.balance, sold.last_four != code[-4:], Order.objects.get(pk=body["id"]).total) == (
        10,
        True,
        10,
    )
    assert told["code"] not in str(list(SyncItem.objects.values())) + str(list(Flag.objects.values()))
    assert audit_books() == []


def test_a_transfer_of_what_was_not_on_record_leaves_with_a_correction(acme: Shop) -> None:
    other = Location.objects.create(code="POP", name="Pop-up")
    draft = TransferDraft(
        transfer_id=uuid7(),
        source_id=acme.location.pk,
        destination_id=other.pk,
        lines=[GoodsLine(variant_id=acme.variant("TEA").pk, quantity=Decimal(14))],
    )
    create_transfer(draft, actor=acme.actor())
    flag = kept(Till.at(acme, who="stock clerk"), "transfer-out", {"transfer": str(draft.transfer_id)})
    assert flag.location == acme.location

    for _ in range(2):
        fix(acme, flag, "ship-as-correction")

    document = StockDocument.objects.get(kind="adjustment")
    assert document.lines == [
        {"variant": str(acme.variant("TEA").pk), "quantity": "4", "before": "10", "after": "14", **_value(document)}
    ]
    assert these(on_hand(acme), Transfer.objects.get().state) == (0, "shipped")
    assert StockLevel.objects.get(location=other).in_transit == 14
    assert not StockException.objects.exists()
    assert audit_books() == []


def test_a_transfer_that_nobody_drafted_and_was_not_on_record_leaves_with_a_correction(acme: Shop) -> None:
    other = Location.objects.create(code="POP", name="Pop-up")
    lines = [{"variant": str(acme.variant("TEA").pk), "quantity": "14"}]
    body = {"transfer": str(uuid7()), "source": str(acme.location.pk), "destination": str(other.pk), "lines": lines}
    flag = kept(Till.at(acme, who="stock clerk"), "transfer-out", body)
    assert flag.location == acme.location and not Transfer.objects.exists()

    for _ in range(2):
        fix(acme, flag, "ship-as-correction")

    assert these(on_hand(acme), Transfer.objects.get().state) == (0, "shipped")
    assert StockLevel.objects.get(location=other).in_transit == 14
    assert audit_books() == []


def _value(document: StockDocument) -> dict[str, Any]:
    return {
        name: value
        for name, value in document.lines[0].items()
        if name not in ("variant", "quantity", "before", "after")
    }


def test_what_was_counted_for_a_stocktake_that_is_booked_is_more_of_it_and_else_all_there_was(acme: Shop) -> None:
    count = open_count(CountDraft(count_id=uuid7(), location_id=acme.location.pk), actor=acme.actor()).count
    tea, jam = acme.variant("TEA").pk, acme.variant("JAM").pk
    early = [EntryDraft(entry_id=uuid7(), variant_id=tea, quantity=Decimal(6))]
    add_entries(count.pk, early, actor=acme.actor())
    till = Till.at(acme, who="stock clerk")
    entries = [
        {"id": str(uuid7()), "variant": str(tea), "quantity": "3"},
        {"id": str(uuid7()), "variant": str(jam), "quantity": "2"},
    ]
    till.item("count", {"count": str(count.pk), "entries": entries})
    review_count(count.pk, actor=acme.actor())
    approve_count(count.pk, not_counted="leave", actor=acme.actor())
    there = {sku: on_hand(acme, sku) for sku in ("TEA",)}
    assert there == {"TEA": 6}
    assert till.send()[0]["code"] == "count-over"
    flag = Flag.objects.get()

    for _ in range(2):
        fix(acme, flag, "book-late-count")

    assert these(on_hand(acme), on_hand(acme, "JAM")) == (9, 2)
    assert StockDocument.objects.filter(kind="adjustment").count() == 1
    assert Count.objects.get().entries.count() == 1
    assert audit_books() == []


def returned(shop: Shop, amount: str, *, register: UUID | None = None) -> Flag:
    till, through = Till.at(shop), {"register": str(register)} if register else {}
    sale = till.sell({"TEA": "2"}, order=through)["body"]["order"]
    refund: dict[str, Any] = {
        **through,
        "id": str(uuid7()),
        "lines": [{"position": 1, "quantity": "1"}],
        "reason": "leaks",
        "payments": [{"method": "cash", "amount": amount}],
    }
    till.item("return", {"of": sale["id"], "refund": refund})
    assert [one["result"] for one in till.send()] == ["applied", "quarantined"]
    return Flag.objects.get(kind="not-booked")


def test_a_return_of_another_amount_is_booked_as_it_was_paid_out(acme: Shop) -> None:
    flag = returned(acme, "5.00")
    assert flag.location == acme.location

    for _ in range(2):
        done = fix(acme, flag, "accept-paid-out")

    back = Order.objects.get(kind="refund")
    assert these(back.total, back.cash_rounding, back.payments.get().amount) == (Decimal("-4.50"), 0, -5)
    why = "5.00 was given back instead of 4.50"
    assert these(back.payment_difference, back.difference_reason) == (Decimal("-0.50"), why)
    assert these(done.flag.details["given_back"], done.flag.details["was_due"]) == ("5.00", "4.50")
    assert on_hand(acme) == 9
    assert audit_books() == []


def test_the_api_and_the_pages_offer_it_and_do_it_once(acme: Shop, globex: Shop) -> None:
    flag = dear(acme, Till.at(acme))
    browser = acme.client("manager")
    page = browser.get("/exceptions/").content.decode()
    assert "Refund the difference" in page
    assert "Refund the difference" in browser.get(f"/exceptions/{flag.pk}/").content.decode()
    assert "Refund the difference" not in acme.client("accountant").get("/exceptions/").content.decode()
    key = machine(acme)
    assert [one["name"] for one in key.get(f"exceptions/{flag.pk}/").json()["remedies"]] == ["refund-difference"]
    assert key.post(f"exceptions/{flag.pk}/put-right/", {"remedy": "x" * 50}).status_code == 422
    assert key.post(f"exceptions/{flag.pk}/put-right/", {"remedy": "other"}).status_code == 422
    assert (
        person(globex, "owner").post(f"exceptions/{flag.pk}/put-right/", {"remedy": "refund-difference"}).status_code
        == 404
    )

    answers: Sequence[Any] = [browser.post(f"/exceptions/{flag.pk}/put-right/", {"remedy": "refund-difference"})]
    assert answers[0].status_code == 302
    answer = key.post(f"exceptions/{flag.pk}/put-right/", {"remedy": "refund-difference"})
    assert these(answer.status_code, answer.json()["resolution"], answer.json()["told"]) == (200, "corrected", {})
    assert "Corrected by Acme manager" in browser.get("/exceptions/?state=settled").content.decode()
    assert sorted(Payment.objects.values_list("amount", flat=True)) == [-3, 15]
