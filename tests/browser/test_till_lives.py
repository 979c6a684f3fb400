"""What comes over a device in its life: no room, a clock that is set, another version of the app, another enrolment."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Browser, Page, expect

from core.devices.models import Device, Gap
from core.devices.services.fleet import revoke_device
from core.sync.models import Flag, SyncItem
from core.testing import Shop
from orders.models import Order
from tests.browser.test_till_proof import a_till, session_cookies
from tests.browsers import whole_chromium_path
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
# The last item is sealed for the shop, as who logs out has it done.
SEAL_LAST = """async () => {
  const [{ open }, { sealedItem }, { everything }, { readDevice }] = await Promise.all(
    ["open", "seal", "queue", "device"].map((name) => import(`/static/js/lib/store/${name}.js`)),
  );
  const item = (await everything()).at(-1);
  const closed = await sealedItem(item, await readDevice());
  await (await open()).put("queue", { ...closed, occurred_at: item.occurred_at, by: "" });
}"""
# A disk that is slow to say that it has written what the queue was given.
HELD_UP = """() => {
  globalThis.writes = [];
  const through = new Promise((go) => (globalThis.letThrough = go));
  const { transaction } = IDBDatabase.prototype;
  const { addEventListener } = IDBTransaction.prototype;
  IDBDatabase.prototype.transaction = function (names, mode, options) {
    const made = transaction.call(this, names, mode, options);
    if (mode === "readwrite" && [names].flat().includes("queue")) {
      globalThis.writes.push(options?.durability);
      const late = (hear) => (event) => through.then(() => hear(event));
      made.addEventListener = (type, hear, more) =>
        addEventListener.call(made, type, type === "complete" ? late(hear) : hear, more);
    }
    return made;
  };
}"""
WAITS = """async () => {
  const one = await navigator.serviceWorker.getRegistration();
  if (!one.waiting && !one.installing) await one.update().catch(() => {});
  return Boolean(one.waiting);
}"""
TAKE_OVER = """async () => {
  (await navigator.serviceWorker.getRegistration()).waiting.postMessage({ act: "take over" });
}"""
HIDE = """() => {
  Object.defineProperty(document, "hidden", { configurable: true, get: () => true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""
# The page looks every second whether it may be loaded anew; a timer that is set later ends after one of those looks.
AFTER_A_LOOK = "() => new Promise((resolve) => setTimeout(resolve, 1500))"
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


def test_a_new_version_takes_neither_a_basket_nor_a_receipt_away(till: Till) -> None:
    """It comes while something is in the basket, is wanted by hand and by leaving the page, and waits for the next."""
    page = till.page
    assert eventually(page, IS_FREE)
    till.ring_up(page, ["TEA"])
    page.evaluate("() => { globalThis.isSame = true; }")
    till.wire.version = b"0" * 16
    assert eventually(page, WAITS)
    use = page.get_by_role("button", name="Use it now")
    use.click()
    expect(page.get_by_text("Finish the sale first")).to_be_visible()
    till.take(page, given="5")
    till.until_paid(page)
    assert not page.evaluate(f"() => ({IS_FREE})()"), "the change and the slip are part of the sale"
    page.evaluate(HIDE)
    expect(page.locator(".till-done output")).to_have_text("£0.50")
    assert page.evaluate("globalThis.isSame") and eventually(page, WAITS)
    till.next(page)
    assert eventually(page, IS_FREE)
    page.evaluate(TAKE_OVER)
    page.wait_for_function("() => globalThis.isSame === undefined")
    till.ready(page)
    assert "files-" + "0" * 16 in page.evaluate("() => caches.keys()")


def test_a_page_that_was_opened_without_a_worker_is_loaded_anew_for_the_second_one_when_nothing_is_lost_by_it(
    till: Till,
) -> None:
    """The first worker takes an open page over and leaves it alone. A new version waits for a sale, and for words."""
    page = till.page
    assert page.evaluate("() => performance.getEntriesByType('navigation').map(({ type }) => type)") == ["navigate"]
    assert page.evaluate("() => Boolean(navigator.serviceWorker.controller)")
    assert eventually(page, IS_FREE)
    other = till.open()
    for one in (page, other):
        one.evaluate("() => { globalThis.isSame = true; }")
    typed = other.get_by_label("Code or name")
    typed.fill("green tea with")
    till.wire.version = b"1" * 16
    assert eventually(page, WAITS)
    page.bring_to_front()
    page.evaluate(TAKE_OVER)
    page.wait_for_function("() => globalThis.isSame === undefined")
    till.ready(page)
    assert "files-" + "1" * 16 in page.evaluate("() => caches.keys()")
    other.evaluate(AFTER_A_LOOK)
    assert other.evaluate("globalThis.isSame") and typed.input_value() == "green tea with"
    typed.fill("")
    till.ring_up(other, ["TEA"])
    other.evaluate(AFTER_A_LOOK)
    assert other.evaluate("globalThis.isSame"), "the page was loaded anew in the middle of a sale"
    till.take(other)
    till.until_paid(other)
    till.next(other)
    other.wait_for_function("() => globalThis.isSame === undefined")
    till.ready(other)
    assert Order.objects.count() == 1


def test_a_browser_that_is_let_in_anew_numbers_on_and_nothing_is_booked_twice(till: Till, acme: Shop) -> None:
    """One sale came before and its answer was lost, one never went out, one was sealed; then it is another device."""
    till.wire.lose_answers()
    orders = [sold(till, "TEA")]
    wait_until(lambda: SyncItem.objects.count() == 1, seconds=60)
    till.wire.cut()
    till.next(till.page)
    orders.append(sold(till, "CUP"))
    till.next(till.page)
    orders.append(sold(till, "TEA", "TEA"))
    till.page.evaluate(SEAL_LAST)
    assert [row["n"] for row in till.waiting()] == [1, 2, 3]

    revoke_device(Device.objects.get(prefix="K1").pk, actor=acme.actor())
    new = enrolled(acme, "K2")
    till.cookies = {**dict(session_cookies(acme)), settings.DEVICE_COOKIE_NAME: new.token}
    till.kill()
    till.wire.mend()
    till.start()
    assert eventually(till.page, NONE_WAITS), till.waiting()
    till.wire.cut()
    orders.append(sold(till, "CUP"))
    assert till.printed(till.page) == "K2-000001"
    till.wire.mend()
    assert eventually(till.page, NONE_WAITS), till.waiting()

    booked = {
        str(pk): (number, total) for pk, number, total in Order.objects.values_list("pk", "receipt_number", "total")
    }
    assert [booked[order] for order in orders] == [
        ("K1-000001", Decimal("4.50")),
        ("K1-000002", Decimal(12)),
        ("K1-000003", Decimal(9)),
        ("K2-000001", Decimal(12)),
    ]
    assert len(booked) == 4
    assert not SyncItem.objects.filter(outcome="quarantined").exists()
    assert not Flag.objects.filter(kind="not-booked").exists()
    assert Device.objects.get(prefix="K2").last_n == 4
    assert not Gap.objects.exists()


@pytest.mark.skipif(whole_chromium_path() is None, reason="only a whole browser wakes a worker")
def test_a_sale_is_sent_by_the_worker_when_no_tab_is_open(
    browser: Browser, product: Product, acme: Shop, part: Counterpart, tmp_path: Path
) -> None:
    with a_till(browser, product, acme, part, tmp_path, whole_chromium_path()) as till:
        line = till.context.new_cdp_session(till.context.new_page())
        registrations: list[str] = []
        line.on(
            "ServiceWorker.workerRegistrationUpdated",
            lambda told: registrations.extend(one["registrationId"] for one in told["registrations"]),
        )
        line.send("ServiceWorker.enable")
        till.wire.cut()
        order = sold(till, "TEA")
        till.page.wait_for_function(
            "async () => (await (await navigator.serviceWorker.ready).sync.getTags()).includes('queue')"
        )
        till.page.close()
        till.wire.mend()
        assert Order.objects.count() == 0
        wake = {"origin": till.origin, "registrationId": registrations[-1], "tag": "queue", "lastChance": False}
        line.send("ServiceWorker.dispatchSyncEvent", wake)
        wait_until(lambda: Order.objects.count() == 1, seconds=60)
        till.tabs = [till.open()]
        assert eventually(till.page, NONE_WAITS)
    assert str(Order.objects.get().pk) == order
    assert SyncItem.objects.count() == 1


def test_nothing_is_called_done_before_it_is_stored_for_good(till: Till) -> None:
    """The store takes its time to say that it has written; until then no change and no slip are shown."""
    till.wire.cut()
    page = till.page
    till.ring_up(page, ["TEA"])
    page.evaluate(HELD_UP)
    till.take(page)
    page.wait_for_function("() => globalThis.writes.length > 0")
    assert page.evaluate("() => globalThis.writes") == ["strict"]
    assert page.evaluate("(ms) => new Promise((done) => setTimeout(done, ms))", 300) is None
    expect(page.locator(".till-done")).to_be_hidden()
    page.evaluate("() => globalThis.letThrough()")
    till.until_paid(page)
