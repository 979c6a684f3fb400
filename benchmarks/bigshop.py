"""A big shop with a year behind it: `python -m benchmarks.bigshop [--variants …] [--lines …]` beside a running stack.

Rows go in by COPY, day by day in the order of time, as a shop would have written them; indexes and foreign keys of the
large tables are made afterwards. The same size gives the same shop, and `audit_books` finds nothing in it.
"""

import argparse
import os
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

import django
import numpy as np
from django.conf import settings

from benchmarks.harness import table
from core.ids import reference

if TYPE_CHECKING:
    from django.db.models import Model

    from core.tenancy.models import Tenant

SEED = 20_261_121
PLACES = ("MAIN", "NORTH", "SOUTH")
THINGS = "Lamp Chair Table Shelf Mug Plate Bowl Towel Candle Basket Clock Mirror Cushion Blanket Vase Kettle Knife Tray".split()  # noqa: SIM905  a column of forty quotes is not easier to read
LOOKS = "Oak Walnut Linen Cotton Copper Brass Slate Marble Bamboo Cork Felt Glass Steel Rattan Velvet Ceramic".split()  # noqa: SIM905  a column of forty quotes is not easier to read
COLOURS = "White Black Grey Blue Green Red Amber Ivory Coral Indigo Olive Sand".split()  # noqa: SIM905  a column of forty quotes is not easier to read
FIRST = "Ada Ben Cleo Dan Eva Finn Gus Hana Ivo Jana Kai Lena Max Nora Otto Pia Quin Rosa Sam Tess Uma Vito Wim Yara".split()  # noqa: SIM905  a column of forty quotes is not easier to read
LAST = "Abel Brook Carver Dale Ellis Frost Gray Hale Irving Joyce Kerr Lowe Marsh Nash Orr Pike Quill Reed Stone Tate".split()  # noqa: SIM905  a column of forty quotes is not easier to read
COPY_LINES = 50_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much of everything. ``movements`` counts sales and opening stock too; what is left are receipts."""

    variants: int = 50_000
    lines: int = 2_000_000
    customers: int = 100_000
    movements: int = 5_000_000
    days: int = 365


@dataclass(frozen=True, slots=True)
class Article:
    """A variant as the history sells it; amounts in cents."""

    id: str
    sku: str
    name: str
    price: int
    cost: int


def fill_big_shop(size: Size, *, until: date) -> None:
    """Fill the empty shop at hand; its last day of business is ``until``. One transaction."""
    from django.db import transaction

    from core.copy import analyze
    from inventory.models import Product, ScanCode, StockLevel, StockMovement, Variant
    from orders.models import Customer, Order, OrderLine, Payment

    dice = random.Random(SEED)
    large = (Order, OrderLine, Payment, StockMovement)
    with transaction.atomic():
        places = _places()
        articles = _catalogue(size, dice)
        customers = _customers(size, dice)
        with without_indexes(*large):
            _History(size, places, articles, customers, until).write()
        analyze(*large, Product, Variant, ScanCode, StockLevel, Customer)


@contextmanager
def without_indexes(*models: "type[Model]") -> Iterator[None]:
    """Within the transaction at hand, tables without foreign keys and secondary indexes; afterwards as they were."""
    from django.db import connection

    tables = [model._meta.db_table for model in models]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL maintenance_work_mem = '512MB'")
        cursor.execute(
            """
            SELECT conrelid::regclass::text, quote_ident(conname), pg_get_constraintdef(oid) FROM pg_constraint
            WHERE conrelid = ANY(%s::regclass[]) AND contype IN ('f', 'u') ORDER BY contype DESC, conname
            """,
            [tables],
        )
        constraints = cursor.fetchall()
        for name, constraint, _ in constraints:
            cursor.execute(f"ALTER TABLE {name} DROP CONSTRAINT {constraint}")
        cursor.execute(
            """
            SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
            WHERE indrelid = ANY(%s::regclass[]) AND NOT indisprimary ORDER BY 1
            """,
            [tables],
        )
        indexes = cursor.fetchall()
        for index, _ in indexes:
            cursor.execute(f"DROP INDEX {index}")
        yield
        for _, definition in indexes:
            cursor.execute(definition)
        for name, constraint, definition in constraints:
            cursor.execute(f"ALTER TABLE {name} ADD CONSTRAINT {constraint} {definition}")


def copy_text(model: "type[Model]", columns: str, lines: list[str]) -> None:
    """COPY of lines that are composed already: five times quicker than rows of Python values."""
    from django.db import connection

    with connection.cursor() as cursor:
        statement = f"COPY {model._meta.db_table} ({columns}) FROM STDIN"
        with cursor.cursor.copy(statement) as copy:
            for start in range(0, len(lines), COPY_LINES):
                copy.write("\n".join(lines[start : start + COPY_LINES]) + "\n")


def _places() -> list[UUID]:
    from core.locations.models import Location

    for code in PLACES:
        Location.objects.get_or_create(code=code, defaults={"name": f"{code.capitalize()} shop"})
    return [Location.objects.get(code=code).pk for code in PLACES]


def _catalogue(size: Size, dice: random.Random) -> list[Article]:
    """Four products of five have one variant, the fifth has two; every variant has a GTIN."""
    from inventory.codes import check_digit
    from inventory.models import AttributeDefinition, Brand, Category, Product, ScanCode, TaxClass, Variant

    tops = Category.objects.bulk_create(Category(name=f"Floor {n}", position=n) for n in range(8))
    shelves = Category.objects.bulk_create(
        Category(name=f"{look} things", parent=top, position=n) for top in tops for n, look in enumerate(LOOKS)
    )
    brands = Brand.objects.bulk_create(Brand(name=f"{name} & {FIRST[n]}") for name in LAST for n in range(10))
    standard = TaxClass.objects.create(name="standard rate", rate=Decimal(20))
    AttributeDefinition.objects.create(
        code="colour", label="Colour", kind="choice", choices=COLOURS, is_filter=True, position=1
    )
    articles: list[Article] = []
    products: list[str] = []
    variants: list[str] = []
    codes: list[str] = []
    number = 0
    while number < size.variants:
        product_id = _uuid(dice, number)
        look, thing, colour = dice.choice(LOOKS), dice.choice(THINGS), dice.choice(COLOURS)
        name = f"{look} {thing} {len(products):05d}"
        shelf, brand = dice.choice(shelves), dice.choice(brands)
        products.append(f'{product_id}\t{name}\t\t{shelf.pk}\t{brand.pk}\t{{"colour": "{colour}"}}\tt\t1\tnow\tnow')
        for place in range(min(2 if len(products) % 5 == 0 else 1, size.variants - number)):
            price = dice.randrange(100, 10_000)
            sku = f"{look[:2]}{thing[:2]}-{number:06d}".upper()
            article = Article(str(_uuid(dice, number)), sku, name, price, price * 11 // 20)
            articles.append(article)
            kind = ("", "large")[place]
            variants.append(
                f"{article.id}\t{product_id}\t{sku}\t{kind}\t{_money(price)}\t{_money(article.cost)}\t{standard.pk}\tt\tt\t{place}"
            )
            body = f"020{number:010d}"
            codes.append(f"{body}{check_digit(body)}\tvariant\tgtin\t{article.id}\t1")
            number += 1
    copy_text(
        Product,
        "id, name, description, category_id, brand_id, attributes, is_active, version, created_at, updated_at",
        products,
    )
    copy_text(
        Variant,
        "id, product_id, sku, name, unit_price, unit_cost, tax_class_id, is_stocked, is_active, position",
        variants,
    )
    copy_text(ScanCode, "code, kind, symbology, variant_id, pack_quantity", codes)
    return articles


def _customers(size: Size, dice: random.Random) -> list[str]:
    """People, twenty to a postcode; one of a hundred stands there twice: same e-mail, same phone, or nearly the name."""
    from orders.models import Customer

    ids, lines = [], []
    postcodes = max(1, size.customers // 20)
    for number in range(size.customers):
        own = number - 1 if number % 100 == 99 else number  # whose e-mail or phone this is
        name = f"{dice.choice(FIRST)} {dice.choice(FIRST)} {dice.choice(LAST)}son"
        email = f"person{own if number % 300 == 99 else number}@example.com"
        phone = f"+44 77{own if number % 300 == 199 else number:08d}"
        ids.append(str(_uuid(dice, number)))
        postcode = dice.randrange(postcodes)
        code = (
            f"E{postcode % 90 + 10} {postcode // 90 % 10}{chr(65 + postcode // 900 % 26)}{chr(65 + postcode // 23400)}"
        )
        lines.append(
            f"{ids[-1]}\tK{number:07d}\t{name}\t{email}\t{phone}\tGB\t{code}\t{1 + number % 99} High Street\t1\tnow\tnow"
        )
    copy_text(
        Customer, "id, number, name, email, phone, country, postcode, address, version, created_at, updated_at", lines
    )
    return ids


class _History:
    """The days of business, each written before the next begins. Levels are numbered ``place * variants + variant``."""

    def __init__(
        self, size: Size, places: list[UUID], articles: list[Article], customers: list[str], until: date
    ) -> None:
        from core.tenancy.context import current_tenant

        tenant = current_tenant()
        self.size, self.places, self.articles, self.customers = size, places, articles, customers
        self.kept = f"{tenant.currency}\tt\t{tenant.rounding}"
        self.first = until - timedelta(days=size.days - 1)
        self.dice, self.rng = random.Random(SEED + 1), np.random.default_rng(SEED)
        ranks = self.rng.permutation(size.variants) + 10
        weights = 1 / ranks**0.7
        self.popular = np.cumsum(weights / weights.sum())
        yearly = 3 * size.lines * weights / weights.sum() / len(places)
        self.opening = [50 + int(units) for units in yearly] * len(places)
        self.version = [0] * len(self.opening)
        self.balance = [0] * len(self.opening)
        self.next_receipt = 0

    def write(self) -> None:
        from inventory.models import StockLevel

        self._open()
        levels = len(self.opening)
        receipts = max(0, self.size.movements - self.size.lines - levels)
        for day in range(self.size.days):
            parts = [
                whole * (day + 1) // self.size.days - whole * day // self.size.days
                for whole in (receipts, self.size.lines)
            ]
            self._day(self.first + timedelta(days=day), *parts)
        copy_text(
            StockLevel,
            "variant_id, location_id, on_hand, reserved, average_cost, low_at, version",
            [
                f"{article.id}\t{self.places[level // self.size.variants]}\t{self.balance[level]}\t0"
                f"\t{_money(article.cost)}\t{'100' if level % 50 == 0 else chr(92) + 'N'}\t{self.version[level]}"
                for level in range(levels)
                for article in (self.articles[level % self.size.variants],)
            ],
        )

    def _open(self) -> None:
        morning = f"{self.first - timedelta(days=1)} 06:00+00"
        opening = [_uuid(self.dice, 0) for _ in self.places]
        _copy_movements(
            [
                self._move(level, units, f"opening\tbig shop\t{opening[level // self.size.variants]}", morning)
                for level, units in enumerate(self.opening)
            ]
        )

    def _day(self, day: date, receipts: int, lines: int) -> None:
        movements = self._receive(day, receipts)
        movements += self._sell(day, lines)
        _copy_movements(movements)

    def _receive(self, day: date, receipts: int) -> list[str]:
        """Goods for some levels, round and round, by one document per place."""
        from inventory.models import StockDocument

        levels = len(self.opening)
        documents = {place: str(_uuid(self.dice, day.toordinal())) for place in range(len(self.places))}
        at = f"{day} 07:00+00"
        found = []
        for level in range(self.next_receipt, self.next_receipt + receipts):
            document = documents[level % levels // self.size.variants]
            # One document books a level once: a tiny shop that would come round twice gets another cause.
            cause = (
                f"receipt\tstock_document\t{document if level - self.next_receipt < levels else _uuid(self.dice, 0)}"
            )
            found.append(self._move(level % levels, 1 + level % 12, cause, at))
        self.next_receipt += receipts
        copy_text(
            StockDocument,
            "id, kind, location_id, reason, lines, request_hash, created_by_kind, created_by_label, occurred_at, recorded_at",
            [
                f"{document}\treceipt\t{self.places[place]}\t\t[]\t\\\\x00\tsystem\tbig shop\t{at}\t{at}"
                for place, document in documents.items()
            ],
        )
        return found

    def _sell(self, day: date, lines: int) -> list[str]:
        """Baskets of one to five articles from nine to seven, in the order of time."""
        from orders.models import Order, OrderLine, Payment

        drawn = np.searchsorted(self.popular, self.rng.random(lines)).tolist()
        orders: list[str] = []
        sold: list[str] = []
        paid: list[str] = []
        movements: list[str] = []
        opens = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
        done, total_lines = 0, max(lines, 1)
        while done < lines:
            wanted = drawn[done : done + self.dice.randrange(1, 6)]
            at = opens + timedelta(seconds=36_000 * done / total_lines)
            done += len(wanted)
            place = self.dice.randrange(len(self.places))
            order = _uuid(self.dice, int(at.timestamp() * 1000))
            total = net_total = items = 0
            for position, variant in enumerate(_distinct(wanted, self.size.variants), start=1):
                article, quantity = self.articles[variant], self.dice.randrange(1, 4)
                amount = article.price * quantity
                net = (amount * 10 + 6) // 12
                total, net_total, items = total + amount, net_total + net, items + quantity
                sold.append(
                    f"{order}\t{position}\t{article.id}\t{article.sku}\t\t{article.name}\t{quantity}"
                    f"\t{_money(article.price)}\t{_money(article.price)}\t0\t20\t{_money(net)}\t{_money(amount - net)}"
                    f"\t{_money(amount)}\t{_money(article.cost)}\tt"
                )
                movements.append(
                    self._move(place * self.size.variants + variant, -quantity, f"sale\torder\t{order}", f"{at}")
                )
            customer = self.dice.choice(self.customers) if self.customers and self.dice.random() < 0.6 else "\\N"
            orders.append(
                f"{order}\t{reference(order)}\t\tsale\tcompleted\t{'counter' if place else 'online'}\t{self.places[place]}"
                f"\t{customer}\t{self.kept}\t{_money(net_total)}\t0\t{_money(total - net_total)}\t{_money(total)}\t{items}"
                f"\t{len(wanted)}\tf\tsystem\tbig shop\t\t{day}\t{at}\t{at}\t1"
            )
            paid.append(f"{UUID(int=order.int ^ 1 << 60)}\t{order}\tcard\t{self.kept[:3]}\t{_money(total)}\t0\t\t{at}")
        copy_text(Order, ORDER_COLUMNS, orders)
        copy_text(OrderLine, LINE_COLUMNS, sold)
        copy_text(Payment, "id, order_id, method, currency, amount, change, reference, received_at", paid)
        return movements

    def _move(self, level: int, units: int, cause: str, at: str) -> str:
        """A line of the ledger: the level's next version and its running balance."""
        self.version[level] += 1
        self.balance[level] += units
        article = self.articles[level % self.size.variants]
        return (
            f"{article.id}\t{self.places[level // self.size.variants]}\t{units}\t{self.balance[level]}"
            f"\t{_money(article.cost)}\t{self.version[level]}\t{cause}\t\tsystem\t{at}\t{at}"
        )


