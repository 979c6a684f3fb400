"""How many of several hundred pictures of codes the camera's scanner reads, condition by condition, and whether rightly.

`make bench ARGS=stills`. 384 pictures with a code and 60 with what only looks like one are drawn here and held before the
scanner, each for half a second. References of the same run are its first look alone, and all that any of its looks read.
"""

import io
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median

import django
import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from benchmarks.browsing import still_stage
from benchmarks.harness import machine, quantile, table
from inventory.codes import check_digit

PER_CONDITION, WITHOUT = 6, 60
BAR = 75
LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"
SYMBOLOGIES = ("EAN13", "UPCA", "Code128", "QRCode")
Dice = random.Random


@dataclass(frozen=True, slots=True)
class Still:
    """A picture of a code under a condition; of none where ``text`` is empty."""

    condition: str
    symbology: str
    text: str
    picture: Image.Image


def main() -> None:
    """Draw, look, tell."""
    django.setup()
    from tests.stills import seen

    counts: dict[str, Count] = {}
    with still_stage() as page:
        for still in stills():
            file = io.BytesIO()
            still.picture.convert("RGB").save(file, "JPEG", quality=90)
            told = seen(page, file.getvalue(), "jpeg")
            for name in (still.condition, "all with a code" if still.text else ""):
                counts.setdefault(name, Count()).note(still.text, told.looks, told.taken, told.milliseconds)
    everything, nothing = counts.pop("all with a code"), counts.pop("without a code")
    counts.pop("", None)
    rows = [(name, *count.row()) for name, count in [*counts.items(), ("all with a code", everything)]]
    rows.append(("without a code", nothing.number, "-", "-", "-", *nothing.wrongs()))
    head = (
        "condition",
        "pictures",
        "first look, %",
        "any look, %",
        "taken, %",
        "wrong: first look",
        "any look",
        "taken",
    )
    table(head, rows)
    taken = everything.share(everything.taken)
    wrong = len(everything.wrong_taken) + len(nothing.wrong_taken)
    print(f"Taken {taken:.1f} % (bar {BAR}), wrongly {wrong} (bar 0)" + (" missed" * (taken < BAR or wrong > 0)) + ".")
    for name, text, code in (*everything.wrong_taken, *nothing.wrong_taken):
        print(f"wrong: {name} {text} read as {code}")
    looks = everything.milliseconds + nothing.milliseconds
    print(f"A look takes {median(looks):.0f} ms (median), {quantile(looks, 0.95):.0f} (p95). {machine()}")


class Count:
    """What became of the pictures of a condition."""

    def __init__(self) -> None:
        self.number = self.first = self.any = self.taken = 0
        self.wrong_first = self.wrong_any = 0
        self.wrong_taken: list[tuple[str, str, str]] = []
        self.milliseconds: list[float] = []

    def note(self, text: str, looks: list[list[str]], taken: str | None, milliseconds: list[float]) -> None:
        codes = {code for look in looks for code in look}
        self.number += 1
        self.first += any(is_same(code, text) for code in looks[0])
        self.any += any(is_same(code, text) for code in codes)
        self.wrong_first += any(not is_same(code, text) for code in looks[0])
        self.wrong_any += any(not is_same(code, text) for code in codes)
        self.milliseconds += milliseconds
        if taken is not None and is_same(taken, text):
            self.taken += 1
        elif taken is not None:
            self.wrong_taken.append(("taken", text, taken))

    def share(self, part: int) -> float:
        return 100 * part / self.number

    def wrongs(self) -> tuple[int, int, int]:
        return self.wrong_first, self.wrong_any, len(self.wrong_taken)

    def row(self) -> tuple[int | str, ...]:
        shares = (f"{self.share(part):.0f}" for part in (self.first, self.any, self.taken))
        return self.number, *shares, *self.wrongs()


def is_same(code: str, text: str) -> bool:
    """A UPC-A is an EAN-13 with a zero in front."""
    return code == text or (code.isdigit() and text.isdigit() and code.zfill(13) == text.zfill(13))


# --- the pictures


def stills() -> Iterator[Still]:
    """All of them, the same each time."""
    dice = Dice(20261120)
    for symbology in SYMBOLOGIES:
        for name, draw in CONDITIONS.items():
            for _ in range(PER_CONDITION):
                text = a_text(symbology, dice)
                yield Still(name, symbology, text, draw(symbology, text, dice))
    for number in range(WITHOUT):
        yield Still("without a code", "", "", (_stripes, _letters, _squares)[number % 3](dice))


def a_text(symbology: str, dice: Dice) -> str:
    if symbology == "Code128":
        return "SKU-" + "".join(dice.choices(LETTERS, k=8))
    if symbology == "QRCode":
        return "https://demo.example/p/" + "".join(dice.choices("abcdefghijkmnpqrstuvwxyz23456789", k=10))
    body = dice.choice("456789") * (symbology == "EAN13") + "".join(dice.choices("0123456789", k=11))
    return f"{body}{check_digit(body)}"


