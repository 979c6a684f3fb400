"""From a code before the camera to its line in the basket, beside the same codes from a wedge scanner.

`make bench ARGS=camera`. A film whose frames carry their number runs through the browser's stand-in camera, so the page
knows when a code came into the picture; a line counts when the frame that shows it was painted.
"""

import gzip
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import django
from django.conf import settings

from benchmarks.browsing import browser
from benchmarks.harness import ROOT, machine, quantile, table, web
from benchmarks.shop import BenchShop, bench_shop

LOOPS, COLD = 4, 7
EMPTY, SHOWN = 15, 30
"""Frames of the empty counter and of each label, of thirty a second."""
KINDS = ("EAN13", "Code128", "QRCode", "EAN13", "Code128", "QRCode", "EAN13", "Code128")

# Notes when each numbered frame is shown, and tells for each code that was taken when it came and when its line was painted.
WATCH = """({ scenes, bits, side }) => {
  const { starts, length } = scenes;
  const canvas = new OffscreenCanvas(bits * side, side);
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  const since = new Map();
  window.samples = [];
  const painted = () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame((at) => resolve(at))));
  const changed = () => new Promise((resolve) => {
    const watch = new MutationObserver(() => (watch.disconnect(), resolve()));
    watch.observe(document.querySelector("till-cart"), { childList: true, subtree: true, characterData: true });
  });
  addEventListener("scanned", async ({ detail }) => {
    const { code } = detail;
    const came = since.get(code.replace(/^0(?=[0-9]{13}$)/, ""));
    await changed();
    window.samples.push({ code, ms: came === undefined ? null : (await painted()) - came });
  }, { capture: true });
  const follow = (video) => {
    const frame = (now) => {
      pen.drawImage(video, 0, 0, bits * side, side, 0, 0, bits * side, side);
      const { data } = pen.getImageData(0, side / 2, bits * side, 1);
      let number = 0;
      for (let bit = 0; bit < bits; bit += 1) number |= (data[(bit * side + side / 2) * 4] > 127 ? 1 : 0) << bit;
      for (const { code, from } of starts) {
        const isShown = number >= from && number < from + length;
        if (isShown && !since.has(code)) since.set(code, performance.now());
        if (!isShown) since.delete(code);
      }
      video.requestVideoFrameCallback(frame);
    };
    video.requestVideoFrameCallback(frame);
  };
  new MutationObserver((_, watch) => {
    const video = document.querySelector(".camera-dock video");
    if (video) (watch.disconnect(), follow(video));
  }).observe(document.body, { childList: true, subtree: true });
}"""
ENOUGH = """async (count) => {
  const end = performance.now() + 240000;
  while (window.samples.length < count && performance.now() < end) await new Promise(requestAnimationFrame);
  return window.samples;
}"""
WEDGE = """async (codes) => {
  const painted = () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame((at) => resolve(at))));
  const times = [];
  for (const code of codes) {
    const began = performance.now();
    const done = new Promise((resolve) => {
      const watch = new MutationObserver(() => (watch.disconnect(), resolve()));
      watch.observe(document.querySelector("till-cart"), { childList: true, subtree: true, characterData: true });
    });
    for (const key of [...code, "Enter"]) document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
    await done;
    times.push((await painted()) - began);
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  return times;
}"""
FIRST = """async () => {
  const taken = new Promise((resolve) => addEventListener("scanned", () => resolve(performance.now()), { capture: true, once: true }));
  const began = performance.now();
  document.querySelector("camera-scan button").click();
  return (await taken) - began;
}"""


