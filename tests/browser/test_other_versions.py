"""An app and a server of different versions at a real till: what waits is sent, or waits on, and selling goes on.

Every kind of item has one version so far, so the other versions are made here: a server that knows sales up to another
one (`tests/other_version_urls.py`), items whose ``v`` is changed in the store, and a database as the first version of
the app made it.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from core.devices.models import Gap
from core.sync.models import Flag, SyncItem
from core.testing import Shop
from orders.models import Order
from tests.browser.test_till_lives import TAKE_OVER, WAITS, eventually, sold
from tests.browser.test_till_proof import a_till
from tests.chaos.accidents import NONE_WAITS
from tests.chaos.till_books import enrolled
from tests.chaos.tills import Till
from tests.processes import Product
from tests.waiting import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.live, pytest.mark.django_db(transaction=True)]

SET_VERSION = """async ([n, v]) => {
  const { open } = await import("/static/js/lib/store/open.js");
  const database = await open();
  await database.put("queue", { ...(await database.get("queue", n)), v });
}"""
# The database as the first version of the app made it, with what this one has put into it. The app opens another
# one meanwhile: it would bring this one up to date at once.
AS_IT_WAS = """async () => {
  const [{ open, close, NAME }, { openDB, deleteDB }] = await Promise.all(
    ["lib/store/open.js", "../vendor/idb/idb.js"].map((name) => import(`/static/js/${name}`)),
  );
  const now = await open();
  const rows = {};
  for (const name of ["articles", "tables", "queue", "meta"]) rows[name] = await now.getAll(name);
  const { open: opens } = IDBFactory.prototype;
  IDBFactory.prototype.open = function (name, version) {
    return opens.call(this, name === NAME && version !== 1 ? "elsewhere" : name, version);
  };
  await close();
  await deleteDB(NAME);
  const old = await openDB(NAME, 1, {
    upgrade(database) {
      const articles = database.createObjectStore("articles", { keyPath: "id" });
      articles.createIndex("codes", "codes", { multiEntry: true });
      database.createObjectStore("tables", { keyPath: "name" });
      database.createObjectStore("queue", { keyPath: "n" }).createIndex("author", "author");
      database.createObjectStore("meta", { keyPath: "name" });
    },
  });
  for (const [name, some] of Object.entries(rows)) for (const row of some) await old.put(name, row);
  old.close();
  return (await indexedDB.databases()).filter(({ name }) => name === NAME);
}"""
STORE = """async () => {
  const { open } = await import("/static/js/lib/store/open.js");
  const database = await open();
  const indexes = (name) => [...database.transaction(name).store.indexNames];
  return { stores: [...database.objectStoreNames], articles: indexes("articles"), receipts: indexes("receipts") };
}"""
# Nothing is sent from a page while this stands in the way.
HOLD = """(() => {
  const send = globalThis.fetch;
  globalThis.fetch = async (address, options) => {
    const isHeld = localStorage.getItem("may-send") === null;
    if (isHeld && String(address).endsWith("/api/v1/sync/")) throw new TypeError("held");
    return send(address, options);
  };
})()"""


@pytest.fixture
def till(browser: Browser, product: Product, acme: Shop, tmp_path: Path) -> Iterator[Till]:
    with a_till(browser, product, acme, enrolled(acme, "K1"), tmp_path) as till:
        yield till


@contextmanager
def server_knowing(product: Product, version: int) -> Iterator[None]:
    """A server that knows sales up to this version, in the place of ours."""
    ours = product.settings
    product.stop("web")
    product.settings = "tests.other_version_settings"
    product.extra["SALE_VERSION"] = str(version)
    try:
        product.start("web")
        yield
    finally:
        product.stop("web")
        product.settings = ours
        del product.extra["SALE_VERSION"]
        product.start("web")


def items() -> list[tuple[Any, ...]]:
    return list(SyncItem.objects.order_by("n").values_list("n", "kind", "v", "outcome"))


def booked() -> dict[str, tuple[str, Decimal]]:
    rows = Order.objects.values_list("pk", "receipt_number", "total")
    return {str(pk): (number, total) for pk, number, total in rows}


def test_an_app_that_is_two_versions_behind_is_brought_up_to_date_and_sends_what_it_held(
    till: Till, product: Product
) -> None:
    """Its store is as the first app made it; the new worker takes over; the server is two versions on."""
    till.wire.cut()
    orders = []
    for basket in (["TEA"], ["CUP", "TEA"]):
        orders.append(sold(till, *basket))
        till.next(till.page)
    till.page.evaluate(SET_VERSION, [2, 2])
    assert till.page.evaluate(AS_IT_WAS) == [{"name": "counter", "version": 1}]
    till.kill()
    with server_knowing(product, 3):
        till.wire.version = b"2" * 16
        till.wire.mend()
        till.habits.append(HOLD)
        till.start()
        assert eventually(till.page, WAITS)
        till.page.evaluate("() => { globalThis.isSame = true; }")
        till.page.evaluate(TAKE_OVER)
        till.page.wait_for_function("() => globalThis.isSame === undefined")
        till.ready(till.page)
        assert "files-" + "2" * 16 in till.page.evaluate("() => caches.keys()")
        assert [row["n"] for row in till.waiting()] == [1, 2] and not SyncItem.objects.exists()
        till.page.evaluate("() => localStorage.setItem('may-send', 'yes')")
        till.page.reload()
        assert eventually(till.page, NONE_WAITS), till.waiting()
        till.ready(till.page)
        till.wire.cut()
        orders.append(sold(till, "TEA"))
        till.next(till.page)
        till.wire.mend()
        assert eventually(till.page, NONE_WAITS), till.waiting()
    assert items() == [(1, "sale", 1, "applied"), (2, "sale", 2, "applied"), (3, "sale", 1, "applied")]
    assert [booked()[order] for order in orders] == [
        ("K1-000001", Decimal("4.50")),
        ("K1-000002", Decimal("16.50")),
        ("K1-000003", Decimal("4.50")),
    ]
    assert not Flag.objects.exists() and not Gap.objects.exists()
    assert till.page.evaluate(STORE) == {
        "stores": ["articles", "meta", "queue", "receipts", "tables"],
        "articles": ["codes", "product"],
        "receipts": ["numbers", "sold_at"],
    }


def test_what_an_older_server_does_not_know_waits_in_sight_while_selling_goes_on_and_is_sent_after_its_update(
    till: Till, product: Product
) -> None:
    page = till.page
    till.wire.cut()
    orders = [sold(till, "TEA")]
    page.evaluate(SET_VERSION, [1, 2])
    till.next(page)
    till.wire.mend()
    wait_until(lambda: any("older than this app" in (row["said"] or "") for row in till.waiting()), seconds=60)
    expect(page.locator("till-state button")).to_have_attribute("aria-label", re.compile("1 waiting since"))

    orders.append(sold(till, "CUP"))
    till.next(page)
    till.wire.cut()
    orders.append(sold(till, "TEA", "TEA"))
    till.next(page)
    till.wire.mend()
    wait_until(lambda: [row["n"] for row in till.waiting()] == [1], seconds=90)
    assert items() == [(2, "sale", 1, "applied")]
    assert booked().keys() == set(orders[1:])
    page.locator("till-state button").click()
    waiting = page.get_by_role("list", name="Waiting to be sent")
    expect(waiting).to_contain_text("The server is older than this app")

    with server_knowing(product, 2):
        page.get_by_role("button", name="Send now").click()
        assert eventually(page, NONE_WAITS), till.waiting()
    assert items() == [(1, "sale", 2, "applied"), (2, "sale", 1, "applied")]
    assert booked()[orders[0]] == ("K1-000001", Decimal("4.50"))
    assert len(booked()) == 3 and not Flag.objects.exists() and not Gap.objects.exists()
