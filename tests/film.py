"""Films for the browser's stand-in camera: codes on labels, as a hand holds them in front of a lens.

A film is JPEG pictures one after the other (MJPEG), which Chromium shows thirty times a second and over again. Frames
may carry their number as black and white squares in the upper left corner, so that a page knows which one it looks at.
"""

import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import zxingcpp
from PIL import Image, ImageDraw, ImageFilter

WIDTH, HEIGHT, PER_SECOND = 1280, 720, 30
STAMP_BITS, STAMP_SIDE = 12, 16
GS1 = {"GS1-128": "Code128", "GS1 DataMatrix": "DataMatrix"}
TEXTURE = 4.0
"""Standard deviation of the counter's surface, in steps of brightness."""


class Look(NamedTuple):
    """How a label stands before the lens: pixels per module, degrees, standard deviations (pixels, brightness)."""

    module: float = 3.0
    angle: float = 0.0
    blur: float = 0.0
    dark: int = 20
    light: int = 245
    noise: float = 0.0


class Scene(NamedTuple):
    """``frames`` pictures of the labels, next to each other; of none, an empty counter."""

    labels: Sequence[tuple[str, str]]
    frames: int


LOOKS = {
    "clean": Look(),
    "15 degrees": Look(angle=15),
    "blurred": Look(blur=1.5),
    "pale": Look(dark=115, light=150),
    "small": Look(module=1.5),
}


def label(symbology: str, text: str, look: Look) -> Image.Image:
    """A code with its quiet zone on paper; drawn larger and reduced, so that edges fall between pixels as in life.

    ``symbology`` is zxing's name of it, or one of ``GS1``, whose text has names in brackets: ``(01)09501101530003``.
    """
    kind = getattr(zxingcpp.BarcodeFormat, GS1.get(symbology, symbology))
    code = zxingcpp.create_barcode(text, kind, gs1=symbology in GS1)
    modules = np.asarray(code.to_image(scale=1, add_quiet_zones=False)) < 128
    is_square = modules.shape[0] == modules.shape[1]
    quiet = 4 if is_square else 11
    if not is_square and not symbology.startswith("DataBar"):
        modules = modules[:1]
    modules = np.pad(modules, ((quiet if is_square else 0,) * 2, (quiet, quiet)))
    width = round(modules.shape[1] * look.module)
    height = width if is_square else max(60, round(width * 0.42))
    large = np.kron(modules, np.ones((8 if is_square else max(1, 64 // modules.shape[0]), 8), bool))
    ink = Image.fromarray(np.where(large, look.dark, look.light).astype("uint8"))
    paper = Image.new("L", (width + 32, height + 32), look.light)
    paper.paste(ink.resize((width, height), Image.Resampling.BOX), (16, 16))
    return paper


def counter(chance: np.random.Generator) -> Image.Image:
    """A shelf or counter without a code: light from one side, boxes, print."""
    light = np.linspace(-28, 28, WIDTH)[None, :] + np.linspace(22, -22, HEIGHT)[:, None]
    image = Image.fromarray(np.clip(150 + light + chance.normal(0, TEXTURE, (HEIGHT, WIDTH)), 0, 255).astype("uint8"))
    draw = ImageDraw.Draw(image)
    for _ in range(14):
        left, top = int(chance.integers(WIDTH)), int(chance.integers(HEIGHT))
        right, bottom = left + int(chance.integers(20, 220)), top + int(chance.integers(10, 140))
        grey, width = int(chance.integers(60, 220)), int(chance.integers(1, 5))
        draw.rectangle((left, top, right, bottom), outline=grey, width=width)
    for words in ("ORGANIC 500 g", "Best before 12/27", "Made in EU"):
        draw.text((int(chance.integers(WIDTH - 200)), int(chance.integers(HEIGHT - 40))), words, fill=60, font_size=24)
    return image


def pictures(scenes: Sequence[Scene], look: Look, *, seed: int = 1) -> Iterator[Image.Image]:
    """The frames of a film without numbers: the hand shakes by some pixels and half a degree."""
    chance = np.random.default_rng(seed)
    empty = counter(chance)
    for scene in scenes:
        labels = [label(symbology, text, look) for symbology, text in scene.labels]
        for _ in range(scene.frames):
            yield _noisy(_seen(empty, labels, look, chance), look, chance)


def _seen(empty: Image.Image, labels: Sequence[Image.Image], look: Look, chance: np.random.Generator) -> Image.Image:
    image = empty.copy()
    for place, paper in enumerate(labels):
        angle = look.angle + chance.uniform(-0.6, 0.6)
        mask = Image.new("L", paper.size, 255).rotate(angle, Image.Resampling.BICUBIC, expand=True)
        turned = paper.rotate(angle, Image.Resampling.BICUBIC, expand=True)
        middle = WIDTH * (2 * place + 1) / (2 * len(labels))
        left = round(middle - turned.width / 2 + chance.integers(-3, 4))
        image.paste(turned, (left, (HEIGHT - turned.height) // 2 + int(chance.integers(-3, 4))), mask)
    return image.filter(ImageFilter.GaussianBlur(look.blur)) if look.blur and labels else image


def _noisy(image: Image.Image, look: Look, chance: np.random.Generator) -> Image.Image:
    if not look.noise:
        return image
    grain = chance.normal(0, look.noise, (HEIGHT, WIDTH))
    return Image.fromarray(np.clip(np.asarray(image, float) + grain, 0, 255).astype("uint8"))


def shoot(path: Path, scenes: Sequence[Scene], look: Look = LOOKS["clean"], *, stamped: bool = False) -> None:
    """Write the film in place of what was at ``path``: a browser that opens its camera next sees the new one."""
    film = io.BytesIO()
    for number, image in enumerate(pictures(scenes, look)):
        if stamped:
            _stamp(image, number)
        image.save(film, "JPEG", quality=88)
    new = path.with_suffix(".new")
    new.write_bytes(film.getvalue())
    new.replace(path)  # the stand-in camera opens the file anew for each stream


def _stamp(image: Image.Image, number: int) -> None:
    draw = ImageDraw.Draw(image)
    for bit in range(STAMP_BITS):
        left = bit * STAMP_SIDE
        draw.rectangle((left, 0, left + STAMP_SIDE - 1, STAMP_SIDE - 1), fill=255 if number >> bit & 1 else 0)


def camera(film: Path | None = None, *, devices: int = 1, is_allowed: bool = True) -> list[str]:
    """What a Chromium is started with to have cameras: the only one shows the film, or each shows a clock."""
    return [
        f"--use-fake-device-for-media-stream=device-count={devices}",
        f"--use-fake-ui-for-media-stream{'' if is_allowed else '=deny'}",
        *([f"--use-file-for-fake-video-capture={film}"] if film else []),
    ]
