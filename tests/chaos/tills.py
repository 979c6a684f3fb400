"""One device of the shop: a real browser on a profile of its own, with the hands of a cashier."""

import os
import signal
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, BrowserType, CDPSession, Error, Page, expect

from retail_saas.data_folder import CHECKOUT
from retail_saas.processes import signal_group, spawn
from tests.browsers import ARGUMENTS, chromium_path
from tests.chaos.wire import Wire
from tests.waiting import wait_until

PATIENT = 90_000
"""Milliseconds that anything may take: a busy machine is slow, not wrong."""

CODES = {"TEA": "5012345678900", "CUP": "4006381333931"}
# The clock of the device, wrong by what its storage says; it goes on being wrong in every page.
CLOCK = """(() => {
  const Right = Date;
  let ahead = 0;
  const read = () => { try { ahead = Number(localStorage.getItem("clock-ahead") ?? 0); } catch { ahead = 0; } };
  read();
  addEventListener("storage", read);
  globalThis.turnClock = (ms) => { localStorage.setItem("clock-ahead", String(ms)); read(); };
  globalThis.Date = class Date extends Right {
    constructor(...given) { if (given.length > 0) super(...given); else super(Right.now() + ahead); }
    static now() { return Right.now() + ahead; }
  };
})()"""
# A wedge scanner: keys within milliseconds, at whatever has the focus.
SCAN = """(codes) => {
  for (const code of codes) {
    for (const key of [...code, "Enter"]) {
      const target = document.activeElement ?? document.body;
      const init = { key, bubbles: true, cancelable: true, composed: true };
      const isFree = target.dispatchEvent(new KeyboardEvent("keydown", init));
      if (isFree && key !== "Enter" && target instanceof HTMLInputElement && target.selectionStart !== null) {
        target.setRangeText(key, target.selectionStart, target.selectionEnd, "end");
        target.dispatchEvent(new Event("input", { bubbles: true }));
      }
    }
  }
}"""
# What the cashier sees first: "paid" (also where it was there already), "asked" what to do, or nothing for too long.
SEEN = """(ms) => new Promise((seen) => {
  const isShown = (what) => Boolean(document.querySelector(what)?.checkVisibility());
  const look = () => {
    if (isShown(".till-done")) seen("paid");
    else if (isShown("till-payment [data-actions] button")) seen("asked");
    else return false;
    return true;
  };
  if (look()) return;
  const eye = new MutationObserver(() => look() && eye.disconnect());
  eye.observe(document, { subtree: true, childList: true, attributes: true });
  setTimeout(() => seen("nothing"), ms);
})"""
IS_KEPT = """async () => {
  const { open } = await import("/static/js/lib/store/open.js");
  const isThere = await (await caches.open("pages")).match("/till/");
  return Boolean(isThere && (await (await open()).get("meta", "catalogue")));
}"""
WAITING = """async () => {
  const { everything } = await import("/static/js/lib/store/queue.js");
  return (await everything()).map(({ n, id, after, said }) => ({ n, id, after, said }));
}"""
IS_RUNG_UP = """() => {
  const { cart } = document.querySelector("till-counter").session;
  return cart.lines.reduce((sum, { quantity }) => sum + Number(quantity), 0) === %d;
}"""
# For whoever has to find out what went wrong.
STATE = """() => {
  const { session, standing, held, asides, payment, receipt } = document.querySelector("till-counter");
  return {
    lines: session.cart.lines.map(({ sku, quantity }) => [sku, quantity]),
    isFrozen: session.isFrozen, isAway: standing.line.isAway, isReady: standing.isReady,
    held, isLoading: asides.isLoading,
    isPaying: payment.isOpen, isDone: receipt.isOpen, focus: document.activeElement?.outerHTML.slice(0, 200),
    said: document.querySelector("till-products")?.innerText.slice(0, 200),
    toasts: [...document.querySelectorAll("[role=status], [role=alert]")].map(({ innerText }) => innerText),
  };
}"""
EVENTUALLY = """async ([question, ms]) => {
  const asks = eval(question);
  const end = performance.now() + ms;
  while (!(await asks())) {
    if (performance.now() > end) return false;
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
  return true;
}"""


