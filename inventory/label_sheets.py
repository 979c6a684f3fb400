"""Labels and shelf tags as PDF: pure drawing, no database.

Codes are drawn so that any scanner reads them: a GTIN as EAN-13 or EAN-8, everything else as Code 128, or as a QR code
where that is wanted. Quiet zones are kept; bars that would not fit at 0.25 mm a module become a QR code.
"""

import io
from collections.abc import Iterable
from dataclasses import dataclass

from reportlab.graphics import renderPDF
from reportlab.graphics.barcode import eanbc, qr
from reportlab.graphics.shapes import Drawing
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas

from inventory.barcodes import code128
from inventory.codes import is_gtin, printed

REGULAR, BOLD = "Helvetica", "Helvetica-Bold"
NARROWEST = 0.25 * mm
WIDEST = 0.38 * mm
PADDING = 2 * mm


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page of labels: sizes in millimetres. A roll is a page that is its label."""

    name: str
    label: str
    columns: int
    rows: int
    width: float
    height: float
    left: float
    top: float
    is_roll: bool = False

    @property
    def per_page(self) -> int:
        return self.columns * self.rows

    @property
    def page(self) -> tuple[float, float]:
        return (self.width * mm, self.height * mm) if self.is_roll else A4


SHEETS = {
    sheet.name: sheet
    for sheet in (
        Sheet("a4-24", "A4, 24 labels of 70 × 37 mm", 3, 8, 70, 37, 0, 0.5),
        Sheet("a4-40", "A4, 40 labels of 52.5 × 29.7 mm", 4, 10, 52.5, 29.7, 0, 0),
        Sheet("a4-8", "A4, 8 shelf tags of 105 × 74 mm", 2, 4, 105, 74, 0, 0.5),
        Sheet("roll-57", "Roll, 57 × 32 mm", 1, 1, 57, 32, 0, 0, is_roll=True),
    )
}


@dataclass(frozen=True, slots=True)
class Label:
    """What stands on one label. ``price`` is written as people read it; ``code`` is the stored code."""

    title: str
    sku: str
    price: str
    code: str


def labels_pdf(labels: Iterable[Label], *, sheet: Sheet, skip: int = 0, as_qr: bool = False) -> bytes:
    """The labels one after the other; ``skip`` leaves the first places of a used sheet empty."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=sheet.page, pageCompression=1)
    canvas.setTitle("Labels")
    place = skip
    for label in labels:
        if place and place % sheet.per_page == 0:
            canvas.showPage()
        row, column = divmod(place % sheet.per_page, sheet.columns)
        x = (sheet.left + column * sheet.width) * mm
        y = sheet.page[1] - (sheet.top + (row + 1) * sheet.height) * mm
        _draw(canvas, label, x, y, sheet, as_qr=as_qr)
        place += 1
    canvas.showPage()
    canvas.save()
    return out.getvalue()


def _draw(canvas: Canvas, label: Label, x: float, y: float, sheet: Sheet, *, as_qr: bool) -> None:
    width, height = sheet.width * mm, sheet.height * mm
    inner = width - 2 * PADDING
    scale = min(1.8, max(0.85, sheet.height / 37))
    top = y + height - PADDING
    size = 8.5 * scale
    for line in _wrapped(label.title, inner, size)[:2]:
        top -= size
        canvas.setFont(REGULAR, size)
        canvas.drawString(x + PADDING, top, line)
        top -= 0.18 * size
    price = 15 * scale
    top -= price * 0.95
    canvas.setFont(BOLD, price)
    canvas.drawString(x + PADDING, top, label.price)
    small = 6 * scale
    canvas.setFont(REGULAR, small)
    canvas.drawRightString(x + width - PADDING, top, label.sku[:30])
    if label.code:
        _code(canvas, label.code, x + PADDING, y + PADDING, inner, top - y - PADDING - 1.5 * mm, as_qr=as_qr)


def _code(canvas: Canvas, stored: str, x: float, y: float, width: float, height: float, *, as_qr: bool) -> None:
    code = printed(stored)
    if as_qr or not _bars(canvas, code, x, y, width, height):
        side = min(width, height)
        drawing = Drawing(side, side)
        drawing.add(qr.QrCodeWidget(code, barLevel="M", barWidth=side, barHeight=side, barBorder=4))
        renderPDF.draw(drawing, canvas, x, y)


def _bars(canvas: Canvas, code: str, x: float, y: float, width: float, height: float) -> bool:
    """Draw bars if they can be read at this width; the digits stand below."""
    text = 2.6 * mm
    if is_gtin(code) and len(code) in (8, 13):
        modules = (95 if len(code) == 13 else 67) + 22
        module = min(WIDEST, width / modules)
        kind = eanbc.Ean13BarcodeWidget if len(code) == 13 else eanbc.Ean8BarcodeWidget
        drawing = Drawing(width, height)
        drawing.add(kind(code, barWidth=module, barHeight=height - text, fontSize=6, humanReadable=True))
        if module < NARROWEST:
            return False
        renderPDF.draw(drawing, canvas, x, y)
        return True
    if not (code.isascii() and code.isprintable()):
        return False
    drawn = code128(code)
    module = min(WIDEST, width / drawn.width)
    if module < NARROWEST:
        return False
    for left, bar in drawn.bars:
        canvas.rect(x + left * module, y + text, bar * module, height - text, stroke=0, fill=1)
    canvas.setFont(REGULAR, 6)
    canvas.drawCentredString(x + drawn.width * module / 2, y + 0.3 * mm, code)
    return True


def _wrapped(text: str, width: float, size: float) -> list[str]:
    """Lines that fit, broken at blanks; a word that is too long is cut."""
    lines: list[str] = []
    for word in _latin(text).split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and pdfmetrics.stringWidth(longer, REGULAR, size) <= width:
            lines[-1] = longer
            continue
        while pdfmetrics.stringWidth(word, REGULAR, size) > width and len(word) > 1:
            word = word[:-1]  # noqa: PLW2901
        lines.append(word)
    return lines


def _latin(text: str) -> str:
    """What the built-in fonts can write; anything else becomes a question mark rather than a black box."""
    return text.encode("cp1252", "replace").decode("cp1252")
