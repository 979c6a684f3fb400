"""Topics, places, people and devices: who of a shop is told what, and how that changes on an open line."""

import json
from http.client import HTTPConnection
from typing import Any

import pytest
import redis
from django.db import transaction

from core.actors import SYSTEM
from core.events import CATALOGUE
from core.ids import uuid7
from core.live import channel, device_of, tell_device, tell_user
from core.locations.models import Location
from core.outbox.models import Event
from core.outbox.services import emit_all
from core.people.services import change_role, create_api_key, give_new_password, revoke_api_key, set_active
from core.redis import live_redis
from core.tenancy.context import use_tenant
from core.testing import CANARY, Shop
from orders.permissions import VIEW_ORDERS
from realtime.sockets.frames import Told, pack
from realtime.sockets.presence import count_screens
from tests.live_client import Listener
from tests.live_steps import close_code, money_news, news, settled, stock_news
from tests.processes import Product
from tests.waiting import wait_until

pytestmark = [pytest.mark.live, pytest.mark.django_db(transaction=True)]


def subscribe(listener: Listener, answer: str = "subscribed", **wish: Any) -> dict[str, Any]:
    assert listener.line is not None
    listener.line.send(json.dumps({"type": "subscribe", "id": "w", **wish}))
    return listener.until(answer)


# --- topics


def test_a_topic_is_a_word_for_several_events(product: Product, acme: Shop) -> None:
    settled()
    listener = Listener(product, acme, topics="payments,count.opened")
    hello = listener.greet()
    with transaction.atomic():
        emit_all([stock_news(acme.location, sku="S"), money_news(acme.location)], actor=SYSTEM)
    listener.through(settled())
    listener.close()

    areas = ("payment.", "gift_card.", "credit.")
    assert hello["topics"] == sorted([n for n in CATALOGUE if n.startswith(areas)] + ["count.opened"])
    assert [event["type"] for event in listener.events] == ["payment.received"]


def test_a_word_that_is_no_topic_is_refused_by_name(product: Product, acme: Shop) -> None:
    listener = Listener(product, acme, topics="orders,weather")
    listener.open()
    assert close_code(listener) == 4400
    assert listener.line is not None and listener.line.close_reason == "unknown topic weather"


def test_an_open_line_hears_something_else_from_a_number_on(product: Product, acme: Shop) -> None:
    at = settled()
    listener = Listener(product, acme, topics="orders")
    listener.greet()
    answer = subscribe(listener, topics=["stock", "payments"])
    assert answer["id"] == "w" and answer["seq"] == at
    assert {"stock.changed", "payment.received"} < set(answer["topics"])
    with transaction.atomic():
        emit_all([stock_news(acme.location, sku="S"), money_news(acme.location)], actor=SYSTEM)
    listener.through(settled())
    subscribe(listener, topics=["payments"])
    with transaction.atomic():
        emit_all([stock_news(acme.location, sku="T"), money_news(acme.location)], actor=SYSTEM)
    listener.through(settled())
    listener.close()

    heard = [event["type"] for event in listener.events]
    assert heard == ["stock.changed", "payment.received", "payment.received"]


def test_a_wish_never_opens_what_a_role_keeps_shut(product: Product, acme: Shop) -> None:
    settled()
    listener = Listener(product, acme, "stock clerk", topics="products")
    listener.greet()
    assert subscribe(listener, topics=["payments", "team"])["topics"] == []
    with transaction.atomic():
        emit_all([money_news(acme.location)], actor=SYSTEM)
    at = settled()
    while listener.cursor < at:
        listener.read()
    listener.close()
    assert listener.events == []


@pytest.mark.parametrize(
    ("wish", "code"),
    [
        ({"topics": ["weather"]}, "unknown-topic"),
        ({"topics": ["a b"]}, "unreadable"),
        ({"topics": ["stock"] * 51}, "unreadable"),
        ({"topics": ["stock"], "locations": ["here"]}, "unreadable"),
        ({"topics": ["stock"], "locations": [str(uuid7())]}, "unknown-location"),
    ],
)
def test_a_wish_that_cannot_be_granted_is_answered_and_changes_nothing(
    product: Product, acme: Shop, wish: dict[str, Any], code: str
) -> None:
    settled()
    listener = Listener(product, acme, topics="payments")
    listener.greet()
    refusal = subscribe(listener, "refused", **wish)
    with transaction.atomic():
        emit_all([stock_news(acme.location, sku="S"), money_news(acme.location)], actor=SYSTEM)
    listener.through(settled())
    listener.close()

    assert (refusal["id"], refusal["code"]) == ("w", code)
    assert [event["type"] for event in listener.events] == ["payment.received"]


