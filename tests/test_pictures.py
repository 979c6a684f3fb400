"""Pictures: really decoded, within limits, written anew; what an upload carries besides its look is gone."""

import struct
import zlib
from io import BytesIO
from typing import Any

import pytest
from PIL import Image

from core.errors import Invalid
from core.outbox.models import Event
from core.tenancy.files import folder_of
from core.testing import Shop
from inventory.models import Product, ProductPicture
from inventory.services import pictures
from tests.api import machine
from tests.pictures import a_picture


def png(width: int, height: int) -> bytes:
    """A PNG that says how large it is and holds next to nothing: a bomb."""
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", head), (b"IDAT", zlib.compress(b"\0" * 64)), (b"IEND", b"")]
    parts = [
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def moving() -> bytes:
    frames = [Image.new("RGB", (10, 10), colour) for colour in ("red", "blue")]
    out = BytesIO()
    frames[0].save(out, "GIF", save_all=True, append_images=frames[1:])
    return out.getvalue()


WHOLE = a_picture(kind="JPEG", size=(600, 600)).getvalue()
BAD = {
    "empty": (b"", "not-a-picture"),
    "a text called .png": (b"this is no picture", "not-a-picture"),
    "svg": (b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>', "not-a-picture"),
    "html": (b"<!doctype html><script>alert(1)</script>", "not-a-picture"),
    "a script that begins like a GIF": (b"GIF89a/*" + b"<script>alert(1)</script>*/", "not-a-picture"),
    "a bomb": (png(50_000, 50_000), "too-many-pixels"),
    "one line without end": (png(60_000, 1), "too-many-pixels"),
    "nothing behind the head": (png(3000, 3000), "not-a-picture"),
    "it moves": (moving(), "moves"),
    "broken off": (WHOLE[: len(WHOLE) // 2], "not-a-picture"),
    "another kind": (a_picture(kind="BMP").getvalue(), "not-a-picture"),
    "too many bytes": (WHOLE + b"\0" * pictures.MOST_BYTES, "too-large"),
}


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_picture_of_ours_is_refused_and_nothing_is_kept(acme: Shop, name: str) -> None:
    content, code = BAD[name]
    before = Event.objects.count()
    with pytest.raises(Invalid) as refusal:
        pictures.add_picture(acme.variant().product_id, BytesIO(content), actor=acme.actor())
    assert [error["code"] for error in refusal.value.details["errors"]] == [code]
    assert not ProductPicture.objects.exists() and Event.objects.count() == before


def kept(shop: Shop, row: ProductPicture, width: int) -> Image.Image:
    return Image.open(folder_of(shop.tenant) / f"{row.file}-{width}.webp")


def test_a_photo_is_turned_upright_and_loses_where_it_was_taken(acme: Shop) -> None:
    photo = Image.new("RGB", (2000, 1000), "red")
    photo.paste("blue", (0, 0, 1000, 1000))  # the left half, which is the top once it is turned
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "A secret maker"
    out = BytesIO()
    photo.save(out, "JPEG", exif=exif, quality=95)
    out.seek(0)
    row = pictures.add_picture(acme.variant().product_id, out, actor=acme.actor())
    assert row.height == row.width * 2
    for width in (320, 800):
        with kept(acme, row, width) as picture:
            assert (picture.format, picture.size) == ("WEBP", (width, width * 2))
            assert not picture.getexif() and "exif" not in picture.info
            top, bottom = picture.convert("RGB").getpixel((width // 2, 9)), picture.convert("RGB").getpixel((9, width))
            assert top[2] > 200 > top[0] and bottom[0] >= 0  # type: ignore[index,operator]
    raw = (folder_of(acme.tenant) / f"{row.file}-800.webp").read_bytes()
    assert b"secret" not in raw


def test_what_stands_behind_a_picture_is_gone(acme: Shop) -> None:
    both = BytesIO(WHOLE + b"<script>alert('both')</script>")
    row = pictures.add_picture(acme.variant().product_id, both, actor=acme.actor())
    for width in (320, 800, 1600):
        assert b"script" not in (folder_of(acme.tenant) / f"{row.file}-{width}.webp").read_bytes()


@pytest.mark.parametrize(
    ("mode", "kind"), [("RGBA", "PNG"), ("P", "GIF"), ("CMYK", "JPEG"), ("L", "PNG"), ("I;16", "PNG")]
)
def test_every_mode_is_shown(acme: Shop, mode: str, kind: str) -> None:
    colour: Any = (10, 200, 30, 0) if mode == "RGBA" else 0
    row = pictures.add_picture(
        acme.variant().product_id, a_picture(mode=mode, kind=kind, colour=colour), actor=acme.actor()
    )
    with kept(acme, row, 320) as picture:
        assert picture.size == (320, 240)
        assert picture.mode == ("RGBA" if mode == "RGBA" else "RGB")


def test_the_same_picture_again_is_the_one_that_is_there(acme: Shop) -> None:
    product = acme.variant().product_id
    first = pictures.add_picture(product, a_picture(), actor=acme.actor())
    events = Event.objects.count()
    assert pictures.add_picture(product, a_picture(), actor=acme.actor()) == first
    assert Event.objects.count() == events and Product.objects.get(pk=product).version == 2


@pytest.mark.django_db(transaction=True)
def test_files_go_with_the_last_product_that_shows_them(acme: Shop) -> None:
    rows = [
        pictures.add_picture(acme.variant(sku).product_id, a_picture(), actor=acme.actor()) for sku in ("TEA", "CUP")
    ]
    path = folder_of(acme.tenant) / f"{rows[0].file}-320.webp"
    pictures.remove_picture(rows[0].pk, actor=acme.actor())
    assert path.exists()
    pictures.remove_picture(rows[1].pk, actor=acme.actor())
    assert not path.exists()


def test_pictures_over_rest_and_their_files(acme: Shop, globex: Shop) -> None:
    key, product = machine(acme), acme.variant().product_id
    address = f"/api/v1/products/{product}/pictures/"
    made = []
    for colour in ("teal", "red"):
        upload = a_picture(colour=colour)
        upload.name = "cup.png"
        answer = key.browser.post(address, {"file": upload, "alt": f"A {colour} cup"})
        assert answer.status_code == 201, answer.content
        made.append(answer.json())
    first, second = made
    assert [row["alt"] for row in key.get(f"products/{product}/pictures/").json()["results"]] == [
        "A teal cup",
        "A red cup",
    ]
    assert key.patch(f"pictures/{second['id']}/", {"position": 0}).status_code == 200
    assert key.get(f"products/{product}/pictures/").json()["results"][0]["id"] == second["id"]
    cashier = acme.client("cashier")
    shown = cashier.get(first["urls"]["320"])
    assert (shown.status_code, shown["Content-Type"]) == (200, "image/webp")
    assert "immutable" in shown["Cache-Control"] and "private" in shown["Cache-Control"]
    assert shown["X-Content-Type-Options"] == "nosniff"
    assert cashier.get(first["urls"]["320"], headers={"If-None-Match": shown["ETag"]}).status_code == 304
    assert acme.client().get(first["urls"]["320"]).status_code == 302  # who are you?
    assert globex.client("owner").get(first["urls"]["320"]).status_code == 404
    for name in ("../../../etc/passwd", "x.webp", f"{'0' * 64}-320.webp", f"{'0' * 64}-321.webp"):
        assert cashier.get(f"/pictures/{name}/").status_code == 404
    assert key._send("DELETE", f"pictures/{first['id']}/", {}, {}).status_code == 204
    assert cashier.get(first["urls"]["320"]).status_code == 404
    text = BytesIO(b"no picture")
    text.name = "no.png"
    refused = key.browser.post(address, {"file": text})
    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (422, "/file")


def test_pictures_are_kept_on_a_page(acme: Shop) -> None:
    browser, product = acme.client("manager"), acme.variant().product_id
    address = f"/products/{product}/pictures/"
    upload = a_picture(kind="JPEG")
    upload.name = "cup.jpg"
    assert browser.post(address, {"file": upload, "alt": "A cup"}).status_code == 302
    row = ProductPicture.objects.get()
    assert f"/pictures/{row.sha256}-320.webp/" in browser.get(address).content.decode()
    assert f"{row.sha256}-800.webp" in browser.get(f"/products/{product}/").content.decode()
    assert browser.post(f"/products/pictures/{row.pk}/", {"alt": "A teal cup"}).status_code == 302
    row.refresh_from_db()
    assert row.alt == "A teal cup"
    assert browser.post(f"/products/pictures/{row.pk}/", {"remove": "yes"}).status_code == 302
    assert not ProductPicture.objects.exists()
