"""Words of the board's drawing."""

from decimal import Decimal

from django import template

from core.tenancy.context import current_tenant
from core.web.amounts import format_money

register = template.Library()


@register.filter
def axis_money(amount: Decimal) -> str:
    """A round amount beside a line of a drawing: without the small change."""
    shop = current_tenant()
    return format_money(Decimal(amount), currency=shop.currency, locale=shop.locale, places=0)
