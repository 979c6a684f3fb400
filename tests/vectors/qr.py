"""Numbers of receipts and their QR codes by the library of the server's receipts; `tests/js/till-qr.test.js`."""

import json
import random
from collections.abc import Iterator
from typing import Any

from reportlab.graphics.barcode.qr import QrCodeWidget

CODES = 300
SEED = 20_261_123
LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-"


def vectors(count: int = CODES) -> Iterator[dict[str, Any]]:
    """The texts with their dark modules, row by row, all under mask 0."""
    chance = random.Random(SEED)
    for number in range(count):
        text = "R-K3-000118" if number == 0 else "R-" + "".join(chance.choices(LETTERS, k=chance.randint(3, 36)))
        code = QrCodeWidget(text, barLevel="M").qr
        code.make()
        code.makeImpl(False, 0)
        size = code.getModuleCount()
        rows = ["".join("#" if code.isDark(row, column) else "." for column in range(size)) for row in range(size)]
        yield {"text": text, "rows": rows}


if __name__ == "__main__":
    for vector in vectors():
        print(json.dumps(vector, separators=(",", ":")))  # noqa: T201  what it is for
