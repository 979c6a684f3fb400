"""What a camera has beside its picture: light, vibration, a screen that stays on; and what scans into a question."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from core.testing import Shop
from inventory.models import ScanCode, Serial, StockMovement
from tests import film
from tests.browser.floor_steps import CUP, TEA
from tests.browser.test_camera import at_the_till, open_camera
from tests.browser.test_till import SCAN
from tests.browsers import picture
from tests.film import Scene
from tests.processes import Product
from tests.test_lots_and_serials import book, tracked

pytestmark = [pytest.mark.browser, pytest.mark.live, pytest.mark.django_db(transaction=True)]

# A phone as the page sees it: what is asked of its lamp, its motor and its screen is noted.
PHONE = """() => {
  window.phone = { lamp: [], shaken: [], screen: [] };
  const { getCapabilities, applyConstraints } = MediaStreamTrack.prototype;
  MediaStreamTrack.prototype.getCapabilities = function () {
    return { ...getCapabilities.call(this), torch: true };
  };
  MediaStreamTrack.prototype.applyConstraints = function (wanted) {
    const torch = wanted?.advanced?.[0]?.torch;
    if (torch === undefined) return applyConstraints.call(this, wanted);
    window.phone.lamp.push(torch);
    return Promise.resolve();
  };
  Object.defineProperty(navigator, "vibrate", { value: (pulses) => window.phone.shaken.push(pulses) > 0 });
  const request = async (kind) => {
    window.phone.screen.push(kind);
    return { release: async () => { window.phone.screen.push("released"); } };
  };
  Object.defineProperty(navigator, "wakeLock", { value: { request } });
}"""
LOOK = """(isHidden) => {
  Object.defineProperty(document, "hidden", { configurable: true, get: () => isHidden });
  document.dispatchEvent(new Event("visibilitychange"));
}"""
RUNS = "() => Boolean(document.querySelector('.camera-dock video')?.srcObject)"


def asked(page: Page, what: str) -> list[object]:
    found: list[object] = page.evaluate("(what) => window.phone[what]", what)
    return found


def test_light_vibration_and_a_screen_that_stays_on_until_nobody_looks(
    with_camera: Browser, product: Product, acme: Shop, reel: Path
) -> None:
    film.shoot(reel, [Scene([], 16), Scene([("EAN13", TEA)], 42)])
    with at_the_till(with_camera, product, acme) as page:
        page.add_init_script(f"({PHONE})()")
        page.reload()
        expect(page.locator("till-counter[data-ready]")).to_be_attached()
        open_camera(page)
        expect(page.get_by_label("Quantity: Acme Earl Grey")).not_to_have_value("")
        assert 40 in asked(page, "shaken")
        light = page.get_by_role("button", name="Light")
        light.click()
        expect(light).to_have_attribute("aria-pressed", "true")
        light.click()
        expect(light).to_have_attribute("aria-pressed", "false")
        assert (asked(page, "lamp"), asked(page, "screen")) == ([True, False], ["screen"])

        page.evaluate(LOOK, True)  # nobody looks: no camera, and the screen may go dark
        expect(page.locator(".camera-dock.is-looking")).to_have_count(0)
        assert page.evaluate(RUNS) is False
        assert asked(page, "screen") == ["screen", "released"]
        page.evaluate(LOOK, False)
        expect(page.locator(".camera-dock.is-looking")).to_be_attached()
        assert asked(page, "screen") == ["screen", "released", "screen"]
        page.get_by_role("button", name="Close the camera").click()
        expect(page.locator(".camera-dock")).to_have_count(0)
        assert asked(page, "screen")[-1] == "released"

        film.shoot(reel, [Scene([("EAN13", "4012345678901")], 12)])
        open_camera(page)
        expect(page.locator(".camera-dock__said")).to_contain_text("Nothing carries")
        assert [60, 60, 60] in asked(page, "shaken")


def test_the_number_of_a_piece_is_scanned_by_the_camera_in_its_question(
    with_camera: Browser, product: Product, acme: Shop, reel: Path
) -> None:
    radio = tracked("serial", "RADIO")
    book(acme, radio, "2", StockMovement.Kind.RECEIPT, serials=("SN-0001", "SN-0002"))
    ScanCode.objects.filter(kind=ScanCode.Kind.SERIAL).delete()  # as of pieces that came before their codes counted
    assert Serial.objects.count() == 2
    film.shoot(reel, [Scene([], 75), Scene([("Code128", "SN-0002")], 42)])
    with at_the_till(with_camera, product, acme) as page:
        open_camera(page)
        expect(page.locator(".camera-dock__said")).to_contain_text("SN-0002")  # of no article: nothing happens
        expect(page.locator(".cart__line")).to_have_count(0)
        page.locator(".scan-field__input").fill("RADIO")
        page.locator(".scan-field__input").press("Enter")
        question = page.locator("till-serial dialog")
        expect(question).to_be_visible()
        expect(question.locator(".camera-dock")).to_be_visible()
        picture(page, "camera-serial")
        expect(page.locator(".cart__note")).to_contain_text("no. SN-0002")
        expect(question).to_be_hidden()
        expect(page.locator(".camera-dock.is-looking")).to_be_visible()  # and goes on looking where it was


def test_a_wedge_that_types_twenty_codes_a_second_for_ten_seconds_loses_none(
    browser: Browser, product: Product, acme: Shop
) -> None:
    with at_the_till(browser, product, acme) as page:
        page.evaluate(
            """async ([scan, codes]) => {
              const type = new Function(`return ${scan}`)();
              let next = performance.now();
              for (const code of codes) {
                type([code]);
                next += 50;
                await new Promise((resolve) => setTimeout(resolve, Math.max(0, next - performance.now())));
              }
            }""",
            [SCAN, [TEA, CUP, CUP, TEA] * 50],
        )
        expect(page.get_by_label("Quantity: Acme Earl Grey")).to_have_value("100")
        expect(page.get_by_label("Quantity: Acme Blue cup")).to_have_value("100")
        expect(page.locator(".scan-field__input")).to_have_value("")
