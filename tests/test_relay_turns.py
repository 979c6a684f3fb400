"""The relay visits a thousand shops in slices, and no event and no shop keeps the others waiting."""

import logging
import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import OperationalError, transaction
from redis import Redis

from core.actors import SYSTEM
from core.audit.models import AuditEntry
from core.audit.services import record
from core.ids import uuid7
from core.outbox import relay
from core.outbox.management.commands.relay import Command
from core.outbox.models import Event, Stream
from core.outbox.relay import number_events
from core.outbox.services import emit_all
from core.tenancy.context import use_public, use_tenant
from core.tenancy.models import Tenant, schema_name_of
from core.tenancy.rounds import Rounds, Visits, for_every_shop
from core.testing import Shop
from inventory.events import StockOut

pytestmark = pytest.mark.django_db(transaction=True)


def facts(*skus: str) -> list[StockOut]:
    return [StockOut(variant_id=uuid7(), version=1, location_id=uuid7(), sku=sku, on_hand=Decimal(0)) for sku in skus]


@pytest.fixture
def many_shops(acme: Shop, globex: Shop) -> Iterator[list[Tenant]]:
    """Seven more rows beside the two shops; they have no schema, so nobody may look into them."""
    with use_public():
        ids = [uuid7() for _ in range(7)]
        rows = [Tenant(id=pk, schema_name=schema_name_of(pk), name="empty", state="active") for pk in ids]
        Tenant.objects.bulk_create(rows)
    yield rows
    with use_public():
        Tenant.objects.filter(pk__in=ids).delete()


def test_every_shop_has_its_turn_once_a_round_and_no_turn_is_longer_than_it_may(many_shops: list[Tenant]) -> None:
    with use_public():
        everybody = list(Tenant.objects.filter(state="active").order_by("pk").values_list("pk", flat=True))
    assert len(everybody) == 9
    rounds = Rounds(4)
    turns = [[tenant.pk for tenant in rounds.turn()] for _ in range(6)]
    assert [len(turn) for turn in turns] == [4, 4, 1, 4, 4, 1]
    assert [pk for turn in turns for pk in turn] == [*everybody, *everybody]


def test_a_round_that_ends_with_a_full_turn_begins_anew(many_shops: list[Tenant]) -> None:
    rounds = Rounds(3)
    assert [len(rounds.turn()) for _ in range(5)] == [3, 3, 3, 0, 3]


def test_a_sweep_visits_noted_shops_when_they_are_due_and_all_others_in_slices(many_shops: list[Tenant]) -> None:
    with use_public():
        everybody = list(Tenant.objects.filter(state="active").order_by("pk"))
    now = datetime.now(UTC)
    name = f"test:{uuid7()}"
    Visits(name, most=4).note(everybody[8].schema_name, now)
    Visits(name, most=4).note(everybody[7].schema_name, now + timedelta(seconds=30))
    Visits(name, most=4).note(everybody[7].schema_name, now + timedelta(seconds=60))
    Visits(name, most=4).note("t_0000000000000000", now)
    turns = [[everybody.index(tenant) for tenant in Visits(name, most=4).turn(now)] for _ in range(4)]
    assert turns == [[8, 0, 1, 2, 3], [4, 5, 6, 7], [8], [0, 1, 2, 3]], "another process goes on where one stopped"
    assert everybody[7] not in Visits(name, most=1).turn(now + timedelta(seconds=29))
    assert everybody[7] in Visits(name, most=1).turn(now + timedelta(seconds=31))


def test_a_sweep_visits_shops_while_redis_is_away(acme: Shop, globex: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.tenancy.rounds.live_redis", lambda: Redis(host="127.0.0.1", port=9))
    visits = Visits("test", most=4)
    visits.note(acme.tenant.schema_name, datetime.now(UTC))
    assert {tenant.pk for tenant in visits.turn(datetime.now(UTC))} == {acme.tenant.pk, globex.tenant.pk}


def test_a_shop_that_cannot_be_served_keeps_no_other_waiting(
    acme: Shop, many_shops: list[Tenant], caplog: pytest.LogCaptureFixture
) -> None:
    served: list[str] = []

    def work(tenant: Tenant) -> None:
        Event.objects.count()  # there is no such table in the empty shops
        served.append(tenant.schema_name)

    for_every_shop(work)
    assert acme.tenant.schema_name in served and len(served) == 2
    assert len([line for line in caplog.records if line.message == "periodic work failed"]) == 7


def test_a_relay_goes_on_after_a_shop_whose_events_cannot_be_numbered(acme: Shop, many_shops: list[Tenant]) -> None:
    with transaction.atomic():
        emit_all(facts("A"), actor=SYSTEM)
    command = Command()
    command.stopping = threading.Event()
    for tenant in [*many_shops, acme.tenant]:
        command._drain(tenant)
    assert not Event.objects.filter(seq__isnull=True).exists()


def test_one_event_that_a_listener_cannot_take_is_told_loudly_and_harms_no_other(
    acme: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    while number_events(acme.tenant):
        pass
    head = Stream.objects.get().head

    def poisoned(events: Sequence[Event]) -> None:
        for event in events:
            record(AuditEntry.Action.CHANGE, actor=SYSTEM, object_type="heard", object_label=event.payload["sku"])
            if event.payload["sku"] == "POISON":
                raise ValueError("this listener has a bug")

    relay._in_transaction.append(poisoned)
    try:
        with transaction.atomic():
            emit_all(facts("A", "B", "POISON", "C", "D"), actor=SYSTEM)
        with caplog.at_level(logging.CRITICAL):
            assert number_events(acme.tenant) == 5
            assert number_events(acme.tenant) == 0
    finally:
        relay._in_transaction.remove(poisoned)
    assert Stream.objects.get().head == head + 5
    heard = AuditEntry.objects.filter(object_type="heard").order_by("id").values_list("object_label", flat=True)
    assert list(heard) == ["A", "B", "C", "D"]
    poison = Event.objects.get(payload__sku="POISON")
    (loud,) = [line for line in caplog.records if line.levelno == logging.CRITICAL]
    assert (loud.event, loud.kind) == (str(poison.uuid), "stock.out")  # type: ignore[attr-defined]
    assert poison.seq == head + 3


def test_a_listener_that_waits_for_the_database_is_tried_again_with_the_whole_batch(acme: Shop) -> None:
    while number_events(acme.tenant):
        pass
    head, calls = Stream.objects.get().head, []

    def busy_once(events: Sequence[Event]) -> None:
        calls.append(len(events))
        if len(calls) == 1:
            raise OperationalError("lock timeout")

    relay._in_transaction.append(busy_once)
    try:
        with transaction.atomic():
            emit_all(facts("A", "B"), actor=SYSTEM)
        with pytest.raises(OperationalError):
            number_events(acme.tenant)
        with use_tenant(acme.tenant):
            assert Event.objects.filter(seq__isnull=True).count() == 2 and Stream.objects.get().head == head
        assert number_events(acme.tenant) == 2
    finally:
        relay._in_transaction.remove(busy_once)
    assert calls == [2, 2]
