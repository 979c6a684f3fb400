"""Photographs of codes through the looks and the verdict of the camera's scanner: what it takes is right."""

import csv
import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from PIL import Image
from playwright.sync_api import Browser, Page

from tests.stills import seen, stage

pytestmark = pytest.mark.browser

FOLDER = Path(settings.BASE_DIR).parent / "shared/data/barcode_images"
READABLE = ("ean", "upc", "code128", "qrcode", "rss14")
NOTHING = "falsepositives"


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    with stage(browser) as opened:
        yield opened


def told(expected: str) -> set[str]:
    """The ways to say a code: lines of a text end in either way, and what is printed beside a UPC is no part of it."""
    text = "\n".join(expected.split()) if "\n" in expected else expected.strip()
    return {text, text[:13]} if text.isdigit() and len(text) > 14 else {text}


@pytest.mark.skipif(not FOLDER.is_dir(), reason="the shared photographs are not on this machine")
def test_as_many_photographs_are_read_as_by_the_reference_and_none_is_misread(page: Page) -> None:
    with (FOLDER / "shared_manifest.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["set"].startswith((*READABLE, NOTHING))]
    read, by_reference, wrong = 0, 0, []
    with tarfile.open(FOLDER / "shared_images.tar.gz") as archive:
        for row in rows:
            picture = io.BytesIO()
            Image.open(archive.extractfile(row["file"]) or io.BytesIO()).convert("RGB").save(picture, "PNG")
            taken = seen(page, picture.getvalue()).taken
            code = "\n".join(taken.split()) if taken and "\n" in taken else taken
            plain = code[3:] if code and code.startswith("]") else code
            by_reference += row["ref_ok_rot0"] == "True"
            if plain and plain in told(row["expected_text"]):
                read += 1
            elif plain:
                wrong.append((row["file"], row["expected_text"], taken))
    assert wrong == []
    assert read >= by_reference > 0
