"""Pictures of the demo shop's goods: plain shapes on coloured paper, drawn here."""

from collections.abc import Callable, Iterable
from io import BytesIO

from PIL import Image, ImageDraw

from core.actors import SYSTEM
from inventory.models import Product
from inventory.services.pictures import add_picture

SIDE = 480
Shape = Callable[[ImageDraw.ImageDraw, str, str], None]


def draw(names: Iterable[str]) -> None:
    """Give each product of these names a picture."""
    products = {product.name: product for product in Product.objects.filter(name__in=list(names))}
    for name, product in products.items():
        paper, ink, accent, shape = LOOKS[name]
        picture = Image.new("RGB", (SIDE, SIDE), paper)
        shape(ImageDraw.Draw(picture), ink, accent)
        file = BytesIO()
        picture.save(file, "PNG")
        file.seek(0)
        add_picture(product.pk, file, actor=SYSTEM, alt=f"Drawing: {name}")


def _loaf(pen: ImageDraw.ImageDraw, ink: str, accent: str) -> None:
    pen.rounded_rectangle((70, 170, 410, 350), 90, fill=ink)
    for x in (150, 230, 310):
        pen.line((x - 30, 310, x + 30, 210), fill=accent, width=16)


def _crescent(pen: ImageDraw.ImageDraw, ink: str, accent: str) -> None:
    pen.pieslice((70, 120, 410, 460), 180, 360, fill=ink)
    pen.pieslice((170, 220, 310, 360), 180, 360, fill=accent)


def _bag(pen: ImageDraw.ImageDraw, ink: str, accent: str) -> None:
    pen.polygon(((140, 110), (340, 110), (370, 400), (110, 400)), fill=ink)
    pen.rectangle((140, 80, 340, 120), fill=accent)
    pen.ellipse((195, 210, 285, 320), fill=accent)


def _bottle(pen: ImageDraw.ImageDraw, ink: str, accent: str) -> None:
    pen.rounded_rectangle((165, 170, 315, 420), 36, fill=ink)
    pen.rectangle((205, 70, 275, 190), fill=ink)
    pen.rectangle((165, 250, 315, 330), fill=accent)


def _round(pen: ImageDraw.ImageDraw, ink: str, accent: str) -> None:
    pen.ellipse((110, 130, 370, 400), fill=ink)
    pen.polygon(((230, 140), (320, 60), (330, 120)), fill=accent)


def _bow(pen: ImageDraw.ImageDraw, ink: str, accent: str) -> None:
    for step in range(3):
        pen.arc((80 + step * 40, 60 - step * 30, 400 + step * 30, 380 - step * 20), 20, 160, fill=ink, width=54)
    pen.ellipse((365, 120, 405, 160), fill=accent)


def _bar(pen: ImageDraw.ImageDraw, ink: str, accent: str) -> None:
    pen.rounded_rectangle((110, 90, 370, 400), 16, fill=ink)
    for x in (196, 283):
        pen.line((x, 90, x, 400), fill=accent, width=6)
    for y in (168, 246, 324):
        pen.line((110, y, 370, y), fill=accent, width=6)


def _mug(pen: ImageDraw.ImageDraw, ink: str, accent: str) -> None:
    pen.arc((290, 180, 410, 320), -90, 90, fill=ink, width=28)
    pen.rounded_rectangle((110, 130, 330, 390), 24, fill=ink)
    pen.rectangle((110, 150, 330, 168), fill=accent)


def _candle(pen: ImageDraw.ImageDraw, ink: str, accent: str) -> None:
    pen.rounded_rectangle((180, 190, 300, 420), 12, fill=ink)
    pen.ellipse((215, 90, 265, 180), fill=accent)


def _wedge(pen: ImageDraw.ImageDraw, ink: str, accent: str) -> None:
    pen.polygon(((70, 330), (400, 160), (410, 330)), fill=ink)
    pen.rectangle((70, 330, 410, 390), fill=accent)
    for x, y in ((300, 270), (350, 225), (220, 295)):
        pen.ellipse((x, y, x + 34, y + 34), fill=accent)


def _apron(pen: ImageDraw.ImageDraw, ink: str, accent: str) -> None:
    pen.polygon(((190, 120), (290, 120), (380, 230), (360, 430), (120, 430), (100, 230)), fill=ink)
    pen.arc((185, 50, 295, 190), 180, 360, fill=accent, width=12)
    pen.rounded_rectangle((180, 290, 300, 380), 12, fill=accent)


LOOKS: dict[str, tuple[str, str, str, Shape]] = {
    "Sourdough loaf": ("#f3e7d3", "#b9793f", "#8a5527", _loaf),
    "Butter croissant": ("#f6ecd9", "#d39a4a", "#f6ecd9", _crescent),
    "House espresso beans, 250 g": ("#e5e0da", "#4d3527", "#c9a27a", _bag),
    "Whole milk, 1 l": ("#dcebf2", "#ffffff", "#3f7fa6", _bottle),
    "Bananas, bunch": ("#eef3dc", "#e2b93b", "#6b5a1e", _bow),
    "Apples, 1 kg": ("#e3f0e2", "#b5372f", "#3d7a45", _round),
    "Dark chocolate, 100 g": ("#efe3da", "#4a2c20", "#6d4634", _bar),
    "Sparkling water, 1 l": ("#e0f0f0", "#7fb6bf", "#ffffff", _bottle),
    "Enamel mug": ("#e9ecef", "#1f5f6b", "#ffffff", _mug),
    "Beeswax candle": ("#f5efdd", "#d9a83c", "#e8743b", _candle),
    "Fresh pasta, 250 g": ("#f4ecda", "#dcb45c", "#7a4a21", _bag),
    "Coffee grinder, steel": ("#e6e8ea", "#5b666e", "#b7c0c6", _mug),
    "Mountain cheese, by weight": ("#f6f0dc", "#e0b44a", "#b98a2a", _wedge),
    "Kitchen apron": ("#e6efe8", "#4f8163", "#dfe9e2", _apron),
    "Chestnut honey, 500 g": ("#f5ead6", "#a8641f", "#f0c26a", _bottle),
}
"""Paper, ink, second ink and shape of each picture."""
