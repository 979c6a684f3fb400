"""Goods told apart, points and baskets put aside at the till, in a real browser."""

from collections.abc import Iterator
from decimal import Decimal

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from core.ids import uuid7
from core.testing import PASSWORD, Shop, make_variant, stock
from inventory.codes import check_digit
from inventory.models import MovementLot, ScanCode, Serial, StockMovement, Variant
from inventory.selectors.pictures import picture_url
from inventory.services.code_rules import create_rule
from inventory.services.pictures import add_picture
from inventory.services.piece_codes import register_pieces
from inventory.services.scancodes import add_code
from orders.models import Approval, CreditEntry, Customer, Order, OrderLine, Payment
from orders.services.approvals import set_pin
from orders.services.credit import account_for, give
from orders.services.discounts import create_discount
from orders.services.policy import change_policy
from tests.browser.page_look import ARRIVED
from tests.browser.test_till import CUP, SCAN, TEA, ready, standing_at_the_till
from tests.browsers import picture
from tests.pictures import a_picture
from tests.processes import Product
from tests.test_lots_and_serials import book, receive, tracked
from tests.test_price_labels import label
from tests.waiting import wait_until

pytestmark = [pytest.mark.browser, pytest.mark.live, pytest.mark.django_db(transaction=True)]

PIN = "2580"
Kind = StockMovement.Kind


@pytest.fixture
def radio(acme: Shop) -> Variant:
    """Three pieces with numbers."""
    variant = tracked("serial", "RADIO")
    book(acme, variant, "3", Kind.RECEIPT, serials=("SN-0001", "SN-0002", "SN-0003"))
    register_pieces(ScanCode.Kind.SERIAL, dict(Serial.objects.values_list("number", "pk")))
    return variant


@pytest.fixture
def milk(acme: Shop) -> Variant:
    """One lot that expires soon, one later, one that has expired."""
    variant = tracked("lot", "MILK")
    for code, units, days in (("OLD", "2", -1), ("SOON", "2", 3), ("LATER", "5", 30)):
        receive(acme, variant, code, units, days)
    return variant


@pytest.fixture
def till(browser: Browser, product: Product, acme: Shop, radio: Variant, milk: Variant) -> Iterator[Page]:
    set_pin(pin=PIN, password=PASSWORD, actor=acme.actor("manager"))
    with standing_at_the_till(browser, product, acme, "cashier") as page:
        yield page


def type_in(page: Page, text: str) -> None:
    page.keyboard.type(text, delay=90)
    page.keyboard.press("Enter")


def pay_by_card(page: Page) -> None:
    page.keyboard.press("F9")
    page.keyboard.press("Enter")


def lots_sold() -> dict[str, Decimal]:
    rows = MovementLot.objects.filter(movement__kind="sale")
    return {code: delta for code, delta in rows.values_list("lot__code", "delta")}


def test_a_piece_is_asked_for_its_number_and_a_label_that_says_it_asks_nothing(till: Page, acme: Shop) -> None:
    line = till.locator(".cart__line")
    type_in(till, "RADIO")
    number = till.get_by_label("Number of the piece")
    expect(number).to_be_focused()
    expect(till.locator("till-serial .till-choice")).to_have_text(["SN-0001", "SN-0002", "SN-0003"])
    picture(till, "till-serial")
    number.fill("B-9")
    till.keyboard.press("Enter")
    expect(till.get_by_text("This piece is not here")).to_be_visible()
    number.fill("SN-0002")
    till.keyboard.press("Enter")
    expect(line.locator(".cart__note")).to_contain_text("no. SN-0002")
    till.evaluate(SCAN, ["SN-0001"])  # the label of a piece: no question
    expect(line.locator(".cart__note")).to_contain_text("no. SN-0002, SN-0001")
    till.evaluate(SCAN, ["SN-0001"])
    expect(till.locator(".till-notice")).to_contain_text("is in the basket already")
    till.get_by_role("button", name="One more").click()
    expect(till.locator("till-serial .till-choice")).to_have_text(["SN-0003"])
    till.locator("till-serial .till-choice").click()
    expect(line.locator(".cart__note")).to_contain_text("no. SN-0002, SN-0001, SN-0003")
    till.get_by_role("button", name="One less").click()
    expect(line.locator(".cart__note")).to_contain_text("no. SN-0002, SN-0001")
    till.reload()
    ready(till)
    pay_by_card(till)
    expect(till.locator(".till-done")).to_be_visible()
    states = Serial.objects.order_by("number").values_list("number", "state")
    assert list(states) == [("SN-0001", "sold"), ("SN-0002", "sold"), ("SN-0003", "in_stock")]
    assert OrderLine.objects.get().quantity == Decimal(2)
    till.keyboard.press("Enter")
    till.evaluate(SCAN, [f"R-{Order.objects.get().number}"])
    expect(till.get_by_label("SN-0001")).to_be_visible()
    till.evaluate(SCAN, ["SN-0003", "SN-0001"])
    expect(till.get_by_label("SN-0001")).to_be_checked()
    till.get_by_role("button", name="Faulty").click()
    till.evaluate(ARRIVED)
    picture(till, "till-return-piece")
    till.keyboard.press("Enter")
    expect(till.locator(".cart__line--back .cart__note")).to_contain_text("-1 × £1.00")
    pay_by_card(till)
    expect(till.locator(".till-done")).to_contain_text("Give back")
    assert Serial.objects.get(number="SN-0001").state == "in_stock"
    assert Serial.objects.get(number="SN-0002").state == "sold"


