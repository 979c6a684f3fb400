"""A cashier asks, somebody who may answers on a device of their own: for that act, once, never one's own."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from core.audit.models import AuditEntry
from core.errors import Conflict, Forbidden, NotFound, ReusedIdentifier
from core.ids import uuid7
from core.locations.models import Location
from core.outbox.models import Event
from core.outbox.relay import number_events
from core.redis import live_redis
from core.testing import CANARY, Shop
from orders.errors import ApprovalRefused
from orders.models import Approval, ApprovalRequest, Order
from orders.permissions import VOID
from orders.selectors import approval_requests
from orders.services.approvals import Request
from orders.services.asking import MOST_WAITING, answer_request, ask_approval, withdraw_request
from realtime.notices.lists import in_words, listed
from tests.api import machine, person, pointers
from tests.test_approvals import use
from tests.test_race_checkout import at_once
from tests.test_writes_are_told import sale

pytestmark = pytest.mark.django_db


def ask(shop: Shop, **more: Any) -> ApprovalRequest:
    given: dict[str, Any] = {"approval_id": uuid7(), "permission": VOID, "location_id": shop.location.pk, **more}
    return ask_approval(Request(**given), actor=shop.actor("cashier"))[0]


def body(shop: Shop, **more: Any) -> dict[str, Any]:
    stated = {"id": str(uuid7()), "permission": VOID, "location": str(shop.location.pk), "shown": "Void of #7K2M"}
    return {**stated, **more}


def test_what_a_cashier_asks_is_news_to_a_manager_and_allowed_from_there_it_covers_exactly_that(
    acme: Shop, globex: Shop
) -> None:
    cashier, manager = person(acme, "cashier"), person(acme, "manager")
    about, number = uuid7(), Event.objects.count()
    wanted = body(acme, amount="20.00", subject=str(about), reason="Wrong article")
    answers = [cashier.post("approvals/requests/", wanted) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 200], answers[0].content
    told = list(Event.objects.order_by("id")[number:])
    assert [(event.type, event.payload["shown"]) for event in told] == [("approval.requested", "Void of #7K2M")]
    logged = AuditEntry.objects.filter(object_type="approval_request")
    assert [(row.action, row.object_id, row.actor_id) for row in logged] == [
        ("create", wanted["id"], acme.person("cashier").pk)
    ]
    number_events(acme.tenant)
    news = [one for one in listed(acme.actor("manager")) if one.kind == "approval.requested"]
    words = str(in_words(news, acme.actor("manager")))
    assert len(news) == 1 and "asks: Void of #7K2M" in words and CANARY not in words
    assert not [one for one in listed(acme.actor("accountant")) if one.kind == "approval.requested"]
    path = f"approvals/requests/{wanted['id']}/"
    assert [row["id"] for row in manager.get("approvals/requests/").json()["results"]] == [wanted["id"]]
    with pytest.raises(ApprovalRefused):
        use(acme, UUID(wanted["id"]), subject=about, amount=Decimal(20))

    given = manager.post(f"{path}answer/", {"allow": True})
    assert (given.status_code, given.json()["state"]) == (200, "allowed"), given.content
    assert manager.post(f"{path}answer/", {"allow": True}).status_code == 200
    assert [event.type for event in Event.objects.order_by("id")[number + 1 :]] == [
        *("approval.given", "approval.answered")
    ]
    assert cashier.get(path).json()["state"] == "allowed" and approval_requests(actor=acme.actor("manager")) == []
    approval = Approval.objects.get()
    assert (approval.pk, approval.approved_by_id) == (UUID(wanted["id"]), acme.person("manager").pk)
    wrongs: list[dict[str, Any]] = [
        {"subject": uuid7(), "amount": Decimal(20)},
        {"subject": about, "amount": Decimal("20.01")},
    ]
    for wrong in wrongs:
        with pytest.raises(ApprovalRefused):
            use(acme, approval.pk, **wrong)
    use(acme, approval.pk, subject=about, amount=Decimal(20))
    with pytest.raises(ApprovalRefused):
        use(acme, approval.pk, subject=about, amount=Decimal(20))


def test_nobody_answers_their_own_request_nor_one_they_may_not_do_themselves(acme: Shop, globex: Shop) -> None:
    row = ask(acme)
    for role, refusal in (("cashier", NotFound), ("accountant", Forbidden), ("viewer", NotFound)):
        with pytest.raises(refusal):
            answer_request(row.pk, allow=True, actor=acme.actor(role))
    mine = ask(acme)
    ApprovalRequest.objects.filter(pk=mine.pk).update(requested_by=acme.person("manager"))
    with pytest.raises(Forbidden):
        answer_request(mine.pk, allow=True, actor=acme.actor("manager"))
    elsewhere = machine(acme, [VOID, "orders.view_approvals"], [Location.objects.create(name="Elsewhere")])
    assert elsewhere.post(f"approvals/requests/{row.pk}/answer/", {"allow": True}).status_code == 404
    program = machine(acme, [VOID, "orders.view_approvals"])
    assert program.post(f"approvals/requests/{row.pk}/answer/", {"allow": True}).status_code == 403
    with pytest.raises(Conflict):  # who may do it does not ask
        ask_approval(Request(approval_id=uuid7(), permission=VOID, location_id=acme.location.pk), actor=acme.actor())
    assert not Approval.objects.exists()
    assert set(ApprovalRequest.objects.values_list("state", flat=True)) == {"waiting"}


def test_a_request_ends_by_a_refusal_by_being_taken_back_or_by_time_and_then_covers_nothing(acme: Shop) -> None:
    manager, cashier = acme.actor("manager"), acme.actor("cashier")
    refused = answer_request(ask(acme).pk, allow=False, reason="Not today", actor=manager)
    assert (refused.state, refused.answer) == ("refused", "Not today")
    back = withdraw_request(ask(acme).pk, actor=cashier)
    late = ask(acme)
    ApprovalRequest.objects.filter(pk=late.pk).update(expires_at=datetime.now(UTC) - timedelta(seconds=1))
    assert approval_requests(actor=manager) == []
    for row in (refused, back, late):
        with pytest.raises(Conflict):
            answer_request(row.pk, allow=True, actor=manager)
        with pytest.raises(ApprovalRefused):
            use(acme, row.pk)
    assert withdraw_request(refused.pk, actor=cashier).state == "refused"
    with pytest.raises(NotFound):
        withdraw_request(back.pk, actor=manager)
    assert ApprovalRequest.objects.get(pk=late.pk).stands == "expired" and not Approval.objects.exists()
    assert Event.objects.filter(type="approval.answered").count() == 2


def test_asking_is_bounded_and_an_id_is_of_one_request(acme: Shop) -> None:
    cashier = person(acme, "cashier")
    first = ask(acme)
    with pytest.raises(ReusedIdentifier):
        ask(acme, approval_id=first.pk, shown="Something else")
    for wrong, pointer in (
        ({"permission": "people.manage_team"}, "/permission"),
        ({"amount": "-1"}, "/amount"),
        ({"amount": "NaN"}, "/amount"),
        ({"shown": ""}, "/shown"),
        ({"id": "x"}, "/id"),
    ):
        refused = cashier.post("approvals/requests/", body(acme, **wrong))
        assert (refused.status_code, pointers(refused)) == (422, {pointer}), refused.content
    assert cashier.post("approvals/requests/", body(acme, location=str(uuid7()))).status_code in (404, 422)
    assert person(acme, "viewer").post("approvals/requests/", body(acme)).status_code == 403
    for _ in range(MOST_WAITING - 1):
        ask(acme)
    with pytest.raises(Conflict):
        ask(acme)
    assert ApprovalRequest.objects.count() == MOST_WAITING


@pytest.mark.django_db(transaction=True)
def test_of_eight_answers_at_once_one_counts_and_the_askers_screens_are_told_of_it(acme: Shop) -> None:
    row = ask(acme)
    with live_redis().pubsub() as heard:  # type: ignore[no-untyped-call]
        heard.psubscribe("*")
        heard.get_message(timeout=5)
        answers: list[Any] = [
            partial(answer_request, row.pk, allow=bool(n % 2), actor=acme.actor("manager")) for n in range(8)
        ]
        results = at_once(acme, answers, 8)
        notes = []
        while message := heard.get_message(timeout=0.5):
            if b"approval.answered" in (data := message["data"]) and data.startswith(b"told"):
                notes.append(data)
    counted = ApprovalRequest.objects.get(pk=row.pk).state
    assert sorted(type(result).__name__ for result in results) == ["ApprovalRequest"] * 4 + ["Conflict"] * 4
    assert Approval.objects.count() == (counted == "allowed")
    assert len(notes) == 1
    whom, note = (json.loads(part) for part in notes[0].split(b"\n")[1:])
    assert whom == {"user": str(acme.person("cashier").pk)}
    assert note["data"] == {"id": str(row.pk), "state": counted}


def test_a_page_asks_a_manager_and_goes_on_when_it_is_sent_again(acme: Shop) -> None:
    order = sale(acme).order
    cashier, manager = acme.client("cashier"), acme.client("manager")
    path, form = f"/orders/{order.pk}/void/", {"id": str(uuid7()), "reason": "Mistake", "version": order.version}
    first = cashier.post(path, form)
    assert first.status_code == 403 and "Ask a manager" in first.content.decode()
    asked = str(uuid7())
    waits = cashier.post(path, {**form, "asked": asked, "ask": "1"})
    assert waits.status_code == 403 and "Asked." in waits.content.decode()
    row = ApprovalRequest.objects.get()
    assert (str(row.pk), row.details["subject"]) == (asked, str(order.pk))
    shown = manager.get("/approvals/").content.decode()
    assert f"Void of #{order.number}" in shown and f"/approvals/{asked}/answer/" in shown and CANARY not in shown
    answer = f"/approvals/{asked}/answer/"
    assert cashier.post(answer, {"allow": "yes"}).status_code == 403
    assert manager.post(answer, {"allow": "no", "reason": "Ask Ada first"}).status_code == 302
    assert "Ask Ada first" in cashier.post(path, {**form, "asked": asked}).content.decode()
    again = str(uuid7())
    cashier.post(path, {**form, "asked": again, "ask": "1"})
    manager.post(f"/approvals/{again}/answer/", {"allow": "yes"})
    assert cashier.post(path, {**form, "asked": again}).status_code == 302
    assert Order.objects.get(pk=order.pk).state == "voided"
    assert Approval.objects.get().reference_id == order.pk
