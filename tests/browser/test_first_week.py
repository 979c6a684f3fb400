"""The first week of a new shop, from an empty page to a counted drawer, by the pages alone: what a newcomer does."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from playwright.sync_api import Browser, Page, expect

from core.people.services import create_owner
from core.tenancy.context import use_tenant
from core.tenancy.services import create_tenant, delete_tenant
from core.testing import CANARY, Shop
from inventory.models import StockLevel, Transfer
from orders.auditor import audit_books
from orders.models import Approval, Order, OrderLine, Payment, Shift
from tests.browser.page_look import Ears
from tests.browser.test_till import SCAN, ready
from tests.browser.test_walk import go, tile
from tests.browsers import PATIENCE_MS, picture
from tests.processes import Product

pytestmark = [pytest.mark.browser, pytest.mark.live, pytest.mark.django_db(transaction=True)]

OWNER, PASSWORD, PIN = "owner@week.localhost", "a-quiet-week-2468", "2580"
TEA, BAG = "5012345678900", "4006381333931"


@pytest.fixture
def week(product: Product) -> Iterator[Shop]:
    """A shop that nobody has touched yet."""
    tenant = create_tenant(name="Week shop", host="week.localhost", currency="GBP", time_zone="Europe/London")
    shop = Shop(tenant, "week.localhost", "Week")
    try:
        with use_tenant(tenant):
            create_owner(email=OWNER, password=PASSWORD)
        yield shop
        product.quiet(shop)
    finally:
        delete_tenant(tenant)


def test_a_newcomer_sets_a_shop_up_sells_counts_and_reads_the_week(
    browser: Browser, product: Product, week: Shop
) -> None:
    owner, cashier = (browser.new_context(base_url=product.url(week)).new_page() for _ in range(2))
    ears = [Ears(page) for page in (owner, cashier)]
    with use_tenant(week.tenant):
        walk(owner, cashier)
        assert_the_week()
        assert audit_books() == []
    assert CANARY not in owner.content()
    assert [said for heard in ears for said in heard.said] == []
    for page in (owner, cashier):
        page.context.close()


def walk(owner: Page, cashier: Page) -> None:
    log_in(owner, OWNER, PASSWORD)
    name_places(owner)
    add_goods(owner)
    receive_goods(owner)
    send_goods(owner, "Main shop", "20")
    send_goods(owner, "Market hall", "10")
    add_tills(owner)
    password = let_in(owner, "cashier@week.localhost", "Cashier", "Main shop")
    set_pin(owner)
    log_in(cashier, "cashier@week.localhost", password)
    sell_by_approval(cashier)
    take_back(cashier)
    sell_for_cash(owner, "Market hall", "Till 3", units=1)
    count_the_shelf(owner)
    correct(owner)
    close(owner, "Till 1", {"20": "3", "0.20": "2"})
    close(owner, "Till 3", {"50": "1", "5": "1", "1": "1"})
    read(owner)


def log_in(page: Page, email: str, password: str) -> None:
    page.set_default_timeout(PATIENCE_MS)
    page.goto("/")
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", name="Today")).to_be_visible()


def next_step(page: Page, title: str) -> None:
    """Home says what comes next."""
    go(page, "Board")
    page.get_by_role("link", name=f"Next: {title}").click()


def name_places(page: Page) -> None:
    expect(page.get_by_text("0 of 9 done")).to_be_visible()
    picture(page, "week-first-steps")
    go(page, "Shop details")
    page.get_by_label("City").fill("Exampleton")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Receipts say it from the next sale on")).to_be_visible()
    for code, name in (("MARKET", "Market hall"), ("STORE", "Stock room")):
        go(page, "Locations")
        page.get_by_role("link", name="Add a location").click()
        page.get_by_label("Code", exact=True).fill(code)
        page.get_by_label("Name", exact=True).fill(name)
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("rowheader", name=name)).to_be_visible()
    next_step(page, "Say how goods are taxed")
    page.get_by_label("Name").fill("Standard")
    page.get_by_label("Rate").fill("20")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("link", name="Standard")).to_be_visible()


def add_goods(page: Page) -> None:
    next_step(page, "Add your products")
    add_product(page, "Green tea", "TEA", "6.00", "2.00", TEA)
    go(page, "Products")
    page.get_by_role("link", name="New product").first.click()
    add_product(page, "Cotton bag", "BAG", "10.00", "4.00", BAG)
    page.get_by_role("link", name="Sizes, colours, kinds").click()
    page.get_by_label("Option 1").fill("Size")
    page.get_by_label("Values").first.fill("S, M")
    page.get_by_role("button", name="Show what changes").click()
    page.get_by_role("button", name="Do it").click()
    expect(page.get_by_text("BAG-M").first).to_be_visible()


def add_product(page: Page, name: str, sku: str, price: str, cost: str, code: str) -> None:
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("SKU").fill(sku)
    page.get_by_label("Price").fill(price)
    page.get_by_label("Cost").fill(cost)
    page.get_by_label("Tax").select_option(index=1)
    page.get_by_label("Codes").fill(code)
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(name)


def receive_goods(page: Page) -> None:
    next_step(page, "Put goods on the shelf")
    page.get_by_label("Location").select_option(label="Stock room")
    page.locator("input[name=code]").first.fill(TEA)
    page.get_by_label("Quantity").first.fill("60")
    page.get_by_label("Cost of one").first.fill("2.50")
    page.get_by_role("button", name="Show what it does").click()
    expect(page.get_by_text("£150.00").first).to_be_visible()
    page.get_by_role("button", name="Book", exact=True).click()
    expect(page.locator(".flash--success").first).to_be_visible()


def send_goods(page: Page, to: str, units: str) -> None:
    go(page, "Transfers")
    page.get_by_role("link", name="New transfer").first.click()
    page.get_by_label("From", exact=True).select_option(label="Stock room")
    page.get_by_label("To", exact=True).select_option(label=to)
    page.get_by_role("button", name="Go on to the articles").click()
    expect(page.locator("scan-list[data-ready]")).to_be_attached()
    page.get_by_label("Times").fill(units)
    page.get_by_label("Scan or type an article").fill(TEA)
    page.keyboard.press("Enter")
    expect(page.locator("[data-rows] > li")).to_have_count(1)
    page.get_by_role("button", name="Save the list").click()
    page.get_by_role("link", name="Ship").click()
    page.get_by_role("button", name="Ship the whole list").click()
    page.get_by_role("link", name="Receive").click()
    page.get_by_role("button", name="Everything arrived").click()
    expect(page.locator(".page-header .badge")).to_have_text("Received")


def add_tills(page: Page) -> None:
    next_step(page, "Set up your tills")
    for name, place in (("Till 1", "Main shop"), ("Till 2", "Main shop"), ("Till 3", "Market hall")):
        page.get_by_label("Name").fill(name)
        page.get_by_label("Location").select_option(label=place)
        page.get_by_role("button", name="Add the register").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text(name)
        go(page, "Registers")


def let_in(page: Page, email: str, role: str, place: str) -> str:
    """Answers the first password."""
    next_step(page, "Let your people in")
    page.get_by_role("link", name="Add a person").click()
    page.get_by_label("E-mail").fill(email)
    page.get_by_label("Role").select_option(label=role)
    page.get_by_label("Location").select_option(label=place)
    page.get_by_role("button", name="Add to the team").click()
    return page.locator(".secret code").inner_text()


def set_pin(page: Page) -> None:
    page.get_by_role("button", name="account of").click()
    page.get_by_role("link", name="Your PIN").click()
    page.get_by_label("New PIN").fill(PIN)
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Set the PIN").click()
    expect(page.locator(".flash--success").first).to_be_visible()


def open_drawer(page: Page, till: str, cash: str) -> None:
    page.keyboard.press("Shift+F9")
    page.locator(".till-choice", has_text=till).click()
    field = page.get_by_label("Float in the drawer, in GBP")
    field.fill(cash)
    field.press("Enter")
    expect(page.locator("[data-register]")).to_have_text(till)


def sell_by_approval(page: Page) -> None:
    """Three teas, ten per cent off with the owner's PIN, paid in cash and by card."""
    go(page, "Till")
    ready(page)
    open_drawer(page, "Till 1", "50")
    page.evaluate(SCAN, [TEA, TEA, TEA])
    expect(page.locator("[data-total]")).to_have_text("£18.00")
    page.keyboard.press("F1")
    page.get_by_label("Per cent off").fill("10")
    page.get_by_role("button", name="Apply").click()
    expect(page.locator("[data-total]")).to_have_text("£16.20")
    expect(page.get_by_text("Somebody must approve what is taken off by hand.")).to_be_visible()
    page.keyboard.press("F8")
    page.get_by_label("PIN").fill(PIN)
    page.keyboard.press("Enter")
    expect(page.locator(".till-due")).to_have_text("£16.20")
    page.keyboard.type("10.40", delay=30)
    page.keyboard.press("Enter")
    expect(page.locator(".till-due")).to_have_text("£5.80")
    page.get_by_role("button", name="Card", exact=True).last.click()
    page.locator("[data-take]").click()
    expect(page.locator(".till-done")).to_be_visible()
    page.keyboard.press("Enter")


