"""What happens to a till in the middle of its work. Every accident makes a sale, or two, and the cashier goes on."""

import random
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from tests.chaos.till_books import Book, Sale
from tests.chaos.tills import EVENTUALLY, PATIENT, Till

HOUR = 3_600_000
WRONG_CLOCKS = (-40 * 24 * HOUR, -26 * HOUR, -3 * HOUR, -7 * 60_000, 0, 9 * 60_000, 2 * HOUR, 30 * HOUR, 20 * 24 * HOUR)
"""By how much a clock is ahead, in milliseconds."""
MIDDLE = 0.4
"""Within so many seconds of the payment something breaks."""
# The browser looks for a new version until one waits; what breaks on the way is looked for again.
WAITS = """async () => {
  const one = await navigator.serviceWorker.getRegistration();
  if (!one.waiting && !one.installing) await one.update().catch((problem) => (globalThis.noUpdate = String(problem)));
  return Boolean(one.waiting);
}"""


class Server(Protocol):
    """The shop's web process: it can be killed at any moment, and comes back when it is told."""

    def kill(self) -> None: ...
    def start(self) -> None: ...


class Play:
    """Sales at some tills, each with the accident that comes. ``pick`` decides everything that is left open."""

    def __init__(self, tills: list[Till], server: Server, pick: random.Random) -> None:
        self.tills, self.server, self.pick = tills, server, pick
        self.book = Book()
        self.storms: dict[str, int] = {till.prefix: 0 for till in tills}
        """So many sales more the network of a device stays away."""
        self.refused = 0
        """So often a device without room said that a sale is not done."""

    def run(self, sales: int, only: str = "") -> None:
        """Every accident once, then whatever comes, until so many sales were begun; ``only`` names a single one."""
        names = [only] if only else list(ACCIDENTS)
        self.pick.shuffle(names)
        left = list(names)
        while len(self.book.sales) < sales:
            name = left.pop() if left else self.pick.choice(names)
            self.happen(name, self.pick.choice(self.tills))
        self.end()

    def happen(self, name: str, till: Till) -> None:
        self.book.accidents[name] += 1
        ACCIDENTS[name](self, till)
        self._weather(till)

    def end(self) -> None:
        """The network is back; nobody does anything but wait."""
        for till in self.tills:
            till.mend()
            self.storms[till.prefix] = 0
        for till in self.tills:
            till.page.bring_to_front()
            assert till.page.evaluate(EVENTUALLY, [NONE_WAITS, 2 * PATIENT]), till.waiting()

    # --- how a sale is made

    def sell(self, till: Till, name: str, *, tab: int = 0, breaks: Callable[[], object] | None = None) -> Sale:
        """One sale from the first scan to the next customer; ``breaks`` is done at some moment while it is paid."""
        sale = self.begin(till, name, tab=tab)
        with self._meanwhile(breaks):
            self.pay(till, sale, tab=tab)
            till.until_paid(till.tabs[tab])
            self.said(till, sale, tab=tab)
        till.next(till.tabs[tab])
        return sale

    def begin(self, till: Till, name: str, *, tab: int = 0) -> Sale:
        basket = tuple(self.pick.choices(("TEA", "CUP"), k=self.pick.randint(1, 3)))
        by = self.pick.choice(("cash", "cash", "card"))
        order = till.ring_up(till.tabs[tab], basket)
        return self.book.begin(Sale(order, till.prefix, basket, name, by))

    def pay(self, till: Till, sale: Sale, *, tab: int = 0) -> None:
        given = str(sale.total + self.pick.choice((0, 0, 5))) if sale.by == "cash" else ""
        till.take(till.tabs[tab], by=sale.by, given=given)

    def said(self, till: Till, sale: Sale, *, tab: int = 0) -> None:
        sale.is_said = True
        sale.printed = till.printed(till.tabs[tab])

    @contextmanager
    def _meanwhile(self, breaks: Callable[[], object] | None) -> Iterator[None]:
        timer = threading.Timer(self.pick.uniform(0, MIDDLE), breaks) if breaks else None
        if timer:
            timer.daemon = True
            timer.start()
        try:
            yield
        finally:
            if timer:
                timer.join()

    def _weather(self, till: Till) -> None:
        """A network that went away comes back some sales later."""
        if not (till.wire.is_cut or till.is_offline):
            return
        if self.storms[till.prefix] <= 0:
            till.mend()
        self.storms[till.prefix] -= 1

    def _storm(self, till: Till) -> None:
        self.storms[till.prefix] = self.pick.randint(0, 4)

    def _may_be_cut(self, till: Till) -> None:
        """Half of the time whatever comes now comes without a network."""
        if self.pick.random() < 0.5:
            till.wire.cut()
            self._storm(till)


NONE_WAITS = """async () => {
  const { count } = await import("/static/js/lib/store/queue.js");
  return (await count()) === 0;
}"""


def nothing(play: Play, till: Till) -> None:
    play.sell(till, "nothing happens")


def cut(play: Play, till: Till) -> None:
    """The cable is pulled at some moment while it is paid, and stays out for some sales."""
    play._storm(till)
    play.sell(till, "network cut", breaks=till.wire.cut)


