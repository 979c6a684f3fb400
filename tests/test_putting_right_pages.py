"""An exception that takes somebody's consent is put right by page: their name, their PIN, and once."""

import html
from decimal import Decimal
from typing import Any

import pytest

from core.people.models import Grant, Role
from core.sync.models import Flag
from core.testing import CANARY, PASSWORD, Shop
from orders.auditor import audit_books
from orders.models import Approval, ApprovalRequest, Order, OrderChange
from orders.services.approvals import set_pin
from orders.services.asking import answer_request
from orders.services.policy import change_policy
from tests.cash_steps import a_register, an_open_shift
from tests.test_remedies import dear
from tests.tills_away import Till

pytestmark = pytest.mark.django_db

PIN = "2580"
SELLS = ["orders.sell", "orders.view_orders", "orders.refund", "orders.change_order", "orders.run_shift"]
MAY = ["exceptions.view", "exceptions.resolve", *SELLS]


@pytest.fixture
def flag(acme: Shop) -> Flag:
    """A cup was charged at 15.00 that costs 12.00; more than 1.00 takes consent, and the manager has a PIN."""
    change_policy({"refund_amount": Decimal(1)}, actor=acme.actor())
    set_pin(pin=PIN, password=PASSWORD, actor=acme.actor("manager"))
    role = Role.objects.create(name="floor lead", permissions=MAY)
    Grant.objects.filter(user=acme.person("cashier")).update(role=role)
    return dear(acme, Till.at(acme))


def send(shop: Shop, flag: Flag, **more: str) -> Any:
    browser = shop.client("cashier")
    return browser.post(f"/exceptions/{flag.pk}/put-right/", {"remedy": "refund-difference", **more})


def words(answer: Any) -> str:
    return html.unescape(answer.content.decode())


def test_a_manager_types_their_pin_into_the_inbox_and_the_difference_goes_back_once(
    acme: Shop, globex: Shop, flag: Flag
) -> None:
    asked = send(acme, flag)
    assert asked.status_code == 403
    assert "Acme manager" in words(asked) and "Somebody must approve this" in words(asked)
    assert CANARY not in words(asked)
    assert not OrderChange.objects.exists()

    manager = str(acme.person("manager").pk)
    for _ in range(2):
        assert send(acme, flag, approver=manager, pin=PIN).status_code == 302

    approval, order = Approval.objects.get(), Order.objects.get()
    assert (approval.details["amount"], approval.reference_id) == ("3.00", order.pk)
    assert approval.details["shown"] == f"Refund the difference of #{order.number}: £3.00"
    assert [row.amount for row in order.payments.order_by("amount")] == [-3, 15]
    flag.refresh_from_db()
    assert (flag.resolution, flag.resolved_by_label) == ("corrected", "Acme cashier")
    assert audit_books() == []


def test_a_wrong_pin_is_said_in_words_moves_nothing_and_five_of_them_lock_out(acme: Shop, flag: Flag) -> None:
    manager = str(acme.person("manager").pk)
    for _ in range(5):
        answer = send(acme, flag, approver=manager, pin="0000")
        assert answer.status_code == 422
        assert "The PIN is wrong" in words(answer) and "0000" not in words(answer)
    answer = send(acme, flag, approver=manager, pin=PIN)
    assert (answer.status_code, "Too many attempts" in words(answer)) == (429, True)
    nobody = send(acme, flag, approver="", pin=PIN)
    assert (nobody.status_code, "Say who approves it." in words(nobody)) == (403, True)
    assert not Approval.objects.exists() and not OrderChange.objects.exists()
    flag.refresh_from_db()
    assert flag.resolved_at is None


def test_what_was_answered_before_stays_in_the_form_that_asks_for_consent(acme: Shop, flag: Flag) -> None:
    drawers = [a_register(acme, name) for name in ("Till 1", "Till 2")]
    for one in drawers:
        an_open_shift(acme, one)
    chosen = str(drawers[1].pk)
    asked = words(send(acme, flag, **{"value:register": chosen}))
    assert f'<option value="{chosen}" selected>' in asked
    manager = str(acme.person("manager").pk)
    sent = {"value:register": chosen, "approver": manager, "pin": PIN}
    assert send(acme, flag, **sent).status_code == 302
    assert Order.objects.get().payments.get(amount=-3).register_id == drawers[1].pk


def test_a_manager_elsewhere_is_asked_and_their_answer_is_the_consent(acme: Shop, flag: Flag) -> None:
    page = words(send(acme, flag, ask="1", asked=""))
    row = ApprovalRequest.objects.get()
    assert "Asked. As soon as somebody has allowed it" in page and str(row.pk) in page
    assert "Say who approves it." not in page
    answer_request(row.pk, allow=True, actor=acme.actor("manager"))
    assert send(acme, flag, asked=str(row.pk)).status_code == 302
    assert Approval.objects.get().pk == row.pk
    assert audit_books() == []


def test_a_refusal_that_has_nothing_to_do_with_consent_is_told_on_the_exception(acme: Shop, flag: Flag) -> None:
    for sent in ({"remedy": "nothing"}, {"remedy": ""}, {"remedy": "x" * 90}):
        answer = acme.client("cashier").post(f"/exceptions/{flag.pk}/put-right/", sent)
        assert (answer.status_code, answer["Location"]) == (302, f"/exceptions/{flag.pk}/")
