"""Who is served when: leases, shares, and receivers that hang."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings

from core.ids import uuid7
from core.outbox.relay import number_events
from core.tenancy.context import use_tenant
from core.tenancy.rounds import Rounds, Visits
from core.testing import Shop
from tests.webhook_receiver import Receiver, receiving
from tests.webhook_steps import connect, sell
from webhooks import bell
from webhooks.models import Attempt, Delivery, Endpoint
from webhooks.rules import LEASE, MOST_AT_ONCE
from webhooks.server import Server
from webhooks.services.deliveries import Outcome as Done
from webhooks.services.deliveries import claim, finish, return_expired
from webhooks.services.endpoints import update_endpoint
from webhooks.tasks import sweep_webhooks


@pytest.fixture(autouse=True)
def own_bell(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Receivers of these tests are on this machine, and no other test run hears our bell."""
    settings.WEBHOOK_ALLOW_PRIVATE = True
    monkeypatch.setattr(bell, "BELL", f"rs:webhooks:bell:test:{uuid7()}")


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as box:
        yield box


def test_one_hanging_endpoint_delays_no_other_endpoint_and_no_other_shop(acme: Shop, globex: Shop) -> None:
    with receiving(hangs=True) as hanging, receiving() as healthy, receiving() as theirs:
        connect(acme, hanging.url, "*")
        connect(acme, healthy.url, "*")
        for _ in range(6):
            sell(acme)
        with use_tenant(globex.tenant):
            connect(globex, theirs.url, "*")
            sell(globex)
        number_events(acme.tenant)
        number_events(globex.tenant)
        bell.pass_on(globex.tenant.schema_name)
        slow = Delivery.objects.filter(endpoint__url=hanging.url)
        seen: list[int] = []

        def look() -> datetime:
            """The server's clock: notes how far the others are while the first four calls hang."""
            if hanging.received and not seen and len(healthy.received) == 24 and len(theirs.received) == 4:
                seen.append(len(hanging.received))
                hanging.gate.set()
            return datetime.now(UTC)

        Server(clock=look, wall_seconds=3).serve(acme.tenant.schema_name, seconds=15)
        assert seen == [4], "the healthy receivers had everything while exactly four calls hung"
        assert len(healthy.received) == 24 and len(theirs.received) == 4
        assert slow.exclude(attempts=1).count() == 0


def test_a_failing_endpoint_gets_one_try_at_a_time(acme: Shop) -> None:
    with receiving(hangs=True) as hanging:
        connect(acme, hanging.url, "*")
        Endpoint.objects.update(first_failure_at=datetime.now(UTC))
        sell(acme)
        number_events(acme.tenant)
        assert len(claim(datetime.now(UTC), most=8)) == 1
        assert claim(datetime.now(UTC), most=8) == []


@pytest.mark.parametrize("most", [1, 5, 40])
def test_a_shop_has_at_most_sixteen_deliveries_under_way(acme: Shop, most: int) -> None:
    for _ in range(6):
        connect(acme, "http://127.0.0.1:9/", "*")
    for _ in range(3):
        sell(acme)
    number_events(acme.tenant)
    claims = [claim(datetime.now(UTC), most=most) for _ in range(30)]
    assert max(len(some) for some in claims) == min(most, 16)
    taken = [one for some in claims for one in some]
    assert len(taken) == MOST_AT_ONCE == 16
    per_endpoint = [sum(one.endpoint_id == row.pk for one in taken) for row in Endpoint.objects.all()]
    assert sorted(per_endpoint) == [2, 2, 3, 3, 3, 3], "the endpoints take turns"
    assert len({one.delivery_id for one in taken}) == 16


def test_a_delivery_whose_worker_vanished_is_given_back_and_the_old_token_finishes_nothing(
    acme: Shop, receiver: Receiver
) -> None:
    connect(acme, receiver.url)
    sell(acme)
    number_events(acme.tenant)
    now = datetime.now(UTC)
    [lost] = claim(now)
    assert return_expired(now + LEASE - timedelta(seconds=1)) == 0
    assert claim(now + LEASE) == []
    assert return_expired(now + LEASE + timedelta(seconds=1)) == 1
    Delivery.objects.update(due_at=now)
    assert finish([(lost, Done(at=now, duration_ms=1, status=200))], spread=lambda: 0) == [lost]
    assert Attempt.objects.count() == 0
    Server().serve(acme.tenant.schema_name)
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.attempts) == ("done", 2)


