"""Sales histories for the tests of imports: the shared one where it is at hand, made ones, and a plain model."""

import csv
import gzip
import io
import random
import warnings
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from django.conf import settings

from core.testing import Shop
from orders.imports.formats.uci_online_retail import is_service
from orders.imports.services import import_file, new_run
from orders.models import ImportRun

SHARED = Path(settings.BASE_DIR).parent / "shared/data/uci_online_retail/shared_2010-12-01_2011-08-31.csv.gz"
HEADER = ("InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country")
Row = Sequence[str]


def line(
    number: str = "536365",
    code: str = "85123A",
    name: str = "WHITE HANGING HEART",
    quantity: str = "6",
    at: str = "2010-12-01 08:26:00",
    price: str = "2.55",
    customer: str = "17850.0",
    country: str = "United Kingdom",
) -> Row:
    """One row of the format, good unless the test says otherwise."""
    return (number, code, name, quantity, at, price, customer, country)


def write(
    path: Path, rows: Iterable[Row], *, header: Row = HEADER, delimiter: str = ",", encoding: str = "utf-8"
) -> Path:
    """A CSV file; packed when its name ends in .gz."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter)
    writer.writerow(header)
    writer.writerows(rows)
    content = text.getvalue().encode(encoding)
    path.write_bytes(gzip.compress(content, 1) if path.suffix == ".gz" else content)
    return path


def made_rows(count: int, *, seed: int = 7) -> Iterator[Row]:
    """A believable history of at least ``count`` lines with the traps of the real one, the same for the same seed."""
    dice = random.Random(seed)
    lines, number = 0, 500_000
    while lines < count:
        number += 1
        day, hour, minute = 1 + number % 28, 8 + number % 9, number % 60
        at = f"2011-{1 + number // 3 % 8:02}-{day:02} {hour:02}:{minute:02}:00"
        customer = f"{dice.randrange(12000, 12400)}.0" if dice.random() < 0.8 else ""
        is_refund, is_loss = dice.random() < 0.1, dice.random() < 0.05
        for _ in range(dice.randrange(1, 30)):
            code = f"{dice.randrange(20000, 20600)}{dice.choice(['', 'A', 'a', 'B'])}"
            code = dice.choice(["POST", "M", "DOT"]) if dice.random() < 0.03 else code
            units = dice.randrange(1, 50) * (-1 if is_refund or is_loss else 1)
            price = "0.0" if is_loss and not is_refund else str(Decimal(dice.randrange(1, 20_000)) / 1000)
            name = f"THING {code.upper()}" if dice.random() < 0.97 else " "
            yield line(f"C{number}" if is_refund else str(number), code, name, str(units), at, price, customer)
            lines += 1


def shared_rows(count: int) -> list[Row]:
    """The first lines of the shared history up to a whole document, or made ones where it is absent."""
    if not SHARED.exists():
        warnings.warn(f"{SHARED.name} is not here: made data was used instead", stacklevel=2)
        return list(made_rows(count))
    rows: list[Row] = []
    with gzip.open(SHARED, "rt", encoding="utf-8-sig", newline="") as text:
        reader = csv.reader(text)
        next(reader)
        for row in reader:
            if len(rows) >= count and row[0] != rows[-1][0]:
                break
            rows.append(row)
    return rows


@dataclass
class Model:
    """What a file must come to, computed the slow and obvious way."""

    lines: int = 0
    total: Decimal = Decimal(0)
    documents: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    customers: set[str] = field(default_factory=set)
    codes: set[str] = field(default_factory=set)
    stock: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))

    @classmethod
    def of(cls, rows: Iterable[Row]) -> "Model":
        model, by_number = cls(), defaultdict(list)
        for row in rows:
            number, code, _, quantity, _, price, customer, _ = (cell.strip() for cell in row)
            amount = Decimal(quantity) * Decimal(price)
            model.lines += 1
            model.total += amount
            model.documents[number] += amount
            model.codes.add(code)
            model.customers.add(customer.removesuffix(".0"))
            by_number[number].append((code, Decimal(quantity), amount))
        model.customers.discard("")
        for number, lines in by_number.items():
            is_loss = all(amount == 0 for _, _, amount in lines) and any(units < 0 for _, units, _ in lines)
            sign = 1 if number[0] == "A" or (number[0] != "C" and is_loss) else -1
            for code, units, _ in lines:
                if not is_service(code):
                    model.stock[code.upper()] += sign * units
        return model


def run_import(shop: Shop, path: Path, *, moves_stock: bool = True, role: str = "owner") -> ImportRun:
    """Import a file as somebody of the shop."""
    actor = shop.actor(role)
    run = new_run(
        file_name=path.name,
        format_name="uci-online-retail",
        location=shop.location,
        moves_stock=moves_stock,
        actor=actor,
    )
    return import_file(run, path, actor=actor, tell=lambda done, total=None, message="": None)