def test_the_lot_that_expires_first_goes_by_itself_another_in_two_steps_an_expired_one_with_a_manager(
    till: Page, acme: Shop
) -> None:
    type_in(till, "MILK")
    expect(till.locator(".cart__line")).to_have_count(1)
    pay_by_card(till)
    expect(till.locator(".till-done")).to_be_visible()
    assert lots_sold() == {"SOON": Decimal(-1)}
    till.keyboard.press("Enter")
    type_in(till, "MILK")
    till.get_by_role("button", name="Another lot").click()
    expect(till.locator("till-lot .till-choice")).to_have_count(4)
    till.evaluate(ARRIVED)
    picture(till, "till-lot")
    till.locator("till-lot .till-choice", has_text="LATER").click()
    expect(till.locator(".cart__note")).to_contain_text("lot LATER")
    pay_by_card(till)
    expect(till.locator(".till-done")).to_be_visible()
    assert lots_sold() == {"SOON": Decimal(-1), "LATER": Decimal(-1)}
    till.keyboard.press("Enter")
    type_in(till, "MILK")
    till.get_by_role("button", name="Another lot").click()
    till.locator("till-lot .till-choice", has_text="OLD").click()
    pay_by_card(till)
    title, price = till.locator(".cart__name").inner_text(), till.locator("[data-total]").inner_text()
    expect(till.locator("till-payment .flash__body")).to_have_text(f"Only expired or blocked lots of {title} are left.")
    expect(till.locator("till-payment [data-show='due']")).to_have_text(price)  # nothing of it was paid
    till.get_by_role("button", name="Ask a manager").click()
    till.get_by_label("PIN").fill(PIN)
    till.keyboard.press("Enter")
    expect(till.locator("till-payment dialog")).to_be_visible()
    till.keyboard.press("Enter")
    expect(till.locator(".till-done")).to_be_visible()
    assert lots_sold()["OLD"] == Decimal(-1)
    assert Approval.objects.get().reference_id == Order.objects.order_by("-occurred_at")[0].pk


def test_a_parked_basket_comes_back_as_it_was(till: Page, acme: Shop) -> None:
    owner = acme.actor("owner")
    create_discount(actor=owner, name="Letter", kind="amount", scope="order", value=Decimal(1), code="HELLO")
    change_policy({"discount_percent": Decimal(50)}, actor=owner, version=None)
    total = till.locator("[data-total]")
    till.evaluate(SCAN, [TEA, "SN-0003", CUP])
    expect(till.locator(".cart__line")).to_have_count(3)
    till.keyboard.press("F1")
    type_in(till, "50")
    till.get_by_role("button", name="Discount", exact=True).click()
    till.get_by_role("button", name="Coupon", exact=True).click()
    type_in(till, "HELLO")
    till.keyboard.press("Escape")
    expect(till.locator("till-cart[data-reckoned]")).to_have_count(0)
    shown, notes = total.inner_text(), till.locator(".cart__note").all_inner_texts()
    till.keyboard.press("F7")
    till.keyboard.press("Enter")
    expect(till.locator("[data-show='parked']")).to_have_text("1")
    expect(till.locator(".cart__line")).to_have_count(0)
    till.keyboard.press("F7")
    expect(till.locator(".till-carts .till-choice")).to_be_focused()
    till.keyboard.press("Enter")
    expect(total).to_have_text(shown)
    assert till.locator(".cart__note").all_inner_texts() == notes
    pay_by_card(till)
    expect(till.locator(".till-done")).to_be_visible()
    sold = Order.objects.get(state="completed")
    assert sold.discount_total == Decimal("6.66") and f"£{sold.total:.2f}" == shown
    assert Serial.objects.get(number="SN-0003").state == "sold"


def test_tiles_show_pictures_lazily_and_nothing_moves_when_they_come(till: Page, acme: Shop) -> None:
    cup = acme.variant("CUP")
    owner = acme.actor("owner")
    add_picture(cup.product_id, a_picture(colour="teal"), actor=owner)
    own = add_picture(cup.product_id, a_picture(colour="red"), actor=owner, variant_id=cup.pk)
    held: list[Route] = []
    till.route("**/pictures/**", lambda route: held.append(route))  # noqa: PLW0108  no builtin is taken
    till.reload()
    ready(till)
    picture_of = till.locator(".product-tile", has_text="Blue cup").locator("img")
    expect(picture_of).to_have_attribute("loading", "lazy")
    expect(picture_of).to_have_attribute("src", picture_url(own.sha256))
    wait_until(lambda: bool(till.evaluate("1") and held))
    before = till.locator(".product-grid").bounding_box()
    for route in held:
        route.continue_()
    till.wait_for_function(
        "() => [...document.querySelectorAll('.product-tile img')].every((one) => one.naturalWidth > 0)"
    )
    assert till.locator(".product-grid").bounding_box() == before
    till.evaluate(ARRIVED)
    picture(till, "till-tiles")
    till.locator(".product-tile", has_text="Blue cup").focus()
    till.evaluate("() => { document.querySelector('.product-tile img').dataset.same = 'yes'; }")
    till.keyboard.press("Enter")
    expect(till.locator(".cart__line")).to_have_count(1)
    pay_by_card(till)
    expect(till.locator(".till-done")).to_be_visible()
    expect(till.locator(".product-tile", has_text="Blue cup")).to_contain_text("9 left")
    expect(till.locator(".product-tile img[data-same=yes]")).to_have_count(1)  # no picture is drawn anew


