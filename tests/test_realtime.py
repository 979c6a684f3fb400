"""The socket, with the product's own processes, a real Redis and a real client: nothing lost, nothing leaked."""

import json
import random
import threading
import time
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.db import close_old_connections, connection, transaction
from websockets.exceptions import ConnectionClosed, InvalidStatus

from core.actors import SYSTEM
from core.ids import uuid7
from core.locations.models import Location
from core.outbox.models import Event, Stream
from core.outbox.services import emit_all
from core.people.models import Grant
from core.redis import live_redis
from core.tenancy.context import use_tenant
from core.testing import CANARY, Shop, sale_body
from inventory.events import ProductUpdated, StockChanged
from orders.events import PaymentReceived
from realtime.presence import count_screens
from tests.live_client import Listener
from tests.processes import Product, running
from tests.waiting import wait_until

pytestmark = [pytest.mark.live, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def processes(django_db_setup: None, django_db_blocker: Any) -> Iterator[Product]:
    with django_db_blocker.unblock(), running("web", "relay", settings_module="tests.live_settings") as product:
        yield product


@pytest.fixture
def product(processes: Product, acme: Shop, globex: Shop) -> Iterator[Product]:
    yield processes
    processes.quiet(acme, globex)


def news(count: int = 1, *, name: str = "News", ballast: int = 0) -> None:
    """Commit ``count`` events in one transaction."""
    with transaction.atomic():
        emit_all(
            [
                ProductUpdated(product_id=uuid7(), version=1, name=f"{name} {n}", skus=["x" * 60] * ballast, fields=[])
                for n in range(count)
            ],
            actor=SYSTEM,
        )


def stock_news(location: Location, *, sku: str) -> StockChanged:
    return StockChanged(
        variant_id=uuid7(),
        version=1,
        location_id=location.pk,
        sku=sku,
        delta=Decimal(1),
        on_hand=Decimal(1),
        reserved=Decimal(0),
        cause="count",
        reference_type="test",
        reference_id=uuid7(),
    )


def money_news(location: Location) -> PaymentReceived:
    return PaymentReceived(
        payment_id=uuid7(),
        version=1,
        order_id=uuid7(),
        location_id=location.pk,
        method="cash",
        currency="GBP",
        amount=Decimal(1),
    )


def head() -> int:
    return Stream.objects.get().head


def numbered(count: int) -> int:
    """Wait until this shop's stream has come to ``count``."""
    wait_until(lambda: (Stream.objects.filter(pk=1).first() or Stream(head=-1)).head >= count, seconds=20)
    return head()


def settled() -> int:
    """The head once everything is numbered."""
    wait_until(lambda: Event.objects.exists() and not Event.objects.filter(seq=None).exists(), seconds=20)
    return head()


def close_code(listener: Listener, seconds: float = 20) -> int:
    deadline = time.monotonic() + seconds
    with pytest.raises(ConnectionClosed) as end:
        while time.monotonic() < deadline:
            listener.read(seconds)
    assert end.value.rcvd is not None
    return end.value.rcvd.code


# --- who may listen


def test_a_greeting_says_where_the_stream_stands_and_what_will_be_heard(product: Product, acme: Shop) -> None:
    at = settled()
    listener = Listener(product, acme, "cashier", topics="order.*,stock.changed,import.finished")
    hello = listener.greet()
    listener.close()

    assert hello == {
        "type": "hello",
        "epoch": str(Stream.objects.get().epoch),
        "last_seq": at,
        "topics": ["order.completed", "order.created", "stock.changed"],
        "heartbeat": 1,
        "screens": 0,
    }


def test_a_ticket_opens_one_socket_only(product: Product, acme: Shop) -> None:
    first, second = Listener(product, acme), Listener(product, acme)
    ticket = first.ticket()

    assert first.greet(ticket=ticket)["type"] == "hello"
    second.open(ticket=ticket)
    assert close_code(second) == 4401
    first.close()


def test_an_expired_ticket_is_refused(product: Product, acme: Shop) -> None:
    listener = Listener(product, acme)
    ticket = listener.ticket()
    schema = acme.tenant.schema_name
    assert live_redis().keys(f"rs:ticket:{schema}:*")
    wait_until(lambda: not live_redis().keys(f"rs:ticket:{schema}:*"))

    listener.open(ticket=ticket)
    assert close_code(listener) == 4401


@pytest.mark.parametrize("ticket", ["", "nonsense", "x" * 5000])
def test_a_ticket_nobody_issued_is_refused(product: Product, acme: Shop, ticket: str) -> None:
    listener = Listener(product, acme)
    listener.open(ticket=ticket)
    assert close_code(listener) == 4401


def test_a_ticket_of_another_shop_is_refused(product: Product, acme: Shop, globex: Shop) -> None:
    here, there = Listener(product, acme), Listener(product, globex)
    here.open(ticket=there.ticket())
    assert close_code(here) == 4401
    assert [frame["type"] for frame in here.frames] == []


def test_a_ticket_made_at_one_origin_opens_nothing_without_it(product: Product, acme: Shop) -> None:
    listener = Listener(product, acme)
    listener.open(origin=None)
    assert close_code(listener) == 4401


def test_a_page_of_somebody_else_gets_no_handshake(product: Product, acme: Shop, globex: Shop) -> None:
    listener = Listener(product, acme)
    for origin in ("http://evil.example", f"http://{globex.host}:{product.port}", "null"):
        with pytest.raises(InvalidStatus) as refusal:
            listener.open(origin=origin)
        assert refusal.value.response.status_code == 403


def test_an_unknown_host_has_no_stream(product: Product, acme: Shop) -> None:
    listener = Listener(product, acme)
    listener.open(host=f"nobody.localhost:{product.port}", origin=None)
    assert close_code(listener) == 4404


@pytest.mark.parametrize("more", [{"since": "yesterday"}, {"since": "1:2"}, {"topics": "order.completed;drop"}])
def test_wishes_that_cannot_be_read_are_refused(product: Product, acme: Shop, more: dict[str, str]) -> None:
    listener = Listener(product, acme)
    listener.open(**more)  # type: ignore[arg-type]
    assert close_code(listener) == 4400


def test_a_stranger_gets_no_ticket(product: Product, acme: Shop) -> None:
    stranger = Listener(product, acme, cookies="__Host-csrf=" + "a" * 32)
    schema = acme.tenant.schema_name
    wait_until(lambda: not live_redis().keys(f"rs:ticket:{schema}:*"))  # those of earlier tests
    status, body = stranger.ask("/api/v1/live/tickets/", method="POST")
    assert (status, body["code"]) == (401, "not-authenticated")
    assert live_redis().keys(f"rs:ticket:{schema}:*") == []


# --- what is heard


def test_a_sale_is_heard_in_its_shop_and_nowhere_else(product: Product, acme: Shop, globex: Shop) -> None:
    settled()
    here, there = Listener(product, acme), Listener(product, globex)
    before = here.greet()["last_seq"]
    there_before = there.greet()["last_seq"]

    status, order = here.ask("/api/v1/orders/", method="POST", body=sale_body(acme, {"TEA": "2", "CUP": "1"}))
    assert status == 201, order
    here.through(before + 5)
    there.until("ping")
    there.until("ping")
    here.close()
    there.close()

    assert [event["type"] for event in here.events] == [
        "order.created",
        "payment.received",
        "order.completed",
        "stock.changed",
        "stock.changed",
    ]
    assert [event["seq"] for event in here.events] == list(range(before + 1, before + 6))
    assert here.events[2]["data"]["total"] == "21.00"
    assert here.events[2] == Event.objects.get(seq=before + 3).envelope()
    assert (there.events, there.cursor) == ([], there_before)
    assert "Acme" not in json.dumps(there.frames)


def test_what_the_other_shop_does_is_never_seen(product: Product, acme: Shop, globex: Shop) -> None:
    settled()
    here, there = Listener(product, acme), Listener(product, globex)
    here.greet()
    there.greet()
    with use_tenant(globex.tenant):
        news(5, name=CANARY)
    while len(there.events) < 5:
        there.read()
    here.until("ping")
    here.until("ping")
    here.close()
    there.close()

    assert CANARY in json.dumps(there.frames)
    assert here.events == [] and CANARY not in json.dumps(here.frames)


def test_each_role_hears_what_its_permissions_name(product: Product, acme: Shop) -> None:
    settled()
    listeners = {role: Listener(product, acme, role) for role in ("owner", "cashier", "stock clerk")}
    for listener in listeners.values():
        listener.greet()
    with transaction.atomic():
        payment = money_news(acme.location)
        emit_all([payment, stock_news(acme.location, sku="S")], actor=SYSTEM)
    at = settled()
    for listener in listeners.values():
        listener.through(at)
        listener.close()

    heard = {role: [event["type"] for event in listener.events] for role, listener in listeners.items()}
    assert heard == {
        "owner": ["payment.received", "stock.changed"],
        "cashier": ["payment.received", "stock.changed"],
        "stock clerk": ["stock.changed"],
    }


def test_a_role_at_one_location_hears_that_location_only(product: Product, acme: Shop) -> None:
    settled()
    elsewhere = Location.objects.create(code="TWO", name="Second shop")
    Grant.objects.filter(user=acme.person("stock clerk")).update(location=elsewhere)
    Grant.objects.filter(user=acme.person("cashier")).update(location=elsewhere)
    clerk, cashier = Listener(product, acme, "stock clerk"), Listener(product, acme, "cashier")
    clerk.greet()
    cashier.greet()
    with transaction.atomic():
        here, there = stock_news(acme.location, sku="HERE"), stock_news(elsewhere, sku="THERE")
        emit_all([here, money_news(acme.location), there, money_news(elsewhere)], actor=SYSTEM)
    at = settled()
    for listener in (clerk, cashier):
        listener.through(at)
        listener.close()

    assert [event["data"]["sku"] for event in clerk.events] == ["THERE"]
    assert [event["type"] for event in cashier.events] == ["stock.changed", "payment.received"]
    assert {event["data"]["location_id"] for event in cashier.events} == {str(elsewhere.pk)}


def test_a_lost_role_ends_the_line_with_4401(product: Product, acme: Shop) -> None:
    settled()
    listener, other = Listener(product, acme, "cashier"), Listener(product, acme, "owner")
    listener.greet()
    other.greet()
    Grant.objects.filter(user=acme.person("cashier")).delete()

    assert close_code(listener) == 4401
    other.until("ping")
    other.close()


def test_a_locked_person_is_cut_off_and_gets_no_new_ticket(product: Product, acme: Shop) -> None:
    settled()
    listener = Listener(product, acme, "cashier")
    listener.greet()
    person = acme.person("cashier")
    person.is_active = False
    person.save(update_fields=["is_active"])

    assert close_code(listener) == 4401
    assert listener.ask("/api/v1/live/tickets/", method="POST")[0] == 401


# --- manners


def test_a_ping_is_answered_with_its_mark(product: Product, acme: Shop) -> None:
    at = settled()
    listener = Listener(product, acme)
    listener.greet()
    assert listener.line is not None
    listener.line.send('{"type":"ping","id":7}')
    assert listener.until("pong") == {"type": "pong", "id": 7, "head": at}
    listener.close()


@pytest.mark.parametrize(
    ("message", "code"),
    [
        (json.dumps({"type": "ping", "id": "x" * 5000}), 1009),
        (b"\0" * 5000, 1009),
        ("not json", 4400),
        ("[" * 4000, 4400),
        ('{"type":"subscribe"}', 4400),
        ('"ping"', 4400),
        (b"{}", 4400),
    ],
)
def test_rude_messages_end_the_line(product: Product, acme: Shop, message: str | bytes, code: int) -> None:
    listener = Listener(product, acme)
    listener.greet()
    assert listener.line is not None
    listener.line.send(message)
    assert close_code(listener) == code


def test_a_program_that_never_stops_talking_is_ended(product: Product, acme: Shop) -> None:
    listener = Listener(product, acme)
    listener.greet()
    assert listener.line is not None
    for _ in range(31):
        listener.line.send('{"type":"ping"}')
    assert close_code(listener) == 4409
    assert sum(frame["type"] == "pong" for frame in listener.frames) == 30


def test_every_screen_hears_how_many_there_are(product: Product, acme: Shop) -> None:
    wait_until(lambda: count_screens() == 0)  # those of earlier tests are gone
    first, second = Listener(product, acme), Listener(product, acme, "cashier")
    first.greet()
    assert first.until("presence")["screens"] == 1
    second.greet()
    assert first.until("presence")["screens"] == 2
    assert second.until("presence")["screens"] == 2
    second.close()
    assert first.until("presence")["screens"] == 1
    first.close()


# --- nothing is lost


def test_two_hundred_broken_lines_lose_nothing_and_repeat_nothing(product: Product, acme: Shop) -> None:
    settled()
    listener = Listener(product, acme)
    begin = listener.greet()["last_seq"]
    stop = threading.Event()

    def work() -> None:
        try:
            with use_tenant(acme.tenant):
                while not stop.wait(0.004):
                    news(random.randint(1, 4))
        finally:
            connection.close()
            close_old_connections()

    writers = [threading.Thread(target=work) for _ in range(2)]
    for writer in writers:
        writer.start()
    try:
        for _ in range(200):
            for _ in range(random.randint(0, 3)):
                listener.read()
            listener.cut()
            assert listener.greet()["type"] == "hello"
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    end = settled()
    listener.through(end)
    listener.close()

    seqs = [event["seq"] for event in listener.events]
    assert end - begin > 400
    assert len(seqs) == len(set(seqs)), "an event came twice"
    assert seqs == list(range(begin + 1, end + 1)), "an event is missing or out of order"
    assert [frame for frame in listener.frames if frame["type"] == "reset"] == []


def test_who_comes_back_hears_what_was_missed(product: Product, acme: Shop) -> None:
    settled()
    listener = Listener(product, acme)
    begin = listener.greet()["last_seq"]
    listener.close()
    news(250)
    end = settled()
    listener.greet()
    listener.through(end)
    listener.close()

    assert [event["seq"] for event in listener.events] == list(range(begin + 1, end + 1))


def test_who_is_too_far_behind_is_told_to_read_afresh(product: Product, acme: Shop) -> None:
    settled()
    listener = Listener(product, acme)
    begin = listener.greet()["last_seq"]
    listener.close()
    news(1001)
    end = settled()
    assert end - begin == 1001
    listener.greet()
    reset = listener.read()
    news(1)
    listener.through(end + 1)
    listener.close()

    assert reset == {
        "type": "reset",
        "epoch": str(Stream.objects.get().epoch),
        "seq": end,
        "snapshot_url": "/board/data/",
    }
    assert [event["seq"] for event in listener.events] == [end + 1]


def test_a_future_number_and_an_unknown_epoch_are_reset(product: Product, acme: Shop) -> None:
    at = settled()
    epoch = str(Stream.objects.get().epoch)
    for since in (f"{epoch}:{at + 1}", f"{uuid7()}:{at}", f"{epoch}:{10**18 - 1}"):
        listener = Listener(product, acme)
        listener.greet(since=since)
        assert listener.read()["type"] == "reset"
        assert (listener.epoch, listener.cursor) == (epoch, at)
        listener.close()


def test_a_reader_that_is_too_slow_is_ended_with_4408_and_resumes(product: Product, acme: Shop) -> None:
    settled()
    slow, quick = Listener(product, acme), Listener(product, acme)
    begin = slow.greet(receive_buffer=4096)["last_seq"]
    quick.greet()
    for _ in range(80):  # 150 kB at a time; the slow one reads none of it, the quick one all
        news(10, ballast=250)
        quick.through(quick.cursor + 10)
    end = settled()
    assert close_code(slow) == 4408
    slow.greet()
    slow.through(end)
    slow.close()
    quick.close()

    everything = list(range(begin + 1, end + 1))
    assert [event["seq"] for event in slow.events] == everything
    assert [event["seq"] for event in quick.events] == everything


def test_a_lost_publish_costs_a_heartbeat_and_no_event(product: Product, acme: Shop) -> None:
    """Events that are numbered without any word to Redis, as by a relay that dies right after its commit."""
    settled()
    listener = Listener(product, acme)
    begin = listener.greet()["last_seq"]
    product.stop("relay")
    news(3)
    number_silently()
    assert head() == begin + 3
    listener.through(begin + 3)
    listener.close()
    product.start("relay")

    assert [event["seq"] for event in listener.events] == [begin + 1, begin + 2, begin + 3]


def number_silently() -> None:
    from core.outbox.relay import _number_batch

    assert _number_batch()


def test_a_gap_in_what_redis_says_is_filled_from_the_database(product: Product, acme: Shop) -> None:
    settled()
    listener = Listener(product, acme)
    begin = listener.greet()["last_seq"]
    product.stop("relay")
    news(2)
    number_silently()
    product.start("relay")
    news(1)
    listener.through(begin + 3)
    listener.close()

    assert [event["seq"] for event in listener.events] == [begin + 1, begin + 2, begin + 3]


def test_a_redis_that_drops_every_connection_costs_no_event(product: Product, acme: Shop) -> None:
    settled()
    listener = Listener(product, acme)
    begin = listener.greet()["last_seq"]
    for _ in range(5):
        live_redis().client_kill_filter(_type="pubsub")
        news(4)
    end = settled()
    listener.through(end)
    listener.close()

    assert [event["seq"] for event in listener.events] == list(range(begin + 1, end + 1))