@pytest.mark.parametrize("wish", [{}, {"topics": "stock"}, {"topics": [1]}, {"topics": ["stock"], "locations": {}}])
def test_a_wish_that_is_none_ends_the_line(product: Product, acme: Shop, wish: dict[str, Any]) -> None:
    listener = Listener(product, acme)
    listener.greet()
    assert listener.line is not None
    listener.line.send(json.dumps({"type": "subscribe", **wish}))
    assert close_code(listener) == 4400


# --- places


def test_a_line_for_one_place_hears_that_place_and_what_has_none(product: Product, acme: Shop) -> None:
    settled()
    elsewhere = Location.objects.create(code="TWO", name="Second shop")
    listener = Listener(product, acme)
    listener.greet(locations=str(elsewhere.pk))
    with transaction.atomic():
        emit_all([stock_news(acme.location, sku="HERE"), stock_news(elsewhere, sku="THERE")], actor=SYSTEM)
    news(1)
    listener.through(settled())
    listener.close()
    assert [event["type"] for event in listener.events] == ["stock.changed", "product.updated"]
    assert listener.events[0]["data"]["sku"] == "THERE"


def test_a_place_of_another_shop_is_none_of_this_one(product: Product, acme: Shop, globex: Shop) -> None:
    with use_tenant(globex.tenant):
        theirs = Location.objects.create(code="THEIRS", name=CANARY)
    for place in (str(theirs.pk), "here", ",".join(str(uuid7()) for _ in range(51))):
        listener = Listener(product, acme)
        listener.open(locations=place)
        assert close_code(listener) == 4400


# --- one person, one device


def test_a_note_reaches_all_devices_of_one_person_and_nobody_else(product: Product, acme: Shop, globex: Shop) -> None:
    settled()
    till, phone = Listener(product, acme, "cashier", topics="orders"), Listener(product, acme, "cashier")
    other, elsewhere = Listener(product, acme, "owner"), Listener(product, globex, "cashier")
    everybody = (till, phone, other, elsewhere)
    for listener in everybody:
        listener.greet()
    tell_user(acme.tenant, acme.person("cashier").pk, "notification.new", {"unread": 3})
    note = {"type": "note", "kind": "notification.new", "data": {"unread": 3}}
    assert till.until("note") == phone.until("note") == note

    session = phone.cookies.partition("__Host-session=")[2].partition(";")[0]
    tell_device(acme.tenant, device_of(session), "till.locked", {})
    assert phone.until("note")["kind"] == "till.locked"
    for listener in everybody:
        listener.until("ping")
        listener.close()
    assert sum(frame["type"] == "note" for frame in till.frames) == 1
    assert not [frame for listener in (other, elsewhere) for frame in listener.frames if frame["type"] == "note"]


def test_a_note_goes_out_with_its_transaction_or_not_at_all(product: Product, acme: Shop) -> None:
    settled()
    listener = Listener(product, acme)
    listener.greet()
    owner = acme.person("owner").pk
    with transaction.atomic():
        tell_user(acme.tenant, owner, "never", {})
        transaction.set_rollback(True)
    with transaction.atomic():
        tell_user(acme.tenant, owner, "once", {})
    assert listener.until("note")["kind"] == "once"
    listener.close()


# --- who is here