ORDER_COLUMNS = (
    "id, number, source, kind, state, channel, location_id, customer_id, currency, prices_include_tax, rounding, subtotal, "
    "discount_total, tax_total, total, items, line_count, is_paid_elsewhere, created_by_kind, created_by_label, note, "
    "business_date, occurred_at, recorded_at, version"
)
LINE_COLUMNS = (
    "order_id, position, variant_id, sku, code, name, quantity, unit_price, list_price, discount, tax_rate, net, tax, "
    "total, unit_cost, is_stocked"
)


def _copy_movements(lines: list[str]) -> None:
    from inventory.models import StockMovement

    copy_text(
        StockMovement,
        "variant_id, location_id, delta, balance, unit_cost, version, kind, reference_type, reference_id, reason, "
        "actor_kind, occurred_at, recorded_at",
        lines,
    )


def _distinct(wanted: list[int], variants: int) -> list[int]:
    """The same number of articles, each once: a sale moves a variant once."""
    found: dict[int, None] = {}
    for one in wanted:
        found[next(near % variants for near in range(one, one + variants) if near % variants not in found)] = None
    return list(found)


def _uuid(dice: random.Random, milliseconds: int) -> UUID:
    """A UUID of version 7 of a given moment: keys in about the order of time, as real ones."""
    return UUID(int=milliseconds << 80 | 0x7 << 76 | dice.getrandbits(12) << 64 | 0x2 << 62 | dice.getrandbits(62))


