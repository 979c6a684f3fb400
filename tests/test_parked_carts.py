"""Parked carts: nothing is booked, every till sees them, one takes each up."""

from decimal import Decimal
from functools import partial
from typing import Any

import pytest
from cryptography.fernet import Fernet
from django.core.management import CommandError, call_command

from core.devices.sealing import seal_key
from core.ids import uuid7
from core.outbox.models import Event
from core.secrets import unseal
from core.testing import CANARY, Shop, sale_body
from inventory.models import StockMovement
from orders.auditor import audit_books
from orders.errors import AlreadyTaken
from orders.models import CouponUse, GiftCard, Order, Payment
from orders.services.parking import Kept, resume
from tests.api import Api, person, pointers
from tests.test_race_checkout import at_once

pytestmark = pytest.mark.django_db


def cart(shop: Shop, **more: Any) -> dict[str, Any]:
    line = {"variant": str(shop.variant("TEA").pk), "quantity": "2"}
    return {"id": str(uuid7()), "location": str(shop.location.pk), "lines": [line], "label": "Red coat", **more}


def parked(shop: Shop, till: Api) -> dict[str, Any]:
    answer = till.post("orders/parked/", cart(shop))
    assert answer.status_code == 201, answer.content
    return dict(answer.json())


def test_a_parked_cart_books_nothing_and_is_seen_by_other_tills_only_here(acme: Shop, globex: Shop) -> None:
    moved, told = StockMovement.objects.count(), Event.objects.count()
    body = parked(acme, person(acme, "cashier"))
    assert (body["total"], body["label"], body["state"], body["version"]) == ("9.00", "Red coat", "parked", 1)
    other = person(acme, "manager").get("orders/parked/", {"location": str(acme.location.pk)})
    assert [row["id"] for row in other.json()["results"]] == [body["id"]]
    assert [line["sku"] for line in other.json()["results"][0]["lines"]] == ["TEA"]
    assert CANARY not in other.content.decode()
    assert (StockMovement.objects.count(), Payment.objects.count()) == (moved, 0)
    assert [event.type for event in Event.objects.order_by("id")[told:]] == ["order.parked"]
    assert person(acme, "manager").get("orders/").json()["results"] == []
    assert person(acme, "manager").get(f"orders/{body['id']}/").status_code == 404


def test_a_cart_comes_back_with_everything_that_was_stated_and_a_repeat_must_state_the_same(acme: Shop) -> None:
    till = person(acme, "cashier")
    off = {"kind": "percent", "value": "12.5", "reason": "Dented"}
    more = {"coupons": ["HELLO"], "discount": {"kind": "amount", "value": "1.00"}}
    body = cart(acme, **more)
    body["lines"][0] |= {"discount": off, "lot": "L7", "serials": ["A-1", "A-2"]}
    assert [till.post("orders/parked/", body).status_code for _ in range(2)] == [201, 200]
    taken = person(acme, "manager").post(f"orders/parked/{body['id']}/resume/", {"id": str(uuid7())}).json()
    assert (taken["coupons"], taken["given"]) == (["HELLO"], {"kind": "amount", "value": "1", "reason": ""})
    [line] = taken["lines"]
    assert (line["given"], line["lot"], line["serials"]) == (off, "L7", ["A-1", "A-2"])
    assert (taken["total"], CouponUse.objects.count()) == ("6.87", 0)
    others: list[dict[str, Any]] = [{"coupons": []}, {"discount": None}]
    for wrong in others:
        assert till.post("orders/parked/", {**body, **wrong}).json()["code"] == "identifier-reused"
    refused = till.post("orders/parked/", cart(acme, discount={"kind": "percent", "value": "101"}))
    assert (refused.status_code, pointers(refused)) == (422, {"/discount/value"})
    bare = till.post("orders/parked/", cart(acme)).json()
    assert (bare["coupons"], bare["given"], bare["lines"][0]["serials"]) == ([], None, [])


def test_parking_twice_is_parking_once(acme: Shop) -> None:
    till, body = person(acme, "cashier"), cart(acme)
    assert [till.post("orders/parked/", body).status_code for _ in range(2)] == [201, 200]
    assert till.post("orders/parked/", {**body, "label": "Blue coat"}).json()["code"] == "identifier-reused"
    assert person(acme, "manager").post("orders/parked/", body).status_code == 404
    assert Order.objects.count() == 1