def test_people_hear_who_is_here_and_a_key_only_with_permission(product: Product, acme: Shop, globex: Shop) -> None:
    wait_until(lambda: count_screens() == 0)
    first, second, machine = Listener(product, acme), Listener(product, acme, "cashier"), Listener(product, acme)
    also, stranger = Listener(product, acme, "cashier"), Listener(product, globex)
    for listener in (first, second, also, stranger):
        listener.greet()
    _, token = create_api_key(name="Screen", permissions=[VIEW_ORDERS], actor=acme.actor())
    machine.greet(ticket=key_ticket(machine, token), origin=None)
    while (seen := first.until("presence"))["screens"] < 4:
        pass
    while (counted := machine.until("presence"))["screens"] < 4:
        pass
    for listener in (first, second, also, machine, stranger):
        listener.close()

    assert {who["name"]: who["devices"] for who in seen["people"]} == {
        str(acme.person("owner")).partition("@")[0]: 1,
        str(acme.person("cashier")).partition("@")[0]: 2,
    }
    assert counted == {"type": "presence", "screens": 4}
    assert CANARY not in json.dumps(first.frames)


def key_ticket(listener: Listener, token: str) -> str:
    http = HTTPConnection("127.0.0.1", listener.product.port, timeout=20)
    http.request("POST", "/api/v1/live/tickets/", headers={"Host": listener.host, "Authorization": f"Bearer {token}"})
    body = json.loads(http.getresponse().read())
    http.close()
    return str(body["ticket"])


# --- a right that is taken away ends the line by itself, long before the regular look


def test_who_logs_out_in_one_tab_hears_nothing_more_in_the_others(product: Product, acme: Shop) -> None:
    settled()
    till, tab, phone = Listener(product, acme, "cashier"), Listener(product, acme, "cashier"), Listener(product, acme)
    tab.cookies = till.cookies
    for listener in (till, tab, phone):
        listener.greet()
    ticket = till.ticket()
    till.ask("/logout/", method="POST")
    assert close_code(till) == close_code(tab) == 4401
    late = Listener(product, acme, "cashier")
    late.open(ticket=ticket)
    assert close_code(late) == 4401, "a ticket ends with its log-in"
    phone.until("ping")
    phone.close()


@pytest.mark.parametrize("way", ["role", "person", "key"])
def test_what_the_team_page_takes_away_is_taken_at_once(product: Product, acme: Shop, way: str) -> None:
    settled()
    listener, other = Listener(product, acme, "cashier"), Listener(product, acme, "stock clerk")
    other.greet()
    person, owner = acme.person("cashier"), acme.actor()
    if way == "key":
        key, token = create_api_key(name="Screen", permissions=[VIEW_ORDERS], actor=owner)
        listener.greet(ticket=key_ticket(listener, token), origin=None)
        revoke_api_key(key_id=key.pk, actor=owner)
    else:
        listener.greet()
        if way == "role":
            change_role(user_id=person.pk, role="viewer", actor=owner)
        else:
            set_active(user_id=person.pk, is_active=False, actor=owner)
    assert close_code(listener, 5) == 4401
    other.until("ping")
    other.close()


def test_another_password_ends_the_lines_of_the_other_log_ins(product: Product, acme: Shop) -> None:
    settled()
    listener, other = Listener(product, acme, "cashier"), Listener(product, acme, "owner")
    listener.greet()
    other.greet()
    give_new_password(user_id=acme.person("cashier").pk, actor=acme.actor())
    assert close_code(listener, 5) == 4401
    other.until("ping")
    other.close()


# --- two installations beside each other


def test_what_is_said_in_another_database_of_the_same_redis_is_not_heard(product: Product, acme: Shop) -> None:
    """Redis tells a publication to all its databases; shops of two installations may have the same name."""
    at = settled()
    listener = Listener(product, acme)
    listener.greet()
    foreign = [Told(at + n, "product.updated", (), json.dumps({"seq": at + n, "of": "another"})) for n in (1, 2)]
    kwargs = {**live_redis().connection_pool.connection_kwargs, "db": 15}
    beside = redis.Redis(
        **{name: kwargs[name] for name in ("host", "port", "db", "password", "username") if kwargs.get(name)}
    )
    name = channel(acme.tenant.schema_name)
    here = str(live_redis().connection_pool.connection_kwargs["db"])
    beside.publish(name.replace(f":{here}:", ":15:"), pack(foreign))
    beside.close()
    news(1)
    listener.through(settled())
    listener.close()

    assert listener.events == [Event.objects.get(seq=at + 1).envelope()]
