"""Let staged lines land: articles, customers, documents, lines and stock in one transaction, or nothing of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from django.db import connection
from django.db.models.functions import Upper

from core.actors import Actor
from core.copy import analyze
from core.errors import Busy
from core.jobs.registry import Progress
from core.locations.models import Location
from core.tenancy.context import current_tenant
from inventory.codes import is_gtin, normalise
from inventory.models import Product, ScanCode, StockLevel, StockMovement, Variant
from inventory.services.history import Booked, book_facts, make_fact_table
from orders.imports import statements
from orders.imports.catalogue import Article, Known, Spelling, articles_of
from orders.imports.errors import UnreadableFile
from orders.imports.formats.base import Format
from orders.imports.staging import LISTED, namespace_of
from orders.models import Customer, Order, OrderLine

BATCH = 2_000
SLICE_LINES = 25_000
MOST_CODES = 200_000
MOST_TOTAL, MOST_UNITS = Decimal(10) ** 13, Decimal(10) ** 10


@dataclass(slots=True)
class Landed:
    """What came of it. ``documents`` = added + known + conflicting; amounts are exact."""

    documents: int
    documents_added: int
    documents_known: int
    documents_conflicting: int
    lines_added: int
    sum_read: Decimal
    sum_added: Decimal
    first_day: date
    last_day: date
    articles: list[Article] = field(default_factory=list)
    codes_added: int = 0
    customers_added: int = 0
    booked: Booked | None = None
    conflicts: list[dict[str, Any]] = field(default_factory=list)
    remarks: dict[str, list[tuple[Any, ...]]] = field(default_factory=dict)

    @property
    def articles_added(self) -> int:
        return sum(article.known is None for article in self.articles)


def land(
    *, file_format: Format, location: Location, moves_stock: bool, actor: Actor, tell: Progress, staged: int
) -> Landed:
    """Write what is new in the staged lines. Call it inside a transaction that is this landing and nothing else.

    Imports into one location queue behind its row, which no sale waits for. Stock levels are locked last.

    Raises:
        Busy: another import took the same documents in between; the whole transaction can be tried again.
        UnreadableFile: sums or numbers of codes are beyond what the books can hold.
    """
    Location.objects.select_for_update(no_key=True).get(pk=location.pk)
    _run(statements.DROP_DOCUMENTS)
    _run(statements.MAKE_DOCUMENTS, source=file_format.name)
    _run("ANALYZE pg_temp.import_document")
    landed = _decide()
    if landed.documents_added:
        tell(staged, staged * 2, "Finding articles and customers")
        spellings = _spellings()
        landed.articles, known_codes = _articles(spellings, file_format)
        landed.codes_added = _add_articles(landed.articles, known_codes, file_format)
        landed.customers_added = _add_customers(file_format)
        _add_documents(landed, file_format, location, actor, tell, staged)
        if moves_stock:
            tell(staged * 2 - staged // 4, staged * 2, "Booking the stock ledger")
            make_fact_table()
            _run(statements.ADD_FACTS, location=location.pk)
            landed.booked = book_facts(actor=actor, reason=f"import {file_format.name}")
        landed.remarks = {name: _rows(statement) for name, statement in statements.REMARKS.items()}
        _run(statements.DROP_CODES)
        analyze(Order, OrderLine, Customer, Product, Variant, ScanCode, StockMovement, StockLevel)
    _run(statements.DROP_DOCUMENTS)
    return landed


def _decide() -> Landed:
    *counts, largest = _rows(statements.COUNT_DOCUMENTS)[0]
    if largest >= MOST_TOTAL or _rows(statements.MOST_UNITS_OF_A_CODE)[0][0] >= MOST_UNITS:
        raise UnreadableFile("The amounts or quantities of this file add up to more than the books can hold.")
    landed = Landed(*counts)
    landed.conflicts = [
        {
            "number": number,
            "row": row,
            "lines": lines,
            "total": f"{total:f}",
            "imported_lines": old_lines,
            "imported_total": f"{old_total:f}",
        }
        for number, row, lines, total, old_lines, old_total in _rows(statements.CONFLICTS, listed=LISTED)
    ]
    return landed


def _spellings() -> dict[str, Spelling]:
    found: dict[str, Spelling] = {}
    for code, description, line_count, first_line in _rows(statements.SPELLINGS):
        found.setdefault(code, Spelling(code)).note(description, line_count, first_line)
    if len(found) > MOST_CODES:
        raise UnreadableFile(f"The file holds {len(found):,} different codes, more than {MOST_CODES:,}.")
    for code, price, at, line in _rows(statements.PRICES):
        found[code].price, found[code].priced_at = price, (at, line)
    return found


def _articles(spellings: Mapping[str, Spelling], file_format: Format) -> tuple[list[Article], set[str]]:
    """Articles of the file, joined with the shop's, and the stored codes that the shop has already."""
    wanted = sorted({text.upper() for code in spellings for text in (code, normalise(code))})
    known: dict[str, Known] = {}
    stored: set[str] = set()
    for start in range(0, len(wanted), BATCH):
        part = wanted[start : start + BATCH]
        for variant in (
            Variant.objects.alias(key=Upper("sku")).filter(key__in=part).select_related("product").order_by("pk")
        ):
            known[variant.sku] = _known(variant)
        for scan in (
            ScanCode.objects.alias(key=Upper("code"))
            .filter(key__in=part, kind=ScanCode.Kind.VARIANT)
            .select_related("variant__product")
            .order_by("pk")
        ):
            if scan.variant is not None:
                known[scan.code] = _known(scan.variant)
                stored.add(scan.code)
    # a GTIN is stored as 14 digits: what was typed shorter means the same code
    known |= {code: known[normalise(code)] for code in spellings if code not in known and normalise(code) in known}
    return articles_of(spellings.values(), known, file_format.is_service), stored


