"""Registers, shifts, gift cards and receipts by mail on pages."""

from decimal import Decimal

import pytest
from django.test import override_settings

from core.ids import uuid7
from core.jobs.models import Job
from core.testing import CANARY, Shop
from orders.models import CashMovement, CreditEntry, GiftCard, Register, Shift
from tests.cash_steps import an_open_shift, sell
from tests.test_credit import a_card

pytestmark = pytest.mark.django_db


def test_a_drawer_is_set_up_opened_counted_and_closed_on_pages(acme: Shop, globex: Shop) -> None:
    manager, cashier = acme.client("manager"), acme.client("cashier")
    made = manager.post("/registers/", {"location": acme.location.pk, "name": "Front"})
    register = Register.objects.get()
    assert made["Location"] == f"/registers/{register.pk}/"
    again = manager.post("/registers/", {"location": acme.location.pk, "name": "Front"})
    assert again.status_code == 422 and b"There is a register" in again.content
    opening = {"id": uuid7(), "opening_float": "50"}
    for _ in range(2):
        assert cashier.post(f"/registers/{register.pk}/open/", opening).status_code == 302
    shift = Shift.objects.get()
    refused = cashier.post(f"/registers/{register.pk}/open/", {"id": uuid7(), "opening_float": "0.001"})
    assert refused.status_code == 422
    moving = {"id": uuid7(), "way": "out", "amount": "20", "reason": "to the bank"}
    for _ in range(2):
        assert cashier.post(f"/shifts/{shift.pk}/cash/", moving).status_code == 302
    assert cashier.post(f"/shifts/{shift.pk}/cash/", {**moving, "id": uuid7(), "amount": "-1"}).status_code == 422
    assert CashMovement.objects.get().amount == -20
    blind, seeing = (who.get(f"/shifts/{shift.pk}/").content.decode() for who in (cashier, manager))
    assert "Expected in the drawer" not in blind and "Expected in the drawer" in seeing
    differs = cashier.post(f"/shifts/{shift.pk}/close/", {"n20": "1", "n5": "1"})
    assert differs.status_code == 409 and b"5.00 GBP less than expected" in differs.content
    assert cashier.post(f"/shifts/{shift.pk}/close/", {"n20": "x"}).status_code == 422
    assert cashier.post(f"/shifts/{shift.pk}/close/", {"n20": "1", "n5": "2"}).status_code == 302
    page = cashier.get(f"/shifts/{shift.pk}/").content.decode()
    assert "Z1" in page and "Expected in the drawer" in page and CANARY not in page
    assert cashier.get(f"/shifts/{shift.pk}/close/").status_code == 302
    edit = {"version": "1", "name": "Back"}
    assert manager.post(f"/registers/{register.pk}/", edit).status_code == 302
    assert manager.post(f"/registers/{register.pk}/", edit).status_code == 422
    register.refresh_from_db()
    assert (register.name, register.is_active, register.version) == ("Back", False, 2)
    assert b"Z1" in acme.client("accountant").get("/registers/").content


def test_a_gift_card_is_issued_blocked_and_corrected_on_pages(acme: Shop) -> None:
    manager = acme.client("manager")
    form = {"id": uuid7(), "amount": "25", "note": "Raffle"}
    shown = manager.post("/gift-cards/new/", form)
    assert (shown.status_code, shown["Cache-Control"]) == (200, "no-store")
    card = GiftCard.objects.get()
    assert f"-{card.last_four}" in shown.content.decode() and "gift-qr" in shown.content.decode()
    again = manager.post("/gift-cards/new/", form)
    assert again["Location"] == f"/gift-cards/{card.pk}/"
    assert manager.post("/gift-cards/new/", {"id": uuid7(), "amount": "0"}).status_code == 422
    assert b"Raffle" in manager.get("/gift-cards/", {"q": card.last_four}).content
    manager.post(f"/gift-cards/{card.pk}/", {"id": uuid7(), "amount": "-5", "reason": "typo"})
    too_much = manager.post(f"/gift-cards/{card.pk}/", {"id": uuid7(), "amount": "-50", "reason": "typo"})
    assert too_much.status_code == 422 and b"It holds 20.00." in too_much.content
    assert CreditEntry.objects.latest("id").balance == Decimal(20)
    manager.post(f"/gift-cards/{card.pk}/state/", {"state": "blocked"})
    card.refresh_from_db()
    assert card.state == "blocked" and b"Blocked" in manager.get(f"/gift-cards/{card.pk}/").content
    assert acme.client("cashier").post(f"/gift-cards/{card.pk}/state/", {"state": "active"}).status_code == 403


@pytest.mark.django_db(transaction=True)
def test_a_receipt_page_says_when_mail_is_not_set_up_and_mails_when_it_is(acme: Shop) -> None:
    an_open_shift(acme)
    order, cashier = sell(acme, None), acme.client("cashier")
    assert b"E-mail is not set up here" in cashier.get(f"/orders/{order.pk}/receipt/").content
    answer = cashier.post(f"/orders/{order.pk}/receipt/email/", {"address": "a@b.test"}, follow=True)
    assert b"E-mail is not set up here" in answer.content and not Job.objects.exists()
    with override_settings(MAIL_FROM="till@acme.test"):
        wrong = cashier.post(f"/orders/{order.pk}/receipt/email/", {}, follow=True)
        assert b"the customer has none" in wrong.content
        cashier.post(f"/orders/{order.pk}/receipt/email/", {"address": "a@b.test"})
    assert Job.objects.get().arguments["address"] == "a@b.test"
    assert a_card(acme).card.state == "active"
