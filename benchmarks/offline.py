"""A till without its server: how soon it stands, how long a sale takes to be kept, how long 200 of them take to be sent.

`make bench ARGS=offline`. References of the same run: for the start, the page that only says that there is no connection,
out of the same worker and as cold; for the sending, the same sales posted one after the other by the same page.
"""

import gzip
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import django
from django.conf import settings

from benchmarks.browsing import browser, device
from benchmarks.harness import cpu_seconds, machine, postgres_pid, quantile, table, web
from benchmarks.shop import BenchShop, bench_shop

STARTS, SALES = 7, 200
START_BAR, EAGER_BAR = 2000, 45

# When the till could be used: its tiles are there and were painted. Of a page without tiles, when its heading was.
STOOD = """() => {
  const isThere = () => document.querySelector("till-counter[data-ready] .product-tile") ?? (document.querySelector("till-counter") ? null : document.querySelector("h1"));
  const painted = () => requestAnimationFrame(() => requestAnimationFrame(() => (window.stood ??= performance.now())));
  new MutationObserver(() => isThere() && painted()).observe(document, { childList: true, subtree: true, attributes: true });
}"""
KEPT = """async () => {
  const { open } = await import("/static/js/lib/store/open.js");
  const hasPage = await (await caches.open("pages")).match("/till/");
  return Boolean(hasPage && (await (await open()).get("meta", "catalogue")));
}"""
# Sales of three articles, by the parts that the page itself uses. Answers the bodies, and the milliseconds of each.
SELL = """async ([count, isSent]) => {
  const counter = document.querySelector("till-counter");
  const { session, server, standing } = counter;
  const { toBody } = await import("/static/js/lib/till/settle.js");
  const [offline, articles] = [await standing.bring(), await server.articles({})];
  const took = [];
  for (let sale = 0; sale < count; sale += 1) {
    session.begin();
    for (let line = 0; line < 3; line += 1) session.add(articles[(sale + line) % articles.length]);
    await session.settled();
    const { terms, place } = session;
    const { total, cashTotal } = session.totals();
    const body = toBody(session.cart, { location: place.id, payments: [{ method: "cash", amount: cashTotal, tendered: cashTotal }], terms, total });
    const began = performance.now();
    const done = isSent ? await counter.checkout.send(body) : await offline.keep(body);
    took.push(performance.now() - began);
    if (!done?.order) throw new Error(JSON.stringify(done));
  }
  session.begin();
  return took;
}"""
SENT = """async () => {
  const { count } = await import("/static/js/lib/store/queue.js");
  const { send } = await import("/static/js/lib/store/send.js");
  const began = performance.now();
  while ((await count()) > 0) await send();
  return performance.now() - began;
}"""


def main() -> None:
    """Make a device, sell on it, send; then take the server away and start it again and again."""
    django.setup()
    shop = bench_shop()
    secret = device(shop)
    with tempfile.TemporaryDirectory() as folder:
        profile = Path(folder, "profile")
        with web(STATIC_ROOT=str(settings.STATIC_ROOT)) as (port, server):
            eager = _eager(shop, port)
            _selling(shop, port, profile, secret, server.pid)
        rows = []
        for name, path, hangs in (
            ("the till, no server", "/till/", False),
            ("the till, a network that answers nothing", "/till/", True),
            ("reference: a page that only says so", "/offline/", False),
        ):
            times = [_start(shop, port, profile, path, hangs=hangs) for _ in range(STARTS)]
            rows.append((name, *_spread(times), START_BAR if "till" in name else "-"))
        table(("cold start of the browser's page", "n", "p50 ms", "p95 ms", "most ms", "bar"), rows)
    print(f"Script of the till before anything is opened: {eager:.1f} kB gzipped (bar {EAGER_BAR}).\n{machine()}")


def _selling(shop: BenchShop, port: int, profile: Path, secret: str, web_pid: int) -> None:
    from core.tenancy.context import use_tenant
    from core.tenancy.selectors import find_tenant
    from orders.models import Order

    with browser(shop, port, folder=profile, secret=secret) as context:
        page = context.new_page()
        page.goto("/till/")
        page.wait_for_function("() => navigator.serviceWorker.controller")
        _until(page, KEPT)
        with use_tenant(find_tenant(shop.host)):
            before = Order.objects.count()
        with _cpu(web_pid) as posted_cpu:
            posted = page.evaluate(SELL, [SALES, True])
        context.set_offline(True)
        kept = page.evaluate(SELL, [SALES, False])
        context.set_offline(False)
        with _cpu(web_pid) as sent_cpu:
            sent = page.evaluate(SENT)
        with use_tenant(find_tenant(shop.host)):
            booked = Order.objects.count() - before
    if booked != 2 * SALES:
        raise RuntimeError(f"{booked} orders of {2 * SALES}")
    table(
        ("a sale of three lines is kept for good", "n", "p50 ms", "p95 ms", "most ms"),
        [("on the device", *_spread(kept))],
    )
    rows = [
        (f"{SALES} sales that waited", f"{sent / 1000:.2f}", f"{1000 * sent_cpu[0] / SALES:.1f}"),
        ("reference: the same, posted one by one", f"{sum(posted) / 1000:.2f}", f"{1000 * posted_cpu[0] / SALES:.1f}"),
    ]
    table(("sent and booked", "seconds", "CPU ms a sale, web + PostgreSQL"), rows)


def _start(shop: BenchShop, port: int, profile: Path, path: str, *, hangs: bool) -> float:
    """Milliseconds from the first navigation of a browser that was just begun."""
    silent = socket.create_server(("127.0.0.1", port)) if hangs else nullcontext()  # takes every call and says nothing
    with silent, browser(shop, port, folder=profile, cookies=False) as context:
        page = context.new_page()
        page.add_init_script(f"({STOOD})()")
        page.goto(path, wait_until="commit")
        page.wait_for_function("() => window.stood")
        return float(page.evaluate("() => window.stood"))


def _until(page: Any, question: str) -> None:
    page.evaluate(f"async () => {{ while (!(await ({question})())) await new Promise((go) => setTimeout(go, 100)); }}")


@contextmanager
def _cpu(web_pid: int) -> Iterator[list[float]]:
    """CPU seconds of the web server and PostgreSQL while the block runs, as the only item of the list."""
    spent: list[float] = []
    before = cpu_seconds(web_pid) + cpu_seconds(postgres_pid())
    yield spent
    spent.append(cpu_seconds(web_pid) + cpu_seconds(postgres_pid()) - before)


def _eager(shop: BenchShop, port: int) -> float:
    """Kilobytes of all script that the till's page asks for until it can be used, as they are sent."""
    with browser(shop, port) as context:
        page = context.new_page()
        scripts: list[Any] = []
        page.on("response", lambda told: scripts.append(told) if told.request.resource_type == "script" else None)
        page.goto("/till/")
        page.wait_for_selector("till-counter[data-ready] .product-tile")
        return sum(len(gzip.compress(script.body(), 9)) for script in list(scripts)) / 1000


def _spread(values: list[float]) -> list[str]:
    return [str(len(values)), *(f"{quantile(values, share):.0f}" for share in (0.5, 0.95, 1))]


if __name__ == "__main__":
    main()