def _known(variant: Variant) -> Known:
    return Known(variant.pk, variant.sku, variant.product.name, variant.is_stocked)


def _add_articles(articles: list[Article], stored: set[str], file_format: Format) -> int:
    """Add what the shop lacks, and tell the statements which code is which article; answers the codes added."""
    namespace = namespace_of(file_format)
    products, variants, codes, rows = [], [], [], []
    for article in articles:
        variant_id = article.known.variant_id if article.known else uuid5(namespace, f"variant/{article.sku}")
        if article.known is None:
            product = Product(id=uuid5(namespace, f"product/{article.sku}"), name=article.name)
            products.append(product)
            variants.append(
                Variant(
                    id=variant_id,
                    product=product,
                    sku=article.sku,
                    unit_price=article.price,
                    is_stocked=article.is_stocked,
                )
            )
        for spelling in article.spellings:
            code = normalise(spelling.code)
            if code not in stored:
                stored.add(code)
                symbology = ScanCode.Symbology.GTIN if is_gtin(spelling.code) else ScanCode.Symbology.CODE
                codes.append(ScanCode(code=code, symbology=symbology, variant_id=variant_id))
            rows.append((spelling.code, variant_id, article.sku, article.name, article.is_stocked))
    Product.objects.bulk_create(products, batch_size=BATCH)
    Variant.objects.bulk_create(variants, batch_size=BATCH)
    ScanCode.objects.bulk_create(codes, batch_size=BATCH)
    _stage_codes(rows)
    return len(codes)


def _stage_codes(rows: list[tuple[str, UUID, str, str, bool]]) -> None:
    _run(statements.DROP_CODES)
    _run(statements.MAKE_CODES)
    with connection.cursor() as cursor, cursor.copy(statements.COPY_CODES) as copy:
        for row in rows:
            copy.write_row(row)
    _run("ANALYZE pg_temp.import_code")


def _add_customers(file_format: Format) -> int:
    namespace = namespace_of(file_format)
    rows = _rows(statements.CUSTOMERS)
    for start in range(0, len(rows), BATCH):
        Customer.objects.bulk_create(
            Customer(id=uuid5(namespace, f"customer/{number}"), number=number, country=country)
            for number, country in rows[start : start + BATCH]
        )
    return len(rows)


def _add_documents(
    landed: Landed, file_format: Format, location: Location, actor: Actor, tell: Progress, staged: int
) -> None:
    tenant = current_tenant()
    added = _rows(
        statements.ADD_ORDERS,
        source=file_format.name,
        location=location.pk,
        currency=tenant.currency,
        prices_include_tax=tenant.prices_include_tax,
        actor_kind=actor.kind,
        actor_id=actor.id,
        actor_label=actor.label[:200],
    )
    if len(added) != landed.documents_added:
        raise Busy("Some of these documents were imported by somebody else in this moment. Please try again.")
    after, lines = 0, 0
    for (until,) in _rows(statements.SLICE_ENDS, lines=SLICE_LINES):
        lines += _run(statements.ADD_LINES, after=after, until=until)
        after = until
        tell(staged + lines // 2, staged * 2, f"Wrote {lines:,} of {landed.lines_added:,} lines")


def _run(statement: str, **values: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values or None)
        return int(cursor.rowcount)


def _rows(statement: str, **values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values or None)
        return list(cursor.fetchall())
