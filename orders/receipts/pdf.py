"""A receipt as PDF: a slip of 80 mm as long as it needs to be, or a page of A4."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Literal

from reportlab.graphics.barcode.code128 import Code128
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from core.locations.selectors import zone_of
from core.money import plain_decimal
from core.tenancy.context import current_tenant
from core.web.amounts import format_money, format_number, format_quantity
from orders.receipts.content import Receipt, numbers_of, points_told, receipt_code

Paper = Literal["80mm", "a4"]
PAPERS: tuple[Paper, ...] = ("80mm", "a4")
LEADING = 1.35
MOST_NAME_LINES = 6
QR_SIDE = 24 * mm
DEJAVU = "/usr/share/fonts/truetype/dejavu/DejaVuSans{}.ttf"
# The first that this machine has; the last comes with the program and knows Latin letters only.
FONTS = ((DEJAVU.format(""), DEJAVU.format("-Bold")), ("Vera.ttf", "VeraBd.ttf"))
NO_FONT = "Receipts as PDF show ? for letters beyond Latin: install the DejaVu fonts (fonts-dejavu-core)."
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the slip: words on the left, an amount on the right; or a rule, or the number as bars or QR code."""

    left: str = ""
    right: str = ""
    size: float = 9
    is_bold: bool = False
    is_centred: bool = False
    kind: Literal["text", "rule", "bars", "qr"] = "text"


def receipt_pdf(receipt: Receipt, *, paper: Paper = "80mm") -> bytes:
    """The receipt as a PDF whose number is also there as Code 128, and as the QR code that opens its return."""
    width = 80 * mm if paper == "80mm" else A4[0]
    margin = 4 * mm if paper == "80mm" else 25 * mm
    scale = 1.0 if paper == "80mm" else 1.15
    rows = _wrapped(_rows(receipt), width - 2 * margin, scale)
    needed = sum(_height(row, scale) for row in rows) + 2 * margin
    height = max(needed, 60 * mm) if paper == "80mm" else A4[1]
    target = BytesIO()
    canvas = Canvas(target, pagesize=(width, height), invariant=True)
    canvas.setTitle(f"Receipt {receipt.order.number}")
    canvas.setAuthor(current_tenant().name)
    y = height - margin
    for row in rows:
        if y - _height(row, scale) < margin and y < height - margin:
            canvas.showPage()
            y = height - margin
        y -= _height(row, scale)
        _draw(canvas, row, margin, y, width, scale)
    canvas.save()
    return target.getvalue()


def knows_all_letters() -> bool:
    """Whether this machine has a font for letters beyond Latin; without one they are printed as question marks."""
    return all(Path(font).exists() for font in FONTS[0])


@cache
def _fonts() -> tuple[str, str]:
    regular, bold = FONTS[0] if knows_all_letters() else FONTS[1]
    if (regular, bold) != FONTS[0]:
        log.warning(NO_FONT)
    pdfmetrics.registerFont(TTFont("receipt", regular))
    pdfmetrics.registerFont(TTFont("receipt-bold", bold))
    return "receipt", "receipt-bold"


def _money(receipt: Receipt, amount: Decimal) -> str:
    return format_money(amount, currency=receipt.order.currency, locale=current_tenant().locale)


def _rows(receipt: Receipt) -> list[Row]:
    order = receipt.order
    when = order.occurred_at.astimezone(zone_of(order.location))
    rows = [
        *_head(receipt),
        Row(kind="rule"),
        *_goods(receipt),
        Row(kind="rule"),
        *_sums(receipt),
        Row(kind="rule"),
        Row(order.number, kind="bars"),
        Row(receipt_code(order), kind="qr"),
        Row(f"{numbers_of(order)} · {when:%d %b %Y, %H:%M}", is_centred=True, size=8),
        Row(order.created_by_label, is_centred=True, size=8),
        *(Row(line, is_centred=True) for line in receipt.papers.foot),
    ]
    return [row for row in rows if row.left or row.kind != "text"]


def _head(receipt: Receipt) -> Iterator[Row]:
    order = receipt.order
    yield Row(current_tenant().name, size=13, is_bold=True, is_centred=True)
    yield Row(str(order.location), is_centred=True)
    for line in receipt.papers.head:
        yield Row(line, is_centred=True, size=8)
    marks = {
        "Copy": receipt.is_copy,
        "Refund": order.kind == order.Kind.REFUND,
        "Bought from customer": order.kind == order.Kind.PURCHASE,
        "Voided": order.state == order.State.VOIDED,
    }
    for mark, is_so in marks.items():
        if is_so:
            yield Row(mark, size=12, is_bold=True, is_centred=True)


