"""Open orders worked on by page: packed, sent or collected in parts, paid later, given up; refused on their fields."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from html import unescape
from typing import Any

import pytest

from core.ids import uuid7
from core.testing import CANARY, Shop
from inventory.models import StockLevel
from orders.auditor import audit_books
from orders.models import Fulfilment, Order, Payment
from orders.services.basket import BasketLine, Sale, Tender
from orders.services.placing import place_open_order
from tests.test_lots_and_serials import Kind, book, tracked

pytestmark = pytest.mark.django_db
PARCEL = {"kind": "delivery", "name": "Ada", "address": "1 Mill Lane", "city": "York"}


def opened(shop: Shop, basket: dict[str, str], *, paid: str = "", delivery: dict[str, str] | None = None) -> Order:
    sale = Sale(
        order_id=uuid7(),
        location_id=shop.location.pk,
        lines=[BasketLine(variant_id=shop.variant(sku).pk, quantity=Decimal(n)) for sku, n in basket.items()],
        payments=[Tender(method="card", amount=Decimal(paid))] if paid else [],
        channel="phone",
    )
    return place_open_order(sale, delivery=delivery or {"kind": "pickup"}, actor=shop.actor()).order


def level(sku: str) -> tuple[int, int]:
    on_hand, reserved = StockLevel.objects.values_list("on_hand", "reserved").get(variant__sku=sku)
    return int(on_hand), int(reserved)


def test_the_work_list_shows_what_is_to_leave_where_one_packs_oldest_first_and_what_is_late(
    acme: Shop, globex: Shop
) -> None:
    old, new = opened(acme, {"TEA": "1"}, delivery=PARCEL), opened(acme, {"CUP": "2"})
    Order.objects.filter(pk=old.pk).update(occurred_at=datetime.now(UTC) - timedelta(days=2))
    clerk = acme.client("stock clerk")

    def found(query: str = "") -> list[str]:
        page = clerk.get(f"/to-pack/?{query}").content.decode()
        assert CANARY not in page
        shown = [(page.find(f"#{order.number}"), name) for order, name in ((old, "old"), (new, "new"))]
        return [name for place, name in sorted(shown) if place >= 0]

    assert found() == ["old", "new"]
    assert clerk.get("/to-pack/").content.decode().count(">Late<") == 1
    assert (found("kind=pickup"), found("kind=delivery"), found("q=ada")) == (["new"], ["old"], ["old"])
    assert found("stage=packed") == [] and found("stage=sent") == []
    clerk.post(f"/orders/{old.pk}/pack/", {"fulfilment_id": str(uuid7()), "quantity_1": "1", "then": "pack"})
    assert (found(), found("stage=packed")) == (["new"], ["old"])
    sight = clerk.get(f"/orders/{old.pk}/pack/").content.decode()
    assert "1 Mill Lane" in sight and "£" not in sight and clerk.get(f"/orders/{old.pk}/").status_code == 403
    parcel = Fulfilment.objects.get()
    clerk.post(f"/fulfilments/{parcel.pk}/step/", {"step": "ship", "tracking": "AB 12", "version": parcel.version})
    assert (found(), found("stage=sent")) == (["new"], ["old"])
    for wrong in ("stage=x", "kind=x", f"location={uuid7()}"):
        assert clerk.get(f"/to-pack/?{wrong}").status_code == 422
    assert acme.client("viewer").get("/to-pack/").status_code == 403
    assert "All packed" in globex.client("stock clerk").get("/to-pack/").content.decode()


def test_an_order_is_packed_in_parts_sent_with_its_number_and_paid_later(acme: Shop) -> None:
    order, browser = opened(acme, {"TEA": "3", "CUP": "1"}, delivery=PARCEL), acme.client("cashier")
    path = f"/orders/{order.pk}/"
    page = browser.get(path).content.decode()
    for text in ("To pack", "still to pay", "£25.50", "1 Mill Lane", "Cancel the order"):
        assert text in page
    part = {"fulfilment_id": str(uuid7()), "quantity_1": "2", "quantity_2": "", "then": "pack"}
    assert [browser.post(f"{path}pack/", part).status_code for _ in range(2)] == [302, 302]
    parcel = Fulfilment.objects.get()
    assert (parcel.state, parcel.lines.get().quantity) == ("packed", Decimal(2))
    slip = browser.get(f"/fulfilments/{parcel.pk}/slip/").content.decode()
    assert "1 Mill Lane" in slip and order.number in slip and "Acme Earl Grey" in slip and "Blue cup" not in slip
    step = {"step": "ship", "tracking": "AB 12", "version": parcel.version}
    assert browser.post(f"/fulfilments/{parcel.pk}/step/", step).status_code == 302
    assert (level("TEA"), level("CUP")) == ((8, 1), (10, 1))
    page = browser.get(path).content.decode()
    assert "On its way" in page and "AB 12" in page and "Handed over in part" in page and "Cancel the order" not in page

    pay = {"payment_id": str(uuid7()), "method": "card", "amount": "10"}
    assert [browser.post(f"{path}pay/", pay).status_code for _ in range(2)] == [302, 302]
    assert Payment.objects.get().amount == 10
    rest = {"payment_id": str(uuid7()), "method": "cash", "tendered": "20"}
    assert browser.post(f"{path}pay/", rest).status_code == 302
    assert Payment.objects.get(method="cash").change == Decimal("4.50")
    browser.post(f"{path}pack/", {"fulfilment_id": str(uuid7()), "quantity_1": "1", "quantity_2": "1", "then": "pack"})
    last = Fulfilment.objects.get(state="packed")
    browser.post(f"/fulfilments/{last.pk}/step/", {"step": "ship", "version": last.version})
    order.refresh_from_db()
    assert order.state == "completed" and (level("TEA"), level("CUP")) == ((7, 0), (9, 0))
    browser.post(f"/fulfilments/{last.pk}/step/", {"step": "done", "version": last.version + 1})
    assert Fulfilment.objects.filter(state="done").count() == 1 and audit_books() == []


def test_pieces_with_numbers_are_asked_for_when_they_leave_and_a_wrong_one_is_named(acme: Shop) -> None:
    phone, browser = tracked("serial", "PHONE"), acme.client("cashier")
    book(acme, phone, "2", Kind.RECEIPT, serials=("S1", "S2"))
    order = opened(acme, {"PHONE": "1"})
    new = {"fulfilment_id": str(uuid7()), "quantity_1": "1", "then": "pack"}
    assert browser.post(f"/orders/{order.pk}/pack/", new).status_code == 302
    step, done = f"/fulfilments/{new['fulfilment_id']}/step/", {"step": "done", "version": "2"}
    for typed, status, told in (
        ("", 409, "Name exactly one piece of PHONE that can be taken."),
        ("S9", 409, "Name exactly one piece of PHONE that can be taken; not S9."),
        ("S1 S2", 409, "Name exactly one piece of PHONE that can be taken."),
    ):
        answer = browser.post(step, {**done, "serials_1": typed})
        assert (answer.status_code, told in unescape(answer.content.decode())) == (status, True)
    assert Fulfilment.objects.get().state == "packed" and level("PHONE") == (2, 1)
    assert browser.post(step, {"step": "cancel", "version": "2", "serials_1": ""}).status_code == 302
    assert (Fulfilment.objects.get().state, level("PHONE")) == ("cancelled", (2, 1))


def test_what_cannot_be_done_with_an_open_order_is_said_on_its_page_and_nothing_moves(acme: Shop) -> None:
    order, browser = opened(acme, {"TEA": "2"}), acme.client("cashier")
    path = f"/orders/{order.pk}/"

    def refused(where: str, status: int, told: str, **data: Any) -> None:
        answer = browser.post(where, data)
        assert told in answer.content.decode() and answer.status_code == status

    new = {"fulfilment_id": str(uuid7())}
    refused(f"{path}pack/", 422, "Only 2 are left of this line.", **new, quantity_1="3")
    refused(f"{path}pack/", 422, "Enter a number.", **new, quantity_1="NaN")
    refused(f"{path}pack/", 422, "Name what goes.", **new)
    refused(f"{path}pack/", 422, "This form is damaged", fulfilment_id="x", quantity_1="1")
    refused(f"{path}pay/", 422, "9.00 GBP is due, not 9.01.", payment_id=str(uuid7()), method="card", amount="9.01")
    refused(f"{path}pay/", 422, "More than zero.", payment_id=str(uuid7()), method="card", amount="0")
    refused(f"{path}pay/", 422, "Name the code", payment_id=str(uuid7()), method="giftcard", amount="1")
    browser.post(f"{path}pack/", {**new, "quantity_1": "2"})
    step = f"/fulfilments/{new['fulfilment_id']}/step/"
    refused(step, 409, "has no step done", step="done", version="1")
    refused(step, 412, "changed in the meantime", step="pack", version="7")
    refused(step, 422, "To pack", step="fly", version="1")
    assert browser.post(f"/fulfilments/{uuid7()}/step/", {"step": "pack", "version": "1"}).status_code == 404
    assert acme.client("viewer").post(step, {"step": "pack", "version": "1"}).status_code == 403
    assert (level("TEA"), Payment.objects.count()) == ((10, 2), 0)
    assert Fulfilment.objects.get().state == "open"


def test_giving_an_order_up_shows_what_goes_back_first_and_does_it_once(acme: Shop) -> None:
    order, browser = opened(acme, {"TEA": "2"}, paid="4"), acme.client("manager")
    path = f"/orders/{order.pk}/cancel/"
    shown = browser.get(path).content.decode()
    assert "£4.00" in shown and "back by card terminal" in shown and "2 × Acme Earl Grey" in shown
    wanted = {"id": str(uuid7()), "version": "1", "reason": "", "register": ""}
    assert browser.post(path, wanted).status_code == 422
    stale = browser.post(path, {**wanted, "reason": "ill", "version": "9"})
    assert stale.status_code == 412 and "changed in the meantime" in stale.content.decode()
    assert level("TEA") == (10, 2)
    assert [browser.post(path, {**wanted, "reason": "ill"}).status_code for _ in range(2)] == [302, 302]
    order.refresh_from_db()
    assert (order.state, level("TEA")) == ("cancelled", (10, 0))
    assert sum(Payment.objects.values_list("amount", flat=True)) == 0
    assert "Money given back" in browser.get(f"/orders/{order.pk}/").content.decode() and audit_books() == []
