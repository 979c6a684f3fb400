"""Whatever breaks between the relay and a browser: nothing is lost and nothing is told twice."""

import random
import threading

import pytest
from django.db import close_old_connections, connection

from core.actors import SYSTEM
from core.ids import uuid7
from core.outbox.epochs import begin_epoch
from core.outbox.models import Stream
from core.redis import live_redis
from core.tenancy.context import use_tenant
from core.testing import Shop
from tests.live_client import Listener
from tests.live_steps import (
    close_code,
    head,
    news,
    settled,
)
from tests.processes import Product

pytestmark = [pytest.mark.live, pytest.mark.django_db(transaction=True)]


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
        "snapshot_url": "/api/v1/live/snapshot/",
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


def test_an_open_line_hears_of_another_epoch_at_once_not_at_the_next_heartbeat(product: Product, acme: Shop) -> None:
    at = settled()
    listener = Listener(product, acme)
    listener.greet()
    listener.until("ping")  # a heartbeat has just been: the next is a second away
    fresh = uuid7()
    begin_epoch(fresh, reason="restored", actor=SYSTEM)
    while listener.frames[-1]["type"] != "reset":
        listener.read()
        assert len([frame for frame in listener.frames if frame["type"] == "ping"]) == 1, "a heartbeat told it"
    assert (listener.epoch, listener.cursor) == (str(fresh), at + 1)
    news(1)
    listener.through(at + 2)
    listener.close()
    assert [frame["type"] for frame in listener.frames].count("reset") == 1
