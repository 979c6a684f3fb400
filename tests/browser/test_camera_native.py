"""The browser's own reader of codes (`BarcodeDetector`), which no Chromium of a test machine has: another one, behind
its standard interface, stands in for it in the camera's worker."""

from pathlib import Path

import pytest
from django.conf import settings
from playwright.sync_api import Browser, Page, Route, expect

from core.testing import Shop
from core.web.static import WORKER_POLICY
from tests import film
from tests.browser.test_camera import FIRST_HEARD, LISTEN, at_the_till, open_camera
from tests.browser.test_till import TEA
from tests.film import Scene
from tests.processes import Product

pytestmark = [pytest.mark.browser, pytest.mark.live, pytest.mark.django_db(transaction=True)]

STATIC = Path(settings.BASE_DIR) / "static"
WORKER = STATIC / "js/lib/camera/worker.js"
DECODER = STATIC / "vendor/zxing-wasm/reader"
STAND_IN = {"reader.js": ("index.js", "text/javascript"), "reader.wasm": ("zxing_reader.wasm", "application/wasm")}
KNOWN = ["aztec", "code_128", "ean_13", "ean_8", "pdf417", "qr_code", "upc_a", "upc_e"]
LABEL, PARTS = "(01)09501101530003(10)LOT7(17)260131", "010950110153000310LOT7\x1d17260131"
"""Article, lot and expiry, as they are printed and as a scanner says them."""
# As the Shape Detection specification has it. Like those of phones it knows no DataBar and loses what separates parts.
DETECTOR = """
import start from "/stand-in/reader.js";
const NAMES = { EAN13: "ean_13", EAN8: "ean_8", UPCA: "upc_a", UPCE: "upc_e", Code128: "code_128", QRCode: "qr_code" };
const OPTIONS = {
  tryHarder: true, tryRotate: true, tryInvert: false, tryDownscale: true, tryDenoise: false, isPure: false,
  downscaleFactor: 3, downscaleThreshold: 500, minLineCount: 2, maxNumberOfSymbols: 8, validateOptionalChecksum: false,
  returnErrors: false, tryCode39ExtendedMode: false, binarizer: 0, eanAddOnSymbol: 0, textMode: 0, characterSet: 0,
};
const [known, state] = [%s, "%s"];
const starting = start({ locateFile: () => "/stand-in/reader.wasm" });
self.BarcodeDetector = class BarcodeDetector {
  static async getSupportedFormats() {
    if (state === "mute") await new Promise(() => {});
    return known;
  }

  constructor({ formats = known } = {}) {
    if (formats.length === 0 || formats.some((one) => !known.includes(one))) throw new TypeError("Invalid format");
    this.formats = formats;
  }

  async detect(image) {
    if (state === "away") throw new DOMException("Barcode detection service unavailable.", "NotSupportedError");
    const { data, width, height } = image; // an ImageData
    const module = await starting;
    const memory = module._malloc(width * height);
    for (let at = 0; at < width * height; at += 1) module.HEAPU8[memory + at] = data[4 * at + 1];
    const formats = Object.keys(NAMES).filter((one) => this.formats.includes(NAMES[one])).join(",");
    const options = { ...OPTIONS, formats };
    const results = module.readBarcodesFromPixmap(memory, width, height, options);
    const all = Array.from({ length: results.size() }, (_, at) => results.get(at));
    module._free(memory);
    return all.filter(({ isValid }) => isValid).map(({ format, text, position: at }) => ({
      format: NAMES[format] ?? "unknown",
      rawValue: text.replaceAll("\\x1d", ""),
      cornerPoints: [at.topLeft, at.topRight, at.bottomRight, at.bottomLeft],
    }));
  }
};
"""


def give_own_reader(page: Page, known: list[str], state: str = "") -> list[str]:
    """The browser has a reader of its own from now on; answers what of ours the page asks for then."""
    asked: list[str] = []

    def give(route: Route) -> None:
        file, kind = STAND_IN[route.request.url.rpartition("/")[2]]
        route.fulfill(body=(DECODER / file).read_bytes(), content_type=kind)

    def begin(route: Route) -> None:
        prelude = DETECTOR % (known, state)
        headers = {"content-security-policy": WORKER_POLICY, "content-type": "text/javascript"}
        route.fulfill(headers=headers, body=prelude + WORKER.read_text())

    def note(route: Route) -> None:
        asked.append(route.request.url.rpartition("/")[2])
        route.continue_()

    page.context.route("**/stand-in/*", give)
    page.context.route("**/camera/worker.js", begin)
    page.context.route("**/zxing-wasm/reader/*", note)
    return asked


def heard_of(page: Page, reel: Path, symbology: str, text: str) -> list[str]:
    """The first code that is taken while the camera sees a label."""
    film.shoot(reel, [Scene([(symbology, text)], 12)])
    open_camera(page)
    heard: list[str] = page.evaluate(FIRST_HEARD)
    page.get_by_role("button", name="Close the camera").click()
    expect(page.locator(".camera-dock")).to_have_count(0)
    return heard


def test_plain_goods_need_nothing_but_the_browser_and_gs1_labels_keep_their_parts(
    with_camera: Browser, product: Product, acme: Shop, reel: Path
) -> None:
    with at_the_till(with_camera, product, acme) as page:
        asked = give_own_reader(page, KNOWN)
        page.evaluate(LISTEN)
        assert heard_of(page, reel, "EAN13", TEA) == [TEA]
        assert heard_of(page, reel, "UPCE", "01234565") in (["012345000065"], ["0012345000065"])
        assert heard_of(page, reel, "Code128", "SKU-7F3K2M9Q") == ["SKU-7F3K2M9Q"]
        assert asked == []
        assert heard_of(page, reel, "GS1-128", LABEL) == [f"]C1{PARTS}"]
        assert sorted(asked) == ["index.js", "zxing_reader.wasm"]


def test_what_the_browsers_own_reader_does_not_know_is_read_by_ours_after_a_while(
    with_camera: Browser, product: Product, acme: Shop, reel: Path
) -> None:
    with at_the_till(with_camera, product, acme) as page:
        asked = give_own_reader(page, KNOWN)
        page.evaluate(LISTEN)
        assert heard_of(page, reel, "DataBarOmni", "09501101530003") == ["]e00109501101530003"]
        assert heard_of(page, reel, "GS1 DataMatrix", LABEL) == [f"]d2{PARTS}"]
        assert "zxing_reader.wasm" in asked


@pytest.mark.parametrize(
    ("lacks", "state"), [("", "away"), ("", "mute"), ("upc_e", "")], ids=["away", "mute", "knows too little"]
)
def test_a_browsers_own_reader_that_fails_or_knows_too_little_makes_no_difference(
    with_camera: Browser, product: Product, acme: Shop, reel: Path, lacks: str, state: str
) -> None:
    known = [one for one in KNOWN if one != lacks]
    with at_the_till(with_camera, product, acme) as page:
        asked = give_own_reader(page, known, state)
        page.evaluate(LISTEN)
        assert heard_of(page, reel, "EAN13", TEA) == [TEA]
        assert "zxing_reader.wasm" in asked
