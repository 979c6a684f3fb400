"""A day of somebody who has just come to the product, with every process of it: from the log-in to the last webhook."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from analytics.models import Forecast
from core.testing import CANARY, PASSWORD, Shop
from orders.models import ImportRun, Order, Payment
from tests.browser.page_look import Ears
from tests.browsers import PATIENCE_MS, picture
from tests.import_samples import line, write
from tests.processes import Product
from tests.shop_window import HISTORY_ENDS, history
from tests.webhook_receiver import Receiver, receiving
from webhooks.models import Delivery, Endpoint

pytestmark = [pytest.mark.browser, pytest.mark.live, pytest.mark.django_db(transaction=True)]

DAY = date(2026, 3, 10)
REVENUE, ORDERS, REFUNDED = "£142.50", "3", "-£12.00"
"""Of DAY: 2 tea and 1 cup of `history` (21.00), two documents of `the_day` (88.50 and 45.00), less its refund."""

# How many different colours the canvas of a chart shows: one when it is blank.
COLOURS = """(canvas) => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return new Set(new Uint32Array(data.buffer)).size;
}"""


def the_day(folder: Path) -> Path:
    """A history of ten weeks, and two more documents on one day of it."""
    at = f"{DAY} 15:00:00"
    more = [
        line("880001", "TEA", "Acme Earl Grey", "9", at, "4.50", "C1"),
        line("880001", "CUP", "Acme Blue cup", "4", at, "12.00", "C1"),
        line("880002", "TEA", "Acme Earl Grey", "10", at, "4.50", ""),
        line("C880003", "CUP", "Acme Blue cup", "-1", at, "12.00", "C1"),
    ]
    return write(folder / "history.csv", [*history(ends=HISTORY_ENDS), *more])


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as box:
        yield box


@pytest.fixture
def product(processes: Product, acme: Shop, globex: Shop) -> Iterator[Product]:
    processes.start("worker")
    yield processes
    processes.quiet(acme, globex)
    processes.stop("worker")


@pytest.fixture
def newcomer(browser: Browser, product: Product, acme: Shop) -> Iterator[Page]:
    """Somebody at the door, who hears every complaint of every page."""
    page = browser.new_context(base_url=product.url(acme)).new_page()
    page.set_default_timeout(PATIENCE_MS)
    ears = Ears(page)
    yield page
    assert CANARY not in page.content()
    assert ears.said == []
    page.context.close()


def test_a_newcomer_imports_reads_forecasts_connects_and_sells(
    newcomer: Page, acme: Shop, receiver: Receiver, tmp_path: Path
) -> None:
    page = newcomer
    log_in(page, acme)
    import_history(page, the_day(tmp_path))
    read_the_day(page)
    forecast(page, acme)
    endpoint = connect(page, receiver)
    sell(page)
    see_the_delivery(page, endpoint, receiver)
    see_the_board(page)


def log_in(page: Page, shop: Shop) -> None:
    page.goto("/")
    expect(page).to_have_title("Log in · Acme shop")
    page.get_by_label("E-mail").fill(f"owner@{shop.host}")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Today")).to_be_visible()


def go(page: Page, name: str) -> None:
    """By the navigation, as somebody does who does not know the addresses."""
    page.get_by_role("navigation", name="Main").get_by_role("link", name=name, exact=True).click()
    expect(page.locator(".shell-nav a[aria-current=page]")).to_have_text(name)


def import_history(page: Page, file: Path) -> None:
    go(page, "Imports")
    page.get_by_label("File", exact=True).set_input_files(file)
    page.get_by_label("Book the stock ledger").uncheck()  # the shelf was counted: `furnish`
    page.get_by_role("button", name="Import", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("history.csv")
    expect(page.locator(".page-header .badge")).to_have_text("Done", timeout=40_000)
    picture(page, "walk-import")
    run = ImportRun.objects.get()
    assert (run.state, run.documents_added, run.lines_added) == ("done", 74, 145)
    assert (tile(page, "Sum"), tile(page, "Documents"), tile(page, "Lines")) == ("£1,890.00", "74", "145")


def read_the_day(page: Page) -> None:
    go(page, "Reports")
    page.get_by_role("link", name="Day", exact=True).click()
    page.get_by_label("Day inside the period").fill(DAY.isoformat())
    page.get_by_role("button", name="Show").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Tuesday 10 March 2026")
    assert (tile(page, "Revenue"), tile(page, "Orders"), tile(page, "Refunded")) == (REVENUE, ORDERS, REFUNDED)
    assert_drawn(page)
    picture(page, "walk-report")


def tile(page: Page, label: str) -> str:
    found = page.locator(".stat").filter(has=page.locator(".stat__label", has_text=label)).first
    return found.locator(".stat__value").inner_text()


def assert_drawn(page: Page) -> None:
    canvas = page.locator("line-chart canvas")
    expect(canvas).to_be_visible()
    assert canvas.evaluate(COLOURS) > 10


def forecast(page: Page, shop: Shop) -> None:
    go(page, "Forecasts")
    page.get_by_role("button", name="Forecast now").click()
    expect(page.locator(".table tbody tr")).to_have_count(2, timeout=60_000)
    tea = Forecast.objects.get(variant=shop.variant("TEA"))
    link = page.get_by_role("link", name="Acme Earl Grey")
    expect(page.locator("tr").filter(has=link)).to_contain_text(f"{tea.total_p50:.0f}")
    link.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Acme Earl Grey")
    assert tile(page, "Next 30 days") == f"{tea.total_p50:.0f}"
    assert_drawn(page)
    picture(page, "walk-forecast")


def connect(page: Page, receiver: Receiver) -> Endpoint:
    go(page, "Webhooks")
    page.get_by_role("link", name="Set up an endpoint").click()
    page.get_by_label("Address of your receiver").fill(receiver.url)
    page.get_by_label("What it is for").fill("Bookkeeping")
    for wanted in ("order.completed", "stock.changed"):
        page.locator(f'input[name="subscriptions"][value="{wanted}"]').check()
    page.get_by_role("button", name="Create endpoint").click()
    expect(page.locator("#secret")).to_contain_text("whsec_")
    return Endpoint.objects.get()


def sell(page: Page) -> None:
    go(page, "Till")
    expect(page.locator("till-counter[data-ready]")).to_be_attached()
    page.locator(".scan-field__input").fill("5012345678900")
    page.keyboard.press("Enter")
    expect(page.locator(".cart__line")).to_have_count(1)
    page.get_by_label("Quantity: Acme Earl Grey").fill("3")
    page.get_by_label("Quantity: Acme Earl Grey").press("Enter")
    expect(page.locator("[data-total]")).to_have_text("£13.50")
    page.get_by_role("button", name="Cash", exact=True).first.click()
    page.get_by_role("button", name="£20.00").click()
    page.get_by_role("button", name="Take £20.00").click()
    expect(page.locator(".till-done output")).to_have_text("£6.50")
    assert Order.objects.filter(channel="counter").values_list("total", flat=True).get() == Decimal("13.50")
    assert Payment.objects.get(order__channel="counter").change == Decimal("6.50")
    page.keyboard.press("Enter")


def see_the_delivery(page: Page, endpoint: Endpoint, receiver: Receiver) -> None:
    go(page, "Webhooks")
    page.get_by_role("link", name="Bookkeeping").click()
    row = page.locator("tbody tr").filter(has_text="order.completed")
    expect(row).to_contain_text("Delivered", timeout=30_000)
    expect(row).to_contain_text("200")
    picture(page, "walk-webhook")
    assert receiver.arrived.is_set()
    states = dict(Delivery.objects.filter(endpoint=endpoint).values_list("event_type", "state"))
    assert states["order.completed"] == "done"


def see_the_board(page: Page) -> None:
    go(page, "Board")
    number = Order.objects.get(channel="counter").number
    expect(page.locator('[data-live="revenue"]')).to_have_text("£13.50")
    expect(page.locator('[data-live="items"]')).to_have_text("3")
    expect(page.locator(".board-sales .row-list__item").first).to_contain_text(number)
    picture(page, "walk-board")
