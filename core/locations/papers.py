"""What papers say of the shop: its name, address and tax number, now and at the time of an old document."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.utils import timezone

from core.errors import fault
from core.locations.models import Letterhead, Location, ShopDetails
from core.tenancy.context import current_tenant

SHOP_FIELDS = (
    *("legal_name", "address", "postal_code", "city", "country", "phone", "email", "website"),
    *("tax_label", "tax_number", "footer"),
)
PLACE_FIELDS = ("address", "postal_code", "city", "country", "phone")
ADDRESS = ("address", "postal_code", "city", "country")
LINES = frozenset({"address", "footer"})
"""Fields of several lines."""
MOST_LINES = 8
THANKS = "Thank you."


@dataclass(frozen=True, slots=True)
class Papers:
    """The lines at the head of a paper, below the names of shop and place, and its last words."""

    head: tuple[str, ...]
    foot: tuple[str, ...]


def shop_details() -> ShopDetails:
    """Who the shop is; a row of version 0 that is not saved where nobody said it yet."""
    return ShopDetails.objects.first() or ShopDetails(pk=1, version=0)


def papers_of(location_id: UUID, *, at: datetime) -> Papers:
    """What a document of a place says that was recorded at this moment, whatever the shop says today: one query."""
    rows = Letterhead.objects.filter(Q(location=location_id) | Q(location=None), since__lte=at)
    newest = rows.order_by("location_id", "-since", "-pk").distinct("location_id")
    return _papers({row.location_id: row.said for row in newest}, location_id)


def keep_papers(row: ShopDetails | Location) -> None:
    """Keep what papers say from now on, in the transaction that changed it."""
    place = row if isinstance(row, Location) else None
    said = {name: getattr(row, name) for name in (PLACE_FIELDS if place else SHOP_FIELDS)}
    Letterhead.objects.create(location=place, said=said, since=timezone.now())


def tidy(value: str, name: str) -> str:
    """A text as it is kept: without spaces around its lines, and without empty lines at its ends."""
    return "\n".join(part.strip() for part in value.strip().splitlines()) if name in LINES else value.strip()


def wrong_texts(values: Mapping[str, Any], *, of: type[models.Model]) -> Iterator[dict[str, str]]:
    """What of these texts cannot stand on a paper."""
    for name, text in values.items():
        most: Any = getattr(of._meta.get_field(name), "max_length", None)
        parts = text.split("\n") if name in LINES else [text]
        if len(text) > most:
            yield fault(f"/{name}", "length", f"At most {most} characters.")
        elif len(parts) > MOST_LINES:
            yield fault(f"/{name}", "length", f"At most {MOST_LINES} lines.")
        elif not all(part.isprintable() for part in parts):
            yield fault(f"/{name}", "value", "Letters that can be printed only.")


def _papers(said: Mapping[UUID | None, Mapping[str, str]], location_id: UUID) -> Papers:
    shop, place = dict(said.get(None, {})), said.get(location_id, {})
    if any(place.get(name) for name in ADDRESS):
        shop |= {name: place.get(name, "") for name in ADDRESS}
    shop["phone"] = place.get("phone") or shop.get("phone", "")
    lines = [
        "" if shop.get("legal_name") == current_tenant().name else shop.get("legal_name", ""),
        *shop.get("address", "").split("\n"),
        f"{shop.get('postal_code', '')} {shop.get('city', '')}".strip(),
        *(shop.get(name, "") for name in ("country", "phone", "email", "website")),
        f"{shop.get('tax_label', '')} {shop['tax_number']}".strip() if shop.get("tax_number") else "",
    ]
    foot = shop.get("footer") or THANKS
    return Papers(tuple(line for line in lines if line), tuple(line for line in foot.split("\n") if line))
