"""Selling without a network on a device of the shop: each completed sale is booked once, whatever breaks meanwhile."""

import json
from datetime import timedelta
from decimal import Decimal
from io import BytesIO
from zoneinfo import ZoneInfo

import pytest
import zxingcpp
from django.contrib.sessions.models import Session
from django.utils import timezone
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from core.devices.models import Device
from core.sync.models import Flag
from core.tenancy.cache import delete_schema
from core.testing import Shop
from inventory.models import StockLevel
from orders.models import Order, Payment
from orders.services.discounts import create_discount
from tests.browser.test_offline import eventually, installed
from tests.browser.test_till import CUP, SCAN, TEA, ready
from tests.browsers import complaints, logged_in, picture
from tests.chaos.tills import CLOCK
from tests.processes import Product
from tests.waiting import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.live, pytest.mark.django_db(transaction=True)]

IS_KEPT = """async () => {
  const { open } = await import("/static/js/lib/store/open.js");
  return Boolean(await (await open()).get("meta", "catalogue"));
}"""
# The line breaks after the server has booked and before the till hears of it.
LOSE_ANSWER = """() => {
  const send = window.fetch;
  window.fetch = async (url, options) => {
    const answer = await send(url, options);
    if (String(url).endsWith("/api/v1/orders/")) throw new TypeError("the line broke");
    return answer;
  };
}"""
# Of an envelope nothing gets through in its time unless there is one item in it.
SLOW_LINE = """() => {
  const send = window.fetch;
  window.tooMany = 0;
  window.fetch = async (url, options) => {
    if (!String(url).endsWith("/sync/") || JSON.parse(options.body).items.length < 2) return send(url, options);
    window.tooMany += 1;
    throw new DOMException("signal timed out", "TimeoutError");
  };
}"""
QUEUE = """async () => {
  const { everything } = await import("/static/js/lib/store/queue.js");
  return (await everything()).map(({ n, body }) => [n, body?.receipt_number ?? null]);
}"""


def standing(context: BrowserContext) -> Page:
    """The till of a device that has all it needs."""
    page = installed(context)
    eventually(page, IS_KEPT)
    return page


def sell(page: Page, *codes: str, given: str) -> None:
    """Scan, take cash, and see that it is done."""
    page.evaluate(SCAN, list(codes))
    expect(page.locator(".cart__line")).to_have_count(len(set(codes)))
    page.keyboard.press("F8")
    page.locator("till-payment [data-amount]").fill(given)
    page.keyboard.press("Enter")
    expect(page.locator(".till-done")).to_be_visible()


def is_empty(page: Page) -> None:
    eventually(page, f"async () => (await ({QUEUE})()).length === 0", seconds=40)


def on_hand(sku: str) -> Decimal:
    return StockLevel.objects.get(variant__sku=sku).on_hand


def test_a_sale_of_a_cold_start_without_a_network_is_booked_once_as_it_was_charged(
    phone: BrowserContext, device: tuple[Device, str]
) -> None:
    page = standing(phone)
    said = complaints(page)
    phone.set_offline(True)
    page.goto("/till/")
    ready(page)
    expect(page.locator("till-state button")).to_contain_text("Offline since")
    sell(page, TEA, TEA, CUP, given="30")
    expect(page.locator(".till-done output")).to_have_text("£9.00")
    slip = page.locator(".receipt")
    for text in ("K3-000001", "Not sent yet", "2 × £4.50", "Tax 20% in it", "£3.50"):
        expect(slip).to_contain_text(text)
    read = zxingcpp.read_barcode(Image.open(BytesIO(slip.locator("svg").screenshot())))
    assert read is not None and read.text == "R-K3-000001"
    picture(page, "offline-receipt")
    page.keyboard.press("Enter")
    expect(page.locator("till-state [data-count]")).to_have_text("1")
    assert Order.objects.count() == 0
    page.locator("till-state button").click()
    expect(page.locator("unsent-list")).to_contain_text("K3-000001")
    picture(page, "offline-waiting")
    page.keyboard.press("Escape")

    phone.set_offline(False)
    is_empty(page)
    order = Order.objects.get()
    assert (order.receipt_number, order.total, order.tax_total) == ("K3-000001", Decimal("21.00"), Decimal("3.50"))
    payment = Payment.objects.get()
    assert (payment.method, payment.amount, payment.tendered, payment.change) == (
        "cash",
        Decimal(21),
        Decimal(30),
        Decimal(9),
    )
    assert (on_hand("TEA"), on_hand("CUP")) == (Decimal(8), Decimal(9))
    expect(page.locator("till-state button")).to_contain_text("Live")
    assert [text for text in said if "Failed to load resource" not in text] == []


