"""What tests share: two shops side by side, their cast of people, and a client that knocks at the right door."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.test import Client

from core.actors import SYSTEM, Actor
from core.ids import uuid7
from core.locations.models import Location
from core.people.models import User
from core.people.permissions import BUILT_IN_ROLES
from core.people.selectors import actor_of_user
from core.people.services import create_user
from core.tenancy.context import use_tenant
from core.tenancy.models import Tenant
from inventory.models import Product, ScanCode, StockMovement, TaxClass, Variant
from inventory.services.ledger import add_levels, move_stock
from orders.models import Customer

PASSWORD = "correct horse battery"  # noqa: S105  of people who exist in tests only
CANARY = "CANARY"
ROLES = tuple(BUILT_IN_ROLES)


@dataclass(frozen=True, slots=True)
class Shop:
    """A shop with its cast. ``people`` by role; ``mark`` stands in every text of the shop."""

    tenant: Tenant
    host: str
    mark: str

    @property
    def location(self) -> Location:
        return Location.objects.get(code="MAIN")

    def person(self, role: str) -> User:
        return User.objects.get(email=f"{role.replace(' ', '.')}@{self.host}")

    def actor(self, role: str = "owner") -> Actor:
        return actor_of_user(self.person(role), address="127.0.0.1", client="tests", request_id="test-request")

    def variant(self, sku: str = "TEA") -> Variant:
        return Variant.objects.get(sku=sku)

    def client(self, role: str | None = None, **defaults: Any) -> Client:
        """A browser at this shop, logged in as somebody or (None) a stranger."""
        browser = Client(headers={"host": self.host}, **defaults)
        if role is not None:
            with use_tenant(self.tenant):
                browser.force_login(self.person(role), backend="core.people.backends.EmailBackend")
        return browser


GOODS = (
    ("TEA", "Earl Grey", "4.50", "5012345678900"),
    ("CUP", "Blue cup", "12.00", "4006381333931"),
    ("JAM", "Plum jam", "3.2500", None),
)


def furnish(shop: Shop) -> None:
    """Give an empty shop its cast: one location, one person per role, three products with 10 units each, a customer."""
    with use_tenant(shop.tenant):
        place = Location.objects.create(code="MAIN", name=f"{shop.mark} main shop")
        for role in ROLES:
            create_user(
                email=f"{role.replace(' ', '.')}@{shop.host}",
                name=f"{shop.mark} {role}",
                password=PASSWORD,
                role=role,
                actor=SYSTEM,
            )
        tax = TaxClass.objects.create(name="standard", rate=Decimal(20))
        for sku, name, price, code in GOODS:
            make_variant(sku, name=f"{shop.mark} {name}", price=price, codes=[code] if code else [], tax=tax)
            stock(shop.variant(sku), place, "10")
        Customer.objects.create(number="C1", name=f"{shop.mark} customer", email=f"customer@{shop.host}")


def make_variant(
    sku: str,
    *,
    name: str = "",
    price: str = "1.00",
    codes: Sequence[str] = (),
    tax: TaxClass | None = None,
    is_stocked: bool = True,
) -> Variant:
    """A product with one variant and its codes (stored form)."""
    product = Product.objects.create(name=name or sku)
    variant = Variant.objects.create(
        product=product,
        sku=sku,
        unit_price=Decimal(price),
        tax_class=tax,
        is_stocked=is_stocked,
        unit_cost=Decimal(price) / 2,
    )
    for code in codes:
        ScanCode.objects.create(code=code.zfill(14), symbology="gtin", variant=variant)
    return variant


def stock(variant: Variant, location: Location, quantity: str, *, low_at: str | None = None) -> None:
    """Put goods on the shelf through the ledger."""
    add_levels([(variant.pk, location.pk)])
    move_stock(
        deltas={(variant.pk, location.pk): Decimal(quantity)},
        kind=StockMovement.Kind.RECEIPT,
        reference_type="test",
        reference_id=uuid7(),
        actor=SYSTEM,
        occurred_at=datetime.now(UTC),
        may_refuse=False,
    )
    if low_at is not None:
        variant.levels.filter(location=location).update(low_at=Decimal(low_at))


def sale_body(shop: Shop, basket: dict[str, str], *, order_id: UUID | None = None, **more: Any) -> dict[str, Any]:
    """The body of ``POST /api/v1/orders/`` for a basket of SKU to quantity, paid in cash to the cent."""
    lines = [{"variant": str(shop.variant(sku).pk), "quantity": units} for sku, units in basket.items()]
    total = sum(
        (shop.variant(sku).unit_price * Decimal(units)).quantize(Decimal("0.01")) for sku, units in basket.items()
    )
    return {
        "id": str(order_id or uuid7()),
        "location": str(shop.location.pk),
        "lines": lines,
        "payments": [{"method": "cash", "amount": str(total)}],
        **more,
    }