def take_back(page: Page) -> None:
    number = Order.objects.get().number
    go(page, "Returns")
    page.get_by_label("Number on the receipt").fill(f"R-{number}")
    page.get_by_role("button", name="Find the sale").click()
    page.get_by_label("How many of Green tea come back").fill("1")
    page.get_by_label("Reason").fill("Wrong article")
    page.get_by_label("Money back").select_option(value="card")
    page.get_by_role("button", name="Take back").click()
    expect(page.locator(".flash--success").first).to_contain_text("Give back £5.4")


def sell_for_cash(page: Page, place: str, till: str, *, units: int) -> None:
    go(page, "Till")
    ready(page)
    page.locator("[data-place]").select_option(label=place)
    ready(page)
    open_drawer(page, till, "50")
    page.evaluate(SCAN, [TEA] * units)
    expect(page.locator("[data-total]")).to_have_text("£6.00")
    page.keyboard.press("F8")
    page.keyboard.press("Enter")
    expect(page.locator(".till-done")).to_be_visible()
    page.keyboard.press("Enter")


def count_the_shelf(page: Page) -> None:
    """One tea fewer than recorded."""
    go(page, "Stocktakes")
    page.get_by_role("link", name="New stocktake").first.click()
    page.get_by_label("Location").select_option(label="Main shop")
    page.get_by_role("button", name="Begin").click()
    page.locator("input[name=quantity]").fill("17")
    page.locator("input[name=code]").fill(TEA)
    page.keyboard.press("Enter")
    expect(page.locator("[data-entries] > li")).to_have_count(1)
    expect(page.locator("[data-waiting]")).to_be_hidden()
    page.get_by_role("link", name="C-").click()
    page.get_by_role("button", name="End the counting and compare").click()
    expect(page.get_by_role("cell", name="-1", exact=True)).to_be_visible()
    page.get_by_role("button", name="Approve and book").click()
    expect(page.locator(".page-header .badge")).to_have_text("Booked")


