"""Where a reset leads: the shop at one moment, with its number in the stream, for those who may see it."""

import threading
from typing import Any

import pytest
from django.db import connection

from core.db.moment import one_moment
from core.outbox.models import Stream
from core.outbox.relay import number_events
from core.people.services import create_api_key
from core.tenancy.context import use_tenant
from core.testing import CANARY, Shop, sale_body
from orders.models import Order
from orders.permissions import VIEW_ORDERS
from realtime.board import board_for
from realtime.sockets.snapshot import SNAPSHOT_URL, snapshot_for


def test_a_snapshot_says_where_the_stream_stands_and_what_the_shop_did_today(acme: Shop, globex: Shop) -> None:
    client = acme.client("owner")
    body = sale_body(acme, {"TEA": "2"})
    assert client.post("/api/v1/orders/", body, content_type="application/json").status_code == 201
    number_events(acme.tenant)
    answer = client.get(SNAPSHOT_URL)
    told, stream = answer.json(), Stream.objects.get()

    assert (told["epoch"], told["seq"]) == (str(stream.epoch), stream.head)
    assert (told["sales"]["revenue"], told["sales"]["orders"]) == ("9.00", 1)
    assert [sale["id"] for sale in told["sales"]["last"]] == [body["id"]]
    assert answer.headers["Cache-Control"] == "no-store"
    assert CANARY not in answer.content.decode()
    for wish in told["read"]:
        assert client.get(wish["url"]).status_code == 200, wish


def test_a_key_reads_of_a_snapshot_what_its_permissions_name(acme: Shop) -> None:
    _, token = create_api_key(name="Mirror", permissions=[VIEW_ORDERS], actor=acme.actor())
    told = acme.client("owner").get(SNAPSHOT_URL, headers={"Authorization": f"Bearer {token}"}).json()
    assert told["sales"] is not None and told["stock"] is None
    assert [wish["topic"] for wish in told["read"]] == ["orders"]
    clerk = acme.client("stock clerk").get(SNAPSHOT_URL).json()
    assert clerk["sales"] is None and clerk["stock"] is not None


@pytest.mark.django_db(transaction=True)
def test_what_is_sold_while_a_snapshot_is_read_is_beyond_its_number(acme: Shop, monkeypatch: Any) -> None:
    """It is in the events that follow, and in none of the figures: overlap is allowed, a gap is not, nor half of it."""
    number_events(acme.tenant)
    before = Stream.objects.get().head

    def sell() -> None:
        try:
            with use_tenant(acme.tenant):
                client = acme.client("owner")
                body = sale_body(acme, {"TEA": "1"})
                assert client.post("/api/v1/orders/", body, content_type="application/json").status_code == 201
                number_events(acme.tenant)
        finally:
            connection.close()

    def read_slowly(actor: Any) -> Any:
        assert Stream.objects.get().head == before
        other = threading.Thread(target=sell)
        other.start()
        other.join()
        return board_for(actor)

    monkeypatch.setattr("realtime.sockets.snapshot.board_for", read_slowly)
    told = snapshot_for(acme.actor())

    assert told["seq"] == before
    assert told["sales"]["orders"] == 0 and told["sales"]["last"] == []
    assert Order.objects.count() == 1 and Stream.objects.get().head > before


@pytest.mark.django_db(transaction=True)
def test_what_is_read_in_one_moment_is_of_one_moment(acme: Shop) -> None:
    with one_moment(), connection.cursor() as cursor:
        cursor.execute("SHOW transaction_isolation")
        assert cursor.fetchone() == ("repeatable read",)
    with connection.cursor() as cursor:
        cursor.execute("SHOW transaction_isolation")
        assert cursor.fetchone() == ("read committed",)
