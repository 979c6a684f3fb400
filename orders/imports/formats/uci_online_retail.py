"""The invoice lines of the "Online Retail" data sets (UCI Machine Learning Repository, numbers 352 and 502).

One row is one invoice line. Invoice numbers that begin with ``C`` are cancellations, with ``A`` bookings of bad debt.
Times are wall times of the shop, customers are numbers that a data frame turned into ``17850.0``.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

from orders.imports.formats.base import BadCell, Clock, Format, Line, Nature, Parse

NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")
EXPONENT = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?[eE][+-]?[0-9]+")
WHOLE_FLOAT = re.compile(r"([0-9]+)\.0")
MOST_UNITS, MOST_PRICE, MOST_AMOUNT = Decimal(10) ** 9, Decimal(10) ** 9, Decimal(10) ** 12
EARLIEST = datetime(1970, 1, 1)  # noqa: DTZ001  a wall time, as the file has it
SPREADSHEET = "%m/%d/%Y %H:%M"
LONGEST = {"InvoiceNo": 40, "StockCode": 64, "Description": 200, "CustomerID": 64, "Country": 60}
NATURES: dict[str, Nature] = {"C": "cancellation", "A": "adjustment"}

# Not goods, judged by what the data says of them: carriage and postage (POST, DOT, C2, C3), bank and marketplace fees,
# manual bookings without an article (M), discounts (D), samples given away (S), bad debt (B), donations (CRUK),
# pads at 0.001 that complete an order (PADS), adjustments, and gift vouchers (a debt, not a thing on a shelf). DCGS...
# are goods: boxes, bags and dog collars of the gift site, sold by the piece.
SERVICES = re.compile(
    r"POST|DOT|M|D|S|B|C2|C3|CRUK|PADS|BANK CHARGES|AMAZONFEE|ADJUST[0-9]*|GIFT_.*", re.IGNORECASE | re.DOTALL
)


def is_service(code: str) -> bool:
    """Whether a stock code stands for a fee, a voucher or a booking, and not for goods."""
    return SERVICES.fullmatch(code) is not None


def parser(places: Mapping[str, int], clock: Clock) -> Parse:
    """The function that reads one row, for a file whose columns stand at ``places``."""
    order = [places[name] for name in COLUMNS]
    quantities, prices = lru_cache(20_000)(_quantity), lru_cache(20_000)(_price)

    @lru_cache(2_000)
    def times(text: str) -> tuple[datetime, date]:
        instant = clock.instant(_wall_time(text))
        return instant, clock.day(instant)

    def parse(cells: Sequence[str]) -> Line:
        number, code, description, quantity, time, price, customer, country = [cells[place].strip() for place in order]
        if not number:
            raise BadCell("InvoiceNo", "", "An invoice number is missing.")
        if not code:
            raise BadCell("StockCode", "", "A stock code is missing.")
        if number[0] in "ca":
            number = number[0].upper() + number[1:]
        whole = WHOLE_FLOAT.fullmatch(customer)
        if whole:
            customer = whole[1]
        for column, text in (
            ("InvoiceNo", number),
            ("StockCode", code),
            ("Description", description),
            ("CustomerID", customer),
            ("Country", country),
        ):
            if len(text) > LONGEST[column]:
                raise BadCell(column, text, f"Longer than {LONGEST[column]} characters.")
            if "\0" in text:
                raise BadCell(column, text, "Contains a NUL character.")
        units, each = quantities(quantity), prices(price)
        _check_amount(units, each, quantity, price)
        occurred_at, business_date = times(time)
        nature = NATURES.get(number[0], "sale")
        return Line(number, nature, code, description, units, each, occurred_at, business_date, customer, country)

    return parse


def _quantity(text: str) -> Decimal:
    value = _decimal("Quantity", text, MOST_UNITS, 3)
    if not value:
        raise BadCell("Quantity", text, "A line of no units says nothing.")
    return value


def _price(text: str) -> Decimal:
    return _decimal("UnitPrice", text, MOST_PRICE, 4)


def _decimal(column: str, text: str, most: Decimal, decimals: int) -> Decimal:
    if not text:
        raise BadCell(column, text, "A number is missing.")
    if EXPONENT.fullmatch(text):
        raise BadCell(column, text, "A spreadsheet shortened this number; its digits are lost.")
    if len(text) > 40 or not NUMBER.fullmatch(text):
        raise BadCell(column, text, "Not a number. Write it like -12 or 3.95, with a point and without other signs.")
    value = Decimal(text)
    if abs(value) >= most:
        raise BadCell(column, text, "This number is too large.")
    if value != value.quantize(Decimal(1).scaleb(-decimals)):
        raise BadCell(column, text, f"More than {decimals} digits after the point.")
    return value


def _check_amount(units: Decimal, each: Decimal, quantity: str, price: str) -> None:
    amount = units * each
    if abs(amount) >= MOST_AMOUNT:
        raise BadCell("Quantity x UnitPrice", f"{quantity} x {price}", "This amount is too large.")
    if amount != amount.quantize(Decimal("0.0001")):
        raise BadCell("Quantity x UnitPrice", f"{quantity} x {price}", "More than 4 digits after the point.")


def _wall_time(text: str) -> datetime:
    """``2010-12-01 08:26:00`` as the data set has it, or ``12/1/2010 8:26`` as its spreadsheet is often saved."""
    try:
        # the shop's zone is added by the clock
        wall = datetime.strptime(text, SPREADSHEET) if "/" in text else datetime.fromisoformat(text)  # noqa: DTZ007
    except ValueError:
        raise BadCell("InvoiceDate", text, "Not a time. Write it like 2010-12-01 08:26:00.") from None
    if wall.tzinfo is not None:
        raise BadCell("InvoiceDate", text, "Write the shop's wall time, without a zone.")
    if len(text) < len("1/1/2010 8:26"):
        raise BadCell("InvoiceDate", text, "The time of day is missing.")
    if wall < EARLIEST or wall > datetime.now(UTC).replace(tzinfo=None) + timedelta(days=1):
        raise BadCell("InvoiceDate", text, "Not between 1970 and today.")
    return wall


COLUMNS: Mapping[str, tuple[str, ...]] = {
    "InvoiceNo": ("invoiceno", "invoice"),
    "StockCode": ("stockcode",),
    "Description": ("description",),
    "Quantity": ("quantity",),
    "InvoiceDate": ("invoicedate",),
    "UnitPrice": ("unitprice", "price"),
    "CustomerID": ("customerid", "customer id"),
    "Country": ("country",),
}

UCI_ONLINE_RETAIL = Format(
    name="uci-online-retail",
    label="UCI Online Retail (invoice lines)",
    columns=COLUMNS,
    parser=parser,
    is_service=is_service,
)
