"""A till that works while the server is away: what it keeps, and what it sends later."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from core.actors import Actor
from core.devices.models import Device
from core.devices.selectors import author_pass, hash_of
from core.ids import uuid7
from core.sync.models import Flag
from core.sync.taking import take_items
from core.testing import Shop, sale_body
from inventory.models import Variant
from orders.tax import Goods, Terms, document_amounts

TOKEN = "t" * 43


def a_device(shop: Shop, *, prefix: str = "K3", token: str = "", **more: Any) -> Device:
    """A till of the shop; ``token`` is its secret. To be called inside the shop."""
    return Device.objects.create(
        name=f"{shop.mark} till {prefix}",
        prefix=prefix,
        location=shop.location,
        token_hash=hash_of(token or f"{prefix}{uuid7().hex}{uuid7().hex}"),
        enrolled_by=shop.person("owner"),
        expires_at=datetime.now(UTC) + timedelta(days=90),
        **more,
    )


def as_sold(body: dict[str, Any]) -> dict[str, Any]:
    """What the engine of the till made of a basket: the catalogue's prices, 20 % in them."""
    lines = []
    for line in body["lines"]:
        variant = Variant.objects.select_related("product", "tax_class").get(pk=line["variant"])
        price = Decimal(str(line.get("unit_price") or variant.unit_price))
        rate = variant.tax_class.rate if variant.tax_class else Decimal(0)
        goods = Goods(quantity=Decimal(line["quantity"]), unit_price=price, rate=rate, parts=(), discount=Decimal(0))
        terms = Terms(inclusive=True, currency="GBP", rounding="half_up", by_document=False)
        amounts = document_amounts([goods], terms)[0]
        lines.append(
            {
                "variant": str(variant.pk),
                "sku": variant.sku,
                "title": variant.title,
                "quantity": line["quantity"],
                "unit_price": str(price),
                "tax_rate": str(rate),
                "discount": "0.00",
                "net": str(amounts.net),
                "tax": str(amounts.tax),
                "total": str(amounts.total),
            }
        )
    return {"lines": lines, "total": str(sum(Decimal(x["total"]) for x in lines)), "cash_rounding": "0.00"}


@dataclass
class Till:
    """A device with its queue; nothing leaves it before the server said so."""

    shop: Shop
    device: Device
    who: str = "cashier"
    n: int = 0
    queue: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def at(cls, shop: Shop, *, prefix: str = "K3", who: str = "cashier", **more: Any) -> "Till":
        return cls(shop, a_device(shop, prefix=prefix, **more), who)

    def item(self, kind: str, body: Any, **more: Any) -> dict[str, Any]:
        """Something that happened just now; it waits in the queue."""
        self.n += 1
        made = {
            "n": self.n,
            "id": str(uuid7()),
            "kind": kind,
            "v": 1,
            "occurred_at": datetime.now(UTC).isoformat(),
            "offset_ms": 0,
            "author": author_pass(self.device, self.shop.person(self.who)),
            "body": body,
            **more,
        }
        self.queue.append(made)
        return made

    def sell(
        self, basket: dict[str, str], *, charged: dict[str, Any] | None = None, order: Any = None, **more: Any
    ) -> dict[str, Any]:
        """A sale paid in cash to the cent; ``charged`` and ``order`` change what was charged, and the order's body."""
        body = sale_body(self.shop, basket, channel="counter", **(order or {}))
        sold = {**as_sold(body), **(charged or {})}
        return self.item("sale", {"order": body, "as_sold": sold}, **more)

    def send(self, items: list[dict[str, Any]] | None = None) -> list[dict[str, Any]]:
        """Send what waits (or ``items``); what was taken leaves the queue."""
        given = self.queue[:100] if items is None else items
        told = take_items(Device.objects.get(pk=self.device.pk), given, sender=self.sender)
        done = {one["n"] for one in told if one["result"] != "retry"}
        self.queue = [one for one in self.queue if one["n"] not in done]
        return told

    @property
    def sender(self) -> Actor:
        return Actor(kind="device", id=self.device.pk, label=self.device.name)


def at_another_price(sold: dict[str, Any], total: str) -> dict[str, Any]:
    """The same single line for another amount, tax free, as an old price list would have had it."""
    quantity = Decimal(sold["lines"][0]["quantity"])
    line = {
        **sold["lines"][0],
        "unit_price": str(Decimal(total) / quantity),
        "net": total,
        "tax": "0.00",
        "total": total,
    }
    return {**sold, "lines": [line], "total": total}


def order_of(told: dict[str, Any]) -> UUID:
    return UUID(told["order"])


def away_and_back(shop: Shop) -> Flag:
    """A till was away: one sale had an old price, one cannot be booked; answers what is said of that one."""
    till = Till.at(shop, prefix="W1")
    Device.objects.filter(pk=till.device.pk).update(name="Till at the back door, next to the long shelf, by the lift")
    body = sale_body(shop, {"CUP": "1"}, channel="counter", payments=[{"method": "cash", "amount": "9.00"}])
    till.item("sale", {"order": body, "as_sold": at_another_price(as_sold(body), "9.00")})
    till.sell({"TEA": "1"}, charged={"total": "4.40"})
    till.send()
    return Flag.objects.get(kind="not-booked", device=till.device)
