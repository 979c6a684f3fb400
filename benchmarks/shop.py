"""A shop for the benchmarks: many products with plenty of stock, and a key that may sell."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

import django
from django.conf import settings

from core.ids import uuid7

PRODUCTS = 500


@dataclass(frozen=True, slots=True)
class BenchShop:
    """What a load generator needs to know."""

    schema: str
    host: str
    token: str
    location: str
    register: str
    variants: list[str]


def bench_shop() -> BenchShop:
    """The benchmark shop with a new key; made if there is none."""
    django.setup()
    from core.actors import SYSTEM
    from core.errors import NotFound
    from core.locations.models import Location
    from core.people.services import create_api_key, create_owner
    from core.tenancy.context import use_tenant
    from core.tenancy.selectors import find_tenant
    from core.tenancy.services import create_tenant
    from inventory.models import Product, StockMovement, TaxClass, Variant
    from inventory.services.ledger import add_levels, move_stock
    from orders.models import Discount, Register
    from orders.services.registers import create_register
    from orders.services.shifts import open_shift

    host = f"bench.{settings.BASE_DOMAIN}"
    try:
        tenant = find_tenant(host)
    except NotFound:
        tenant = create_tenant(name="Bench", host=host, currency="GBP")
        with use_tenant(tenant):
            create_owner(email="bench@bench.localhost")
    with use_tenant(tenant):
        place = Location.objects.get()
        if not Variant.objects.exists():
            products = Product.objects.bulk_create(Product(name=f"Article {n}") for n in range(PRODUCTS))
            variants = Variant.objects.bulk_create(
                Variant(product=product, sku=f"A{n}", unit_price=Decimal("1.25")) for n, product in enumerate(products)
            )
            keys = [(variant.pk, place.pk) for variant in variants]
            add_levels(keys)
            move_stock(
                deltas=dict.fromkeys(keys, Decimal(10_000_000)),
                kind=StockMovement.Kind.OPENING,
                reference_type="bench",
                reference_id=uuid7(),
                actor=SYSTEM,
                occurred_at=datetime.now(UTC),
                may_refuse=False,
            )
        if not Register.objects.exists():
            # What the whole sale has beyond the plain one: a tax, a discount (of the counter only), a drawer.
            Variant.objects.update(tax_class=TaxClass.objects.create(name="standard rate", rate=Decimal(20)))
            Discount.objects.create(
                name="A tenth off", kind=Discount.Kind.PERCENT, value=Decimal(10), conditions={"channels": ["counter"]}
            )
            till = create_register(location_id=place.pk, name="Till 1", actor=SYSTEM)
            open_shift(shift_id=uuid7(), register_id=till.pk, opening_float=Decimal(100), actor=SYSTEM)
        register = Register.objects.get()
        _, token = create_api_key(name="bench", permissions=["orders.sell", "orders.view_orders"], actor=SYSTEM)
        chosen = [
            str(pk) for pk in Variant.objects.filter(sku__startswith="A").order_by("sku").values_list("pk", flat=True)
        ]
    return BenchShop(tenant.schema_name, host, token, str(place.pk), str(register.pk), chosen)
