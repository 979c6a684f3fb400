"""Browsers that get push messages come, change hands and addresses, and go."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import reverse

from core.actors import Actor
from core.audit.models import AuditEntry
from core.errors import Forbidden, Invalid, NotFound
from core.testing import CANARY, Shop
from realtime.models import PushSubscription
from realtime.push.keys import shop_key
from realtime.push.server import serve
from realtime.push.services import Draft, ask_test, subscribe, unsubscribe
from tests.api import person
from tests.push_browser import PushBrowser
from tests.push_steps import a_service, browser_of, hush
from tests.test_notifications import me, placed
from tests.webhook_receiver import Receiver

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def quiet(acme: Shop, globex: Shop, settings: Any) -> None:
    hush((acme, globex), settings)


@pytest.fixture
def service() -> Iterator[Receiver]:
    yield from a_service()


def test_a_browser_subscribes_over_the_api_and_a_repeat_changes_nothing(acme: Shop, service: Receiver) -> None:
    api = person(acme, "owner")
    browser = PushBrowser(f"{service.url}/api")
    first = api.post("push/", browser.as_json)
    assert first.status_code == 201, first.content
    again = api.post("push/", browser.as_json)
    assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])
    listed = api.get("push/").json()
    assert listed["public_key"] == shop_key().public and [one["id"] for one in listed["subscriptions"]] == [
        first.json()["id"]
    ]
    assert service.url not in json.dumps(listed["subscriptions"]) and CANARY not in json.dumps(listed)
    assert AuditEntry.objects.filter(object_type="push_subscription", action="create").count() == 1
    assert api.browser.delete(f"/api/v1/push/{first.json()['id']}/").status_code == 204
    assert not PushSubscription.objects.exists()


def test_a_subscription_that_makes_no_sense_is_refused_and_nothing_is_kept(acme: Shop) -> None:
    draft = PushBrowser("https://a.push.example.com/x").draft
    endpoints = (
        "https://evil.example.com/x",
        "http://a.push.example.com/x",
        "https://10.0.0.1/x",
        "https://[bad/x",
        "\0",
    )
    wrong = [{"endpoint": one} for one in (*endpoints, "https://push.example.com.evil.test/x", "")]
    wrong += [{"p256dh": one} for one in ("AAAA", "B" + "A" * 86, "ü", "")]
    wrong += [{"auth": one} for one in ("AAAA", "", "*" * 22)]
    for change in wrong:
        values = {"endpoint": draft.endpoint, "p256dh": draft.p256dh, "auth": draft.auth, **change}
        with pytest.raises(Invalid) as refusal:
            subscribe(Draft(**values), actor=me(acme))
        assert [one["pointer"] for one in refusal.value.details["errors"]] == [f"/{next(iter(change))}"], change
    assert not PushSubscription.objects.exists()
    assert subscribe(draft, actor=me(acme))[1]


def test_another_person_takes_the_browser_over_and_hears_only_of_what_comes(acme: Shop, service: Receiver) -> None:
    browser, row = browser_of(acme, service)
    placed(acme, number="OLD")
    taken, is_new = subscribe(browser.draft, actor=me(acme, "manager"))
    assert (taken.pk, is_new, taken.user) == (row.pk, True, acme.person("manager"))
    placed(acme, number="NEW")
    serve()
    assert [browser.reads(one)["title"] for one in service.received] == ["Order NEW was placed"]


def test_nobody_ends_or_tries_the_browser_of_another_person_and_machines_have_none(
    acme: Shop, service: Receiver
) -> None:
    _, row = browser_of(acme, service)
    for act in (unsubscribe, ask_test):
        with pytest.raises(NotFound):
            act(row.pk, actor=me(acme, "manager"))
    with pytest.raises(Forbidden):
        subscribe(
            PushBrowser(f"{service.url}/m").draft,
            actor=Actor(kind="api_key", id=row.pk, label="m"),
        )
    assert PushSubscription.objects.get() == row


def test_of_too_many_browsers_the_oldest_goes(acme: Shop, service: Receiver) -> None:
    first = browser_of(acme, service, path="0")[1]
    for number in range(1, 21):
        browser_of(acme, service, path=str(number))
    assert PushSubscription.objects.count() == 20 and not PushSubscription.objects.filter(pk=first.pk).exists()


def test_who_logs_out_is_told_nothing_more_in_that_browser(acme: Shop, service: Receiver) -> None:
    api = person(acme, "owner")
    api.post("push/", PushBrowser(f"{service.url}/here").as_json)
    browser_of(acme, service, path="elsewhere")
    api.browser.post(reverse("logout"))
    assert [row.endpoint[-9:] for row in PushSubscription.objects.all()] == ["elsewhere"]


def test_a_browser_ends_with_the_password_or_the_person(acme: Shop, service: Receiver) -> None:
    browser_of(acme, service)
    browser_of(acme, service, "manager")
    owner, manager = acme.person("owner"), acme.person("manager")
    owner.set_password("another one, and long")
    owner.save()
    manager.is_active = False
    manager.save()
    placed(acme)
    serve()
    assert service.received == [] and not PushSubscription.objects.exists()


def test_a_test_message_is_sent_once_even_while_nothing_else_is_owed(acme: Shop, service: Receiver) -> None:
    browser, row = browser_of(acme, service)
    ask_test(row.pk, actor=me(acme))
    assert ask_test(row.pk, actor=me(acme)).test_asked_at
    assert serve() == 1 and serve() == 0
    (sent,) = service.received
    assert (browser.reads(sent)["title"], sent.headers["urgency"]) == ("Push messages work", "high")


def test_wishes_say_which_kinds_are_pushed(acme: Shop) -> None:
    api = person(acme, "owner")
    before = api.get("notification-wishes/").json()["pushes"]
    assert before["order.placed"] is True and before["stock.low"] is False
    answer = api.put("notification-wishes/", {"pushes": {"stock.low": True, "order.placed": False}})
    assert answer.status_code == 200, answer.content
    assert answer.json()["pushes"] == {**before, "stock.low": True, "order.placed": False}
    wrong = api.put("notification-wishes/", {"pushes": {"no.such": True}})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/pushes/no.such")


def test_a_browser_that_gets_another_address_stays_itself_and_is_told_what_happened_in_between(
    acme: Shop, service: Receiver
) -> None:
    before, row = browser_of(acme, service, path="before")
    placed(acme, number="7K2M")
    after = PushBrowser(f"{service.url}/after")
    body = {**after.as_json, "instead": before.endpoint}
    for status in (200, 200):
        answer = person(acme, "owner").post("push/", body)
        assert (answer.status_code, answer.json()["id"]) == (status, str(row.pk))
    serve()
    assert [after.reads(received)["title"] for received in service.received] == ["Order 7K2M was placed"]
    assert PushSubscription.objects.get().endpoint == after.endpoint


def test_nobody_takes_anothers_browser_by_naming_its_address(acme: Shop, service: Receiver) -> None:
    mine, row = browser_of(acme, service, path="mine")
    theirs = PushBrowser(f"{service.url}/theirs")
    answer = person(acme, "cashier").post("push/", {**theirs.as_json, "instead": mine.endpoint})
    assert answer.status_code == 201
    assert set(PushSubscription.objects.values_list("endpoint", flat=True)) == {mine.endpoint, theirs.endpoint}
    row.refresh_from_db()
    assert row.user == acme.person("owner")
    wrong: Any
    for wrong in ({}, "x" * 1001, None):
        assert person(acme, "owner").post("push/", {**theirs.as_json, "instead": wrong}).status_code == 422