def _goods(receipt: Receipt) -> Iterator[Row]:
    locale = current_tenant().locale
    for line in receipt.lines:
        yield Row(line.name or line.sku, _money(receipt, line.total))
        if line.quantity != 1:
            places = max(2, len(plain_decimal(line.unit_price).partition(".")[2]))
            price = format_number(line.unit_price, locale=locale, places=places)
            yield Row(f"{format_quantity(line.quantity, locale=locale)} × {price}", size=8)
        for piece in line.pieces:
            yield Row(piece, size=8)


def _sums(receipt: Receipt) -> Iterator[Row]:
    order, locale = receipt.order, current_tenant().locale
    how = "in it" if order.prices_include_tax else "added"
    for part in receipt.taxes:
        if part.tax:
            rate = format_quantity(part.rate, locale=locale)
            yield Row(f"Tax {rate}% {how}", _money(receipt, part.tax), size=8)
    if order.discount_total:
        yield Row("You saved", _money(receipt, order.discount_total), size=8)
    yield Row("Total", _money(receipt, order.total), size=12, is_bold=True)
    if order.cash_rounding:
        yield Row("Rounded", _money(receipt, order.cash_rounding))
    if order.payment_difference:
        yield Row("Difference", _money(receipt, order.payment_difference))
    for payment in receipt.payments:
        shown = payment.amount if payment.tendered is None else payment.tendered
        yield Row(payment.get_method_display().capitalize(), _money(receipt, shown))
    if receipt.change:
        yield Row("Change", _money(receipt, receipt.change), is_bold=True)
    for card in receipt.cards:
        told = "On new gift card" if card.is_new else "Left on gift card"
        yield Row(f"{told} …{card.last_four}", _money(receipt, card.balance))
    for name, points in points_told(receipt.points):
        yield Row(name, format_quantity(points, locale=locale))


def _wrapped(rows: list[Row], width: float, scale: float) -> list[Row]:
    """Names that are too long go on below; the amount stands beside the first line."""
    made = []
    for row in rows:
        if row.kind != "text":
            made.append(row)
            continue
        font, size = _fonts()[row.is_bold], row.size * scale
        room = width - (pdfmetrics.stringWidth(row.right, font, size) + 6 if row.right else 0)
        parts = simpleSplit(_printable(row.left), font, size, room) or [""]
        for place, part in enumerate(parts[:MOST_NAME_LINES]):
            made.append(Row(part, row.right if not place else "", row.size, row.is_bold, row.is_centred))
    return made


def _printable(text: str) -> str:
    """Without control characters and what the font cannot show."""
    known = pdfmetrics.getFont(_fonts()[0]).face.charToGlyph
    return "".join(letter if ord(letter) in known else "?" for letter in text if letter.isprintable())


def _height(row: Row, scale: float) -> float:
    return float({"rule": 8 * scale, "bars": 16 * mm, "qr": QR_SIDE + 2 * mm}.get(row.kind, row.size * LEADING * scale))


def _draw(canvas: Canvas, row: Row, margin: float, y: float, width: float, scale: float) -> None:
    if row.kind == "rule":
        canvas.setDash(1, 2)
        canvas.line(margin, y + 4, width - margin, y + 4)
        canvas.setDash()
        return
    if row.kind == "bars":
        bars = Code128(row.left, barHeight=11 * mm, barWidth=0.42 * mm, quiet=False)
        bars.drawOn(canvas, (width - bars.width) / 2, y + 2 * mm)
        return
    if row.kind == "qr":
        _draw_qr(canvas, row.left, (width - QR_SIDE) / 2, y + 1 * mm)
        return
    font, size = _fonts()[row.is_bold], row.size * scale
    canvas.setFont(font, size)
    if row.is_centred:
        canvas.drawCentredString(width / 2, y + size * 0.3, row.left)
        return
    canvas.drawString(margin, y + size * 0.3, row.left)
    if row.right:
        canvas.drawRightString(width - margin, y + size * 0.3, row.right)


def _draw_qr(canvas: Canvas, text: str, x: float, y: float) -> None:
    drawing = Drawing(QR_SIDE, QR_SIDE)
    drawing.add(QrCodeWidget(text, barLevel="M", barWidth=QR_SIDE, barHeight=QR_SIDE))
    drawing.drawOn(canvas, x, y)
