"""A QR code as the path of an SVG, one unit per module."""

from reportlab.graphics.barcode.qr import QrCodeWidget


def qr_path(text: str) -> dict[str, object]:
    """``size`` of the square with its quiet zone, and ``path`` of the dark modules."""
    code = QrCodeWidget(text, barLevel="M").qr
    code.make()
    count, quiet = code.getModuleCount(), 4
    dark = [
        f"M{column + quiet} {row + quiet}h1v1h-1z"
        for row in range(count)
        for column in range(count)
        if code.isDark(row, column)
    ]
    return {"size": count + 2 * quiet, "path": "".join(dark)}