def test_the_sweep_rings_for_what_a_lost_message_left(
    acme: Shop, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung: list[str] = []
    monkeypatch.setattr("webhooks.tasks.ring", rung.append)
    connect(acme, receiver.url)
    sweep_webhooks()
    assert rung == []
    sell(acme)
    number_events(acme.tenant)
    sweep_webhooks()
    assert rung == [acme.tenant.schema_name]


def test_tries_of_one_batch_are_judged_each_by_itself(acme: Shop) -> None:
    for _ in range(3):
        connect(acme, "http://127.0.0.1:9/")
    for _ in range(2):
        sell(acme)
    number_events(acme.tenant)
    now = datetime.now(UTC)
    claims = claim(now, most=8)
    good, bad, gone = list(Endpoint.objects.order_by("pk").values_list("pk", flat=True))
    status = {good: 200, bad: 500, gone: 410}
    assert [sum(one.endpoint_id == pk for one in claims) for pk in status] == [2, 2, 2]
    stranger = replace(claims[0], token=uuid7())
    results = [(one, Done(at=now, duration_ms=1, status=status[one.endpoint_id])) for one in [*claims, stranger]]
    assert finish(results, spread=lambda: 0) == [stranger]
    rows = Delivery.objects.order_by("endpoint", "pk").values_list("endpoint", "state", "last_status", "lease_token")
    assert list(rows) == [
        *[(good, "done", 200, None)] * 2,
        *[(bad, "pending", 500, None)] * 2,
        *[(gone, "dead", 410, None)] * 2,
    ]
    assert set(Delivery.objects.filter(endpoint=bad).values_list("due_at", flat=True)) == {now + timedelta(seconds=5)}
    assert Attempt.objects.count() == 6
    kept = Endpoint.objects.order_by("pk").values_list(
        "is_enabled", "first_failure_at", "last_success_at", "last_served_at"
    )
    assert list(kept) == [(True, None, now, now), (True, now, None, now), (False, now, None, now)]


def test_a_retry_is_sent_when_it_is_due_though_its_shop_has_no_turn_in_the_round(
    acme: Shop, globex: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung: list[str] = []
    visits = Visits(f"test:{uuid7()}", most=100)
    for place in ("webhooks.tasks.VISITS", "webhooks.server.VISITS", "webhooks.bell.VISITS"):
        monkeypatch.setattr(place, visits)
    monkeypatch.setattr("webhooks.tasks.ring", rung.append)
    monkeypatch.setattr(Rounds, "turn", lambda self: [])
    with receiving((500, {}, b"")) as failing:
        connect(acme, failing.url)
        sell(acme)
        number_events(acme.tenant)
        now = datetime.now(UTC)
        Server(clock=lambda: now).serve(acme.tenant.schema_name)
    assert Delivery.objects.get().state == "pending"
    sweep_webhooks()
    assert rung == [], "it is not due yet"
    monkeypatch.setattr("webhooks.tasks.now_utc", lambda: now + timedelta(seconds=7))
    sweep_webhooks()
    sweep_webhooks()
    assert rung == [acme.tenant.schema_name] * 2, "until somebody sends it"
    Delivery.objects.update(state="done")
    sweep_webhooks()
    sweep_webhooks()
    assert len(rung) == 2


def test_turning_an_endpoint_on_rings_for_what_waited(
    acme: Shop, monkeypatch: pytest.MonkeyPatch, django_capture_on_commit_callbacks: Any
) -> None:
    rung: list[str] = []
    monkeypatch.setattr("webhooks.services.endpoints.ring", rung.append)
    endpoint, _ = connect(acme, "http://127.0.0.1:9/")
    for is_enabled in (False, True):
        with django_capture_on_commit_callbacks(execute=True):
            update_endpoint(endpoint_id=endpoint.pk, changes={"is_enabled": is_enabled}, actor=acme.actor())
        assert rung == [acme.tenant.schema_name] * is_enabled


def test_claims_use_the_partial_indexes(acme: Shop, receiver: Receiver) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexdef FROM pg_indexes WHERE schemaname = %s AND tablename = 'webhooks_delivery'",
            [acme.tenant.schema_name],
        )
        definitions = " ".join(row[0] for row in cursor.fetchall())
    assert "(endpoint_id, due_at, id) WHERE ((state)::text = 'pending'::text)" in definitions
    assert "(lease_until) WHERE ((state)::text = 'sending'::text)" in definitions
