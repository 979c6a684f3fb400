"""Draw the icons of the installed app (static/img/app-*.png) from the shapes of static/img/logo.svg.

Run by hand after the mark was changed; the pictures are committed, so nobody needs this to install or to test.
"""

from pathlib import Path

from PIL import Image, ImageDraw

IMAGES = Path(__file__).resolve().parent.parent / "static" / "img"
TEAL, PAPER, GOLD = "#0a6075", "#f4f6f5", "#e3b25c"
FINE = 4
"""Drawn so many times larger and made small again: smooth edges."""
BARS = ((9.33, 22.7, 24.5, PAPER), (16, 21.2, 24.5, PAPER), (22.67, 19.7, 24.5, GOLD))


def draw(size: int, *, corner: float, mark: float) -> Image.Image:
    """The mark on its ground; ``corner`` is the ground's radius, of 32, and ``mark`` the scale of what is on it."""
    whole = size * FINE
    unit = whole / 32
    picture = Image.new("RGBA", (whole, whole), (0, 0, 0, 0))
    pen = ImageDraw.Draw(picture)
    pen.rounded_rectangle((0, 0, whole - 1, whole - 1), radius=corner * unit, fill=TEAL)

    def at(x: float, y: float) -> tuple[float, float]:
        return (16 + (x - 16) * mark) * unit, (16 + (y - 16) * mark) * unit

    pen.rounded_rectangle((*at(6, 7), *at(26, 10)), radius=1.5 * mark * unit, fill=PAPER)
    pen.rectangle((*at(6, 8.5), *at(26, 12)), fill=PAPER)
    for middle in (9.33, 16, 22.67):
        pen.pieslice((*at(middle - 3.33, 12 - 3.33), *at(middle + 3.33, 12 + 3.33)), 0, 180, fill=PAPER)
    for middle, top, bottom, colour in BARS:
        pen.rounded_rectangle(
            (*at(middle - 1.6, top - 1.6), *at(middle + 1.6, bottom + 1.6)), 1.6 * mark * unit, colour
        )
    return picture.resize((size, size), Image.Resampling.LANCZOS)


def main() -> None:
    for size in (72, 96, 128, 144, 152, 192, 384, 512):
        draw(size, corner=8, mark=1).save(IMAGES / f"app-{size}.png", optimize=True)
    # Launchers cut a maskable icon to their own shape, so the ground goes to the edge and the mark stays in the middle.
    for size in (192, 512):
        draw(size, corner=0, mark=0.75).convert("RGB").save(IMAGES / f"app-maskable-{size}.png", optimize=True)
    draw(180, corner=0, mark=0.85).convert("RGB").save(IMAGES / "app-touch-180.png", optimize=True)


if __name__ == "__main__":
    main()
