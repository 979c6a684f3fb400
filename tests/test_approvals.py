"""Somebody lets somebody do one act: by PIN, for that act, for some minutes, once."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction

from core.audit.models import AuditEntry
from core.errors import DomainError, Forbidden, Invalid, ReusedIdentifier
from core.ids import uuid7
from core.limits import give_back
from core.outbox.models import Event
from core.people.services import TooManyAttempts
from core.testing import CANARY, PASSWORD, Shop
from orders.errors import ApprovalNeeded, ApprovalRefused, WrongPin
from orders.models import Approval, ApprovalPin
from orders.permissions import REFUND_BEYOND, VOID
from orders.selectors import approvers
from orders.services.approvals import PIN_TRIES, Request, allowed, give_approval, set_pin
from tests.api import person, pointers
from tests.test_race_checkout import at_once

pytestmark = pytest.mark.django_db
PIN = "2580"


def wanted(shop: Shop, **more: Any) -> Request:
    given: dict[str, Any] = {
        "approval_id": uuid7(),
        "permission": VOID,
        "location_id": shop.location.pk,
        "approver_id": shop.person("manager").pk,
        "pin": PIN,
        **more,
    }
    return Request(**given)


@pytest.fixture
def pin(acme: Shop) -> None:
    set_pin(pin=PIN, password=PASSWORD, actor=acme.actor("manager"))


def use(shop: Shop, approval_id: UUID | None, *, act: UUID | None = None, **more: Any) -> Any:
    with transaction.atomic():
        return allowed(
            shop.actor("cashier"),
            more.pop("permission", VOID),
            at=shop.location.pk,
            approval_id=approval_id,
            act=("order", act or uuid7()),
            **more,
        )


def test_a_manager_approves_at_the_cashiers_till_and_both_names_are_kept(acme: Shop, pin: None) -> None:
    act, before = uuid7(), Event.objects.count()
    row = give_approval(wanted(acme, shown="Void #1, 9.00"), actor=acme.actor("cashier"))
    assert (row.approved_by_label, row.requested_by_label) == ("Acme manager", "Acme cashier")
    audit = AuditEntry.objects.latest("id")
    assert (audit.object_type, audit.changes["approved_by"][1]) == ("approval", "Acme manager")
    assert PIN not in str(audit.changes)
    told = list(Event.objects.order_by("id")[before:])
    assert [event.type for event in told] == ["approval.given"]
    assert use(acme, row.pk, act=act).reference_id == act


def test_an_approval_is_used_once(acme: Shop, pin: None) -> None:
    row = give_approval(wanted(acme), actor=acme.actor("cashier"))
    use(acme, row.pk)
    with pytest.raises(ApprovalRefused, match="used already"):
        use(acme, row.pk)


def test_without_one_the_refusal_says_what_to_ask_for(acme: Shop) -> None:
    with pytest.raises(ApprovalNeeded) as refusal:
        use(acme, None, amount=Decimal("12.5"))
    assert (refusal.value.details["permission"], refusal.value.details["amount"]) == (VOID, "12.50")
    with transaction.atomic():
        manager = acme.actor("manager")
        assert allowed(manager, VOID, at=acme.location.pk, approval_id=None, act=("order", uuid7())) is None


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ({"permission": REFUND_BEYOND}, {}),
        ({"subject": UUID(int=7)}, {"subject": UUID(int=8)}),
        ({}, {"subject": UUID(int=8)}),
        ({"amount": Decimal(10)}, {"amount": Decimal("10.01")}),
        ({}, {"amount": Decimal(1)}),
    ],
)
def test_an_approval_covers_what_was_shown_and_no_more(
    acme: Shop, pin: None, given: dict[str, Any], asked: dict[str, Any]
) -> None:
    row = give_approval(wanted(acme, **given), actor=acme.actor("cashier"))
    with pytest.raises(ApprovalRefused):
        use(acme, row.pk, **asked)
    assert Approval.objects.get().used_at is None


def test_a_late_approval_and_one_for_somebody_else_are_none(acme: Shop, pin: None) -> None:
    row = give_approval(wanted(acme), actor=acme.actor("stock clerk"))
    with pytest.raises(ApprovalRefused):
        use(acme, row.pk)
    mine = give_approval(wanted(acme), actor=acme.actor("cashier"))
    Approval.objects.filter(pk=mine.pk).update(expires_at=datetime.now(UTC) - timedelta(seconds=1))
    with pytest.raises(ApprovalRefused, match="too old"):
        use(acme, mine.pk)


def test_a_wrong_pin_approves_nothing_stands_in_the_log_and_is_limited(acme: Shop, pin: None) -> None:
    cashier = acme.actor("cashier")
    for approver in (acme.person("viewer").pk, uuid7()):  # no PIN, nobody
        with pytest.raises(WrongPin):
            give_approval(wanted(acme, approver_id=approver), actor=cashier)
    refusals: list[type[DomainError]] = []
    for _ in range(7):
        with pytest.raises((WrongPin, TooManyAttempts)) as refusal:
            give_approval(wanted(acme, pin="0000"), actor=cashier)
        refusals.append(refusal.type)
    assert refusals == [WrongPin] * 5 + [TooManyAttempts] * 2
    assert AuditEntry.objects.filter(action="log_in_failed", object_type="approval_pin").count() == 7
    assert not Approval.objects.exists()
    for _ in range(5):
        give_back(PIN_TRIES, str(acme.person("manager").pk))


def test_somebody_with_a_pin_cannot_approve_what_they_may_not_do(acme: Shop) -> None:
    set_pin(pin=PIN, password=PASSWORD, actor=acme.actor("viewer"))
    with pytest.raises(WrongPin):
        give_approval(wanted(acme, approver_id=acme.person("viewer").pk), actor=acme.actor("cashier"))
    assert approvers(permission=VOID, location_id=acme.location.pk) == []


def test_a_manager_approves_on_their_own_device_for_somebody(acme: Shop) -> None:
    for_cashier = wanted(acme, approver_id=None, pin="", requested_by=acme.person("cashier").pk)
    row = give_approval(for_cashier, actor=acme.actor("manager"))
    assert use(acme, row.pk).approved_by_label == "Acme manager"
    with pytest.raises(Forbidden):
        give_approval(wanted(acme, approver_id=None, requested_by=uuid7()), actor=acme.actor("cashier"))
    with pytest.raises(Invalid):
        give_approval(
            wanted(acme, approver_id=None, requested_by=acme.person("manager").pk), actor=acme.actor("manager")
        )


def test_a_repeat_answers_the_same_approval_and_other_content_is_refused(acme: Shop, pin: None) -> None:
    one = wanted(acme, amount=Decimal(5))
    first = give_approval(one, actor=acme.actor("cashier"))
    assert give_approval(one, actor=acme.actor("cashier")).pk == first.pk
    with pytest.raises(ReusedIdentifier):
        give_approval(wanted(acme, approval_id=one.approval_id, amount=Decimal(50)), actor=acme.actor("cashier"))
    assert Approval.objects.count() == Event.objects.filter(type="approval.given").count() == 1


@pytest.mark.parametrize("pin_", ["", "123", "1111", "1234", "9876", "12a4", "١٢٣٤", "1" * 13])
def test_an_easy_pin_is_none(acme: Shop, pin_: str) -> None:
    with pytest.raises(Invalid):
        set_pin(pin=pin_, password=PASSWORD, actor=acme.actor("manager"))
    assert not ApprovalPin.objects.exists()


def test_nobody_gives_a_colleague_a_pin_at_an_open_session(acme: Shop) -> None:
    with pytest.raises(Forbidden):
        set_pin(pin=PIN, password="not mine", actor=acme.actor("accountant"))
    assert not ApprovalPin.objects.exists()


def test_by_api_a_cashier_finds_the_approver_and_asks(acme: Shop, globex: Shop, pin: None) -> None:
    cashier = person(acme, "cashier")
    found = cashier.get("approvals/approvers/", {"permission": VOID, "location": str(acme.location.pk)}).json()
    assert [row["name"] for row in found["results"]] == ["Acme manager"]
    body = {
        "id": str(uuid7()),
        "permission": VOID,
        "location": str(acme.location.pk),
        "approver": found["results"][0]["id"],
        "pin": PIN,
        "amount": "9",
    }
    assert cashier.post("approvals/", body).status_code == 201
    assert (
        cashier.post("approvals/", {**body, "id": str(uuid7()), "permission": "people.manage_team"}).status_code == 422
    )
    assert pointers(cashier.post("approvals/", {**body, "id": str(uuid7()), "amount": "NaN"})) == {"/amount"}
    listed = person(acme, "manager").get("approvals/")
    assert [row["amount"] for row in listed.json()["results"]] == ["9.00"] and CANARY not in listed.content.decode()
    answer = cashier.post("approvals/pin/", {"pin": "1379", "password": PASSWORD})
    assert answer.status_code == 204, answer.content


def test_the_limits_are_changed_by_a_manager_against_a_version(acme: Shop) -> None:
    manager = person(acme, "manager")
    assert manager.get("policy/").json()["version"] == 0
    answer = manager.patch("policy/", {"refund_amount": "50", "return_days": 30})
    assert (answer.status_code, answer.json()["refund_amount"], answer.json()["version"]) == (200, "50.00", 1)
    assert manager.patch("policy/", {"return_days": 14}, **{"if-match": '"0"'}).status_code == 412
    assert manager.patch("policy/", {"return_days": -1}).status_code == 422
    assert manager.patch("policy/", {"discount_percent": "101"}).status_code == 422
    assert person(acme, "cashier").patch("policy/", {"return_days": 1}).status_code == 403
    assert Event.objects.filter(type="policy.changed").count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_eight_acts_at_once_exactly_one_uses_an_approval(acme: Shop) -> None:
    set_pin(pin=PIN, password=PASSWORD, actor=acme.actor("manager"))
    row = give_approval(wanted(acme), actor=acme.actor("cashier"))
    results = at_once(acme, [partial(use, acme, row.pk) for _ in range(8)], 8)
    assert sorted(type(result).__name__ for result in results) == ["Approval"] + ["ApprovalRefused"] * 7
