"""What a scan means: one answer for anything that can be scanned, in two statements for a plain code."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID

from core.actors import Actor
from core.db.prepared import prepared_cursor
from core.tenancy.context import current_tenant
from inventory.codes import check_digit, is_gtin, normalise, printed
from inventory.errors import AmbiguousCode, NonsenseCode, UnknownCode
from inventory.models import EmbeddedCodeRule, Lot, ScanCode, Serial, Variant
from inventory.reading import LONGEST_SCAN, PROBLEMS, Reading, Rule, read_scan
from inventory.scan_targets import Target, found_by_shape, target_of, word_of
from inventory.selectors import LONGEST_CODE, ForSale, for_sale
from inventory.selectors.blind import hidden_places, is_hidden

LOOK_UP = """
    SELECT code, kind, variant_id, target_id, pack_quantity FROM inventory_scancode
    WHERE code = ANY(%(codes)s::text[]) OR upper(code) = ANY(%(upper)s::text[])
"""
IN_KILOGRAMS = {
    "kg": Decimal(1),
    "g": Decimal("0.001"),
    "lb": Decimal("0.45359237"),
    "oz": Decimal("0.028349523125"),
}
THOUSANDTH = Decimal("0.001")
CURRENCY_NUMBERS = {
    "AUD": "036", "BRL": "986", "CAD": "124", "CHF": "756", "CNY": "156", "CZK": "203", "DKK": "208", "EUR": "978",
    "GBP": "826", "HUF": "348", "INR": "356", "ISK": "352", "JPY": "392", "KRW": "410", "KWD": "414", "MXN": "484",
    "NOK": "578", "NZD": "554", "PLN": "985", "RON": "946", "SEK": "752", "TRY": "949", "USD": "840", "ZAR": "710",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanned:
    """An article that was scanned: all that a till or a stock-taker needs.

    ``quantity`` is how many units this scan stands for: the pack, or what the code carries. ``price`` is what the code
    says the piece costs altogether, None where it says nothing; ``charges``: it is what the customer pays. ``on_hand``
    is None where nobody asked for a location.
    """

    code: str
    variant_id: UUID
    product_id: UUID
    sku: str
    title: str
    unit_price: Decimal
    tax_rate: Decimal
    pack_quantity: Decimal
    is_stocked: bool
    tracking: str
    on_hand: Decimal | None
    quantity: Decimal
    unit: str = ""
    price: Decimal | None = None
    lot: str = ""
    serial: str = ""
    expires_on: date | None = None
    kind: str = "variant"
    target_id: UUID | None = None
    url: str = ""
    lot_id: UUID | None = None
    serial_id: UUID | None = None
    state: str = ""
    charges: bool = False

    @property
    def id(self) -> UUID:
        return self.target_id or self.variant_id


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of the registry."""

    code: str
    kind: str
    variant_id: UUID | None
    target_id: UUID | None
    pack_quantity: Decimal


def code_rules() -> list[Rule]:
    """The rules for codes that carry something, in the order in which they are asked."""
    rows = EmbeddedCodeRule.objects.filter(is_active=True).order_by("position", "name", "pk")
    charge = EmbeddedCodeRule.PriceDoes.CHARGE
    return [Rule(row.pattern, row.decimals, row.name, row.price_does == charge) for row in rows]


def this_year() -> int:
    """What two digits of a year are counted from."""
    return datetime.now(UTC).year


def resolve_scan(typed: str, *, actor: Actor, location_id: UUID | None = None) -> Scanned | Target:
    """What a scanned or typed text stands for, with price, and with stock at a location if one is named.

    The stock, and the state of a piece, are left out while it is being counted blind, for those who do not approve the
    count; the state of a piece wherever that is, because it says whether there is one more.

    A code of the registry comes first, as it is stored, then whatever its case if only one fits; then what belongs to
    other apps by its shape; then what the text carries (GS1, weight and price codes); then a SKU.

    Raises:
        UnknownCode: nothing that the actor may know of carries it.
        AmbiguousCode: it is the name of lots or pieces of several articles.
        NonsenseCode: it is of a known form and says something impossible.
    """
    found = _resolved(typed, actor, location_id)
    if not isinstance(found, Scanned):
        return found
    if found.on_hand is not None and location_id is not None and is_hidden(found.variant_id, location_id, actor=actor):
        found = replace(found, on_hand=None)
    if found.serial_id is not None and hidden_places(found.variant_id, actor=actor):
        found = replace(found, state="")
    return found