def test_a_label_of_the_own_scale_sets_the_price_and_an_unknown_lot_is_said(till: Page, acme: Shop) -> None:
    create_rule({"pattern": "22IIIIVPPPPPC", "decimals": 2, "price_does": "charge"}, actor=acme.actor())
    ham = make_variant("1234", price="12.99")
    Variant.objects.filter(pk=ham.pk).update(unit="kg")
    stock(ham, acme.location, "10")
    code = label("1234", 347)
    till.evaluate(SCAN, [code, code, "1234"])
    lines = till.locator(".cart__line")
    expect(lines).to_have_count(2)
    expect(lines.first.locator(".cart__note")).to_have_text("2 × £3.47")
    expect(lines.first.locator(".cart__said")).to_have_text("Price label")
    expect(till.locator("[data-total]")).to_have_text("£19.93")
    gtin = f"0950110153000{check_digit('0950110153000')}"
    add_code(Variant.objects.get(sku="MILK").pk, code=gtin, actor=acme.actor())
    till.evaluate(SCAN, [f"(01){gtin}(10)NEVER"])
    expect(lines.last.locator(".cart__said")).to_have_text("Lot NEVER is not known here: the first to expire goes")
    till.evaluate(ARRIVED)
    picture(till, "till-price-label")
    till.set_viewport_size({"width": 360, "height": 780})
    till.emulate_media(color_scheme="dark")
    till.locator("[data-sheet]").click()
    till.evaluate(ARRIVED)
    picture(till, "till-price-label-phone-dark")
    assert till.evaluate("() => document.documentElement.scrollWidth") == 360
    till.locator("[data-sheet]").click()
    till.set_viewport_size({"width": 1280, "height": 800})
    till.keyboard.press("F8")
    expect(till.locator("till-payment dialog[open]")).to_be_visible()
    till.evaluate(ARRIVED)
    picture(till, "till-payment-dark")
    till.keyboard.press("Escape")
    lines.last.get_by_role("button", name="Remove").click()
    till.reload()
    ready(till)
    expect(lines.first.locator(".cart__said")).to_have_text("Price label")
    pay_by_card(till)
    expect(till.locator(".receipt")).to_contain_text("£19.93")
    rows = OrderLine.objects.order_by("position").values_list("code", "quantity", "total")
    assert list(rows) == [(code, Decimal("0.534"), Decimal("6.94")), ("", Decimal(1), Decimal("12.99"))]


def test_points_pay_a_part_and_the_receipt_says_what_was_earned_and_spent(till: Page, acme: Shop) -> None:
    policy = {"points_per_unit": Decimal(1), "point_value": Decimal("0.10")}
    change_policy(policy, actor=acme.actor("owner"), version=None)
    customer = Customer.objects.get(number="C1")
    account = account_for(customer.pk, "points").pk
    give(account, Decimal(25), kind="adjust", reference_type="t", reference_id=uuid7(), actor=acme.actor())
    till.keyboard.press("F3")
    type_in(till, "C1")
    expect(till.locator("[data-no-customer]")).to_be_visible()
    till.evaluate(SCAN, [CUP])
    expect(till.locator("[data-total]")).to_have_text("£12.00")
    till.keyboard.press("F8")
    till.get_by_role("button", name="Points, £2.50").click()
    expect(till.locator(".till-account")).to_contain_text("25 points, worth £2.50")
    till.keyboard.type("2.45", delay=90)
    expect(till.locator("[data-take]")).to_be_disabled()  # no whole number of points
    till.keyboard.press("Backspace")
    till.evaluate(ARRIVED)
    picture(till, "till-points")
    till.keyboard.press("Enter")
    expect(till.locator(".till-due")).to_have_text("£9.60")
    till.get_by_role("button", name="Take £9.60").click()
    slip = till.locator(".receipt")
    expect(slip).to_contain_text("Points spent")
    expect(slip).to_contain_text("Points earned")
    paid = Payment.objects.order_by("amount").values_list("method", "amount")
    assert list(paid) == [("points", Decimal("2.40")), ("cash", Decimal("9.60"))]
    moved = CreditEntry.objects.filter(account=account).order_by("id").values_list("kind", "amount")
    assert list(moved) == [("adjust", Decimal(25)), ("redeem", Decimal(-24)), ("earn", Decimal(9))]
