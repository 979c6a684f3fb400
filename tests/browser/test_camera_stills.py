"""Photographs of codes through the looks and the verdict of the camera's scanner: what it takes is right."""

import base64
import csv
import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from PIL import Image
from playwright.sync_api import Browser, Page, Route

pytestmark = pytest.mark.browser

STATIC = Path(settings.BASE_DIR) / "static"
FOLDER = Path(settings.BASE_DIR).parent / "shared/data/barcode_images"
READABLE = ("ean", "upc", "code128", "qrcode", "rss14")
NOTHING = "falsepositives"
TYPES = {".js": "text/javascript", ".wasm": "application/wasm"}
PAGE = """<!doctype html><title>Stills</title>
<script type="importmap">{"imports": {"zxing-wasm": "/static/vendor/zxing-wasm/reader/index.js"}}</script>"""

# A picture held before the camera for as many looks as take half a second; answers the code that counted, or null.
LOOK = """async (picture) => {
  const [{ Eye }, { Turns }, { Verdict }] = await Promise.all(
    ["eye", "passes", "verdict"].map((name) => import(`/static/js/lib/camera/${name}.js`)),
  );
  window.eye ??= new Eye({ wasm: "/static/vendor/zxing-wasm/reader/zxing_reader.wasm" });
  await window.eye.ready;
  const still = await (await fetch(`data:image/png;base64,${picture}`)).blob();
  const [turns, verdict] = [new Turns(), new Verdict()];
  for (let look = 0; look < 14; look += 1) {
    const kind = turns.next();
    const { found } = await window.eye.look(await createImageBitmap(still), kind);
    if (found.length > 0) turns.hit(kind);
    const { taken } = verdict.look({ at: look * 35, kind, found });
    if (taken) return taken.code;
  }
  return null;
}"""


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    """A page that has our scripts and no product behind it."""

    def answer(route: Route) -> None:
        path = STATIC / route.request.url.partition("/static/")[2]
        if path.is_file():
            route.fulfill(body=path.read_bytes(), content_type=TYPES.get(path.suffix, "text/plain"))
        else:
            route.fulfill(body=PAGE, content_type="text/html")

    context = browser.new_context()
    context.route("**/*", answer)
    opened = context.new_page()
    opened.goto("http://stills.localhost/")
    yield opened
    context.close()


def told(expected: str) -> set[str]:
    """The ways to say a code: lines of a text end in either way, and what is printed beside a UPC is no part of it."""
    text = "\n".join(expected.split()) if "\n" in expected else expected.strip()
    return {text, text[:13]} if text.isdigit() and len(text) > 14 else {text}


@pytest.mark.skipif(not FOLDER.is_dir(), reason="the shared photographs are not on this machine")
def test_as_many_photographs_are_read_as_by_the_reference_and_none_is_misread(page: Page) -> None:
    with (FOLDER / "shared_manifest.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["set"].startswith((*READABLE, NOTHING))]
    read, by_reference, wrong = 0, 0, []
    with tarfile.open(FOLDER / "shared_images.tar.gz") as archive:
        for row in rows:
            picture = io.BytesIO()
            Image.open(archive.extractfile(row["file"]) or io.BytesIO()).convert("RGB").save(picture, "PNG")
            taken = page.evaluate(LOOK, base64.b64encode(picture.getvalue()).decode())
            code = "\n".join(taken.split()) if taken and "\n" in taken else taken
            plain = code[3:] if code and code.startswith("]") else code
            by_reference += row["ref_ok_rot0"] == "True"
            if plain and plain in told(row["expected_text"]):
                read += 1
            elif plain:
                wrong.append((row["file"], row["expected_text"], taken))
    assert wrong == []
    assert read >= by_reference > 0
