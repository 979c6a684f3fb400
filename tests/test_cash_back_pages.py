"""Cash that is given back or received on a page of the dashboard is in the drawer it went through, to the cent."""

from decimal import Decimal

import pytest

from core.ids import uuid7
from core.tenancy.context import use_tenant
from core.testing import CANARY, Shop, stock
from orders.models import Order, Payment
from orders.selectors.shifts import expected_cash
from orders.services.basket import Tender
from tests.cash_steps import a_register, an_open_shift, closed, sell
from tests.test_pages_packing import opened

pytestmark = pytest.mark.django_db
PARTS = (Tender(method="card", amount=Decimal("4.50")), Tender(method="cash", amount=Decimal("9.00")))


def form(**more: str) -> dict[str, str]:
    return {"id": str(uuid7()), "reason": "Broken", **more}


def test_cash_for_returned_goods_leaves_the_drawer_that_was_chosen(acme: Shop, globex: Shop) -> None:
    stock(acme.variant("TEA"), acme.location, "20")
    sale = sell(acme, None, *PARTS, quantity="3")  # sold past every drawer: the cash that goes back comes out of one
    till, other = a_register(acme), a_register(acme, "Till 2")
    shift, second = an_open_shift(acme, till), an_open_shift(acme, other, "80.00")
    browser, path = acme.client("cashier"), f"/orders/{sale.pk}/return/"
    page = browser.get(path).content.decode()
    assert all(f'<option value="{row.pk}">{row.name}' in page for row in (till, other))  # neither is chosen
    assert CANARY not in page
    refused = browser.post(path, form(quantity_1="1", method="cash"))
    assert refused.status_code == 422 and "Choose the drawer" in refused.content.decode()
    assert not Order.objects.filter(kind="refund").exists()
    assert browser.post(path, form(quantity_1="1", method="cash", register=str(till.pk))).status_code == 302
    assert (expected_cash(shift), expected_cash(second)) == (Decimal("45.50"), Decimal("80.00"))
    assert browser.post(path, form(quantity_1="1", method="card")).status_code == 302  # no cash: no drawer is needed
    assert (expected_cash(shift), expected_cash(second)) == (Decimal("45.50"), Decimal("80.00"))


def test_the_only_open_drawer_is_chosen_and_without_one_the_page_says_what_to_do(acme: Shop) -> None:
    stock(acme.variant("TEA"), acme.location, "20")
    till = a_register(acme)
    shift = an_open_shift(acme, till)
    sale, browser = sell(acme, till, *PARTS, quantity="3"), acme.client("cashier")
    path = f"/orders/{sale.pk}/return/"
    assert f'<option value="{till.pk}" selected>' in browser.get(path).content.decode()
    assert closed(acme, shift).expected_total == Decimal("59.00")
    assert "No drawer is open here" in browser.get(path).content.decode()
    answer = browser.post(path, form(quantity_1="1", method="cash"))
    assert answer.status_code == 422 and "Open a shift at a register first" in answer.content.decode()
    assert Payment.objects.filter(amount__lt=0).count() == 0 and expected_cash(shift) == Decimal("59.00")
    assert browser.post(path, form(quantity_1="1", method="card")).status_code == 302


def test_a_drawer_of_another_shop_or_place_is_no_choice(acme: Shop, globex: Shop) -> None:
    stock(acme.variant("TEA"), acme.location, "20")
    sale = sell(acme, None, quantity="3")
    an_open_shift(acme)
    with use_tenant(globex.tenant):
        foreign = a_register(globex)
        shift = an_open_shift(globex, foreign)
    for wrong in (str(foreign.pk), str(uuid7()), "x"):
        answer = acme.client("cashier").post(f"/orders/{sale.pk}/return/", form(quantity_1="1", register=wrong))
        assert answer.status_code == 422
    assert not Order.objects.filter(kind="refund").exists()
    with use_tenant(globex.tenant):
        assert expected_cash(shift) == Decimal("50.00")