def held(
    symbology: str,
    text: str,
    dice: Dice,
    *,
    module: float = 3.0,
    angle: float = 0.0,
    tilt: float = 0.0,
    dark: int = 20,
    light: int = 245,
) -> Image.Image:
    """A label in front of the counter, not quite in the middle; ``tilt`` is the share by which its far side is smaller."""
    from tests.film import HEIGHT, WIDTH, Look, counter, label

    image = counter(_chance(dice))
    paper = label(symbology, text, Look(module=module, dark=dark, light=light))
    mask = Image.new("L", paper.size, 255)
    if tilt:
        paper, mask = (_tilted(one, tilt) for one in (paper, mask))
    if angle:
        paper, mask = (one.rotate(angle, Image.Resampling.BICUBIC, expand=True) for one in (paper, mask))
    left = (WIDTH - paper.width) // 2 + dice.randrange(-90, 90)
    image.paste(paper, (left, (HEIGHT - paper.height) // 2 + dice.randrange(-50, 50)), mask)
    return image


def _tilted(image: Image.Image, tilt: float) -> Image.Image:
    """Turned away about its left side: the right one is lower by ``tilt`` and all of it narrower."""
    width, height = image.size
    narrow, cut = int(width * (1 - 0.6 * tilt)), height * tilt / 2
    there = ((0, 0), (narrow, cut), (narrow, height - cut), (0, height))
    rows = []
    for (x, y), (u, v) in zip(there, ((0, 0), (width, 0), (width, height), (0, height)), strict=True):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
    want = np.array([0, 0, width, 0, width, height, 0, height], float)
    shape = np.linalg.solve(np.array(rows, float), want)
    return image.transform((narrow, height), Image.Transform.PERSPECTIVE, shape.tolist(), Image.Resampling.BICUBIC)


def _chance(dice: Dice) -> np.random.Generator:
    return np.random.default_rng(dice.randrange(1 << 30))


def _blurred(image: Image.Image, radius: float) -> Image.Image:
    return image.filter(ImageFilter.GaussianBlur(radius))


def _moved(image: Image.Image, pixels: int) -> Image.Image:
    values = np.asarray(image, float)
    return _image(np.mean([np.roll(values, step - pixels // 2, 1) for step in range(pixels)], axis=0))


def _grained(image: Image.Image, deviation: float, dice: Dice) -> Image.Image:
    return _image(np.asarray(image, float) + _chance(dice).normal(0, deviation, (image.height, image.width)))


def _glaring(image: Image.Image, dice: Dice) -> Image.Image:
    y, x = np.mgrid[0 : image.height, 0 : image.width]
    across = (x - image.width / 2 - dice.randrange(-150, 150)) / 160
    down = (y - image.height / 2 - dice.randrange(-40, 40)) / 90
    values = np.asarray(image, float)
    return _image(values + (255 - values) * np.exp(-(across**2) - down**2) * 0.75)


def _shaded(image: Image.Image) -> Image.Image:
    return _image(np.asarray(image, float) * np.linspace(0.35, 1.0, image.width)[None, :])


def _image(values: np.ndarray) -> Image.Image:
    return Image.fromarray(np.clip(values, 0, 255).astype("uint8"))


def _either(dice: Dice, least: float, most: float) -> float:
    return dice.choice((-1, 1)) * dice.uniform(least, most)


CONDITIONS: dict[str, Callable[[str, str, Dice], Image.Image]] = {
    "clean": lambda s, t, d: held(s, t, d, module=d.uniform(3, 4)),
    "10 degrees": lambda s, t, d: held(s, t, d, angle=_either(d, 8, 12)),
    "20 degrees": lambda s, t, d: held(s, t, d, angle=_either(d, 17, 23)),
    "45 degrees": lambda s, t, d: held(s, t, d, module=2.5, angle=d.uniform(40, 50)),
    "90, 180, 270 degrees": lambda s, t, d: held(s, t, d, module=2.5, angle=d.choice((90, 180, 270))),
    "blurred, 1.5 pixels": lambda s, t, d: _blurred(held(s, t, d), 1.5),
    "blurred, 2.5 pixels": lambda s, t, d: _blurred(held(s, t, d), 2.5),
    "moved by 7 pixels": lambda s, t, d: _moved(held(s, t, d), 7),
    "pale": lambda s, t, d: held(s, t, d, dark=115, light=150),
    "small, 1.5 pixels a module": lambda s, t, d: held(s, t, d, module=1.5),
    "tiny, 1.1 pixels a module": lambda s, t, d: held(s, t, d, module=1.1),
    "noise": lambda s, t, d: _grained(held(s, t, d, module=2.5), 25, d),
    "tilted": lambda s, t, d: held(s, t, d, module=3.2, tilt=0.45),
    "glare": lambda s, t, d: _glaring(held(s, t, d), d),
    "shade": lambda s, t, d: _shaded(held(s, t, d)),
    "turned, blurred, grey and noise": lambda s, t, d: _grained(
        _blurred(held(s, t, d, module=2.5, dark=70, light=190, angle=d.uniform(-14, 14)), 1.1), 12, d
    ),
}


def _stripes(dice: Dice) -> Image.Image:
    image, draw = _empty(dice)
    left = 300
    while left < 980:
        width = dice.choice((3, 6, 9))
        draw.rectangle((left, 200, left + width, 500), fill=dice.choice((20, 245)))
        left += width
    return image


def _letters(dice: Dice) -> Image.Image:
    image, draw = _empty(dice)
    for top in range(150, 600, 26):
        draw.text((250, top), "".join(dice.choices("Il1| ilt!/", k=60)), fill=25, font_size=22)
    return image


def _squares(dice: Dice) -> Image.Image:
    image, draw = _empty(dice)
    for left in range(250, 1000, 18):
        for top in range(120, 600, 18):
            if dice.random() < 0.5:
                draw.rectangle((left, top, left + 17, top + 17), fill=20)
    return image


def _empty(dice: Dice) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    from tests.film import counter

    image = counter(_chance(dice))
    return image, ImageDraw.Draw(image)


if __name__ == "__main__":
    main()
