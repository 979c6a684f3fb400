"""What comes over a device in its life: no room, a clock that is set, another version of the app, another enrolment."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from core.testing import Shop
from orders.models import Order
from tests.browser.test_till_proof import a_till
from tests.chaos.accidents import NONE_WAITS
from tests.chaos.till_books import Counterpart, enrolled
from tests.chaos.tills import EVENTUALLY, PATIENT, Till
from tests.processes import Product
from tests.waiting import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.live, pytest.mark.django_db(transaction=True)]

HOUR = 3_600_000
# The server said "later" by a clock that was days ahead.
PUT_OFF = """async (ahead) => {
  const { first, settle } = await import("/static/js/lib/store/queue.js");
  const [{ n }] = await first(1);
  await settle([{ n, result: "retry", after: 5 }], Date.now() + ahead);
}"""
LEARN = """async () => (await (await import("/static/js/lib/store/device.js")).learnDevice()).id"""
WAITS = """async () => {
  const one = await navigator.serviceWorker.getRegistration();
  if (!one.waiting && !one.installing) await one.update().catch(() => {});
  return Boolean(one.waiting);
}"""
HIDE = """() => {
  Object.defineProperty(document, "hidden", { configurable: true, get: () => true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""
IS_FREE = """async () => (await navigator.locks.query()).held.every(({ name }) => name !== "sale")"""


@pytest.fixture
def part(acme: Shop) -> Counterpart:
    return enrolled(acme, "K1")


@pytest.fixture
def till(browser: Browser, product: Product, acme: Shop, part: Counterpart, tmp_path: Path) -> Iterator[Till]:
    with a_till(browser, product, acme, part, tmp_path) as till:
        yield till


def sold(till: Till, *basket: str, tab: int = 0) -> str:
    """A sale from the first scan to the receipt; answers its id."""
    page = till.tabs[tab]
    order = till.ring_up(page, basket)
    till.take(page)
    till.until_paid(page)
    return order


def eventually(page: Page, question: str) -> bool:
    return bool(page.evaluate(EVENTUALLY, [question, PATIENT]))


def test_a_device_without_room_sends_what_it_holds_and_lets_it_go(till: Till) -> None:
    till.wire.cut()
    order = sold(till, "TEA")
    till.kill()
    till.start(room=1000)
    till.wire.mend()
    wait_until(lambda: Order.objects.count() == 1, seconds=60)
    assert eventually(till.page, NONE_WAITS), till.waiting()
    assert str(Order.objects.get().pk) == order


def test_a_clock_that_is_set_right_again_does_not_hold_up_what_was_to_be_tried_again(till: Till) -> None:
    till.wire.cut()
    sold(till, "TEA")
    till.page.evaluate(PUT_OFF, 20 * 24 * HOUR)
    till.mend()
    assert eventually(till.page, NONE_WAITS), till.waiting()
    assert Order.objects.count() == 1
