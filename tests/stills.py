"""A page that has our scripts and no product behind it, where the camera's scanner looks at still pictures."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, Route

STATIC = Path(__file__).parent.parent / "static"
TYPES = {".js": "text/javascript", ".wasm": "application/wasm"}
PAGE = """<!doctype html><title>Stills</title>
<script type="importmap">{"imports": {"zxing-wasm": "/static/vendor/zxing-wasm/reader/index.js"}}</script>"""

# A picture held before the camera for as many looks as take half a second.
LOOK = """async (picture) => {
  const [{ Eye }, { Turns }, { Verdict }] = await Promise.all(
    ["eye", "passes", "verdict"].map((name) => import(`/static/js/lib/camera/${name}.js`)),
  );
  window.eye ??= new Eye({ wasm: "/static/vendor/zxing-wasm/reader/zxing_reader.wasm" });
  await window.eye.ready;
  const still = await createImageBitmap(await (await fetch(picture)).blob());
  const [turns, verdict, looks] = [new Turns(), new Verdict(), []];
  for (let look = 0; look < 14; look += 1) {
    const kind = turns.next();
    const { found, ms } = await window.eye.look(await createImageBitmap(still), kind);
    if (found.length > 0) turns.hit(kind);
    looks.push({ codes: found.map(({ code }) => code), ms });
    const { taken } = verdict.look({ at: look * 35, kind, found });
    if (taken) return { taken: taken.code, looks };
  }
  return { taken: null, looks };
}"""


@dataclass(frozen=True, slots=True)
class Seen:
    """The code that counted, if one did; what each look had read until then; and how long each took."""

    taken: str | None
    looks: list[list[str]]
    milliseconds: list[float]


@contextmanager
def stage(browser: Browser) -> Iterator[Page]:
    """The page, closed with the block."""

    def answer(route: Route) -> None:
        path = STATIC / route.request.url.partition("/static/")[2]
        if path.is_file():
            route.fulfill(body=path.read_bytes(), content_type=TYPES.get(path.suffix, "text/plain"))
        else:
            route.fulfill(body=PAGE, content_type="text/html")

    context = browser.new_context()
    context.route("**/*", answer)
    page = context.new_page()
    page.goto("http://stills.localhost/")
    try:
        yield page
    finally:
        context.close()


def seen(page: Page, picture: bytes, kind: str = "png") -> Seen:
    """What the scanner makes of a picture, the bytes of a file."""
    address = f"data:image/{kind};base64,{base64.b64encode(picture).decode()}"
    told = page.evaluate(LOOK, address)
    looks = told["looks"]
    return Seen(told["taken"], [look["codes"] for look in looks], [look["ms"] for look in looks])