class Till:
    """A device (``prefix``) at ``host``, behind a wire of its own. It may be killed at any moment and started again."""

    def __init__(
        self,
        kind: BrowserType,
        home: Path,
        *,
        host: str,
        prefix: str,
        wire: Wire,
        cookies: Sequence[tuple[str, str]],
        register: str = "",
        program: str | None = None,
    ) -> None:
        self.kind, self.home, self.host, self.prefix, self.wire = kind, home, host, prefix, wire
        self.cookies, self.register = dict(cookies), register
        self.program = program or chromium_path() or "chromium"
        self.tabs: list[Page] = []
        self.version = 0
        self.is_offline = False
        self.habits = [CLOCK]
        """Scripts that every page of this browser begins with."""
        self._lines: dict[Page, CDPSession] = {}
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def origin(self) -> str:
        return f"http://{self.host}:{self.wire.port}"

    @property
    def page(self) -> Page:
        return self.tabs[0]

    # --- the browser

    def start(self, *, room: int | None = None) -> None:
        """Start the browser on its profile and open the till; ``room``: so many bytes are all that it may keep."""
        told = self.home / "DevToolsActivePort"
        told.unlink(missing_ok=True)
        self.home.mkdir(parents=True, exist_ok=True)
        words = [*ARGUMENTS, "--no-first-run", "--remote-debugging-port=0", f"--user-data-dir={self.home}"]
        headless = [] if "shell" in Path(self.program).name else ["--headless=new"]
        self._process = spawn(
            [self.program, *headless, *words, "about:blank"],
            env=os.environ,
            cwd=CHECKOUT,
            output=subprocess.DEVNULL,
            death_signal=signal.SIGKILL,
        )
        wait_until(lambda: told.exists() and told.read_text().count("\n"), seconds=PATIENT / 1000)
        address = f"http://127.0.0.1:{told.read_text().split()[0]}"
        self.browser = self.kind.connect_over_cdp(address, timeout=PATIENT)
        self.context: BrowserContext = self.browser.contexts[0]
        self.context.set_default_timeout(PATIENT)
        for script in self.habits:
            self.context.add_init_script(script)
        self.bake(self.cookies)
        if room is not None:
            self.limit(room)
        self._lines = {}
        self.tabs = [self.open()]

    def bake(self, cookies: dict[str, str]) -> None:
        host = {"domain": self.host, "path": "/"}
        self.context.add_cookies(
            [{"name": name, "value": value, "secure": name.startswith("__"), **host} for name, value in cookies.items()]  # type: ignore[typeddict-item]
        )

    def limit(self, room: int | None) -> None:
        """Let the shop's pages keep so many bytes; None: as many as there are. Holds while the browser runs."""
        if not hasattr(self, "_keeper") or self._keeper[0] is not self.browser:
            blank = self.context.new_page()
            self._keeper: tuple[Any, CDPSession] = (self.browser, self.context.new_cdp_session(blank))
        size = {} if room is None else {"quotaSize": room}
        self._keeper[1].send("Storage.overrideQuotaForOrigin", {"origin": self.origin, **size})

    def stop(self) -> None:
        """As a machine whose processor stands still: nothing of the browser does anything until it is killed."""
        assert self._process is not None
        signal_group(self._process, signal.SIGSTOP)

    def kill(self) -> None:
        """As a machine that loses its power, but for the disk: no process of the browser lives to say a word."""
        if self._process is None:
            return
        signal_group(self._process, signal.SIGKILL)
        self._process.wait()
        self._process, self.tabs = None, []
        with suppress(Error):
            self.browser.close()

    def kill_tabs(self) -> None:
        """End what runs the pages; the browser itself goes on."""
        assert self._process is not None
        for pid in _renderers(self._process.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.reopen()

    def reopen(self) -> None:
        """Close every tab without a word and open the till in a new one."""
        before, self.tabs = self.tabs, []
        new = self.open()
        for page in before:
            with suppress(Error):
                page.close()
        self.tabs = [new]

    # --- the page

    def open(self) -> Page:
        """The till in a new tab, ready to sell."""
        page = self.context.new_page()
        if self.is_offline:
            self._tell(page)
        page.goto(f"{self.origin}/till/")
        self.ready(page)
        return page

    def ready(self, page: Page) -> None:
        expect(page.locator("till-counter[data-ready]")).to_be_attached(timeout=PATIENT)
        expect(page.locator(".product-tile").first).to_be_visible(timeout=PATIENT)
        if self.register:
            page.evaluate(
                """(id) => {
                  const { session } = document.querySelector("till-counter");
                  if (!session.register) session.chooseRegister(id);
                }""",
                self.register,
            )

    def settle_in(self) -> None:
        """Until the device has all that it needs to work alone."""
        page = self.page
        page.wait_for_function("() => navigator.serviceWorker.controller")
        page.wait_for_function("() => document.querySelector('till-counter').standing.isReady")
        assert page.evaluate(EVENTUALLY, [IS_KEPT, PATIENT]), "the device never had its catalogue"

    def ring_up(self, page: Page, basket: Sequence[str]) -> str:
        """Scan; answers the sale's id, which the page made before anything else."""
        page.bring_to_front()
        page.evaluate(SCAN, [CODES[sku] for sku in basket])
        if not page.evaluate(EVENTUALLY, [IS_RUNG_UP % len(basket), PATIENT]):
            raise AssertionError(f"the basket {basket} was never rung up: {page.evaluate(STATE)}")
        return str(page.evaluate("document.querySelector('till-counter').session.cart.id"))

    def take(self, page: Page, *, by: str = "cash", given: str = "") -> None:
        """Say that it is paid, and do not wait for what the till says."""
        page.bring_to_front()
        page.keyboard.press("F8" if by == "cash" else "F9")
        field = page.locator("till-payment [data-amount]")
        field.fill(given)
        page.locator("till-payment [data-take]").click()

    def seen(self, page: Page) -> str:
        """What the till says at last: ``paid``, ``asked`` or ``nothing``."""
        return str(page.evaluate(SEEN, PATIENT))

    def until_paid(self, page: Page) -> None:
        """As a patient cashier: try again what the till offers to try again, until it says that it is done."""
        for _ in range(12):
            said = self.seen(page)
            if said == "paid":
                return
            assert said == "asked", "the till said nothing"
            button = page.locator("till-payment [data-actions] button").first
            with suppress(Error):  # it may be paid meanwhile
                button.click(timeout=5_000)
        raise AssertionError(page.locator("till-payment [data-message]").inner_text())

    def printed(self, page: Page) -> str:
        """The number on the slip where the device gave it, else nothing."""
        number = page.locator("till-receipt [data-show='number']").inner_text()
        return "" if number.startswith("#") else number

    def next(self, page: Page) -> None:
        """On to the next customer."""
        page.locator("till-receipt [data-next]").click()
        expect(page.locator(".till-done")).to_be_hidden(timeout=PATIENT)

    # --- the network and the clock

    def offline(self, is_offline: bool) -> None:
        """The browser knows that it has no network, or that it has.

        Told page by page: Playwright would tell a worker that was killed, too, and hear no answer.
        """
        self.is_offline = is_offline
        if is_offline:
            self.wire.cut()
        for page in self.tabs:
            self._tell(page)

    def _tell(self, page: Page) -> None:
        line = self._lines.get(page) or self.context.new_cdp_session(page)
        self._lines[page] = line
        line.send("Network.enable")
        wanted = {"offline": self.is_offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1}
        line.send("Network.emulateNetworkConditions", wanted)

    def mend(self) -> None:
        self.wire.mend()
        if self.is_offline:
            self.offline(False)

    def turn_clock(self, ms: int) -> None:
        for page in self.tabs:
            page.evaluate("(ms) => turnClock(ms)", ms)

    def waiting(self) -> list[dict[str, Any]]:
        """What the device still holds."""
        return list(self.page.evaluate(WAITING))


def _renderers(parent: int) -> list[int]:
    """The processes that run pages, among those of this browser."""
    found = []
    for status in Path("/proc").glob("[0-9]*/cmdline"):
        pid = int(status.parent.name)
        with suppress(OSError):
            if b"--type=renderer" in status.read_bytes() and os.getsid(pid) == parent:
                found.append(pid)
    return found
