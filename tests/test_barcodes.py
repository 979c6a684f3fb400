"""What we print as bars is what a scanner reads."""

import pytest
import zxingcpp
from PIL import Image, ImageDraw

from inventory.barcodes import code128


@pytest.mark.parametrize("text", ["T-0123ABCD", "C-ZZZZZZZZ", "a b~!", "1", "123", "1234", "12345", "356938035643809"])
def test_a_scanner_reads_the_bars(text: str) -> None:
    drawn = code128(text)
    picture = Image.new("L", (drawn.width * 3, 120), 255)
    pen = ImageDraw.Draw(picture)
    for left, width in drawn.bars:
        pen.rectangle((left * 3, 0, (left + width) * 3 - 1, 119), fill=0)
    assert [(found.text, found.format.name) for found in zxingcpp.read_barcodes(picture)] == [(text, "Code128")]


def test_what_it_cannot_hold_is_refused() -> None:
    for text in ("", "é", "a\n"):
        with pytest.raises(ValueError, match="ASCII"):
            code128(text)
