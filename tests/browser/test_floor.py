"""The shop floor on a phone: what is done without a network is in the ledger once when it is back."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from playwright.sync_api import Browser, BrowserContext, expect

from core.ids import uuid7
from core.sync.models import Flag, SyncItem
from core.testing import Shop
from inventory.models import CountEntry, ScanCode, StockDocument
from inventory.services.counts import CountDraft, open_count
from tests.browser.floor_steps import CUP, TEA, a_phone, at, done, kept, moved, phone_of, scan, sent
from tests.browser.test_till import SCAN, ready
from tests.browsers import complaints, logged_in, picture
from tests.processes import Product

pytestmark = [pytest.mark.browser, pytest.mark.live, pytest.mark.django_db(transaction=True)]

FILL_SMALL_STORE = """() => {
  for (let size = 2 ** 20, place = 0; size >= 1; ) {
    try {
      localStorage.setItem(`full-${place++}`, "x".repeat(size));
    } catch {
      size /= 2;
    }
  }
}"""


@pytest.fixture
def phone(browser: Browser, product: Product, acme: Shop) -> Iterator[BrowserContext]:
    with a_phone(browser, product, acme) as context:
        yield context


def test_prices_and_stock_are_the_servers_and_without_it_the_devices_with_since_when(phone: BrowserContext) -> None:
    page = kept(phone)
    said = complaints(page)
    picture(page, "floor")
    page.get_by_role("link", name="Price check").click()
    scan(page, TEA)
    answer = page.locator(".floor-answer")
    expect(answer).to_contain_text("£4.50")
    expect(answer).not_to_contain_text("as of")
    scan(page, "cup")
    expect(answer).to_contain_text("£12.00")
    picture(page, "floor-price")
    page.go_back()
    expect(page.get_by_role("heading", name="Shop floor")).to_be_visible()
    expect(page.get_by_role("link", name="Stock check")).to_be_visible()

    phone.set_offline(True)
    at(page, "stock")
    expect(page.locator(".floor-state")).to_contain_text("Offline")
    scan(page, TEA)
    expect(answer.locator(".floor-answer__large")).to_have_text("10")
    expect(answer).to_contain_text("as of")
    picture(page, "floor-stock-offline")
    scan(page, "nothing like it")
    expect(page.locator("[data-told]")).to_contain_text("Nothing carries")
    assert [text for text in said if "Failed to load resource" not in text] == []


def test_what_is_done_without_a_network_is_in_the_ledger_once_when_it_is_back(
    phone: BrowserContext, acme: Shop
) -> None:
    count = open_count(CountDraft(count_id=uuid7(), location_id=acme.location.pk), actor=acme.actor()).count
    page = kept(phone)
    said = complaints(page)
    phone.set_offline(True)

    at(page, "receive")
    scan(page, TEA, TEA, CUP)
    expect(page.locator(".floor-line")).to_have_count(2)
    page.reload()  # unfinished work is still there
    expect(page.locator(".floor-line")).to_have_count(2)
    expect(page.locator(".floor-state")).to_contain_text("Offline")
    page.get_by_label("How many: Acme Blue cup").fill("6")
    page.get_by_label("Delivery note").fill("D-77")
    picture(page, "floor-receive")
    done(page, "Saved. 1 waits to be sent.")
    expect(page.locator(".floor-line")).to_have_count(0)

    at(page, "count")
    scan(page, TEA)
    page.get_by_label("How many: Acme Earl Grey").fill("9")
    picture(page, "floor-count")
    done(page, "Saved. 2 wait to be sent.")

    at(page, "adjust")
    page.get_by_label("Why").select_option("theft")
    scan(page, CUP)
    picture(page, "floor-adjust")
    done(page, "Saved. 3 wait to be sent.")

    at(page, "link")
    scan(page, "NEW-CODE-7", TEA)
    picture(page, "floor-link")
    done(page, "Saved. 4 wait to be sent.")
    at(page, "waiting")
    picture(page, "floor-waiting")
    assert (SyncItem.objects.count(), moved("receipt"), moved("adjustment")) == (0, [], [])

    phone.set_offline(False)
    sent(page)
    assert moved("receipt") == [("CUP", Decimal(6), Decimal(16)), ("TEA", Decimal(2), Decimal(12))]
    assert moved("adjustment") == [("CUP", Decimal(-1), Decimal(15))]
    assert StockDocument.objects.get(kind="receipt").reason == "D-77"
    entry = CountEntry.objects.get()
    assert (entry.count_id, entry.variant.sku, entry.quantity) == (count.pk, "TEA", Decimal(9))
    assert ScanCode.objects.get(code="NEW-CODE-7").variant == acme.variant("TEA")
    assert (SyncItem.objects.count(), Flag.objects.count()) == (4, 0)
    assert [text for text in said if "Failed to load resource" not in text] == []


def test_with_the_server_there_it_is_said_as_soon_as_it_is_booked(phone: BrowserContext) -> None:
    page = kept(phone)
    at(page, "receive")
    scan(page, TEA)
    done(page, "Sent.")
    assert moved("receipt") == [("TEA", Decimal(1), Decimal(11))]


def test_another_person_at_the_device_sees_nothing_of_the_first_ones_work(
    phone: BrowserContext, browser: Browser, product: Product, acme: Shop
) -> None:
    page = kept(phone)
    at(page, "receive")
    scan(page, TEA)
    expect(page.locator(".floor-line")).to_have_count(1)
    clerk = logged_in(browser, product, acme, "stock clerk")
    phone.add_cookies(clerk.cookies())  # type: ignore[arg-type]
    clerk.close()
    page.reload()
    at(page, "receive")
    expect(page.locator(".floor-line")).to_have_count(0)
    expect(page.get_by_role("button", name="Done")).to_be_disabled()


def test_a_browser_that_is_no_device_books_at_once_and_keeps_the_work_while_the_server_is_away(
    browser: Browser, product: Product, acme: Shop
) -> None:
    context = phone_of(browser, product, acme, "stock clerk", None)
    page = context.new_page()
    at(page, "receive")
    scan(page, TEA)
    expect(page.locator(".floor-line")).to_have_count(1)
    context.set_offline(True)
    done(page, "Nothing is booked yet")
    context.set_offline(False)
    done(page, "Sent.")
    assert moved("receipt") == [("TEA", Decimal(1), Decimal(11))]
    assert SyncItem.objects.count() == 0
    context.close()


def test_a_code_that_nothing_carries_is_linked_from_where_it_was_scanned(
    browser: Browser, product: Product, acme: Shop
) -> None:
    context = phone_of(browser, product, acme, "manager", None)
    page = context.new_page()
    page.goto("/till/")
    ready(page)
    page.evaluate(SCAN, ["4000000000006"])
    page.get_by_role("button", name="Link it to an article").click()
    expect(page.locator(".floor-answer__large")).to_have_text("4000000000006")
    scan(page, TEA)
    expect(page.locator(".floor-answer__title")).to_have_text("is Acme Earl Grey")
    done(page, "4000000000006 is Acme Earl Grey. Sent.")
    assert ScanCode.objects.filter(code="04000000000006", variant__sku="TEA").exists()

    at(page, "price")
    scan(page, "NEW-1")
    page.get_by_role("button", name="Link it to an article").click()
    expect(page.locator(".floor-answer__large")).to_have_text("NEW-1")
    page.go_back()
    scan(page, "NEW-1")
    page.get_by_role("link", name="New product").click()
    expect(page.get_by_label("Codes")).to_have_value("NEW-1")
    context.close()


def test_what_is_no_number_is_said_and_nothing_else_is_booked_in_its_place(
    browser: Browser, product: Product, acme: Shop
) -> None:
    context = phone_of(browser, product, acme, "stock clerk", None)
    page = context.new_page()
    page.goto("/floor/")
    page.evaluate(FILL_SMALL_STORE)  # of the browser: what was used last has no room there
    at(page, "receive")
    scan(page, TEA)
    units = page.locator(".floor-line .stepper__value")
    for wrong in ("1.0000001", "-1", "1e9", ""):
        units.fill(wrong)
        done(page, "How many of Acme Earl Grey?")
        expect(units).to_be_focused()
    scan(page, "B" * 10_000)
    expect(page.locator("[data-told]")).to_have_text(f"Nothing carries {'B' * 40} ….")
    assert moved("receipt") == []
    units.fill("2,5")
    done(page, "Sent.")
    assert moved("receipt") == [("TEA", Decimal("2.5"), Decimal("12.5"))]
    context.close()