def known(play: Play, till: Till) -> None:
    """The browser itself says that there is no network: before the first scan, before the payment or just after it."""
    play._storm(till)
    moment = play.pick.randrange(3)
    if moment == 0:
        till.offline(True)
    sale = play.begin(till, "browser offline")
    if moment == 1:
        till.offline(True)
    play.pay(till, sale)
    till.offline(True)
    till.until_paid(till.page)
    play.said(till, sale)
    till.next(till.page)


def deaf(play: Play, till: Till) -> None:
    """The server takes the sale and its answer never comes."""
    till.mend()
    sale = play.begin(till, "answer lost")
    till.wire.lose_answers()
    play.pay(till, sale)
    till.until_paid(till.page)
    play.said(till, sale)
    till.wire.mend()
    till.next(till.page)


def server_killed(play: Play, till: Till) -> None:
    """The web process is killed at some moment while it is paid."""
    play.sell(till, "server killed", breaks=play.server.kill)
    play.server.start()


def tab_killed(play: Play, till: Till) -> None:
    """What runs the page is killed as soon as the till says "paid"."""
    play._may_be_cut(till)
    sale = play.begin(till, "tab killed at paid")
    play.pay(till, sale)
    till.until_paid(till.page)
    sale.is_said = True
    till.kill_tabs()


def tab_killed_before(play: Play, till: Till) -> None:
    """The same before it was said: it may be sold or not, but not twice."""
    play._may_be_cut(till)
    sale = play.begin(till, "tab killed before")
    play.pay(till, sale)
    till.page.wait_for_timeout(play.pick.uniform(0, 60))
    till.kill_tabs()


def reloaded(play: Play, till: Till) -> None:
    """Somebody reloads before the answer is there; the page goes on with the sale that had none."""
    till.mend()
    sale = play.begin(till, "page reloaded")
    till.wire.hold_answers()
    play.pay(till, sale)
    till.page.wait_for_timeout(play.pick.uniform(0, 200))
    till.page.evaluate("() => { globalThis.isSame = true; location.reload(); }")
    till.wire.mend()
    till.page.wait_for_function("() => !globalThis.isSame && document.readyState === 'complete'")
    till.ready(till.page)
    if till.page.evaluate("document.querySelector('till-counter').session.cart.id") != sale.order:
        return  # the answer was faster
    till.until_paid(till.page)
    play.said(till, sale)
    till.next(till.page)


def browser_killed(play: Play, till: Till) -> None:
    """The whole browser is killed as soon as the till says "paid", and started again on what is on the disk."""
    play._may_be_cut(till)
    sale = play.begin(till, "browser killed at paid")
    play.pay(till, sale)
    till.until_paid(till.page)
    sale.is_said = True
    till.kill()
    till.start()


def clock(play: Play, till: Till) -> None:
    """Somebody sets the device's clock, and it stays so."""
    till.turn_clock(play.pick.choice(WRONG_CLOCKS))
    play._may_be_cut(till)
    play.sell(till, "clock wrong")


def full(play: Play, till: Till) -> None:
    """There is no room left on the device and no network: nothing is said to be done until there is room."""
    till.kill()
    till.start(room=1000)  # a browser believes in a limit only before it has written anything
    till.wire.cut()
    play._storm(till)
    sale = play.begin(till, "no room left")
    play.pay(till, sale)
    if till.seen(till.page) == "asked":
        play.refused += 1
        till.limit(None)
    till.until_paid(till.page)
    till.limit(None)
    play.said(till, sale)
    till.next(till.page)


def two_tabs(play: Play, till: Till) -> None:
    """Two tabs of one device take money at the same time."""
    till.tabs.append(till.open())
    play._may_be_cut(till)
    sales = [play.begin(till, "two tabs", tab=tab) for tab in (0, 1)]
    for tab, sale in enumerate(sales):
        play.pay(till, sale, tab=tab)
    for tab, sale in reversed(list(enumerate(sales))):
        till.until_paid(till.tabs[tab])
        play.said(till, sale, tab=tab)
    till.tabs.pop().close()
    till.page.bring_to_front()
    till.next(till.page)


def upgraded(play: Play, till: Till) -> None:
    """A new version of the app comes in the middle of a sale, waits for its end, and takes over."""
    till.mend()
    till.version += 1
    till.wire.version = f"{till.version:016x}".encode()
    sale = play.begin(till, "new version")
    till.page.evaluate("() => { globalThis.isSame = true; }")
    came = till.page.evaluate(EVENTUALLY, [WAITS, PATIENT])
    assert came, ("the new version never came", till.page.evaluate("globalThis.noUpdate"))
    use = till.page.get_by_role("button", name="Use it now")
    if use.is_visible():
        use.click()
    play.pay(till, sale)
    till.until_paid(till.page)
    play.said(till, sale)
    assert till.page.evaluate("globalThis.isSame"), "the page was loaded anew in the middle of a sale"
    till.next(till.page)
    for page in till.tabs:
        page.close()
    till.tabs = [till.open()]


ACCIDENTS: dict[str, Callable[[Play, Till], None]] = {
    "nothing happens": nothing,
    "network cut": cut,
    "browser offline": known,
    "answer lost": deaf,
    "server killed": server_killed,
    "tab killed at paid": tab_killed,
    "tab killed before": tab_killed_before,
    "page reloaded": reloaded,
    "browser killed at paid": browser_killed,
    "clock wrong": clock,
    "no room left": full,
    "two tabs": two_tabs,
    "new version": upgraded,
}