def _money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def big_shop(size: Size | None = None) -> "Tenant":
    """The big shop of this data directory; built, which takes minutes, if there is none."""
    from django.db import connection

    from core.errors import NotFound
    from core.people.services import create_owner
    from core.tenancy.context import use_tenant
    from core.tenancy.selectors import find_tenant
    from core.tenancy.services import create_tenant
    from inventory.models import Product

    host = f"big.{settings.BASE_DOMAIN}"
    try:
        tenant = find_tenant(host)
    except NotFound:
        tenant = create_tenant(name="Big", host=host, currency="GBP")
        with use_tenant(tenant):
            create_owner(email="bench@big.localhost")
    with use_tenant(tenant):
        if not Product.objects.exists():
            began = time.monotonic()
            fill_big_shop(size or Size(), until=datetime.now(UTC).date() - timedelta(days=1))
            with connection.cursor() as cursor:
                cursor.execute("VACUUM ANALYZE")
            print(f"The big shop was built in {time.monotonic() - began:.0f} s.\n", flush=True)
    return tenant


def main(arguments: list[str] | None = None) -> None:
    """Build the big shop unless it is there, say what is in it, and let the auditor look at it."""
    parser = argparse.ArgumentParser(description=__doc__)
    for field in fields(Size):
        parser.add_argument(f"--{field.name}", type=int, default=field.default)
    options = parser.parse_args(arguments)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "retail_saas.settings.dev")
    django.setup()
    from core.tenancy.context import use_tenant
    from inventory.models import StockMovement, Variant
    from orders.auditor import audit_books
    from orders.models import Customer, Order, OrderLine

    with use_tenant(big_shop(Size(**vars(options)))):
        counted: list[list[Any]] = [
            [model._meta.verbose_name_plural, f"{model.objects.count():,}"]
            for model in (Variant, Customer, Order, OrderLine, StockMovement)
        ]
        began = time.monotonic()
        findings = audit_books()
        table(["what", "rows"], counted)
        print(f"The auditor took {time.monotonic() - began:.0f} s and found {len(findings)} broken laws.")
        for finding in findings:
            print(finding.law, finding.rows[:3])


if __name__ == "__main__":
    main()