def _resolved(typed: str, actor: Actor, location_id: UUID | None) -> Scanned | Target:
    if len(typed) > LONGEST_SCAN or not typed.replace("\x1d", "").isprintable():
        raise UnknownCode
    reading = read_scan(typed, (), year=this_year())
    found = _one(reading.plain, _rows([reading.plain]))
    if found is None and (target := found_by_shape(reading.plain, actor=actor)):
        return target
    if found is None:
        reading = read_scan(typed, code_rules(), year=this_year())
        found = _carrier(reading)
    if found is None:
        found = _by_sku(reading.plain)
    if found is None:
        raise _unknown(reading.plain)
    if found.variant_id is None:
        target = target_of(found.kind, found.target_id, actor=actor) if found.target_id else None
        if target is None:
            raise UnknownCode(details={"scanned": found.code})
        return _piece(found, target, location_id) or target
    variant = for_sale([found.variant_id], location_id=location_id).get(found.variant_id)
    if variant is None:
        raise UnknownCode(details={"scanned": found.code})
    plain = found.code == reading.plain or reading.form == "plain"
    return _told_apart(_scanned(found, variant, Reading(form="plain", plain="") if plain else reading, location_id))


def _piece(row: _Row, target: Target, location_id: UUID | None) -> Scanned | None:
    """The article of a lot or piece whose label was scanned; None for anything else, and where it is not for sale.

    Raises `AmbiguousCode` where the label carries a text that several articles use.
    """
    model: type[Lot] | type[Serial] | None = {"lot": Lot, "serial": Serial}.get(row.kind)  # type: ignore[assignment]
    if model is None:
        return None
    thing = model.objects.get(pk=target.id)
    text = str(thing)
    if normalise(text) == row.code and len(alike := _called(text)) > 1:
        told = [{"kind": kind, "target": str(pk), "name": f"{text} of {sku}"} for kind, pk, sku in alike[:10]]
        detail = f"{text} is on goods of {len(alike)} articles or pieces. Scan the article first, or its GS1 label."
        raise AmbiguousCode(detail, details={"scanned": row.code, "targets": told})
    variant = for_sale([thing.variant_id], location_id=location_id).get(thing.variant_id)
    if variant is None:
        return None
    article = _Row(row.code, row.kind, variant.id, row.target_id, Decimal(1))
    found = _scanned(article, variant, Reading(form="plain", plain=""), location_id)
    found = replace(found, kind=row.kind, target_id=thing.pk, url=target.url, state=thing.state)
    if isinstance(thing, Lot):
        return replace(found, lot=text, lot_id=thing.pk, expires_on=thing.expires_on)
    return replace(found, serial=text, serial_id=thing.pk)


def _called(text: str) -> list[tuple[str, UUID, str]]:
    """Kind, id and SKU of every lot and piece of this name."""
    lots = [("lot", *row) for row in Lot.objects.filter(code=text).values_list("pk", "variant__sku")]
    return lots + [("serial", *row) for row in Serial.objects.filter(number=text).values_list("pk", "variant__sku")]


def _told_apart(found: Scanned) -> Scanned:
    """With the lot and the piece that the code names beside its article, where the shop has them."""
    if found.lot:
        lot = Lot.objects.filter(variant=found.variant_id, code=found.lot).first()
        if lot is not None:
            found = replace(found, lot_id=lot.pk, state=lot.state, expires_on=found.expires_on or lot.expires_on)
    if found.serial:
        piece = Serial.objects.filter(variant=found.variant_id, number=found.serial).first()
        if piece is not None:
            found = replace(found, serial_id=piece.pk, state=piece.state)
    return found