def test_who_takes_it_up_again_with_the_same_id_gets_it_again_and_nobody_else(acme: Shop) -> None:
    till, other = person(acme, "cashier"), person(acme, "manager")
    body = parked(acme, till)
    take = {"id": str(uuid7())}
    path = f"orders/parked/{body['id']}/resume/"
    assert till.post(path, take, **{"if-match": '"7"'}).status_code == 412
    first = till.post(path, take, **{"if-match": '"1"'})
    assert (first.status_code, first.json()["lines"][0]["quantity"]) == (200, "2")
    again = till.post(path, take)
    assert (again.status_code, again["Idempotent-Replayed"]) == (200, "true")
    lost = other.post(path, {"id": str(uuid7())})
    assert (lost.status_code, lost.json()["code"], lost.json()["by"]) == (409, "already-taken", "Acme cashier")
    assert till.post(path, {"id": str(uuid7())}).status_code == 409  # the same cashier at another till
    assert till.post(f"orders/parked/{body['id']}/discard/", {}).status_code == 409
    assert till.get("orders/parked/").json()["results"] == []
    assert Event.objects.filter(type="order.resumed").count() == 1


def test_a_cart_that_was_thrown_away_is_gone_and_stays_so(acme: Shop) -> None:
    till = person(acme, "cashier")
    path = f"orders/parked/{parked(acme, till)['id']}"
    assert [till.post(f"{path}/discard/", {}).status_code for _ in range(2)] == [204, 204]
    assert till.post(f"{path}/resume/", {"id": str(uuid7())}).status_code == 409
    assert Event.objects.filter(type="order.discarded").count() == 1


def test_an_order_that_was_sold_is_no_parked_cart(acme: Shop) -> None:
    till = person(acme, "cashier")
    sold = till.post("orders/", sale_body(acme, {"TEA": "1"})).json()["id"]
    assert till.post(f"orders/parked/{sold}/resume/", {"id": str(uuid7())}).status_code == 404
    assert till.post("orders/parked/", cart(acme, id=sold)).json()["code"] == "identifier-reused"


@pytest.mark.parametrize(
    ("wrong", "where"),
    [
        ({"lines": []}, {"/lines"}),
        ({"lines": [{"code": "nothing", "quantity": "1"}]}, {"/lines/0/code"}),
        ({"lines": [{"code": "TEA", "quantity": "0"}]}, {"/lines/0/quantity"}),
        ({"lines": [{"code": "TEA", "quantity": "NaN"}]}, {"/lines/0/quantity"}),
        ({"lines": [{"code": "TEA", "quantity": "1"}] * 501}, {"/lines"}),
        ({"label": "x" * 81}, {"/label"}),
        ({"typo": 1}, {"/typo"}),
    ],
)
def test_a_wrong_cart_is_refused_by_name(acme: Shop, wrong: dict[str, Any], where: set[str]) -> None:
    answer = person(acme, "cashier").post("orders/parked/", cart(acme, **wrong))
    assert (answer.status_code, pointers(answer)) == (422, where), answer.content
    assert not Order.objects.exists()


def test_a_viewer_and_another_shop_have_no_part_in_it(acme: Shop, globex: Shop) -> None:
    body = parked(acme, person(acme, "cashier"))
    assert person(acme, "viewer").get("orders/parked/").status_code == 403
    there = person(globex, "cashier")
    assert there.post(f"orders/parked/{body['id']}/resume/", {"id": str(uuid7())}).status_code == 404
    assert there.get("orders/parked/").json()["results"] == []


@pytest.mark.django_db(transaction=True)
def test_of_eight_tills_at_once_exactly_one_gets_it(acme: Shop) -> None:
    body = parked(acme, person(acme, "cashier"))
    actor = acme.actor("cashier")
    results = at_once(acme, [partial(resume, body["id"], take_id=uuid7(), actor=actor) for _ in range(8)], 8)
    kinds = sorted(type(result).__name__ for result in results)
    assert kinds == sorted([AlreadyTaken.__name__] * 7 + [Kept.__name__])


