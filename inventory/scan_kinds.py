"""How lots, serial numbers and locations are found by their codes."""

from uuid import UUID

from django.urls import reverse

from core.actors import Actor
from core.locations.models import Location
from inventory.models import Lot, Serial
from inventory.permissions import COUNT_STOCK, VIEW_STOCK
from inventory.scan_targets import Kind, Target, register_kind
from inventory.selectors.counts import counts
from inventory.selectors.transfers import transfers


def _lot(pk: UUID, actor: Actor) -> Target | None:
    row = Lot.objects.select_related("variant").filter(pk=pk).first() if actor.may(VIEW_STOCK) else None
    if row is None:
        return None
    url = reverse("stock-lot", args=[row.pk])
    return Target(kind="lot", id=row.pk, label=f"{row.code} of {row.variant.sku}", url=url)


def _serial(pk: UUID, actor: Actor) -> Target | None:
    row = Serial.objects.select_related("variant").filter(pk=pk).first() if actor.may(VIEW_STOCK) else None
    if row is None:
        return None
    url = reverse("stock-serial", args=[row.pk])
    return Target(kind="serial", id=row.pk, label=f"{row.number} of {row.variant.sku}", url=url)


def _location(pk: UUID, actor: Actor) -> Target | None:
    row = Location.objects.filter(pk=pk).first() if actor.may(VIEW_STOCK, at=pk) else None
    if row is None:
        return None
    return Target(kind="location", id=row.pk, label=row.name, url=f"{reverse('stock')}?location={row.pk}")


def _transfer(pk: UUID, actor: Actor) -> Target | None:
    if not actor.may(VIEW_STOCK):
        return None
    row = transfers(actor=actor).filter(pk=pk).prefetch_related(None).first()
    if row is None:
        return None
    return Target(kind="transfer", id=row.pk, label=row.number, url=reverse("transfer", args=[row.pk]))


def _count(pk: UUID, actor: Actor) -> Target | None:
    row = counts(actor=actor).filter(pk=pk).first() if actor.may(COUNT_STOCK) else None
    if row is None:
        return None
    return Target(kind="count", id=row.pk, label=str(row), url=reverse("count", args=[row.pk]))


register_kind(Kind(name="lot", word="a lot", find=_lot))
register_kind(Kind(name="serial", word="a serial number", find=_serial))
register_kind(Kind(name="location", word="a location", find=_location))
register_kind(Kind(name="transfer", word="a transfer", find=_transfer))
register_kind(Kind(name="count", word="a stocktake", find=_count))
