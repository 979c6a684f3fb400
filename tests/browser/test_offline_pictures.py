"""Pictures of products without a network: what the till has shown is there, bounded, and nobody else's."""

from io import BytesIO

import pytest
from PIL import Image
from playwright.sync_api import BrowserContext, Locator, Page, expect

from core.devices.models import Device
from core.testing import Shop
from inventory.selectors.pictures import picture_url
from inventory.services.pictures import add_picture
from tests.browser.test_offline import eventually, installed
from tests.browser.test_offline_sales import standing
from tests.browser.test_till import ready
from tests.browsers import picture
from tests.pictures import a_picture

pytestmark = [pytest.mark.browser, pytest.mark.live, pytest.mark.django_db(transaction=True)]

IS_KEPT = "async () => Boolean(await (await caches.open('pictures')).match('%s'))"
HAS_HEARD = """async () => {
  const { open } = await import("/static/js/lib/store/open.js");
  return (await (await open()).getAll("articles")).some(({ picture }) => picture === "%s");
}"""
IS_DRAWN = "(image) => image.decode().then(() => image.naturalWidth)"
LOAD = """async (src) => {
  const image = Object.assign(new Image(), { src });
  await image.decode();
  return image.naturalWidth;
}"""
# As many pictures as may be kept, seen before.
FILL = """async () => {
  const { MOST_PICTURES } = await import("/static/js/worker/copies.js");
  const cache = await caches.open("pictures");
  for (let n = 0; n < MOST_PICTURES; n += 1) await cache.put(`/pictures/before-${n}/`, new Response("x"));
  return MOST_PICTURES;
}"""
COUNT = "async () => (await (await caches.open('pictures')).keys()).length"


def tile(page: Page, name: str) -> Locator:
    return page.locator(".product-tile", has_text=name)


def test_what_the_till_has_shown_is_there_without_a_network_and_what_it_has_not_is_a_letter(
    phone: BrowserContext, acme: Shop, device: tuple[Device, str]
) -> None:
    owner = acme.actor("owner")
    cup = picture_url(add_picture(acme.variant("CUP").product_id, a_picture(), actor=owner).sha256)
    page = standing(phone)  # its pictures came before the worker did
    assert tile(page, "Blue cup").locator("img").evaluate(IS_DRAWN) == 320
    eventually(page, IS_KEPT % cup)

    page.locator(".scan-field__input").fill("blue")
    expect(page.locator(".product-tile")).to_have_count(1)
    tea = picture_url(add_picture(acme.variant("TEA").product_id, a_picture(colour="red"), actor=owner).sha256)
    eventually(page, HAS_HEARD % tea)  # its address, while nobody looks at it

    phone.set_offline(True)
    page.goto("/till/")
    ready(page)
    assert tile(page, "Blue cup").locator("img").evaluate(IS_DRAWN) == 320
    expect(tile(page, "Earl Grey")).to_be_visible()
    expect(tile(page, "Earl Grey").locator("img")).to_have_count(0)
    letter = tile(page, "Earl Grey").evaluate("(one) => getComputedStyle(one, '::before').content")
    assert letter.startswith('"A"')
    picture(page, "offline-pictures")


def test_the_newest_pictures_are_kept_and_no_large_ones(phone: BrowserContext, acme: Shop) -> None:
    page = installed(phone)
    noise = BytesIO()
    Image.effect_noise((1600, 1200), 90).save(noise, "PNG")
    noise.seek(0)
    large = add_picture(acme.variant("TEA").product_id, noise, actor=acme.actor("owner"))
    assert page.evaluate(LOAD, picture_url(large.sha256, 1600)) == 1600
    most = page.evaluate(FILL)
    shown = add_picture(acme.variant("CUP").product_id, a_picture(), actor=acme.actor("owner"))
    page.reload()
    ready(page)
    assert tile(page, "Blue cup").locator("img").evaluate(IS_DRAWN) == 320
    for one in (shown, large):
        eventually(page, IS_KEPT % picture_url(one.sha256))
    eventually(page, f"async () => (await ({COUNT})()) === {most}")
    assert not page.evaluate(IS_KEPT % "/pictures/before-1/")
    assert page.evaluate(IS_KEPT % "/pictures/before-2/")
    assert not page.evaluate(IS_KEPT % picture_url(large.sha256, 1600))