def test_a_cart_discarded_with_a_key_is_discarded_once_and_answers_the_same_again(acme: Shop) -> None:
    till = person(acme, "cashier")
    path = f"orders/parked/{parked(acme, till)['id']}/discard/"
    answers = [till.post(path, {}, **{"Idempotency-Key": "one"}) for _ in range(2)]
    assert [(answer.status_code, answer.content) for answer in answers] == [(204, b"")] * 2
    assert "Idempotent-Replayed" in answers[1].headers
    assert Event.objects.filter(type="order.discarded").count() == 1


def test_gift_cards_wait_unissued_and_their_typed_code_is_told_to_who_takes_the_cart_up_alone(acme: Shop) -> None:
    till, printed = person(acme, "cashier"), "ABCD-EFGH-2345-6789"
    cards = [{"id": str(uuid7()), "amount": "25.00", "code": printed}, {"id": str(uuid7()), "amount": "10.00"}]
    body = cart(acme, gift_cards=cards)
    assert [till.post("orders/parked/", body).status_code for _ in range(2)] == [201, 200]
    order = Order.objects.get(pk=body["id"])
    assert (order.total, order.apart_total, GiftCard.objects.count()) == (Decimal(44), Decimal(35), 0)
    assert "ABCDEFGH23456789" not in str(order.basket)  # at rest it is sealed
    listed = till.get("orders/parked/").json()["results"][0]
    assert [(x["amount"], x["last_four"], x["code"]) for x in listed["gift_cards"]] == [
        ("25.00", "6789", ""),
        ("10.00", "", ""),
    ]
    assert [line["kind"] for line in listed["lines"]] == ["goods", "giftcard", "giftcard"]
    other = person(acme, "manager")
    take = {"id": str(uuid7())}
    taken = [other.post(f"orders/parked/{body['id']}/resume/", take).json() for _ in range(2)]
    assert [[x["code"] for x in one["gift_cards"]] for one in taken] == [["ABCDEFGH23456789", ""]] * 2
    sale = sale_body(acme, {"TEA": "2"}, payments=[{"method": "card", "amount": "44.00"}])
    sale["gift_cards"] = [{"id": x["id"], "amount": x["amount"], "code": x["code"]} for x in taken[0]["gift_cards"]]
    assert other.post("orders/", sale).status_code == 201 and GiftCard.objects.count() == 2
    alone = till.post("orders/parked/", cart(acme, lines=[], gift_cards=[{"id": str(uuid7()), "amount": "5.00"}]))
    assert (alone.status_code, alone.json()["total"]) == (201, "5.00")
    assert audit_books() == []
    for wrong, where in (({"amount": "0.00"}, "amount"), ({"amount": "5.00", "code": "short"}, "code")):
        refused = till.post("orders/parked/", cart(acme, gift_cards=[{"id": str(uuid7()), **wrong}]))
        assert (refused.status_code, pointers(refused)) == (422, {f"/gift_cards/0/{where}"})


def test_a_parked_card_opens_after_the_key_it_was_sealed_with_is_taken_away(acme: Shop, settings: Any) -> None:
    till, old, new = person(acme, "cashier"), settings.FIELD_KEYS, Fernet.generate_key().decode()
    cards = [
        {"id": str(uuid7()), "amount": "25.00", "code": "ABCD-EFGH-2345-6789"},
        {"id": str(uuid7()), "amount": "1"},
    ]
    body, pair = cart(acme, gift_cards=cards), seal_key()
    assert till.post("orders/parked/", body).status_code == 201
    settings.FIELD_KEYS = (new, *old)
    call_command("reseal_secrets", verbosity=0)
    settings.FIELD_KEYS = (new,)
    call_command("reseal_secrets", verbosity=0)
    pair.refresh_from_db()
    assert "PRIVATE KEY" in unseal(pair.private, place=pair.place)
    settings.FIELD_KEYS = (Fernet.generate_key().decode(),)
    with pytest.raises(CommandError, match=r"^2 could not be read"):
        call_command("reseal_secrets", verbosity=0)
    settings.FIELD_KEYS = (new,)
    taken = till.post(f"orders/parked/{body['id']}/resume/", {"id": str(uuid7())}).json()
    assert [x["code"] for x in taken["gift_cards"]] == ["ABCDEFGH23456789", ""]