def test_a_sale_whose_answer_was_lost_is_completed_here_and_booked_once(phone: BrowserContext) -> None:
    page = standing(phone)
    page.evaluate(LOSE_ANSWER)
    sell(page, TEA, given="5")
    expect(page.locator(".till-done output")).to_have_text("£0.50")
    is_empty(page)
    assert Order.objects.count() == 1
    assert on_hand("TEA") == 9


def test_a_tab_that_is_closed_right_after_paid_has_sold(phone: BrowserContext) -> None:
    page = standing(phone)
    phone.set_offline(True)
    sell(page, TEA, given="5")
    page.close()
    again = phone.new_page()
    again.goto("/till/")
    expect(again.locator("till-state [data-count]")).to_have_text("1")
    phone.set_offline(False)
    is_empty(again)
    assert Order.objects.get().receipt_number == "K3-000001"


def test_two_tabs_share_one_sequence_and_send_each_sale_once(phone: BrowserContext) -> None:
    one = standing(phone)
    two = phone.new_page()
    two.goto("/till/")
    ready(two)
    phone.set_offline(True)
    for page in (one, two, one):
        page.bring_to_front()
        expect(page.locator("till-state button")).to_contain_text("Offline since")
        sell(page, TEA, given="5")
        page.keyboard.press("Enter")
    assert one.evaluate(QUEUE) == [[1, "K3-000001"], [2, "K3-000002"], [3, "K3-000003"]]
    phone.set_offline(False)
    is_empty(one)
    assert sorted(Order.objects.values_list("receipt_number", flat=True)) == ["K3-000001", "K3-000002", "K3-000003"]
    assert on_hand("TEA") == 7


def test_prices_begin_by_the_shops_clock_whatever_that_of_the_device_says(phone: BrowserContext, acme: Shop) -> None:
    now = timezone.now()
    tomorrow = now + timedelta(hours=12)
    create_discount(name="Half", kind="percent", value=Decimal(50), starts_at=tomorrow, actor=acme.actor())
    phone.add_init_script("localStorage.setItem('clock-ahead', String(24 * 3600 * 1000))")
    phone.add_init_script(CLOCK)
    page = standing(phone)
    phone.set_offline(True)
    sell(page, TEA, given="5")
    expect(page.locator(".till-done output")).to_have_text("£0.50")
    today = timezone.localtime(now, ZoneInfo("Europe/London"))
    expect(page.locator(".receipt")).to_contain_text(f"{today.day} {today:%b %Y}")
    phone.set_offline(False)
    is_empty(page)
    assert Order.objects.get().total == Decimal("4.50")
    assert abs(Order.objects.get().occurred_at - now) < timedelta(minutes=10)
    assert list(Flag.objects.values_list("kind", flat=True)) == ["clock"]


def test_a_slow_line_gets_fewer_through_at_once_and_all_in_the_end(phone: BrowserContext) -> None:
    page = standing(phone)
    phone.set_offline(True)
    for _ in range(3):
        sell(page, TEA, given="5")
        page.keyboard.press("Enter")
    page.locator("till-state button").click()
    expect(page.locator("unsent-list")).to_contain_text("This browser did not promise to keep what waits")
    page.evaluate(SLOW_LINE)
    phone.set_offline(False)
    is_empty(page)
    assert Order.objects.count() == 3
    assert page.evaluate("tooMany") >= 1


def test_a_server_that_is_gone_while_the_network_stands_stops_no_sale_and_a_session_that_ended_no_sending(
    phone: BrowserContext, product: Product, acme: Shop
) -> None:
    page = standing(phone)
    product.stop("web")
    try:
        page.reload()
        ready(page)
        assert page.evaluate("navigator.onLine") is True
        sell(page, CUP, given="20")
        page.keyboard.press("Enter")
        assert len(page.evaluate(QUEUE)) == 1
        Session.objects.all().delete()
        delete_schema(acme.tenant.schema_name)
    finally:
        product.start("web")
    is_empty(page)
    order = Order.objects.get()
    assert (order.receipt_number, order.total) == ("K3-000001", Decimal(12))


def test_a_device_without_room_sells_nothing_and_says_so(phone: BrowserContext) -> None:
    page = standing(phone)
    phone.set_offline(True)
    page.evaluate(SCAN, [TEA])
    expect(page.locator(".cart__line")).to_have_count(1)
    page.evaluate(
        """() => {
          const { add } = IDBObjectStore.prototype;
          IDBObjectStore.prototype.add = function (value) {
            if (this.name !== "queue") return add.call(this, value);
            throw new DOMException("No room", "QuotaExceededError");
          };
        }"""
    )
    page.keyboard.press("F8")
    page.keyboard.press("Enter")
    expect(page.locator("till-payment [role='alert']")).to_contain_text("The sale is not done")
    expect(page.locator(".till-done")).to_have_count(0)
    assert page.evaluate(QUEUE) == []
    page.reload()
    ready(page)
    expect(page.locator(".cart__line")).to_have_count(1)


