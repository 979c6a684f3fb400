"""The socket, with the product's own processes, a real Redis and a real client: nothing leaked."""

import json
from uuid import UUID

import pytest
from django.db import transaction
from websockets.exceptions import InvalidStatus

from core.actors import SYSTEM
from core.events import CATALOGUE
from core.locations.models import Location
from core.outbox.models import Event, Stream
from core.outbox.services import emit_all
from core.people.models import Grant
from core.redis import live_redis
from core.tenancy.context import use_tenant
from core.testing import CANARY, Shop, sale_body
from realtime.sockets.presence import count_screens
from tests.live_client import Listener
from tests.live_steps import (
    close_code,
    money_news,
    news,
    settled,
    stock_news,
)
from tests.processes import Product
from tests.waiting import wait_until

pytestmark = [pytest.mark.live, pytest.mark.django_db(transaction=True)]


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
        "topics": [*sorted(name for name in CATALOGUE if name.startswith("order.")), "stock.changed"],
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


@pytest.mark.parametrize(
    "more",
    [{"since": "yesterday"}, {"since": "1:2"}, {"since": f"{UUID(int=7)}:-1"}, {"topics": "order.completed;drop"}],
)
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
