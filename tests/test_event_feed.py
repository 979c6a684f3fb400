"""Waiting at the event feed: news at once, with and without the doorbell, and nobody takes the server hostage."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import redis
from django.db import connection, transaction
from pytest_django import Settings

from core.actors import SYSTEM
from core.ids import uuid7
from core.locations.models import Location
from core.outbox import patience
from core.outbox.epochs import begin_epoch
from core.outbox.models import Stream
from core.outbox.relay import number_events
from core.outbox.selectors import events_after
from core.outbox.services import emit
from core.people.models import Grant
from core.tenancy.context import use_tenant
from core.testing import Shop, stock
from inventory.events import TransferShipped
from tests.api import Api, machine, pointers
from tests.live_steps import head, news
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)


class Asked:
    """One who asks the feed on a thread of its own; ``answer`` when it has come."""

    def __init__(self, shop: Shop, key: Api, **query: Any) -> None:
        self.answer: Any = None
        self.began = time.monotonic()
        self.seconds = 0.0
        self._thread = threading.Thread(target=self._ask, args=(shop, key, query), daemon=True)
        self._thread.start()

    def _ask(self, shop: Shop, key: Api, query: dict[str, Any]) -> None:
        try:
            self.answer = key.get("events/", query)
            self.seconds = time.monotonic() - self.began
        finally:
            connection.close()

    def come(self) -> Any:
        self._thread.join(30)
        assert self.answer is not None
        return self.answer


@contextmanager
def all_wait(count: int) -> Iterator[None]:
    """Do something once so many wait."""
    wait_until(lambda: patience._waiting.total() == count)
    yield
    wait_until(lambda: patience._waiting.total() == 0)


@pytest.fixture
def key(acme: Shop) -> Api:
    made = machine(acme)
    while number_events(acme.tenant):
        pass
    return made


@pytest.fixture(params=["with the doorbell", "without Redis"])
def redis_or_none(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "without Redis":
        away = redis.Redis(host="127.0.0.1", port=1, socket_connect_timeout=0.1)
        monkeypatch.setattr(patience, "waiting_redis", lambda: away)
        monkeypatch.setattr(patience, "LOOK_SECONDS", 0.2)
    return str(request.param)


def test_who_waits_hears_at_once_and_holds_no_database_connection(
    acme: Shop, globex: Shop, key: Api, redis_or_none: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[bool] = []
    bell_wait = patience._Bell.wait

    def wait(bell: patience._Bell, seconds: float) -> None:
        held.append(connection.connection is not None)
        bell_wait(bell, seconds)

    monkeypatch.setattr(patience._Bell, "wait", wait)
    asked = Asked(acme, key, after=head(), wait=25)
    with all_wait(1):
        wait_until(lambda: held)
        with use_tenant(globex.tenant):
            news()
            number_events(globex.tenant)
        news(2)
        number_events(acme.tenant)
    answer = asked.come().json()
    assert [row["type"] for row in answer["results"]] == ["product.updated"] * 2
    assert (answer["next_after"], answer["has_more"]) == (head(), False)
    assert asked.seconds < 15
    assert held and not any(held)


def test_what_one_may_not_know_wakes_nobody_and_moves_the_place_on(acme: Shop, key: Api) -> None:
    north = Location.objects.create(code="NORTH", name="North")
    reader = machine(acme, ["outbox.view_events", "inventory.view_stock"], (north,))
    while number_events(acme.tenant):
        pass
    asked = Asked(acme, reader, after=head(), wait=2)
    with all_wait(1):
        stock(acme.variant("TEA"), acme.location, "5")
        number_events(acme.tenant)
    answer = asked.come().json()
    assert (answer["results"], answer["next_after"]) == ([], head())
    assert asked.seconds >= 2


def test_a_new_epoch_ends_the_wait(acme: Shop, key: Api) -> None:
    asked = Asked(acme, key, after=head(), epoch=str(Stream.objects.get().epoch), wait=25)
    with all_wait(1):
        begin_epoch(uuid7(), reason="restored", actor=SYSTEM)
        number_events(acme.tenant)
    assert (asked.come().status_code, asked.come().json()["because"]) == (410, "epoch")


def test_where_all_places_are_taken_the_answer_comes_at_once(acme: Shop, key: Api, settings: Settings) -> None:
    settings.FEED_WAITERS = 2
    first = Asked(acme, key, after=head(), wait=25)
    with all_wait(1):
        second = key.get("events/", {"after": head(), "wait": 25})  # a shop has half of the places
        assert (second.status_code, second.json()["results"]) == (200, [])
        assert patience._waiting.total() == 1
        news()
        number_events(acme.tenant)
    assert len(first.come().json()["results"]) == 1


@pytest.mark.parametrize("wait", ["-1", "31", "x", "NaN", "1e9", "0.5", str(10**30)])
def test_a_wait_that_is_none_is_told(acme: Shop, key: Api, wait: str) -> None:
    answer = key.get("events/", {"after": head(), "wait": wait})
    assert (answer.status_code, pointers(answer)) == (422, {"/wait"})


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ({"after": "-1"}, 422, {"/after"}),
        ({"after": "x"}, 422, {"/after"}),
        ({"after": str(2**63)}, 422, {"/after"}),
        ({"after": str(2**63 - 1)}, 410, "future"),
        ({"epoch": "x"}, 422, {"/epoch"}),
        ({"epoch": "01998f3a-7c3e-7bd1-9d4f-0d52a1f3c9aa"}, 410, "epoch"),
        ({"types": "order.nothing"}, 422, {"/types"}),
        ({"types": "*.completed"}, 422, {"/types"}),
        ({"limit": "0"}, 422, {"/limit"}),
        ({"limit": "1001"}, 422, {"/limit"}),
        ({"since": "3"}, 422, {"/since"}),
    ],
)
def test_a_place_that_makes_no_sense_is_told(
    acme: Shop, key: Api, query: dict[str, str], status: int, words: object
) -> None:
    answer = key.get("events/", {**query, "wait": "20"})
    assert answer.status_code == status
    assert (pointers(answer) if status == 422 else answer.json()["because"]) == words


def test_a_place_below_what_is_kept_is_old(acme: Shop, key: Api) -> None:
    Stream.objects.update(kept_from=5)
    answer = key.get("events/", {"after": 3, "wait": 20})
    assert (answer.status_code, answer.json()["because"], answer.json()["head"]) == (410, "old", head())
    assert key.get("events/", {"after": 4}).status_code == 200


def test_both_ends_of_a_transfer_hear_of_it_and_nobody_else_at_another_place(acme: Shop) -> None:
    places = [Location.objects.create(code=code, name=code) for code in ("FROM", "TO", "ELSE")]
    while number_events(acme.tenant):
        pass
    start = head()
    sent = TransferShipped(
        transfer_id=uuid7(), version=1, number="T-1", location_id=places[0].pk, destination_id=places[1].pk, lines=2
    )
    with transaction.atomic():
        emit(sent, actor=SYSTEM)
    while number_events(acme.tenant):
        pass
    heard = []
    for place in places:
        Grant.objects.filter(user=acme.person("cashier")).update(location=place)
        told = events_after(start, actor=acme.actor("cashier"), limit=10, subscriptions=["transfer.*"]).events
        heard.append([event["type"] for event in told])
    assert heard == [["transfer.shipped"], ["transfer.shipped"], []]