def test_nobody_logs_out_over_unsent_sales_and_the_next_person_sees_none_of_them(
    phone: BrowserContext, browser: Browser, product: Product, acme: Shop
) -> None:
    page = standing(phone)
    phone.route("**/api/v1/sync/", lambda route: route.abort())
    phone.route("**/api/v1/orders/", lambda route: route.abort())
    sell(page, TEA, given="5")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="account of").click()
    page.get_by_role("button", name="Log out").click()
    expect(page.get_by_role("heading", name="Waiting to be sent")).to_be_visible()
    expect(page.locator("unsent-list")).to_contain_text("Before you log out: 1 sale waits")
    expect(page.locator("unsent-list")).to_contain_text("K3-000001")
    picture(page, "offline-leave")
    manager = logged_in(browser, product, acme, "manager")
    phone.add_cookies(manager.cookies())  # type: ignore[arg-type]
    manager.close()
    page.goto("/waiting/")
    expect(page.locator("unsent-list")).to_contain_text("1 by somebody else")
    expect(page.locator("unsent-list")).not_to_contain_text("K3-000001")
    expect(page.locator("unsent-list")).not_to_contain_text("4.50")
    phone.unroute("**/api/v1/sync/")
    page.get_by_role("button", name="Send now").click()
    expect(page.locator("unsent-list")).to_contain_text("Everything is sent.")
    wait_until(lambda: Order.objects.count() == 1)


def test_the_till_says_how_far_the_device_has_fetched_the_articles(phone: BrowserContext) -> None:
    held: list[Route] = []
    phone.route("**/api/v1/catalogue/?*", lambda route: held.append(route))  # noqa: PLW0108  playwright marks it
    page = installed(phone)
    page.locator("till-state button").click()
    about = page.locator("till-waiting dialog")
    expect(about).to_contain_text("Fetching the articles of this place")
    expect(about).not_to_contain_text("as of")
    picture(page, "offline-fetching")
    held[0].continue_()
    expect(about).to_contain_text("Prices and stock on this device are as of")
    expect(about).not_to_contain_text("Fetching")
    picture(page, "offline-fetched")


def test_who_must_go_seals_what_is_unsent_and_it_is_booked_in_their_name(phone: BrowserContext, acme: Shop) -> None:
    page = standing(phone)
    phone.route("**/api/v1/sync/", lambda route: route.abort())
    phone.route("**/api/v1/orders/", lambda route: route.abort())
    sell(page, TEA, given="5")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="account of").click()
    page.get_by_role("button", name="Log out").click()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save a rescue file").click()
    assert saved.value.suggested_filename.startswith("unsent-K3-")
    rescued = json.loads(saved.value.path().read_text())
    assert sorted(rescued) == ["n", "sealed"]
    phone.unroute("**/api/v1/sync/")
    page.get_by_role("button", name="Seal them and log out").click()
    expect(page.get_by_label("E-mail")).to_be_visible()
    page.goto("/waiting/")
    is_empty(page)
    order = Order.objects.get()
    assert (order.receipt_number, order.total) == ("K3-000001", Decimal("4.50"))
    assert order.created_by_id == acme.person("cashier").pk


def test_who_must_go_while_the_server_is_away_seals_and_leaves_and_it_is_booked_in_their_name(
    phone: BrowserContext, acme: Shop
) -> None:
    page = standing(phone)
    phone.set_offline(True)
    sell(page, TEA, given="5")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="account of").click()
    page.get_by_role("button", name="Log out").click()
    page.get_by_role("button", name="Seal them and log out").click()
    expect(page.get_by_role("heading", name="You are logged out on this device")).to_be_visible()
    page.get_by_role("link", name="What waits to be sent").click()
    expect(page.locator("unsent-list")).to_contain_text("1 sale waits to be sent")
    expect(page.locator("unsent-list")).not_to_contain_text("K3-000001")
    phone.set_offline(False)
    is_empty(page)
    order = Order.objects.get()
    assert (order.receipt_number, order.created_by_id) == ("K3-000001", acme.person("cashier").pk)
    page.goto("/till/")
    expect(page.get_by_label("E-mail")).to_be_visible()
    assert Session.objects.count() == 0
