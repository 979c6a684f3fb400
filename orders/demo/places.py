"""Where the demo shop sells and keeps its goods, who works there, and how its tills are paid."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, Decimal
from typing import Any

from core.actors import SYSTEM, Actor
from core.ids import uuid7
from core.locations.models import Location, ShopDetails
from core.locations.services import create_location
from core.locations.shop import change_shop
from orders.models import Customer, Order, Register
from orders.services.basket import BasketLine, Sale, Tender
from orders.services.checkout import place_order
from orders.services.quotes import quote
from orders.services.registers import create_register

PLACES = (("MAIN", "Main shop"), ("MARKET", "Market hall"), ("STORE", "Stock room"))
TILLS = (("MAIN", "Till 1"), ("MAIN", "Till 2"), ("MARKET", "Till 3"))

SHOP = {
    "legal_name": "Corner Shop Ltd",
    "address": "12 Example Street",
    "postal_code": "EX1 2MP",
    "city": "Exampleton",
    "phone": "01632 960001",
    "email": "hello@corner-shop.example",
    "website": "www.corner-shop.example",
    "tax_label": "VAT no.",
    "tax_number": "GB 000 0000 00",
    "footer": "Goods come back within 30 days,\nwith this receipt.\nThank you.",
}
ELSEWHERE = {"MARKET": {"address": "Market hall, stall 7", "postal_code": "EX1 3MH", "city": "Exampleton"}}


@dataclass(frozen=True, slots=True)
class Staff:
    """Who does what in the demo shop; the program itself where nobody is named."""

    manager: Actor = SYSTEM
    cashier: Actor = SYSTEM
    clerk: Actor = SYSTEM
    manager_pin: str = ""


@dataclass(frozen=True, slots=True)
class Places:
    """Two stores and a stock room, and the tills by their names."""

    main: Location
    market: Location
    room: Location
    tills: dict[str, Register] = field(default_factory=dict)

    @property
    def stores(self) -> Sequence[Location]:
        return (self.main, self.market)


def open_places() -> Places:
    """The places and tills of the demo shop; those that are there are taken as they are."""
    found = {row.code: row for row in Location.objects.all()}
    for code, name in PLACES:
        if code not in found:
            found[code] = create_location({"code": code, "name": name, **ELSEWHERE.get(code, {})}, actor=SYSTEM)
    if not ShopDetails.objects.exists():
        change_shop(SHOP, actor=SYSTEM)
    tills = {row.name: row for row in Register.objects.select_related("location")}
    for code, name in TILLS:
        if name not in tills:
            tills[name] = create_register(location_id=found[code].pk, name=name, actor=SYSTEM)
    main, market, room = (found[code] for code, _ in PLACES)
    return Places(main, market, room, tills)


def sell(
    lines: Sequence[BasketLine],
    *,
    at: Location,
    actor: Actor,
    till: Register | None = None,
    customer: Customer | None = None,
    by: str = "card",
    also: Sequence[Tender] = (),
    **more: Any,
) -> Order:
    """A sale as a till makes it: priced, then paid ``by`` one way what ``also`` leaves; cash in whole fives."""
    facts: dict[str, Any] = {
        "order_id": uuid7(),
        "location_id": at.pk,
        "lines": lines,
        "register_id": till.pk if till else None,
        "customer_id": customer.pk if customer else None,
        **more,
    }
    total = quote(Sale(**facts, payments=()), actor=actor).total
    rest = total - sum((tender.amount for tender in also), Decimal(0))
    handed = (rest / 5).to_integral_value(ROUND_CEILING) * 5 if by == "cash" else None
    payments = [*also, Tender(method=by, amount=rest, tendered=handed)] if rest else [*also]
    return place_order(Sale(**facts, payments=payments), actor=actor).order
