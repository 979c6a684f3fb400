"""Pages of devices with much in them, in all four looks: thirty of them, a rescue file, exceptions to be settled."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from core.devices.models import Device
from core.devices.services.numbers import STANDS_FOR, ReceiptNumber, note_numbers, tell_gaps
from core.people.models import Grant, Role
from core.sync.models import Flag
from core.sync.remedies import put_right
from core.testing import PASSWORD, Shop
from orders.services.approvals import set_pin
from orders.services.policy import change_policy
from tests.browser.page_look import EVERY_LOOK, Ears, flaws, open_page
from tests.browsers import logged_in, picture
from tests.cash_steps import a_register, an_open_shift, closed
from tests.processes import Product
from tests.test_putting_right_pages import MAY, PIN
from tests.test_remedies import dear, returned
from tests.test_rescue_files import PAGE, file_of
from tests.test_shut_drawers import sold_while_shut
from tests.tills_away import Till, a_device
from tests.window_of_devices import fill_fleet

pytestmark = [pytest.mark.browser, pytest.mark.live, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def window(browser: Browser, product: Product, acme: Shop) -> Iterator[tuple[Page, Ears]]:
    context = logged_in(browser, product, acme, "owner")
    page = context.new_page()
    yield page, Ears(page)
    context.close()


def looked_at(window: tuple[Page, Ears], name: str) -> None:
    page, ears = window
    assert flaws(page, ears, looks=EVERY_LOOK) == []
    for look in EVERY_LOOK if os.environ.get("SCREENSHOTS") else ():
        page.set_viewport_size({"width": look.width, "height": 900})
        page.emulate_media(color_scheme=look.theme, reduced_motion="reduce")
        picture(page, f"{name}-{look.width}-{look.theme}")


def test_a_fleet_of_thirty(window: tuple[Page, Ears], product: Product, acme: Shop) -> None:
    fill_fleet(acme)
    for number in range(26):
        a_device(acme, prefix=f"Z{number}")
    device = Device.objects.get(prefix="Z7")
    note_numbers(device.pk, [1, 2, 5], receipts=[ReceiptNumber(1, 0), ReceiptNumber(4, 0)], actor=acme.actor())
    tell_gaps(now=device.enrolled_at + STANDS_FOR * 5)
    page, ears = window
    open_page(page, ears, product.url(acme, "/settings/devices/"))
    expect(page.get_by_text("items 3 to 4 are missing; receipts 2 to 3 are missing")).to_be_visible()
    looked_at(window, "fleet")


def test_a_rescue_file_with_something_in_it(
    window: tuple[Page, Ears], product: Product, acme: Shop, tmp_path: Any
) -> None:
    till = Till.at(acme)
    for basket in ({"TEA": "2"}, {"CUP": "1"}, {"JAM": "3"}):
        till.sell(basket)
    till.send(till.queue[:1])
    till.item("park", {"nothing": "of the kind"})
    till.item("sale", [])
    file = tmp_path / "unsent.ndjson"
    file.write_text(file_of(till))
    page, ears = window
    open_page(page, ears, product.url(acme, PAGE))
    page.get_by_label("Rescue file").set_input_files(str(file))
    page.get_by_role("button", name="Look into it").click()
    expect(page.get_by_role("button", name="Book what is new")).to_be_visible()
    looked_at(window, "rescue")


def test_exceptions_with_their_remedies(window: tuple[Page, Ears], product: Product, acme: Shop) -> None:
    flag = dear(acme, Till.at(acme))
    Device.objects.update(prefix="K9")
    returned(acme, "5.00")
    page, ears = window
    open_page(page, ears, product.url(acme, "/exceptions/"))
    looked_at(window, "exceptions")
    open_page(page, ears, product.url(acme, f"/exceptions/{flag.pk}/"))
    looked_at(window, "exception")
    page.get_by_role("button", name="Refund the difference").click()
    expect(page.get_by_text("The difference was given back as it was paid.")).to_be_visible()


def test_an_exception_that_takes_a_manager_is_approved_by_keyboard(
    browser: Browser, product: Product, acme: Shop
) -> None:
    change_policy({"refund_amount": 1}, actor=acme.actor())
    set_pin(pin=PIN, password=PASSWORD, actor=acme.actor("manager"))
    role = Role.objects.create(name="floor lead", permissions=MAY)
    Grant.objects.filter(user=acme.person("cashier")).update(role=role)
    flag = dear(acme, Till.at(acme))
    context = logged_in(browser, product, acme, "cashier")
    page = context.new_page()
    ears = Ears(page)
    open_page(page, ears, product.url(acme, "/exceptions/"))
    ears.forget(403)
    page.get_by_role("button", name="Refund the difference").press("Enter")
    expect(page.get_by_label("Their PIN")).to_be_visible()
    looked_at((page, ears), "put-right")
    page.get_by_label("Approved by").select_option(label="Acme manager")
    ears.forget(422)
    page.get_by_label("Their PIN").fill("0000")
    page.keyboard.press("Enter")
    expect(page.get_by_text("The PIN is wrong")).to_be_visible()
    page.get_by_label("Approved by").select_option(label="Acme manager")
    page.get_by_label("Their PIN").fill(PIN)
    page.keyboard.press("Enter")
    expect(page.get_by_text("The difference was given back as it was paid.")).to_be_visible()
    flag.refresh_from_db()
    assert flag.resolution == "corrected"
    context.close()


def test_cash_of_a_shut_drawer_from_the_opening_to_the_amended_report(
    window: tuple[Page, Ears], product: Product, acme: Shop
) -> None:
    register, till = a_register(acme), Till.at(acme)
    flag = sold_while_shut(acme, register, till)
    page, ears = window
    open_page(page, ears, product.url(acme, f"/registers/{register.pk}/"))
    expect(page.get_by_text("leave it out when you count")).to_be_visible()
    looked_at(window, "register-waiting")
    shift = an_open_shift(acme, register)
    Device.objects.update(prefix="K9")
    put_right(returned(acme, "5.00", register=register.pk).pk, remedy="accept-paid-out", actor=acme.actor())
    closed(acme, shift)
    open_page(page, ears, product.url(acme, f"/exceptions/{flag.pk}/"))
    looked_at(window, "exception-shut-drawer")
    page.get_by_role("button", name="Say where its cash was counted").click()
    expect(page.get_by_text("The cash stands where it was counted.")).to_be_visible()
    assert Flag.objects.get(pk=flag.pk).resolution == "corrected"
    open_page(page, ears, product.url(acme, f"/shifts/{shift.pk}/"))
    expect(page.get_by_role("heading", name="Z1a")).to_be_visible()
    looked_at(window, "shift-amended")
