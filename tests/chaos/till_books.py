"""What tills said that they sold, held against what the shop's books say. Everything here asks PostgreSQL."""

import secrets
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count

from django.db.models import Sum

from core.devices.models import Device, Gap
from core.devices.services import enrolment
from core.ids import uuid7
from core.sync.models import SyncItem
from core.tenancy.context import use_tenant
from core.testing import Shop, stock
from inventory.models import StockLevel, Variant
from orders.auditor import audit_books
from orders.models import Order, Payment, Shift
from orders.selectors.shifts import expected_cash
from orders.services.registers import create_register
from orders.services.shifts import open_shift
from tests.chaos.shops import Row
from tests.told_of_devices import VISITOR, invited

PRICES = {"TEA": Decimal("4.50"), "CUP": Decimal(12)}
FLOAT = Decimal(100)
NOTHING = Decimal(0)


@dataclass
class Sale:
    """One sale as the person at the till knows it."""

    order: str
    prefix: str
    basket: tuple[str, ...]
    accident: str
    by: str = "cash"
    is_said: bool = False
    """The till said that it is done."""
    printed: str = ""

    @property
    def total(self) -> Decimal:
        return sum((PRICES[sku] for sku in self.basket), NOTHING)


@dataclass
class Counterpart:
    """What a device is to the shop: its row, its secret, its drawer."""

    prefix: str
    token: str
    device: Device
    register: str
    shift: Shift


@dataclass
class Book:
    """All sales of a run, in the order they were begun."""

    sales: dict[str, Sale] = field(default_factory=dict)
    accidents: Counter[str] = field(default_factory=Counter)

    def begin(self, sale: Sale) -> Sale:
        assert sale.order not in self.sales, "two sales have one id"
        self.sales[sale.order] = sale
        return sale


@dataclass
class Before:
    """Where the shop stood when the run began."""

    orders: int
    on_hand: dict[str, Decimal]


def enrolled(shop: Shop, prefix: str) -> Counterpart:
    """A device with a drawer of its own, whose shift is open."""
    token = secrets.token_urlsafe(32)
    code = invited(shop, name=f"Till {prefix}", prefix=prefix)
    device = enrolment.enrol_device(code=code, token=token, visitor=VISITOR)
    register = create_register(location_id=shop.location.pk, name=f"Drawer {prefix}", actor=shop.actor())
    opened = open_shift(shift_id=uuid7(), register_id=register.pk, opening_float=FLOAT, actor=shop.actor("cashier"))
    return Counterpart(prefix, token, device, str(register.pk), opened.shift)


def free_prefixes(many: int) -> list[str]:
    """Prefixes that no device of the shop has or had."""
    taken = set(Device.objects.values_list("prefix", flat=True))
    free = (f"K{number}" for number in count(1) if f"K{number}" not in taken)
    return [next(free) for _ in range(many)]


def before(shop: Shop, *, at_least: int) -> Before:
    """Fill the shelves for a run, and write down what is on them."""
    levels = {}
    for sku in PRICES:
        there = _on_hand(sku)
        if there < at_least:
            stock(shop.variant(sku), shop.location, str(at_least - there))
        levels[sku] = _on_hand(sku)
    return Before(Order.objects.count(), levels)


def counted(shop: Shop, book: Book, parts: Sequence[Counterpart], was: Before) -> list[Row]:
    """Every promise of a till, and what the books say to it."""
    with use_tenant(shop.tenant):
        return [*_sales(book, parts, was), *_money(book, parts), *_stock(book, was), *_numbers(book, parts), *_laws()]


@dataclass(frozen=True, slots=True)
class Tally:
    """What one kind of accident came to."""

    accident: str
    times: int
    sales: int
    said: int
    lost: int
    """Said to be done, and not booked exactly once."""
    unsaid: int
    """Broken off before anybody said that they were done, and booked all the same."""


def by_accident(shop: Shop, book: Book) -> list[Tally]:
    """One line of figures per accident."""
    with use_tenant(shop.tenant):
        booked = _booked(book)
    tallies = []
    for name, times in sorted(book.accidents.items()):
        mine = [sale for sale in book.sales.values() if sale.accident == name]
        said = [sale for sale in mine if sale.is_said]
        lost = sum(1 for sale in said if booked[sale.order] != 1)
        unsaid = sum(booked[sale.order] for sale in mine if not sale.is_said)
        tallies.append(Tally(name, times, len(mine), len(said), lost, unsaid))
    return tallies