def test_cash_of_an_order_comes_into_a_drawer_and_goes_out_of_the_one_that_is_open_at_the_cancel(acme: Shop) -> None:
    till, order, browser = a_register(acme), opened(acme, {"TEA": "2"}), acme.client("manager")
    shift, page = an_open_shift(acme, till), f"/orders/{order.pk}/"
    sent = {"payment_id": str(uuid7()), "method": "cash", "amount": "5.00"}
    refused = browser.post(f"{page}pay/", sent)
    assert refused.status_code == 422 and not order.payments.exists()
    assert browser.post(f"{page}pay/", {**sent, "register": str(till.pk)}).status_code == 302
    assert closed(acme, shift).expected_total == Decimal("55.00")
    version = {"version": str(Order.objects.get(pk=order.pk).version)}
    assert browser.post(f"{page}cancel/", form(**version)).status_code == 422
    later = an_open_shift(acme, till, "30.00")
    assert browser.post(f"{page}cancel/", form(**version, register=str(till.pk))).status_code == 302
    assert (expected_cash(shift), expected_cash(later)) == (Decimal("55.00"), Decimal("25.00"))


def test_a_cancelled_order_that_was_paid_by_bank_asks_for_no_drawer(acme: Shop) -> None:
    till, order, browser = a_register(acme), opened(acme, {"TEA": "2"}), acme.client("manager")
    page = f"/orders/{order.pk}/"
    paid = {"payment_id": str(uuid7()), "method": "bank", "amount": "5.00"}
    assert browser.post(f"{page}pay/", paid).status_code == 302
    assert "No drawer is open here" not in browser.get(f"{page}cancel/").content.decode()
    shift = an_open_shift(acme, till)
    asked = browser.get(f"{page}cancel/").content.decode()
    assert "5.00" in asked and ">Drawer<" not in asked and str(till.pk) not in asked
    sent = form(version=str(Order.objects.get(pk=order.pk).version))
    assert [browser.post(f"{page}cancel/", sent).status_code for _ in range(2)] == [302, 302]
    assert list(order.payments.order_by("pk").values_list("method", "amount")) == [
        ("bank", Decimal(5)),
        ("bank", Decimal(-5)),
    ]
    assert expected_cash(shift) == Decimal("50.00")


def test_a_void_takes_the_cash_out_of_the_drawer_it_came_into(acme: Shop) -> None:
    stock(acme.variant("TEA"), acme.location, "20")
    till = a_register(acme)
    shift = an_open_shift(acme, till)
    sale, kept = sell(acme, till, quantity="2"), sell(acme, till, quantity="1")
    assert expected_cash(shift) == Decimal("63.50")
    browser = acme.client("manager")
    assert browser.post(f"/orders/{sale.pk}/void/", form(version="1")).status_code == 302
    assert closed(acme, shift).expected_total == Decimal("54.50")
    assert browser.post(f"/orders/{kept.pk}/void/", form(version="1")).status_code == 409  # its drawer was counted
    assert expected_cash(shift) == Decimal("54.50")


def test_cash_for_a_new_order_or_a_purchase_names_the_open_drawer(acme: Shop, globex: Shop) -> None:
    """The only open one is chosen; where none is open no cash moves, and the page says what to do."""
    browser, register = acme.client("cashier"), a_register(acme)
    wanted = {
        "id": str(uuid7()),
        "payment_id": str(uuid7()),
        "location": str(acme.location.pk),
        "channel": "phone",
        "kind": "pickup",
        "pays": "now",
        "method": "cash",
        "variant": [str(acme.variant("TEA").pk)],
        "quantity": ["1"],
        "seen": "4.50",
        "do": "place",
    }
    closed = browser.post("/orders/new/", wanted)
    assert (closed.status_code, "No drawer is open here" in closed.content.decode()) == (422, True)
    assert "No drawer is open here" in browser.get("/purchases/").content.decode()
    shift = an_open_shift(acme, register)
    chosen = f'value="{register.pk}" selected'
    assert chosen in browser.get("/purchases/").content.decode()
    assert (
        chosen
        in browser.post("/orders/new/", {**wanted, "do": "show"} | {"register": str(register.pk)}).content.decode()
    )
    unsaid = browser.post("/orders/new/", wanted)
    assert (unsaid.status_code, "Choose the drawer" in unsaid.content.decode()) == (422, True)
    assert not Order.objects.exists()
    placed = browser.post("/orders/new/", {**wanted, "register": str(register.pk)})
    assert placed.status_code == 302, placed.content.decode()
    assert list(Payment.objects.values_list("method", "shift_id")) == [("cash", shift.pk)]
