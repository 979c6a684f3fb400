"""The past of the demo shop: goods, customers, half a year of sales, and a ledger that adds up."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, Decimal
from typing import Any
from uuid import UUID

from django.db import transaction

from core.actors import SYSTEM
from core.audit.models import AuditEntry
from core.audit.services import record
from core.copy import analyze, copy_rows
from core.ids import reference, uuid7
from core.locations.models import Location
from core.locations.selectors import business_date, zone_of
from core.tenancy.context import current_tenant
from inventory.models import Product, ScanCode, StockLevel, StockMovement, Variant
from inventory.services.groups import create_brand, create_category
from inventory.services.tax_classes import create_tax_class
from orders.demo.goods import BRANDS, Article, articles
from orders.demo.sales import DAYS, Basket, baskets
from orders.models import Customer, Order, OrderLine, Payment
from orders.tax import line_amounts

CUSTOMERS = 120
SEED = 20_240_229
RATES = {"standard": Decimal(20), "zero": Decimal(0)}
COVER_DAYS = 14


@transaction.atomic(durable=True)
def fill_history(stores: Sequence[Location], *, now: datetime) -> dict[str, int]:
    """Half a year of sales at two stores up to ``now``, written in bulk as an import is; answers what was made."""
    shelf = articles()
    variants = _put_on_shelf(shelf)
    customers = Customer.objects.bulk_create(
        Customer(number=f"K{1001 + place}", name=f"Card holder {1001 + place}") for place in range(CUSTOMERS)
    )
    history = _History(stores, shelf, variants, customers)
    for basket in baskets(
        [article.popularity for article in shelf], customers=CUSTOMERS, now=now, zone=zone_of(stores[0]), seed=SEED
    ):
        history.sell(basket)
    history.save(now)
    analyze(Order, OrderLine, Payment, StockMovement, Product, Variant, ScanCode, Customer)
    record(
        AuditEntry.Action.CREATE,
        actor=SYSTEM,
        object_type="demo",
        object_label="demo data",
        changes={"orders": (None, len(history.orders))},
    )
    return {"products": len(shelf), "customers": CUSTOMERS, "orders": len(history.orders), "lines": len(history.lines)}


def _put_on_shelf(shelf: list[Article]) -> list[Variant]:
    taxes = {name: create_tax_class(name=name, rate=rate, actor=SYSTEM) for name, rate in RATES.items()}
    categories = {
        name: create_category(name=name, actor=SYSTEM) for name in dict.fromkeys(article.category for article in shelf)
    }
    brands = {name: create_brand(name=name, actor=SYSTEM) for name in sorted(set(BRANDS.values()))}
    products = Product.objects.bulk_create(
        Product(
            name=article.name,
            category=categories[article.category],
            brand=brands.get(BRANDS.get(article.category, "")),
        )
        for article in shelf
    )
    variants = Variant.objects.bulk_create(
        Variant(
            product=product,
            sku=article.sku,
            unit_price=article.price,
            unit_cost=article.cost,
            tax_class=taxes[article.tax],
        )
        for article, product in zip(shelf, products, strict=True)
    )
    ScanCode.objects.bulk_create(
        ScanCode(code=article.ean.zfill(14), symbology=ScanCode.Symbology.GTIN, variant=variant)
        for article, variant in zip(shelf, variants, strict=True)
    )
    return variants


class _History:
    """Collects documents and ledger lines in the order of time, then writes them at once."""

    def __init__(
        self, stores: Sequence[Location], shelf: list[Article], variants: list[Variant], customers: list[Customer]
    ) -> None:
        self.stores, self.shelf, self.variants, self.customers = stores, shelf, variants, customers
        self.tenant = current_tenant()
        self.orders: list[Order] = []
        self.lines: list[OrderLine] = []
        self.payments: list[Payment] = []
        self.sold: dict[tuple[int, int], list[tuple[datetime, UUID, int]]] = defaultdict(list)

    def sell(self, basket: Basket) -> None:
        """One sale, computed by the same tax module as a real one."""
        order_id, store = uuid7(), self.stores[basket.store]
        order_lines = [self._line(place, quantity) for place, quantity in basket.lines]
        total = sum((line.total for line in order_lines), Decimal(0))
        tax = sum((line.tax for line in order_lines), Decimal(0))
        order = Order(
            id=order_id,
            number=reference(order_id),
            channel=basket.channel,
            location=store,
            customer=self.customers[basket.customer] if basket.customer is not None else None,
            currency=self.tenant.currency,
            prices_include_tax=self.tenant.prices_include_tax,
            rounding=self.tenant.rounding,
            subtotal=total - tax,
            tax_total=tax,
            total=total,
            items=Decimal(sum(quantity for _, quantity in basket.lines)),
            line_count=len(order_lines),
            created_by_kind=SYSTEM.kind,
            created_by_label="demo data",
            business_date=business_date(basket.at, store),
            occurred_at=basket.at,
        )
        for position, line in enumerate(order_lines, start=1):
            line.order, line.position = order, position
        self.orders.append(order)
        self.lines.extend(order_lines)
        self.payments.append(_payment(order, basket))
        for place, quantity in basket.lines:
            self.sold[place, basket.store].append((basket.at, order_id, quantity))

    def _line(self, place: int, quantity: int) -> OrderLine:
        article, variant = self.shelf[place], self.variants[place]
        amounts = line_amounts(
            quantity=Decimal(quantity),
            unit_price=article.price,
            rate=RATES[article.tax],
            inclusive=self.tenant.prices_include_tax,
            currency=self.tenant.currency,
            rounding=self.tenant.rounding,  # type: ignore[arg-type]
        )
        return OrderLine(
            variant=variant,
            sku=article.sku,
            code=article.ean,
            name=article.name,
            quantity=Decimal(quantity),
            unit_price=article.price,
            list_price=article.price,
            tax_rate=RATES[article.tax],
            net=amounts.net,
            tax=amounts.tax,
            total=amounts.total,
            unit_cost=article.cost,
            is_stocked=True,
        )

    def save(self, now: datetime) -> None:
        """Write everything, and the stock that follows from it."""
        _copy(Order, self.orders, recorded_at=now)
        _copy(OrderLine, self.lines)
        _copy(Payment, self.payments)
        movements: list[StockMovement] = []
        levels: list[StockLevel] = []
        for place, variant in enumerate(self.variants):
            for store in range(len(self.stores)):
                level, booked = self._ledger(place, store, variant, now)
                levels.append(level)
                movements.extend(booked)
        movements.sort(key=lambda movement: movement.occurred_at)
        _copy(StockMovement, movements, recorded_at=now)
        StockLevel.objects.bulk_create(levels)

    def _ledger(
        self, place: int, store: int, variant: Variant, now: datetime
    ) -> tuple[StockLevel, list[StockMovement]]:
        """Sales of one variant in a store, with a delivery whenever the shelf would not last."""
        sales, location = self.sold[place, store], self.stores[store]
        daily = sum(quantity for _, _, quantity in sales) / DAYS or 0.2
        full = max(6, round(daily * COVER_DAYS * 1.3))
        first = (sales[0][0] if sales else now) - timedelta(hours=2)
        balance = 0
        booked: list[StockMovement] = []

        def book(at: datetime, delta: int, kind: StockMovement.Kind, document: str, document_id: UUID) -> None:
            nonlocal balance
            balance += delta
            booked.append(
                StockMovement(
                    variant=variant,
                    location=location,
                    delta=Decimal(delta),
                    balance=Decimal(balance),
                    unit_cost=self.shelf[place].cost,
                    version=len(booked) + 1,
                    kind=kind,
                    reference_type=document,
                    reference_id=document_id,
                    actor_kind=SYSTEM.kind,
                    occurred_at=at,
                )
            )

        kinds = StockMovement.Kind
        book(first, full, kinds.OPENING, "demo", uuid7())
        # Somebody forgot to order some things lately, so that the board has something to say.
        lazy = place % 9 == 4 and not store
        for at, order_id, quantity in sales:
            forgotten = lazy and at > now - timedelta(days=COVER_DAYS)
            if (balance - quantity < daily * 4 and not forgotten) or balance < quantity:
                book(at - timedelta(minutes=30), full, kinds.RECEIPT, "delivery", uuid7())
            book(at, -quantity, kinds.SALE, "order", order_id)
        level = StockLevel(
            variant=variant,
            location=location,
            on_hand=Decimal(balance),
            average_cost=self.shelf[place].cost,
            low_at=Decimal(max(3, round(daily * 3))),
            version=len(booked),
        )
        return level, booked


def _payment(order: Order, basket: Basket) -> Payment:
    tendered = None
    if basket.method == Payment.Method.CASH and basket.cash_step:
        tendered = (order.total / basket.cash_step).to_integral_value(ROUND_CEILING) * basket.cash_step
    return Payment(
        id=uuid7(),
        order=order,
        method=basket.method,
        currency=order.currency,
        amount=order.total,
        tendered=tendered,
        change=tendered - order.total if tendered is not None else Decimal(0),
        received_at=order.occurred_at,
    )


def _copy(model: Any, rows: list[Any], **given: Any) -> None:
    """Copy model instances; ``given`` are values the database would not make by itself, such as times of recording."""
    for row in rows:
        for name, value in given.items():
            setattr(row, name, value)
    fields = [field for field in model._meta.concrete_fields if not field.auto_created and not _is_identity(field)]
    names = [field.attname for field in fields]
    copy_rows(model, [field.column for field in fields], ([getattr(row, name) for name in names] for row in rows))


def _is_identity(field: Any) -> bool:
    return bool(field.primary_key) and field.get_internal_type() == "BigAutoField"