def _scanned(row: _Row, variant: ForSale, reading: Reading, location_id: UUID | None) -> Scanned:
    answer = Scanned(
        code=row.code,
        variant_id=variant.id,
        product_id=variant.product_id,
        sku=variant.sku,
        title=variant.title,
        unit_price=variant.unit_price,
        tax_rate=variant.tax_rate,
        pack_quantity=row.pack_quantity,
        is_stocked=variant.is_stocked,
        tracking=variant.tracking,
        on_hand=None if location_id is None else (variant.on_hand or Decimal(0)),
        quantity=row.pack_quantity,
        unit=variant.unit,
    )
    if reading.form == "plain":
        return answer
    price = _price(reading)
    return replace(
        answer,
        quantity=_quantity(row, variant, reading, price),
        price=price,
        charges=reading.charges,
        lot=reading.lot,
        serial=reading.serial,
        expires_on=date.fromisoformat(reading.expires_on) if reading.expires_on else None,
    )


def _price(reading: Reading) -> Decimal | None:
    ours = CURRENCY_NUMBERS.get(current_tenant().currency, reading.currency)
    if reading.currency and reading.currency != ours:
        raise NonsenseCode("This code carries a price in another currency.", details={"problem": "other-currency"})
    return Decimal(reading.price) if reading.price else None


def _quantity(row: _Row, variant: ForSale, reading: Reading, price: Decimal | None) -> Decimal:
    """Units of this scan. A price alone says how much of what is sold by measure; anything else is one piece."""
    if reading.quantity and reading.unit:
        return in_unit(Decimal(reading.quantity), reading.unit, variant.unit)
    if reading.quantity:
        return _kept(Decimal(reading.quantity) * row.pack_quantity)
    return row.pack_quantity if price is None else _units_at(price, variant, row.pack_quantity)


def _units_at(price: Decimal, variant: ForSale, pack: Decimal) -> Decimal:
    """How much of an article a price stands for: of what is sold by measure its share, else the pack."""
    return _kept(price / variant.unit_price) if variant.unit and variant.unit_price > 0 else pack


@dataclass(frozen=True, slots=True)
class ChargedLabel:
    """A label of the shop's own scale: what it is of, what it costs and how many units it stands for.

    ``is_measured``: the units follow from the price. ``problem`` is one of `inventory.reading.PROBLEMS`, or
    "unknown-article"; then the rest means nothing.
    """

    variant_id: UUID | None = None
    price: Decimal = Decimal(0)
    units: Decimal = Decimal(1)
    unit_price: Decimal = Decimal(0)
    is_measured: bool = False
    problem: str = ""


def charged_labels(texts: Collection[str], *, location_id: UUID) -> dict[str, ChargedLabel]:
    """What scanned labels say whose price is charged; whatever no such rule reads is left out.

    Read as `resolve_scan` reads them, at the location: a code of the registry is never a label. A handful of
    statements, however many there are (one more each for articles that are named by their SKU).
    """
    rules = code_rules()
    read = {text: read_scan(text, rules, year=this_year()) for text in texts if len(text) <= LONGEST_CODE}
    read = {text: one for text, one in read.items() if one.charges or (one.problem and _is_charging(one.rule, rules))}
    taken = {row.code.upper() for row in _rows([one.plain for one in read.values()])}
    read = {text: one for text, one in read.items() if one.plain.upper() not in taken}
    rows = [row for row in _rows([item for one in read.values() for item in one.items]) if row.variant_id]
    found = {text: _article_of(one, rows) for text, one in read.items()}
    known = for_sale({row.variant_id for row in found.values() if row and row.variant_id}, location_id=location_id)
    return {text: _charged(one, found[text], known) for text, one in read.items()}


def _is_charging(pattern: str, rules: Sequence[Rule]) -> bool:
    return any(rule.charges for rule in rules if rule.pattern == pattern)


def _article_of(reading: Reading, rows: Sequence[_Row]) -> _Row | None:
    rows = [row for row in rows if row.kind == ScanCode.Kind.VARIANT]
    found = next((row for item in reading.items if (row := _one(item, rows))), None)
    return found or next((row for item in reading.items if (row := _by_sku(item))), None)


def _charged(reading: Reading, row: _Row | None, known: Mapping[UUID, ForSale]) -> ChargedLabel:
    variant = known.get(row.variant_id) if row and row.variant_id else None
    if reading.problem or row is None or variant is None:
        return ChargedLabel(problem=reading.problem or "unknown-article")
    price = Decimal(reading.price)
    try:
        units = _units_at(price, variant, row.pack_quantity)
    except NonsenseCode:
        return ChargedLabel(problem="no-quantity")
    is_measured = bool(variant.unit and variant.unit_price > 0)
    return ChargedLabel(variant.id, price, units, variant.unit_price, is_measured)


