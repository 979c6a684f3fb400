"""The catalogue of a device: the big shop's 50,000 variants sent, kept in a real browser's database, changed and asked.

`make bench ARGS=catalogue`; the big shop is built first if there is none. The reference of the browser's figures is the
time that the pages take to a program that throws them away.
"""

import gzip
import http.client
import json
import random
import time
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import django

from benchmarks.bigshop import THINGS, big_shop
from benchmarks.browsing import browser_at
from benchmarks.harness import cpu_seconds, machine, postgres_pid, quantile, table, web

if TYPE_CHECKING:
    from benchmarks.lookups import Visitor

CHANGED = 500
ASKED = 200
MEGABYTE = 1_000_000

# Everything is timed inside the page. `work` runs once, its parts tell their milliseconds.
DEVICE = """async (place) => {
  const lib = (name) => import(`/static/js/lib/store/${name}.js`);
  const [{ Catalogue }, { Refresh }, { Shop }] = await Promise.all([lib("catalogue"), lib("refresh"), lib("shop")]);
  const catalogue = new Catalogue();
  window.device = { catalogue, refresh: new Refresh(catalogue, () => place), shop: new Shop(catalogue, () => place) };
  window.timed = async (work) => {
    const began = performance.now();
    await work();
    return performance.now() - began;
  };
}"""
REFRESHED = """async () => {
  const took = await timed(() => device.refresh.now());
  if (device.refresh.state !== "resting") throw device.refresh.problem;
  return took;
}"""
WRITTEN = """async () => {
  const { open } = await import("/static/js/lib/store/open.js");
  return Boolean(await (await open()).get("meta", "names"));
}"""
EACH = """async ([what, asked]) => {
  const took = [];
  for (const one of asked) took.push(await timed(() => device.shop[what](one)));
  return took;
}"""


def main() -> None:
    """Send everything once as it is, then to a browser; change prices; ask."""
    django.setup()
    from benchmarks.lookups import visitors
    from core.tenancy.context import use_tenant
    from inventory.models import ScanCode, Variant
    from orders.models import Order

    key, owner = visitors()
    dice = random.Random(1)
    with use_tenant(big_shop()):
        place = str(Order.objects.values_list("location_id", flat=True)[0])
        variants = list(Variant.objects.filter(is_active=True).values_list("pk", flat=True)[:CHANGED])
        codes = dice.sample(list(ScanCode.objects.filter(kind="variant").values_list("code", flat=True)), ASKED)
    with web() as (port, server):
        sent(key, port, server.pid, place)
        kept(owner, port, place, variants, codes)
    print(f"Browser, web server and PostgreSQL share the machine. {machine()}")


def sent(key: "Visitor", port: int, web_pid: int, place: str) -> None:
    """All pages, as a device asks for them, one after the other."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    cursor, seconds, size, whole, articles = "", [], 0, 0, 0
    before = cpu_seconds(web_pid), cpu_seconds(postgres_pid())
    while cursor is not None:
        began = time.perf_counter()
        path = f"/api/v1/catalogue/?location={place}&cursor={cursor}"
        link.request("GET", path, headers={"Host": key.host, "Accept-Encoding": "gzip", **key.headers})
        answer = link.getresponse()
        body = answer.read()
        seconds.append(time.perf_counter() - began)
        if answer.status != 200:
            raise RuntimeError(f"{answer.status} {body[:300]!r}")
        text = gzip.decompress(body)
        page = json.loads(text)
        size, whole, articles = size + len(body), whole + len(text), articles + len(page["results"])
        cursor = page["next"]
    after = cpu_seconds(web_pid), cpu_seconds(postgres_pid())
    cpu = [late - early for early, late in zip(before, after, strict=True)]
    rows = [
        ["articles", articles],
        ["pages", len(seconds)],
        ["sent, MB (bar 15)", f"{size / MEGABYTE:.1f}"],
        ["unpacked, MB", f"{whole / MEGABYTE:.1f}"],
        ["seconds", f"{sum(seconds):.1f}"],
        ["a page, median ms", f"{1000 * quantile(seconds, 0.5):.0f}"],
        ["a page, p95 ms", f"{1000 * quantile(seconds, 0.95):.0f}"],
        ["CPU seconds, web + PostgreSQL", f"{cpu[0]:.1f} + {cpu[1]:.1f}"],
    ]
    table(["all of it, by a program", "value"], rows)


def kept(owner: "Visitor", port: int, place: str, variants: list[Any], codes: list[str]) -> None:
    """The same by a browser that keeps it, and what it is asked then."""
    cookies = dict(part.split("=", 1) for part in owner.headers["Cookie"].split("; "))
    with browser_at(owner.host, port, cookies=cookies) as context:
        page = context.new_page()

        def opened() -> None:
            page.goto("/settings/account/")
            page.evaluate(DEVICE, place)

        opened()
        filled = page.evaluate(REFRESHED)
        nothing = page.evaluate(REFRESHED)
        change_prices(variants)
        changed = page.evaluate(REFRESHED)
        opened()
        names = page.evaluate("() => timed(() => device.catalogue.names())")
        page.wait_for_function(WRITTEN)
        opened()
        again = page.evaluate("() => timed(() => device.catalogue.names())")
        opened()
        first = page.evaluate(EACH, ["scan", codes[:1]])[0]
        scans = page.evaluate(EACH, ["scan", codes])
        words = [{"q": f"{one.lower()[: 2 + place % 4]}"} for place, one in enumerate(THINGS * 12)][:ASKED]
        found = page.evaluate(EACH, ["articles", words])
        lines = [{"variant": str(one), "quantity": "2"} for one in variants[:5]]
        quotes = page.evaluate(EACH, ["quote", [{"location": place, "channel": "counter", "lines": lines}] * ASKED])
        used = page.evaluate("async () => (await navigator.storage.estimate()).usage")
    rows = [
        ["first filling", "30,000", f"{filled:,.0f}", ""],
        ["nothing changed", "", f"{nothing:,.0f}", ""],
        [f"{CHANGED} prices changed", "1,000", f"{changed:,.0f}", ""],
        ["first scan of a page", "", f"{first:.1f}", ""],
        ["scan", "5", *spread(scans)],
        ["names read into memory, the first time", "", f"{names:,.0f}", ""],
        ["names read into memory, by every page after it", "", f"{again:,.0f}", ""],
        ["articles by the beginning of a word", "", *spread(found)],
        ["quote of five lines", "", *spread(quotes)],
    ]
    table(["in the browser", "bar ms", "ms (median)", "p95 ms"], rows)
    print(f"The browser says that it uses {used / MEGABYTE:.0f} MB for it.")


def spread(values: list[float]) -> list[str]:
    return [f"{quantile(values, 0.5):.1f}", f"{quantile(values, 0.95):.1f}"]


def change_prices(variants: list[Any]) -> None:
    """Every one of them costs something else, on a list for everybody; told by one event."""
    from core.actors import SYSTEM
    from core.outbox.relay import number_events
    from core.tenancy.context import use_tenant
    from inventory.models import PriceList
    from inventory.services.prices import PriceLine, create_price_list, set_prices

    tenant = big_shop()
    with use_tenant(tenant):
        found = PriceList.objects.filter(name="Bench").first() or create_price_list({"name": "Bench"}, actor=SYSTEM)
        price = Decimal(random.SystemRandom().randrange(100, 10_000)) / 100
        set_prices(found.pk, [PriceLine(variant_id=one, unit_price=price) for one in variants], actor=SYSTEM)
        while number_events(tenant):
            pass


if __name__ == "__main__":
    main()
