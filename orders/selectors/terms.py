"""How this shop counts: what whoever computes an amount without the server has to know."""

from typing import Any

from core.money import exponent
from core.tenancy.context import current_tenant


def shop_terms() -> dict[str, Any]:
    """The terms of prices, taxes and rounding."""
    tenant = current_tenant()
    return {
        "inclusive": tenant.prices_include_tax,
        "rounding": tenant.rounding,
        "exponent": exponent(tenant.currency),
        "currency": tenant.currency,
        "by_document": tenant.tax_by_document,
        "cash_step": None if tenant.cash_step is None else str(tenant.cash_step),
    }