def correct(page: Page) -> None:
    """The missing one is found behind the shelf."""
    go(page, "Stock")
    page.get_by_role("link", name="Book stock").click()
    page.get_by_label("Correction").check()
    page.get_by_label("Location").select_option(label="Main shop")
    page.get_by_label("Why").select_option(value="found")
    page.locator("input[name=code]").first.fill("TEA")
    page.get_by_label("Quantity").first.fill("1")
    page.get_by_role("button", name="Book", exact=True).click()
    expect(page.locator(".flash--success").first).to_be_visible()


def close(page: Page, till: str, pieces: dict[str, str]) -> None:
    go(page, "Registers")
    page.locator(".card", has=page.get_by_role("link", name=till)).get_by_role("link", name="Look at the shift").click()
    page.get_by_role("link", name="Count and close").click()
    for value, count in pieces.items():
        page.locator(f"[name='n{value}']").fill(count)
    page.get_by_role("button", name="Close the shift").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Z1")


def read(page: Page) -> None:
    go(page, "Reports")
    assert tile(page, "Revenue") == "£16.80"
    go(page, "Stock")
    page.get_by_role("link", name="Value", exact=True).click()
    expect(page.get_by_text("£142.50").first).to_be_visible()
    go(page, "Board")
    expect(page.get_by_role("heading", name="First steps")).to_be_hidden()  # all of them are done


def assert_the_week() -> None:
    """Goods, money and drawers, to the unit and the penny."""
    levels = StockLevel.objects.filter(variant__sku="TEA").values_list("location__code", "on_hand", "average_cost")
    assert sorted(levels) == [
        ("MAIN", Decimal(18), Decimal("2.5")),
        ("MARKET", Decimal(9), Decimal("2.5")),
        ("STORE", Decimal(30), Decimal("2.5")),
    ]
    assert set(Transfer.objects.values_list("state", flat=True)) == {"closed"}
    assert sorted(Order.objects.values_list("kind", "total", "location__code")) == [
        ("refund", Decimal("-5.40"), "MAIN"),
        ("sale", Decimal("6.00"), "MARKET"),
        ("sale", Decimal("16.20"), "MAIN"),
    ]
    assert sorted(Payment.objects.values_list("method", "amount")) == [
        ("card", Decimal("-5.40")),
        ("card", Decimal("5.80")),
        ("cash", Decimal("6.00")),
        ("cash", Decimal("10.40")),
    ]
    reduced = OrderLine.objects.get(order__total=Decimal("16.20"))
    assert (reduced.discount, reduced.unit_cost) == (Decimal("1.80"), Decimal("2.5"))
    assert Approval.objects.get().reference_id == reduced.order_id
    shifts = Shift.objects.order_by("register__name").values_list("register__name", "expected_total", "counted_total")
    assert list(shifts) == [("Till 1", Decimal("60.40"), Decimal("60.40")), ("Till 3", Decimal(56), Decimal(56))]