def in_unit(quantity: Decimal, unit: str, wanted: str) -> Decimal:
    """A weight in the unit of an article, three places; an article without a unit takes it as it is.

    Raises `NonsenseCode` where the article is not sold by weight.
    """
    if wanted in ("", unit):
        return _kept(quantity)
    if wanted not in IN_KILOGRAMS:
        raise NonsenseCode(f"This code carries a weight, and the article is sold by {wanted}.", details=_NOT_BY_WEIGHT)
    return _kept(quantity * IN_KILOGRAMS[unit] / IN_KILOGRAMS[wanted])


_NOT_BY_WEIGHT = {"problem": "not-by-weight"}


def _kept(quantity: Decimal) -> Decimal:
    rounded = quantity.quantize(THOUSANDTH, ROUND_HALF_UP)
    if not rounded:
        raise NonsenseCode(PROBLEMS["no-quantity"], details={"problem": "no-quantity"})
    return rounded


def _rows(codes: Collection[str]) -> list[_Row]:
    short = [code for code in codes if code and len(code) <= LONGEST_CODE]
    if not short:
        return []
    with prepared_cursor() as cursor:
        cursor.execute(LOOK_UP, {"codes": short, "upper": [code.upper() for code in short]})
        return [_Row(*row) for row in cursor.fetchall()]


def _one(code: str, rows: Sequence[_Row]) -> _Row | None:
    """The row of a code as it is stored, else the only one that differs in case."""
    alike = [row for row in rows if row.code.upper() == code.upper()]
    exact = next((row for row in alike if row.code == code), None)
    return exact or (alike[0] if len(alike) == 1 else None)


def _carrier(reading: Reading) -> _Row | None:
    """The article inside a code that carries more than an article. Raises `NonsenseCode`, `UnknownCode`."""
    if reading.form == "plain":
        return None
    if reading.problem:
        raise NonsenseCode(PROBLEMS[reading.problem], details={"problem": reading.problem, "scanned": reading.plain})
    found = _article_of(reading, _rows(reading.items))
    if found is None:
        raise UnknownCode(details={"scanned": reading.plain, "items": [printed(item) for item in reading.items]})
    return found


def _by_sku(text: str) -> _Row | None:
    pk = Variant.objects.filter(sku=text).values_list("pk", flat=True).first() if text else None
    return None if pk is None else _Row(text, ScanCode.Kind.VARIANT, pk, None, Decimal(1))


def _unknown(code: str) -> UnknownCode:
    """The refusal; for a pack of something known it says of what, for people can add it there."""
    details: dict[str, object] = {"scanned": code[:LONGEST_CODE]}
    if is_gtin(code) and code[0] in "12345678":
        inner = f"0{code[1:-1]}"
        piece = _one(f"{inner}{check_digit(inner)}", _rows([f"{inner}{check_digit(inner)}"]))
        if piece is not None and piece.variant_id is not None:
            details["pack_of"] = str(piece.variant_id)
            return UnknownCode(
                "This is a pack of something known: add its code with how many it holds.", details=details
            )
    return UnknownCode(details=details)


def owners_of(codes: Iterable[str], *, besides: Collection[UUID] = ()) -> dict[str, str]:
    """Codes of the registry with what they belong to, in words; free ones and those of ``besides`` are left out."""
    rows = ScanCode.objects.filter(code__in=set(codes)).exclude(variant_id__in=besides)
    rows = rows.select_related("variant__product")
    return {row.code: f"{row.variant.title} ({row.variant.sku})" if row.variant else _owner(row) for row in rows}


def _owner(row: ScanCode) -> str:
    """What a code belongs to that is no article's: a lot or a piece by its article, anything else by its kind."""
    models: dict[str, Any] = {ScanCode.Kind.LOT: Lot, ScanCode.Kind.SERIAL: Serial}
    model = models.get(row.kind)
    thing = model.objects.select_related("variant").filter(pk=row.target_id).first() if model else None
    return f"{word_of(row.kind)} of {thing.variant.sku}" if thing else word_of(row.kind)
