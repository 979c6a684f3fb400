"""What every template may ask for: the shop, the actor and the navigation."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from core.live import device_of
from core.web.navigation import Navigation, visible_for


@dataclass(frozen=True, slots=True)
class Shop:
    """The facts about a tenant that the frame of a page shows."""

    name: str
    currency: str
    time_zone: str
    locale: str
    is_demo: bool


def shell(request: HttpRequest) -> dict[str, Any]:
    """Give ``shop``, ``actor`` and ``navigation``; the first two are ``None`` where there is none.

    ``live_line`` is what the tabs of one log-in have in common, so that they share one socket.

    Safe on the public host, for strangers and on error pages. Nothing is asked of the actor until a template
    draws the navigation.
    """
    actor = getattr(request, "actor", None)
    shop = shop_of(request)
    return {
        "shop": shop,
        "actor": actor,
        "live_line": SimpleLazyObject(lambda: device_of(request.session.session_key or "")[:16]),
        "navigation": SimpleLazyObject(lambda: visible_for(actor, request.path) if shop else Navigation()),
    }


def shop_of(request: HttpRequest) -> Shop | None:
    """The shop of the request's host, or ``None`` on the public host and before the host was read."""
    tenant = getattr(request, "tenant", None)
    if tenant is None or getattr(tenant, "schema_name", "public") == "public":
        return None
    return Shop(
        name=tenant.name,
        currency=tenant.currency,
        time_zone=tenant.time_zone,
        locale=tenant.locale,
        is_demo=tenant.is_demo,
    )
