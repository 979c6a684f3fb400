"""Where pictures of products are, by what they look like."""

import re
from pathlib import Path

from core.tenancy.context import current_tenant
from core.tenancy.files import folder_of
from inventory.models import ProductPicture

WIDTHS = (320, 800, 1600)
NAME = re.compile(r"(?P<sha256>[0-9a-f]{64})-(?P<width>320|800|1600)\.webp")


def file_of(sha256: str, width: int | None = None) -> str:
    """The file of a picture below the shop's folder; without a width what all its files begin with."""
    base = f"pictures/{sha256[:2]}/{sha256}"
    return base if width is None else f"{base}-{width}.webp"


def picture_url(sha256: str, width: int = WIDTHS[0]) -> str:
    """The address of a picture; what stands there never changes."""
    return f"/pictures/{sha256}-{width}.webp/"


def shown_file(name: str) -> Path | None:
    """The file of an address, None unless a product of this shop shows it."""
    found = NAME.fullmatch(name)
    if found is None or not ProductPicture.objects.filter(sha256=found["sha256"]).exists():
        return None
    path = folder_of(current_tenant()) / file_of(found["sha256"], int(found["width"]))
    return path if path.is_file() else None
