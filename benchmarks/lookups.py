"""Looking things up in the big shop: scans, catalogue, orders, customers, duplicates; pages and REST, beside a request
that does nothing but know its key.

`make bench ARGS=lookups`; the big shop is built first if there is none.
"""

import http.client
import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import cycle
from statistics import median
from urllib.parse import quote_plus

import django

from benchmarks.bigshop import LOOKS, THINGS, big_shop
from benchmarks.harness import cpu_seconds, machine, postgres_pid, quantile, table, timed, web

REQUESTS = 30
DEEP_PAGES = 20


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody at the big shop's door: a machine with its key, or a person with a session."""

    host: str
    headers: dict[str, str]

    def get(self, link: http.client.HTTPConnection, path: str) -> bytes:
        link.request("GET", path, headers={"Host": self.host, **self.headers})
        answer = link.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise RuntimeError(f"{path}: {answer.status} {text[:300]!r}")
        return text


@dataclass(frozen=True, slots=True)
class Case:
    """A kind of request; ``paths`` are asked in turn. ``bar``: milliseconds that its p95 should keep below."""

    name: str
    visitor: Visitor
    paths: Sequence[str]
    bar: float | None = None


def main() -> None:
    """Warm each kind of request with a few, then measure; the shortest and the longest are told apart."""
    django.setup()
    with web() as (port, server):
        link = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        rows = []
        for case in cases(link):
            asked = cycle(case.paths)
            for _ in range(3):
                case.visitor.get(link, next(asked))
            before = cpu_seconds(server.pid), cpu_seconds(postgres_pid())
            seconds = [timed(partial(case.visitor.get, link, next(asked))) for _ in range(REQUESTS)]
            after = cpu_seconds(server.pid), cpu_seconds(postgres_pid())
            cpu = [1000 * (late - early) / REQUESTS for early, late in zip(before, after, strict=True)]
            p95 = 1000 * quantile(seconds, 0.95)
            rows.append(
                [
                    case.name,
                    f"{1000 * median(seconds):.1f}",
                    f"{p95:.1f}",
                    f"{1000 * quantile(seconds, 0.99):.1f}",
                    f"{cpu[0]:.1f} + {cpu[1]:.1f}",
                    "-" if case.bar is None else f"{case.bar:.0f}" + (" missed" if p95 > case.bar else ""),
                ]
            )
    table(["what", "median ms", "p95 ms", "p99 ms", "CPU ms, web + PostgreSQL", "bar for p95"], rows)
    print(f"{REQUESTS} requests of each, one after the other, by one client over one connection. {machine()}")


def visitors() -> tuple[Visitor, Visitor]:
    """A new key of the big shop, and its owner at a browser."""
    from django.conf import settings
    from django.test import Client

    from core.actors import SYSTEM
    from core.people.models import User
    from core.people.permissions import permissions_of_role
    from core.people.services import create_api_key
    from core.tenancy.context import use_tenant

    tenant = big_shop()
    host = f"big.{settings.BASE_DOMAIN}"
    with use_tenant(tenant):
        _, token = create_api_key(name="bench", permissions=permissions_of_role("owner"), actor=SYSTEM)
        browser = Client(headers={"host": host})
        owner = User.objects.get(email="bench@big.localhost")
        browser.force_login(owner, backend="core.people.backends.EmailBackend")
    cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in browser.cookies.items())
    return Visitor(host, {"Authorization": f"Bearer {token}"}), Visitor(host, {"Cookie": cookies})