def _booked(book: Book) -> Counter[str]:
    return Counter(str(pk) for pk in Order.objects.filter(pk__in=book.sales).values_list("pk", flat=True))


def _sales(book: Book, parts: Sequence[Counterpart], was: Before) -> Iterable[Row]:
    booked = _booked(book)
    said = {sale.order for sale in book.sales.values() if sale.is_said}
    lost = said - booked.keys()
    more = Order.objects.count() - was.orders - len(booked)
    mine = SyncItem.objects.filter(device__in=[part.device.pk for part in parts])
    kept = mine.filter(outcome=SyncItem.Outcome.QUARANTINED).count()
    yield Row("sales that were said to be done and are lost", len(lost), not lost)
    yield Row("sales in the books that no till made, or twice", more, more == 0)
    yield Row("sales that wait for a person", kept, kept == 0)


def _money(book: Book, parts: Sequence[Counterpart]) -> Iterable[Row]:
    booked = _booked(book)
    rows = dict(Order.objects.filter(pk__in=book.sales).values_list("pk", "total"))
    totals = {str(pk): total for pk, total in rows.items()}
    wrong = [sale.order for sale in book.sales.values() if sale.order in booked and totals[sale.order] != sale.total]
    yield Row("sales with another total than the till's", len(wrong), not wrong)
    everything = NOTHING
    for part in parts:
        mine = [sale for sale in book.sales.values() if sale.prefix == part.prefix and sale.order in booked]
        due = sum((sale.total for sale in mine), NOTHING)
        paid = Payment.objects.filter(order__in=[sale.order for sale in mine]).aggregate(sum=Sum("amount"))["sum"]
        left = (paid or NOTHING) - due
        yield Row(f"money of {part.prefix}: the books less the till", f"{left:.2f} of {due:.2f}", left == 0)
        cash = sum((sale.total for sale in mine if sale.by == "cash"), FLOAT)
        drawer = expected_cash(part.shift) - cash
        yield Row(f"drawer of {part.prefix}: the books less the till", f"{drawer:.2f} of {cash:.2f}", drawer == 0)
        everything += due
    paid = Payment.objects.filter(order__in=list(book.sales)).aggregate(sum=Sum("amount"))["sum"] or NOTHING
    left = paid - everything
    yield Row("money of all devices: the books less the tills", f"{left:.2f} of {everything:.2f}", left == 0)


def _stock(book: Book, was: Before) -> Iterable[Row]:
    booked = _booked(book)
    for sku, level in was.on_hand.items():
        sold = sum(sale.basket.count(sku) for sale in book.sales.values() if sale.order in booked)
        left = level - sold - _on_hand(sku)
        yield Row(f"{sku} that stock and sales differ by", f"{left:f} of {sold}", left == 0)


def _numbers(book: Book, parts: Sequence[Counterpart]) -> Iterable[Row]:
    given = dict(Order.objects.filter(pk__in=book.sales).exclude(receipt_number="").values_list("pk", "receipt_number"))
    numbers = {str(pk): number for pk, number in given.items()}
    twice = len(numbers) - len(set(numbers.values()))
    yield Row("receipt numbers that stand twice", f"{twice} of {len(numbers)}", twice == 0)
    other = [sale for sale in book.sales.values() if sale.printed and numbers.get(sale.order) != sale.printed]
    printed = sum(1 for sale in book.sales.values() if sale.printed)
    yield Row("slips whose number the books do not know", f"{len(other)} of {printed}", not other)
    devices = Device.objects.filter(pk__in=[part.device.pk for part in parts])
    unsent = sum(device.unsent or 0 for device in devices)
    yield Row("items that the fleet page says are unsent", unsent, unsent == 0)
    gaps = Gap.objects.filter(device__in=devices).count()
    yield Row("gaps in the devices' own numbers", gaps, gaps == 0)
    for device in devices:
        came = set(SyncItem.objects.filter(device=device).values_list("n", flat=True))
        missing = set(range(1, device.last_n + 1)) - came
        yield Row(f"numbers of {device.prefix} that never came", f"{len(missing)} of {device.last_n}", not missing)


def _laws() -> Iterable[Row]:
    findings = audit_books()
    yield Row("laws of the books that are broken", len(findings), not findings)


def _on_hand(sku: str) -> Decimal:
    variant = Variant.objects.get(sku=sku)
    return StockLevel.objects.filter(variant=variant).aggregate(sum=Sum("on_hand"))["sum"] or NOTHING
