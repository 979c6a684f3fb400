"""Tags and filters of the page frame. A builtin of every template, so no ``{% load %}`` is needed."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, cast
from zoneinfo import ZoneInfo

from django import template
from django.forms import BoundField
from django.http import QueryDict
from django.template import Context
from django.utils.dateformat import format as date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

from core.money import exponent
from core.tenancy.context import NoTenant, current_tenant
from core.web import amounts, modules

register = template.Library()

_NO_VALUE = "–"


@register.simple_tag
def icon(name: str, label: str = "", **attributes: str) -> SafeString:
    """The symbol ``name`` of the sprite: silent beside a word, or with a ``label`` where it stands alone."""
    classes = f"icon {attributes.get('class', '')}".strip()
    meaning = format_html('role="img" aria-label="{}"', label) if label else mark_safe('aria-hidden="true"')
    sprite = modules.asset_url("img/icons.svg")
    return format_html('<svg class="{}" {}><use href="{}#{}"></use></svg>', classes, meaning, sprite, name)


@register.simple_tag
def icon_names() -> tuple[str, ...]:
    """The names that ``icon`` knows, for the style guide."""
    return modules.icon_names()


@register.filter
def money(amount: Decimal | int | str | None, currency: str = "") -> str:
    """An amount in the shop's currency and language, or in ``currency``; the exact value travels in ``value``."""
    exact = _decimal(amount)
    if exact is None:
        return _NO_VALUE
    return _money(exact, currency, places=None)


@register.filter
def unit_price(amount: Decimal | int | str | None, currency: str = "") -> str:
    """Like ``money``, with up to four places where the price has them."""
    exact = _decimal(amount)
    if exact is None:
        return _NO_VALUE
    used = -cast(int, exact.normalize().as_tuple().exponent)
    default = exponent(currency or current_tenant().currency)
    return _money(exact, currency, places=max(default, min(used, 4)))


@register.filter
def quantity(value: Decimal | int | str | None, unit: str = "") -> str:
    """A quantity without trailing zeros, in the shop's language; with the ``unit`` of what is weighed or cut."""
    exact = _decimal(value)
    if exact is None:
        return _NO_VALUE
    told = amounts.format_quantity(exact, locale=_locale())
    return f"{told}{amounts.NO_BREAK_SPACE}{unit}" if unit else told


@register.filter
def percent(share: Decimal | float | str | None, places: int = 1) -> str:
    """A share of one as per cent, in the shop's language."""
    exact = _decimal(str(share) if isinstance(share, float) else share)
    return _NO_VALUE if exact is None else amounts.format_percent(exact, locale=_locale(), places=places)


@register.filter
def moment(value: datetime | None) -> str:
    """An instant as day and time in the shop's zone: 21 Nov 2026, 14:02."""
    return _time(value, "j M Y, H:i")


@register.filter
def clock(value: datetime | None) -> str:
    """An instant as time of day in the shop's zone: 14:02."""
    return _time(value, "H:i")


@register.filter
def day(value: date | None) -> str:
    """The day of an instant in the shop's zone, or a date as it is: 21 Nov 2026."""
    return _time(value, "j M Y")


@register.simple_tag
def asset(path: str) -> str:
    """The address of a static file; never raises, so that error pages always render."""
    return modules.asset_url(path)


@register.simple_tag(takes_context=True)
def import_map(context: Context) -> SafeString:
    """The import map, allowed by the request's nonce. Stands before the first module."""
    request = context.get("request")
    nonce = getattr(request, "csp_nonce", "")
    return format_html(
        '<script type="importmap" nonce="{}">{}</script>',
        nonce,
        mark_safe(modules.import_map()),  # noqa: S308 - JSON of our own file names, "<" escaped
    )


@register.simple_tag
def module_preloads(*elements: str) -> SafeString:
    """Preload ``main.js`` with all that it imports, and each of ``elements`` (``elements/line-chart.js``) likewise."""
    wanted = modules.import_closure(modules.MAIN, *(f"js/{name}" for name in elements))
    return format_html_join(
        "\n", '<link rel="modulepreload" href="{}">', ((modules.asset_url(name),) for name in wanted)
    )


@register.simple_tag(takes_context=True)
def query_with(context: Context, **changes: Any) -> str:
    """The present query string with some parameters replaced; ``None`` or an empty text removes one."""
    request = context.get("request")
    query = request.GET.copy() if request is not None else QueryDict(mutable=True)
    for name, value in changes.items():
        if value is None or value == "":
            query.pop(name, None)
        else:
            query[name] = str(value)
    return f"?{query.urlencode()}" if query else "?"


@register.simple_tag
def field_control(field: BoundField, hint: str = "") -> SafeString:
    """The widget of a form field, tied to its hint and its errors for those who cannot see them."""
    names = [f"{field.auto_id}_hint"] if hint or field.help_text else []
    attributes: dict[str, str | bool] = {}
    if field.errors:
        names.append(f"{field.auto_id}_error")
        attributes["aria-invalid"] = "true"
    if names:
        attributes["aria-describedby"] = " ".join(names)
    return field.as_widget(attrs=attributes)


@register.filter
def lookup(mapping: Mapping[Any, Any] | None, key: Any) -> Any:
    """``mapping[key]``, or nothing."""
    return None if mapping is None else mapping.get(key)


@register.filter
def initials(name: str) -> str:
    """One or two letters that stand for a person: of ``ada.lovelace@acme.test`` it is AL."""
    words = "".join(c if c.isalnum() else " " for c in name.partition("@")[0]).split()
    return "".join(word[0] for word in (words[:1] + words[-1:] if len(words) > 1 else words)).upper() or "?"


def _money(amount: Decimal, currency: str, *, places: int | None) -> SafeString:
    code = currency or current_tenant().currency
    text = amounts.format_money(amount, currency=code, locale=_locale(), places=places)
    return format_html('<data class="money" value="{}">{}</data>', format(amount, "f"), text)


def _decimal(value: Decimal | int | str | None) -> Decimal | None:
    if value is None or value == "":
        return None
    try:
        exact = Decimal(value)
    except (InvalidOperation, TypeError, ValueError):
        return None
    return exact if exact.is_finite() else None


def _time(value: date | None, form: str) -> str:
    if value is None:
        return _NO_VALUE
    here = value.astimezone(ZoneInfo(_zone())) if isinstance(value, datetime) else value
    return format_html('<time datetime="{}">{}</time>', here.isoformat(), date_format(here, form))


def _zone() -> str:
    try:
        return current_tenant().time_zone
    except NoTenant:
        return "UTC"


def _locale() -> str:
    """The shop's language, English outside every shop (the public site, the style guide)."""
    try:
        return current_tenant().locale
    except NoTenant:
        return "en-GB"
