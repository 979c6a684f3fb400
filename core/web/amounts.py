"""Amounts, quantities and shares as people of a shop read them; the same words as ``static/js/lib/format.js``."""

from decimal import ROUND_HALF_UP, Decimal

from django.utils import numberformat
from django.utils.formats import get_format

from core.money import exponent
from core.tenancy.context import current_tenant

NO_BREAK_SPACE = "\u00a0"

_SYMBOLS = {
    "AUD": "$", "BRL": "R$", "CAD": "$", "CHF": "CHF", "CNY": "¥", "CZK": "Kč", "DKK": "kr", "EUR": "€", "GBP": "£",
    "HUF": "Ft", "ILS": "₪", "INR": "₹", "JPY": "¥", "KRW": "₩", "MXN": "$", "NOK": "kr", "NZD": "$", "PHP": "₱",
    "PLN": "zł", "RUB": "₽", "SEK": "kr", "TRY": "₺", "UAH": "₴", "USD": "$", "VND": "₫",
}  # fmt: skip
_SYMBOL_FIRST = frozenset({"en", "ja", "ko", "zh", "hi", "th"})
_SYMBOL_FIRST_SPACED = frozenset({"nl", "pt-br", "de-at", "de-ch", "tr"})


def format_number(value: Decimal | int, *, locale: str, places: int | None = None) -> str:
    """``value`` with the point and the groups of ``locale`` (a language tag such as ``en-GB``)."""
    language = _language(locale)
    return numberformat.format(
        value,
        decimal_sep=get_format("DECIMAL_SEPARATOR", language, use_l10n=True),
        decimal_pos=places,
        grouping=3,
        thousand_sep=get_format("THOUSAND_SEPARATOR", language, use_l10n=True),
        force_grouping=True,
        use_l10n=True,
    )


def money_text(amount: Decimal | str, currency: str) -> str:
    """An amount in a sentence, as the templates of this shop write it."""
    return format_money(Decimal(amount), currency=currency, locale=current_tenant().locale)


def format_money(amount: Decimal, *, currency: str, locale: str, places: int | None = None) -> str:
    """``amount`` with the currency's symbol where ``locale`` puts it; ``places`` overrides the currency's exponent."""
    digits = exponent(currency) if places is None else places
    rounded = amount.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    sign = "-" if rounded < 0 else ""
    number = format_number(abs(rounded), locale=locale, places=digits)
    symbol = _SYMBOLS.get(currency, currency)
    language = _language(locale)
    if language in _SYMBOL_FIRST_SPACED or language.partition("-")[0] == "nl":
        return f"{symbol}{NO_BREAK_SPACE}{sign}{number}"
    if language.partition("-")[0] in _SYMBOL_FIRST:
        gap = NO_BREAK_SPACE if symbol.isalpha() else ""
        return f"{sign}{symbol}{gap}{number}"
    return f"{sign}{number}{NO_BREAK_SPACE}{symbol}"


def format_quantity(value: Decimal, *, locale: str) -> str:
    """A ``numeric(14,3)`` without the zeros nobody asked for: 3.000 is 3, 1.250 is 1.25."""
    exact = value.quantize(Decimal("0.001")).normalize()
    _, _, power = exact.as_tuple()
    places = max(0, -power) if isinstance(power, int) else 0
    return format_number(exact, locale=locale, places=places)


def format_percent(share: Decimal, *, locale: str, places: int = 1) -> str:
    """A share of one as per cent: 0.1241 is 12.4%."""
    number = format_number(
        (share * 100).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP), locale=locale, places=places
    )
    return f"{number}%" if _language(locale).partition("-")[0] in _SYMBOL_FIRST else f"{number}{NO_BREAK_SPACE}%"


def _language(locale: str) -> str:
    return locale.lower().replace("_", "-")