def main() -> None:
    """Film the goods, let them pass, print what it took."""
    shop = bench_shop()
    codes = _goods(shop)
    with tempfile.TemporaryDirectory() as folder, web(STATIC_ROOT=str(settings.STATIC_ROOT)) as (port, _):
        film = Path(folder, "camera.mjpeg")
        camera, lost = _camera(shop, port, film, codes)
        cold, wedge = _cold_and_wedge(shop, port, film, codes)
    rows = [
        (f"camera: code in the picture to line painted ({lost})", *_spread(camera)),
        ("wedge: first key to line painted", *_spread(wedge)),
        ("press the button to first code, cold page", *_spread(cold)),
    ]
    table(("what", "n", "p50 ms", "p95 ms", "p99 ms"), rows)
    scripts = [*(ROOT / "build/js/lib/camera").glob("*.js"), ROOT / "static/vendor/zxing-wasm/reader/index.js"]
    kilobytes = sum(len(gzip.compress(script.read_bytes(), 9)) for script in scripts) / 1000
    wasm = (ROOT / "static/vendor/zxing-wasm/reader/zxing_reader.wasm.br").stat().st_size / 1000
    print(f"Fetched when it is opened: {kilobytes:.1f} kB of script, {wasm:.0f} kB of WebAssembly.\n{machine()}")


def _goods(shop: BenchShop) -> list[tuple[str, str]]:
    """Symbology and text of each label; what has a retail number gets it."""
    from core.tenancy.context import use_tenant
    from core.tenancy.selectors import find_tenant
    from inventory.models import ScanCode, Variant

    labels = []
    with use_tenant(find_tenant(shop.host)):
        for number, (kind, pk) in enumerate(zip(KINDS, shop.variants[10:], strict=False)):
            variant = Variant.objects.get(pk=pk)
            text = variant.sku
            if kind == "EAN13":
                digits = f"40063813339{number}"
                total = sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(digits))
                text = f"{digits}{-total % 10}"
                ScanCode.objects.get_or_create(code=text.zfill(14), defaults={"symbology": "gtin", "variant": variant})
            labels.append((kind, text))
    return labels


@contextmanager
def _till(shop: BenchShop, port: int, film: Path) -> Iterator[Any]:
    """A browser whose camera shows the film, at the till of the shop."""
    from tests.film import camera

    with browser(shop, port, *camera(film)) as context:
        page = context.new_page()
        page.goto("/till/")
        page.wait_for_selector("till-counter[data-ready]", state="attached")
        page.wait_for_selector("camera-scan[data-ready]", state="attached")
        yield page


def _camera(shop: BenchShop, port: int, path: Path, codes: list[tuple[str, str]]) -> tuple[list[float], str]:
    from tests import film

    film.shoot(path, [film.Scene([], 1)])
    with _till(shop, port, path) as page:
        page.locator("camera-scan button").click()
        page.wait_for_selector(".camera-dock.is-looking")  # the decoder is there
        page.get_by_role("button", name="Close the camera").click()
        scenes = [scene for code in codes for scene in (film.Scene([], EMPTY), film.Scene([code], SHOWN))]
        film.shoot(path, scenes, film.Look(module=2.5, angle=6, noise=6), stamped=True)
        starts = [{"code": text, "from": place * (EMPTY + SHOWN) + EMPTY} for place, (_, text) in enumerate(codes)]
        told = {"scenes": {"starts": starts, "length": SHOWN}, "bits": film.STAMP_BITS, "side": film.STAMP_SIDE}
        page.evaluate(WATCH, told)
        page.locator("camera-scan button").click()
        samples = page.evaluate(ENOUGH, LOOPS * len(codes))
        heard = [sample["code"] for sample in samples]
    counts = {heard.count(text) for _, text in codes}
    verdict = "every code once per loop" if counts == {LOOPS} else f"{sorted(counts)} times in {LOOPS} loops"
    return [sample["ms"] for sample in samples if sample["ms"] is not None], verdict


def _cold_and_wedge(
    shop: BenchShop, port: int, path: Path, codes: list[tuple[str, str]]
) -> tuple[list[float], list[float]]:
    from tests import film

    film.shoot(path, [film.Scene([codes[0]], 12)])
    cold, wedge = [], []
    for number in range(COLD):
        with _till(shop, port, path) as page:
            cold.append(page.evaluate(FIRST))
            if number == 0:
                page.get_by_role("button", name="Close the camera").click()
                texts = [text for _, text in codes]
                page.evaluate(WEDGE, texts)  # known from here on
                wedge = page.evaluate(WEDGE, texts * 4)
    return cold, wedge


def _spread(values: list[float]) -> list[str]:
    return [str(len(values)), *(f"{quantile(values, share):.0f}" for share in (0.5, 0.95, 0.99))]


if __name__ == "__main__":
    django.setup()
    main()
