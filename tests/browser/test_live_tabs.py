"""The tabs of one browser share a socket: one listens for all, another takes over without loss when it ends."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, WebSocketRoute, expect

from core.actors import SYSTEM
from core.ids import uuid7
from core.live import tell_user
from core.outbox.epochs import begin_epoch
from core.testing import Shop
from tests.browsers import complaints, logged_in
from tests.live_steps import head, news, settled
from tests.processes import Product
from tests.waiting import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.live, pytest.mark.django_db(transaction=True)]

# The very module the page's elements use: the import map leads there.
HEAR = """async () => {
  const live = await import("/static/js/lib/live.js");
  window.heard = [];
  window.notes = [];
  live.onEvent("*", (event) => window.heard.push(event.seq));
  live.onNote("*", (note) => window.notes.push(note));
}"""
RESETS = """async () => {
  const live = await import("/static/js/lib/live.js");
  window.resets = [];
  live.onReset(({ seq }) => window.resets.push(seq));
}"""
UNTIL = """async ([name, count]) => {
  const deadline = Date.now() + 20_000;
  while (window[name].length < count && Date.now() < deadline) await new Promise((done) => setTimeout(done, 20));
  return window[name];
}"""
STATUS = "live-status"


def heard(page: Page, count: int, name: str = "heard") -> Any:
    """What a tab has heard, once it is so much; the content policy forbids Playwright to wait for it."""
    return page.evaluate(UNTIL, [name, count])


class Sockets:
    """How many sockets each tab of a browser has open."""

    def __init__(self, context: BrowserContext) -> None:
        self.open: dict[Page, int] = {}
        context.on("page", self._watch)

    def _watch(self, page: Page) -> None:
        self.open[page] = 0

        def count(socket: Any) -> None:
            self.open[page] += 1
            socket.on("close", lambda _: self.open.update({page: self.open[page] - 1}))

        page.on("websocket", count)

    def leading(self) -> list[Page]:
        return [page for page, sockets in self.open.items() if sockets and not page.is_closed()]


@pytest.fixture
def tabs(browser: Browser, product: Product, acme: Shop) -> Iterator[tuple[BrowserContext, Sockets]]:
    context = logged_in(browser, product, acme)
    yield context, Sockets(context)
    context.close()


def open_tab(context: BrowserContext, product: Product, shop: Shop) -> Page:
    page = context.new_page()
    page.goto(product.url(shop))
    expect(page.locator(STATUS)).to_have_text("Live")
    page.evaluate(HEAR)
    return page


def test_two_tabs_have_one_socket_and_the_second_takes_over_without_loss(
    product: Product, tabs: tuple[BrowserContext, Sockets], acme: Shop
) -> None:
    begin = settled()
    context, sockets = tabs
    first, second = (open_tab(context, product, acme) for _ in range(2))
    said = complaints(second)
    assert sum(sockets.open.values()) == 1

    news(3)
    both = list(range(begin + 1, begin + 4))
    for page in (first, second):
        assert heard(page, 3) == both
    tell_user(acme.tenant, acme.person("owner").pk, "notification.new", {"unread": 1})
    for page in (first, second):
        assert heard(page, 1, "notes") == [{"kind": "notification.new", "data": {"unread": 1}}]

    leader = sockets.leading()[0]
    other = second if leader is first else first
    news(2)
    leader.close()
    news(2)
    assert heard(other, 7) == list(range(begin + 1, begin + 8))
    expect(other.locator(STATUS)).to_have_text("Live")
    assert sockets.open[other] == 1
    assert said == []


def test_a_tab_that_stopped_thinking_loses_the_socket_to_one_that_is_looked_at(
    product: Product, tabs: tuple[BrowserContext, Sockets], acme: Shop
) -> None:
    begin = settled()
    context, sockets = tabs
    first, second = (open_tab(context, product, acme) for _ in range(2))
    leader = sockets.leading()[0]
    other = second if leader is first else first
    stuck = context.new_cdp_session(leader)
    stuck.send("Debugger.enable")
    stuck.send("Debugger.pause")
    news(1)
    other.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    assert heard(other, 1) == [begin + 1]
    assert sockets.open[other] == 1
    stuck.send("Debugger.disable")
    assert heard(leader, 1) == [begin + 1]
    wait_until(lambda: leader.evaluate("1") == 1 and sockets.open[leader] == 0)


def test_all_tabs_say_since_when_they_are_away_and_catch_up(
    product: Product, tabs: tuple[BrowserContext, Sockets], acme: Shop
) -> None:
    begin = settled()
    context, _ = tabs
    pages = [open_tab(context, product, acme) for _ in range(2)]
    context.set_offline(True)
    for page in pages:
        expect(page.locator(STATUS)).to_contain_text("Offline since ")
    news(4)
    assert settled() == head() == begin + 4
    context.set_offline(False)
    for page in pages:
        expect(page.locator(STATUS)).to_have_text("Live")
        assert heard(page, 4) == list(range(begin + 1, begin + 5))


def test_a_browser_that_wakes_after_hours_finds_its_dead_line_and_misses_nothing(
    product: Product, tabs: tuple[BrowserContext, Sockets], acme: Shop
) -> None:
    begin = settled()
    page = tabs[0].new_page()
    naps = 0

    def between(line: WebSocketRoute) -> None:
        """A line that carries nothing from the next nap on, and never says that it is dead."""
        born, server = naps, line.connect_to_server()
        server.on_message(lambda text: line.send(text) if born == naps else None)
        line.on_message(lambda text: server.send(text) if born == naps else None)

    page.clock.install()
    page.route_web_socket("**/ws/events/*", between)
    page.goto(product.url(acme))
    expect(page.locator(STATUS)).to_have_text("Live")
    page.evaluate(HEAR)
    page.evaluate(RESETS)
    news(1)
    assert heard(page, 1) == [begin + 1]

    naps += 1
    news(3)
    settled()
    page.clock.fast_forward("03:00:00")
    assert heard(page, 4) == list(range(begin + 1, begin + 5))
    expect(page.locator(STATUS)).to_have_text("Live")
    assert page.evaluate("window.resets") == []

    naps += 1
    begin_epoch(uuid7(), reason="restored", actor=SYSTEM)  # nothing that was heard holds: all is read afresh
    end = settled()
    page.clock.fast_forward("08:00:00")
    assert heard(page, 1, "resets") == [end]
    news(1)
    assert heard(page, 5)[4:] == [end + 1]
    expect(page.locator(STATUS)).to_have_text("Live")
    assert page.evaluate("window.resets") == [end], "once, though greeting and answer both say it"
