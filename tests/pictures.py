"""Pictures for tests, made here."""

from io import BytesIO
from typing import Any

from PIL import Image


def a_picture(*, size: tuple[int, int] = (400, 300), kind: str = "PNG", colour: Any = "teal", **more: Any) -> BytesIO:
    """A file with a picture of one colour."""
    out = BytesIO()
    Image.new(more.pop("mode", "RGB"), size, colour).save(out, kind, **more)
    out.seek(0)
    return out