def cases(link: http.client.HTTPConnection) -> Iterator[Case]:
    """All kinds of requests. Deep pages are found by walking there, as people and programs do."""
    from core.tenancy.context import use_tenant
    from inventory.models import Brand, Category, ScanCode, Variant
    from orders.models import Customer, Order

    key, owner = visitors()
    dice = random.Random(1)
    with use_tenant(big_shop()):
        codes = dice.sample(list(ScanCode.objects.filter(kind="variant").values_list("code", flat=True)), REQUESTS)
        skus = dice.sample(list(Variant.objects.values_list("sku", flat=True)), REQUESTS)
        place = Order.objects.values_list("location_id", flat=True)[0]
        buyers = list(Customer.objects.order_by("pk")[:REQUESTS])
        shelf = Category.objects.filter(parent__isnull=False)[0].pk
        brand = Brand.objects.all()[0].pk
        numbers = list(
            Order.objects.order_by("-occurred_at").values_list("number", flat=True)[5_000 : 5_000 + REQUESTS]
        )
    words = [quote_plus(f"{look} {thing}".lower()) for look, thing in zip(LOOKS, THINGS, strict=False)]
    slips = [quote_plus(f"{word[1:]} {word}".lower()) for word in LOOKS]
    api = "/api/v1"
    yield Case("nothing: the API's root, key and rate limit", key, [f"{api}/"])
    yield Case("scan by code, REST", key, [f"{api}/scan/{code}/?location={place}" for code in codes], 5)
    for name, who, path, search in (
        ("REST", key, f"{api}/products/", "q"),
        ("page", owner, "/products/", "q"),
    ):
        yield Case(f"products, first page, {name}", who, [path], 150)
        yield Case(f"products, page {DEEP_PAGES}, {name}", who, [_deep(link, who, path)], 150)
        yield Case(f"products, two words, {name}", who, [f"{path}?{search}={word}" for word in words], 150)
        yield Case(f"products, words nobody has, {name}", who, [f"{path}?{search}={slip}" for slip in slips], 150)
        yield Case(f"products, SKU, {name}", who, [f"{path}?{search}={sku}" for sku in skus], 150)
        yield Case(f"products, code, {name}", who, [f"{path}?{search}={code}" for code in codes], 150)
        yield Case(f"products, category, {name}", who, [f"{path}?category={shelf}"], 150)
        yield Case(f"products, brand, {name}", who, [f"{path}?brand={brand}"], 150)
        attribute = "attribute=colour:Red" if who is key else "attr_colour=Red"
        yield Case(f"products, attribute, {name}", who, [f"{path}?{attribute}"], 150)
    week_ago = (datetime.now(UTC) - timedelta(days=30)).date()
    for name, who, path in (("REST", key, f"{api}/orders/"), ("page", owner, "/orders/")):
        yield Case(f"orders, newest, {name}", who, [path], 150)
        yield Case(f"orders, page {DEEP_PAGES}, {name}", who, [_deep(link, who, path)], 150)
        number = "q" if who is key else "number"
        yield Case(f"orders, number, {name}", who, [f"{path}?{number}={one}" for one in numbers], 150)
        days = f"business_date_to={week_ago}" if who is key else f"until={week_ago}"
        yield Case(f"orders, online until a month ago, {name}", who, [f"{path}?channel=online&{days}"], 150)
    yield Case("orders of a customer, REST", key, [f"{api}/orders/?customer={one.pk}" for one in buyers], 150)
    yield Case("orders not paid, REST", key, [f"{api}/orders/?paid=unpaid"], 150)
    yield Case("stock of a place, REST", key, [f"{api}/stock/?location={place}"], 150)
    yield Case("stock, page", owner, ["/stock/"], 150)
    yield Case("customers, first page, page", owner, ["/customers/"], 150)
    yield Case(
        "customers, name, REST", key, [f"{api}/customers/?q={quote_plus(one.name.split()[-1])}" for one in buyers], 150
    )
    yield Case("customers, e-mail, REST", key, [f"{api}/customers/?q={quote_plus(one.email)}" for one in buyers], 150)
    yield Case("customer 360, page", owner, [f"/customers/{one.pk}/" for one in buyers], 300)
    yield Case("duplicates of customers, REST", key, [f"{api}/customer-duplicates/"], 1000)


def _deep(link: http.client.HTTPConnection, who: Visitor, path: str) -> str:
    """The address of a page far behind the first."""
    for _ in range(DEEP_PAGES - 1):
        text = who.get(link, path)
        if path.startswith("/api/"):
            base = path.partition("?")[0]
            path = f"{base}?cursor={json.loads(text)['next']}"
        else:
            base = path.partition("?")[0]
            path = base + "?after=" + text.decode().partition("?after=")[2].partition('"')[0]
    return path


if __name__ == "__main__":
    main()
