"""The short form of ``make chaos ARGS=till``: whatever happens to a till, a sale that it called done is booked once."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random, SystemRandom

import pytest
from django.conf import settings
from playwright.sync_api import Browser

from core.testing import Shop
from tests.chaos.accidents import ACCIDENTS, Play
from tests.chaos.till_books import Counterpart, before, by_accident, counted, enrolled
from tests.chaos.tills import Till
from tests.chaos.wire import Wire
from tests.live_client import session_of
from tests.processes import Product

pytestmark = [pytest.mark.browser, pytest.mark.live, pytest.mark.django_db(transaction=True)]


class Web:
    """The web process that the tests of this folder share."""

    def __init__(self, product: Product) -> None:
        self.product = product

    def kill(self) -> None:
        self.product.processes["web"].kill()

    def start(self) -> None:
        self.product.stop("web")
        self.product.start("web")


def session_cookies(shop: Shop) -> list[tuple[str, str]]:
    """Of a cashier who is logged in."""
    parts = (one.partition("=") for one in session_of(shop, "cashier").split("; "))
    return [(name, value) for name, _, value in parts]


@contextmanager
def a_till(
    browser: Browser, product: Product, shop: Shop, part: Counterpart, home: Path, program: str | None = None
) -> Iterator[Till]:
    """A cashier's browser of its own that is the device, behind a wire of its own."""
    till = Till(
        browser.browser_type,
        home / part.prefix,
        host=shop.host,
        prefix=part.prefix,
        wire=Wire(product.port),
        cookies=[*session_cookies(shop), (settings.DEVICE_COOKIE_NAME, part.token)],
        register=part.register,
        program=program,
    )
    try:
        till.start()
        till.settle_in()
        yield till
    finally:
        till.kill()
        till.wire.close()


def test_whatever_happens_to_two_tills_each_sale_they_called_done_is_booked_once_to_the_cent(
    browser: Browser, product: Product, acme: Shop, tmp_path: Path
) -> None:
    """Every accident once, in any order; the seed in the message makes it happen again."""
    seed = SystemRandom().randrange(10**6)
    was = before(acme, at_least=200)
    parts = [enrolled(acme, prefix) for prefix in ("K1", "K2")]
    with (
        a_till(browser, product, acme, parts[0], tmp_path) as one,
        a_till(browser, product, acme, parts[1], tmp_path) as two,
    ):
        play = Play([one, two], Web(product), Random(seed))
        play.run(16)
    product.quiet(acme)
    rows = counted(acme, play.book, parts, was)
    broken = [f"{row.promise}: {row.counted}" for row in rows if not row.holds]
    assert not broken, (seed, broken, [one for one in by_accident(acme, play.book) if one.lost])
    assert play.book.accidents.keys() == ACCIDENTS.keys()
    assert len(play.book.sales) >= 16
    assert play.refused == play.book.accidents["no room left"], "without room nothing is said to be done"
