"""Scanning with the camera: a real browser, whose camera is a film of labels held in front of it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from core.ids import uuid7
from core.testing import Shop, make_variant
from inventory.services.counts import CountDraft, open_count
from tests import film
from tests.browser.test_till import CUP, TEA, ready
from tests.browsers import another, complaints, logged_in, picture
from tests.film import LOOKS, Look, Scene
from tests.processes import Product

pytestmark = [pytest.mark.browser, pytest.mark.live, pytest.mark.django_db(transaction=True)]

VALUES = {
    "EAN13": "4006381333931",
    "UPCA": "036000291452",
    "Code128": "SKU-7F3K2M9Q",
    "QRCode": "https://demo.example/p/qk7wz3m9ab",
}
COUNTED = {"036000291452": "0036000291452", "01234565": "0012345000065"}
"""What is looked up where the label says it shorter: UPC-A is EAN-13 with a leading zero, UPC-E a short form of it."""

# Notes every code that the camera took from now on, instead of the till.
LISTEN = """() => {
  window.heard = [];
  const hear = (event) => {
    window.heard.push(event.detail.code);
    event.stopImmediatePropagation();
    event.preventDefault();
  };
  addEventListener("scanned", hear, { capture: true });
}"""
# A frame at a time from inside, because the content policy forbids a poll from outside.
FIRST_HEARD = """async () => {
  const end = performance.now() + 12000;
  while (window.heard.length === 0 && performance.now() < end) await new Promise(requestAnimationFrame);
  return window.heard.splice(0);
}"""

# The same beside the till, which goes on with them; and waits for so many.
NOTE = """() => {
  window.heard = [];
  addEventListener("scanned", ({ detail }) => window.heard.push(detail.code), { capture: true });
}"""
NOTED = """async (count) => {
  const end = performance.now() + 60000;
  while (window.heard.length < count && performance.now() < end) await new Promise(requestAnimationFrame);
  return window.heard;
}"""
CAMERA = "() => document.querySelector('.camera-dock video').srcObject.getVideoTracks()[0].label"


@contextmanager
def at_the_till(browser: Browser, product: Product, shop: Shop, role: str = "cashier") -> Iterator[Page]:
    context = logged_in(browser, product, shop, role)
    page = context.new_page()
    said = complaints(page)
    page.goto(product.url(shop, "/till/"))
    ready(page)
    try:
        yield page
    finally:
        context.close()  # a page that is left open keeps its film
    assert [text for text in said if "Failed to load resource" not in text] == []


def open_camera(page: Page) -> None:
    page.get_by_role("button", name="Scan with the camera").click()
    expect(page.locator(".camera-dock.is-looking")).to_be_attached()


def test_every_symbology_is_read_in_every_light(with_camera: Browser, product: Product, acme: Shop, reel: Path) -> None:
    """Five ways to hold a label, of four symbologies: twenty of twenty, and never anything else."""
    wrong: dict[str, list[str]] = {}
    with at_the_till(with_camera, product, acme) as page:
        page.evaluate(LISTEN)
        for symbology, text in VALUES.items():
            for name, look in LOOKS.items():
                film.shoot(reel, [Scene([(symbology, text)], 12)], look)
                page.get_by_role("button", name="Scan with the camera").click()
                heard = page.evaluate(FIRST_HEARD)
                if heard != [COUNTED.get(text, text)]:
                    wrong[f"{symbology} {name}"] = heard
                page.get_by_role("button", name="Close the camera").click()
                expect(page.locator(".camera-dock")).to_have_count(0)
    assert wrong == {}


GOODS = (
    ("EAN13", TEA, "Acme Earl Grey"),
    ("UPCA", "036000291452", "Paper"),
    ("EAN8", "96385074", "Gum"),
    ("Code128", "SKU-7F3K2M9Q", "Lamp"),
    ("UPCE", "01234565", "Pen"),
    ("QRCode", "SHELF-12", "Shelf"),
)
"""What passes the camera: symbology, what the label says, and the line that is to come of it."""


def test_goods_held_before_the_camera_become_lines_each_as_often_as_it_was_shown(
    with_camera: Browser, product: Product, acme: Shop, reel: Path
) -> None:
    """The film runs twice: a code that was not forgotten in time would be missing from the second round."""
    make_variant("PAPER", name="Paper", codes=["036000291452"])
    make_variant("GUM", name="Gum", codes=["96385074"])
    make_variant("PEN", name="Pen", codes=["012345000065"])
    make_variant("SKU-7F3K2M9Q", name="Lamp")
    make_variant("SHELF-12", name="Shelf")
    scenes = [scene for kind, text, _ in GOODS for scene in (Scene([], 16), Scene([(kind, text)], 42))]
    film.shoot(reel, [Scene([], 1)])
    with at_the_till(with_camera, product, acme) as page:
        open_camera(page)  # the decoder is there when the film begins
        page.get_by_role("button", name="Close the camera").click()
        film.shoot(reel, scenes, Look(module=2.5, angle=6, noise=6))
        page.evaluate(NOTE)
        open_camera(page)
        heard = page.evaluate(NOTED, 2 * len(GOODS))
        codes = [COUNTED.get(text, text) for _, text, _ in GOODS]
        assert heard == codes + codes
        page.get_by_role("button", name="Close the camera").click()
        expect(page.locator("[data-show=count]")).to_have_text(str(len(GOODS)))
        for _, _, name in GOODS:
            expect(page.get_by_label(f"Quantity: {name}")).to_have_value("2")


def test_of_two_labels_in_the_picture_somebody_taps_the_right_one(
    with_camera: Browser, product: Product, acme: Shop, reel: Path
) -> None:
    film.shoot(reel, [Scene([("EAN13", TEA), ("EAN13", CUP)], 12)])
    with at_the_till(with_camera, product, acme) as page:
        open_camera(page)
        expect(page.get_by_role("group", name="Several codes").get_by_role("button")).to_have_count(2)
        expect(page.locator(".camera-dock__marks polygon")).to_have_count(2)
        expect(page.locator(".cart__line")).to_have_count(0)
        page.get_by_role("button", name=CUP, exact=True).click()
        expect(page.get_by_label("Quantity: Acme Blue cup")).to_have_value("1")
        page.get_by_role("button", name="Again").click()
        expect(page.get_by_label("Quantity: Acme Blue cup")).to_have_value("2")
        expect(page.locator(".camera-dock__said")).to_contain_text("Acme Blue cup")
        picture(page, "camera-choice")
        expect(page.locator(".cart__line")).to_have_count(1)


def test_escape_and_back_close_the_camera_and_the_basket_stays(
    with_camera: Browser, product: Product, acme: Shop, reel: Path
) -> None:
    film.shoot(reel, [Scene([("EAN13", TEA)], 12)])
    with at_the_till(with_camera, product, acme) as page:
        button = page.get_by_role("button", name="Scan with the camera")
        for leave in (lambda: page.keyboard.press("Escape"), page.go_back):
            open_camera(page)
            expect(page.locator(".camera-dock__said")).to_contain_text("Earl Grey")
            leave()
            expect(page.locator(".camera-dock")).to_have_count(0)
            expect(button).to_have_attribute("aria-expanded", "false")
        expect(page).to_have_url(product.url(acme, "/till/"))
        expect(page.get_by_label("Quantity: Acme Earl Grey")).to_have_value("2")


def test_the_other_camera_is_remembered(browser: Browser, product: Product, acme: Shop) -> None:
    with another(browser, *film.camera(devices=2)) as two, at_the_till(two, product, acme) as page:
        open_camera(page)
        first = page.evaluate(CAMERA)
        page.get_by_role("button", name="Other camera").click()
        expect(page.locator(".camera-dock.is-looking")).to_be_attached()
        second = page.evaluate(CAMERA)
        assert first != second
        page.reload()
        ready(page)
        open_camera(page)
        assert page.evaluate(CAMERA) == second


@pytest.mark.parametrize(
    ("cameras", "words"),
    [(film.camera(is_allowed=False), "may not use the camera"), ([], "This device has no camera.")],
    ids=["denied", "none"],
)
def test_without_a_picture_the_code_is_typed_at_once(
    browser: Browser, product: Product, acme: Shop, cameras: list[str], words: str
) -> None:
    with another(browser, *cameras) as blind, at_the_till(blind, product, acme) as page:
        page.get_by_role("button", name="Scan with the camera").click()
        expect(page.locator(".camera-dock__said")).to_contain_text(words)
        expect(page.locator(".scan-field__input")).to_be_focused()
        page.keyboard.type(TEA, delay=80)
        page.keyboard.press("Enter")
        expect(page.get_by_label("Quantity: Acme Earl Grey")).to_have_value("1")
        expect(page.get_by_role("button", name="Try again")).to_be_visible()


def test_a_stocktake_and_a_booking_are_filled_by_the_camera(
    with_camera: Browser, product: Product, acme: Shop, reel: Path
) -> None:
    film.shoot(reel, [Scene([("EAN13", CUP)], 12)])
    count = open_count(CountDraft(count_id=uuid7(), location_id=acme.location.pk), actor=acme.actor()).count
    with at_the_till(with_camera, product, acme, "owner") as page:
        page.goto(product.url(acme, f"/counts/{count.pk}/scan/"))
        expect(page.locator("count-screen[data-ready]")).to_be_attached()
        open_camera(page)
        expect(page.locator("[data-entries]")).to_contain_text("1 Acme Blue cup")
        expect(page.locator(".camera-dock__said")).to_contain_text("Acme Blue cup")
        page.get_by_role("button", name="Again").click()
        expect(page.locator("[data-entries] li")).to_have_count(2)

        page.goto(product.url(acme, "/stock/book/"))
        open_camera(page)
        expect(page.get_by_role("group", name="Line 1: Acme Blue cup")).to_be_visible()
        open_again = page.locator(".camera-dock.is-looking")
        expect(open_again).to_be_attached()  # on the page that answered
        expect(page.get_by_role("group", name="Line 2")).to_have_count(0)  # it still lies there


def test_the_decoder_travels_packed_and_only_its_worker_may_run_it(
    with_camera: Browser, product: Product, acme: Shop
) -> None:
    with at_the_till(with_camera, product, acme) as page:
        wasm = page.locator("camera-scan").get_attribute("data-wasm")
        headers = "async (path) => Object.fromEntries((await fetch(path)).headers)"
        served = page.evaluate(headers, wasm)
        assert (served["content-type"], served["content-encoding"]) == ("application/wasm", "br")
        assert (
            "'wasm-unsafe-eval'" in page.evaluate(headers, "/static/js/lib/camera/worker.js")["content-security-policy"]
        )
        assert "wasm" not in page.evaluate(headers, "/till/")["content-security-policy"]
