"""Facts are told once, numbered without gaps after the commit, and lost doorbells cost nothing."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from decimal import Decimal

import pytest
from django.db import connection, transaction

from core.actors import SYSTEM
from core.events import CATALOGUE, json_schema, matches, plain
from core.ids import uuid7
from core.outbox import relay
from core.outbox.models import Event, Stream
from core.outbox.relay import number_events
from core.outbox.services import emit, emit_all
from core.tenancy.context import use_tenant
from core.tenancy.models import Tenant
from core.testing import Shop
from inventory.events import StockOut
from tests.waiting import wait_until


def fact(sku: str = "TEA", version: int = 1) -> StockOut:
    return StockOut(variant_id=uuid7(), version=version, location_id=uuid7(), sku=sku, on_hand=Decimal("0.000"))


@pytest.mark.django_db(transaction=True)
def test_a_fact_outside_a_transaction_is_refused(acme: Shop) -> None:
    before = Event.objects.count()
    with pytest.raises(RuntimeError, match="transaction"):
        emit(fact(), actor=SYSTEM)
    assert Event.objects.count() == before


@pytest.mark.django_db(transaction=True)
def test_a_fact_that_is_rolled_back_was_never_told(acme: Shop) -> None:
    number_events(acme.tenant)
    head = Stream.objects.get().head
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        emit(fact(), actor=SYSTEM)
        _ = 1 / 0
    assert number_events(acme.tenant) == 0
    assert Stream.objects.get().head == head


@pytest.mark.django_db(transaction=True)
def test_numbers_follow_each_other_per_shop_and_each_is_given_once(acme: Shop, globex: Shop) -> None:
    told: list[tuple[str, list[int | None]]] = []

    def listener(tenant: Tenant, events: Sequence[Event]) -> None:
        told.append((tenant.schema_name, [event.seq for event in events]))

    while number_events(acme.tenant) or number_events(globex.tenant):
        pass
    head = Stream.objects.get().head
    relay._after_commit.append(listener)
    try:
        with transaction.atomic():
            emit_all([fact(version=n) for n in range(1, 4)], actor=SYSTEM)
        assert number_events(acme.tenant) == 3
        assert number_events(acme.tenant) == 0 == number_events(globex.tenant)
    finally:
        relay._after_commit.remove(listener)
    assert told == [(acme.tenant.schema_name, [head + 1, head + 2, head + 3])]
    assert Stream.objects.get().head == head + 3


@pytest.mark.django_db(transaction=True)
def test_many_relays_and_writers_at_once_leave_no_gap_and_no_double(acme: Shop) -> None:
    while number_events(acme.tenant):
        pass
    head, count = Stream.objects.get().head, Event.objects.count()
    stop = threading.Event()

    def write() -> None:
        with use_tenant(acme.tenant):
            for version in range(25):
                with transaction.atomic():
                    emit(fact(version=version), actor=SYSTEM)
        connection.close()

    def number() -> None:
        while not stop.is_set():
            number_events(acme.tenant)
        connection.close()

    writers = [threading.Thread(target=write) for _ in range(4)]
    relays = [threading.Thread(target=number) for _ in range(3)]
    for thread in writers + relays:
        thread.start()
    for thread in writers:
        thread.join()
    wait_until(lambda: not Event.objects.filter(seq__isnull=True).exists(), seconds=30)
    stop.set()
    for thread in relays:
        thread.join()
    numbers = list(Event.objects.filter(seq__gt=head).order_by("seq").values_list("seq", flat=True))
    assert Event.objects.count() == count + 100
    assert numbers == list(range(head + 1, head + 101))


@pytest.mark.live
@pytest.mark.django_db(transaction=True)
def test_a_relay_killed_at_any_moment_leaves_no_gap(acme: Shop) -> None:
    while number_events(acme.tenant):
        pass
    head = Stream.objects.get().head
    environment = {**os.environ, "DATABASE_URL": _address_of_test_database()}
    command = [sys.executable, "manage.py", "relay", "--sweep-seconds", "0.05"]
    for kill in (True, True, False):
        process = subprocess.Popen(command, env=environment)
        try:
            for version in range(40):
                with transaction.atomic():
                    emit(fact(version=version), actor=SYSTEM)
            if kill:
                wait_until(lambda: Stream.objects.get().head > head, seconds=30)
                process.send_signal(signal.SIGKILL)
            else:
                wait_until(lambda: not Event.objects.filter(seq__isnull=True).exists(), seconds=30)
                process.send_signal(signal.SIGTERM)
        finally:
            if process.poll() is None and kill:
                process.kill()
            code = process.wait(timeout=15)
        assert code == (-signal.SIGKILL if kill else 0)
    numbers = list(Event.objects.filter(seq__gt=head).order_by("seq").values_list("seq", flat=True))
    assert numbers == list(range(head + 1, head + 121))


def _address_of_test_database() -> str:
    base, _, _ = os.environ["DATABASE_URL"].rpartition("/")
    return f"{base}/{connection.settings_dict['NAME']}"


def test_a_doorbell_without_redis_costs_no_sale(acme: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    import redis

    away = redis.Redis(host="127.0.0.1", port=1, socket_connect_timeout=0.1)
    monkeypatch.setattr("core.outbox.doorbell.live_redis", lambda: away)
    from core.outbox.doorbell import ring

    with transaction.atomic():
        emit(fact(), actor=SYSTEM)
    ring(acme.tenant.schema_name)
    assert Event.objects.filter(type="stock.out").count() == 1


def test_every_event_is_typed_and_documented() -> None:
    assert "order.completed" in CATALOGUE and "stock.changed" in CATALOGUE
    for name, cls in CATALOGUE.items():
        schema = json_schema(cls)
        assert schema["description"], f"{name} says nothing of itself"
        assert {cls.key, "version"} <= schema["properties"].keys()


@pytest.mark.parametrize(
    ("subscription", "event_type", "heard"),
    [
        ("*", "order.completed", True),
        ("order.*", "order.completed", True),
        ("sale.completed", "order.completed", True),
        ("sale.*", "order.voided", True),
        ("order.completed", "order.created", False),
        ("stock.*", "stockroom.opened", False),
        ("order", "order.created", False),
    ],
)
def test_a_subscription_hears_what_it_names(subscription: str, event_type: str, heard: bool) -> None:
    assert matches(subscription, event_type) is heard


def test_payloads_are_plain_json() -> None:
    payload = fact().payload()
    assert payload["on_hand"] == "0.000" and isinstance(payload["variant_id"], str)
    assert plain({"a": (Decimal("1E+2"), {1})}) == {"a": ["100", [1]]}
