"""Pictures of products: decoded within limits and written anew, so that nothing of an upload but its look stays."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import IO
from uuid import UUID

from django.db import transaction
from PIL import Image, ImageOps

from core.actors import Actor
from core.db.locks import queue_for
from core.errors import NotFound
from core.tenancy.context import current_tenant
from core.tenancy.files import folder_of
from inventory.models import Product, ProductPicture
from inventory.permissions import MANAGE_PRODUCTS
from inventory.selectors.pictures import WIDTHS, file_of
from inventory.services.catalogue import note_change
from inventory.services.edits import fault, invalid

MOST_BYTES = 15 * 1024 * 1024
MOST_PIXELS = 50_000_000
LONGEST_SIDE = 16_000
MANY_PIXELS = f"A picture has at most {MOST_PIXELS // 1_000_000} million pixels."
MOST_PICTURES = 20
ALT = 200
FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
QUALITY = 80


@dataclass(frozen=True, slots=True)
class Encoded:
    """A picture as we keep it: the largest form's hash names it; ``files`` are WebP by width."""

    sha256: str
    width: int
    height: int
    files: dict[int, bytes]


def encode(upload: IO[bytes]) -> Encoded:
    """Decode an upload and write it anew as WebP in three widths, upright and without anything else it carried.

    Raises `Invalid` for what is no picture, is too large, moves, breaks off, or is of another kind than its bytes say.
    """
    raw = upload.read(MOST_BYTES + 1)
    if len(raw) > MOST_BYTES:
        raise _refused("too-large", f"A picture has at most {MOST_BYTES // 1024 // 1024} MB.")
    try:
        picture = _decoded(raw)
    except _Known as known:
        raise _refused(*known.args) from known
    except Image.DecompressionBombError as bomb:
        raise _refused("too-many-pixels", MANY_PIXELS) from bomb
    except Exception as broken:  # what a decoder meets in a broken file is anything
        raise _refused("not-a-picture", "This is no picture that can be read: JPEG, PNG, WebP or GIF.") from broken
    files = {width: _written(picture, width) for width in WIDTHS}
    return Encoded(hashlib.sha256(files[WIDTHS[-1]]).hexdigest(), picture.width, picture.height, files)


class _Known(Exception):
    """A refusal from inside the decoding: code and words."""


def _decoded(raw: bytes) -> Image.Image:
    with Image.open(BytesIO(raw), formats=FORMATS) as image:
        if image.width * image.height > MOST_PIXELS or max(image.size) > LONGEST_SIDE:
            raise _Known("too-many-pixels", MANY_PIXELS)
        if getattr(image, "n_frames", 1) > 1 and image.format != "MPO":
            raise _Known("moves", "A picture that moves cannot be shown here; save one frame of it.")
        image.draft("RGB", (WIDTHS[-1] * 2, WIDTHS[-1] * 2))
        image.load()
        upright = ImageOps.exif_transpose(image)
        has_alpha = "A" in upright.getbands() or "transparency" in upright.info
        plain = upright.convert("RGBA" if has_alpha else "RGB")
    bare = Image.new(plain.mode, plain.size)
    bare.paste(plain)
    return bare


def _written(picture: Image.Image, width: int) -> bytes:
    copy = picture.copy()
    copy.thumbnail((width, width * 4), Image.Resampling.LANCZOS)
    out = BytesIO()
    copy.save(out, "WEBP", quality=QUALITY, method=4)
    return out.getvalue()


def add_picture(
    product_id: UUID, upload: IO[bytes], *, actor: Actor, alt: str = "", variant_id: UUID | None = None
) -> ProductPicture:
    """Give a product a further picture, last in their order. The same picture again is the one that is there.

    Raises:
        NotFound: there is no such product, or the variant is not one of its own.
        Forbidden: the actor may not manage products.
        Invalid: the file is no picture within the limits, the text is too long, or there are too many pictures.
    """
    actor.require(MANAGE_PRODUCTS)
    if not Product.objects.filter(pk=product_id).exists():
        raise NotFound("There is no such product.")
    encoded = encode(upload)  # slow, so before every lock
    with transaction.atomic():
        product = _locked(product_id)
        queue_for(f"picture {encoded.sha256}")
        twin = product.pictures.filter(sha256=encoded.sha256).first()
        if twin is not None:
            return twin
        count = product.pictures.count()
        if count >= MOST_PICTURES:
            raise _refused("too-many", f"At most {MOST_PICTURES} pictures of a product.")
        if variant_id is not None and not product.variants.filter(pk=variant_id).exists():
            raise NotFound("This is no variant of this product.")
        for width, content in encoded.files.items():
            _keep(file_of(encoded.sha256, width), content)
        last = product.pictures.order_by("-position").values_list("position", flat=True).first()
        row = ProductPicture.objects.create(
            product=product,
            variant_id=variant_id,
            file=file_of(encoded.sha256),
            width=encoded.width,
            height=encoded.height,
            sha256=encoded.sha256,
            alt=_alt(alt),
            position=0 if last is None else last + 1,
        )
        note_change(product, {"pictures": (count, count + 1)}, actor=actor)
        return row


@transaction.atomic
def change_picture(
    picture_id: UUID, *, actor: Actor, alt: str | None = None, position: int | None = None
) -> ProductPicture:
    """Say what a picture shows, or put it at a place among its siblings: 0 is the one of lists and tills.

    Raises `NotFound`, `Forbidden`, or `Invalid` for a text that is too long.
    """
    actor.require(MANAGE_PRODUCTS)
    row, product = _found(picture_id)
    changes: dict[str, tuple[object, object]] = {}
    if alt is not None and _alt(alt) != row.alt:
        changes["picture.alt"] = (row.alt, _alt(alt))
        row.alt = _alt(alt)
        row.save(update_fields=["alt"])
    if position is not None:
        order = [one for one in product.pictures.all() if one.pk != row.pk]
        before = [one.pk for one in product.pictures.all()]
        order.insert(min(max(position, 0), len(order)), row)
        if [one.pk for one in order] != before:
            _place(order)
            changes["pictures"] = (list(map(str, before)), [str(one.pk) for one in order])
    if changes:
        note_change(product, changes, actor=actor)
    return row


@transaction.atomic
def remove_picture(picture_id: UUID, *, actor: Actor) -> None:
    """Take a picture away; its files go when no other product shows it. Raises `NotFound`, `Forbidden`."""
    actor.require(MANAGE_PRODUCTS)
    row, product = _found(picture_id)
    count, sha256 = product.pictures.count(), row.sha256
    row.delete()
    note_change(product, {"pictures": (count, count - 1)}, actor=actor)
    transaction.on_commit(lambda: _forget(sha256), robust=True)


@transaction.atomic
def _forget(sha256: str) -> None:
    """Delete the files of a picture that nothing shows any more; an upload of the same waits meanwhile."""
    queue_for(f"picture {sha256}")
    if not ProductPicture.objects.filter(sha256=sha256).exists():
        for width in WIDTHS:
            (folder_of(current_tenant()) / file_of(sha256, width)).unlink(missing_ok=True)


def _found(picture_id: UUID) -> tuple[ProductPicture, Product]:
    row = ProductPicture.objects.filter(pk=picture_id).first()
    if row is None:
        raise NotFound("There is no such picture.")
    product = _locked(row.product_id)
    row = product.pictures.filter(pk=picture_id).first()
    if row is None:
        raise NotFound("There is no such picture.")
    return row, product


def _locked(product_id: UUID) -> Product:
    product = Product.objects.select_for_update().filter(pk=product_id).first()
    if product is None:
        raise NotFound("There is no such product.")
    return product


def _place(order: Sequence[ProductPicture]) -> None:
    for place, one in enumerate(order):
        one.position = place
    ProductPicture.objects.bulk_update(order, ["position"])


def _keep(name: str, content: bytes) -> None:
    """Write a file under its final name at once, never half; one that is there has the same content."""
    path: Path = folder_of(current_tenant()) / name
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_suffix(".half")
    half.write_bytes(content)
    half.replace(path)


def _alt(text: str) -> str:
    words = " ".join(text.split())
    if len(words) > ALT or not words.isprintable():
        raise invalid(fault("/alt", "too-long", f"At most {ALT} printable characters."))
    return words


def _refused(code: str, words: str) -> Exception:
    return invalid(fault("/file", code, words))
