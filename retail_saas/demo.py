"""The demo shop of a fresh machine: made once, with passwords of its own, removed by one command."""

import json
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.conf import settings

from core.actors import SYSTEM
from core.locations.models import Location
from core.people.selectors import actor_of_user
from core.people.services import create_owner, create_user
from core.tenancy.context import use_public, use_tenant
from core.tenancy.models import Tenant
from core.tenancy.services import create_tenant, delete_tenant
from orders.demo.places import Staff, open_places
from orders.demo.services import fill_demo_shop
from orders.services.approvals import set_pin

NAME = "Corner Shop (demo)"
ROLES = ("owner", "manager", "cashier", "stock clerk")
Tell = Callable[[str], None]


def ensure_demo_shop(*, tell: Tell) -> dict[str, Any]:
    """The demo shop with its log-ins; made if there is none. A repeat after an interruption finishes or starts anew."""
    host = f"demo.{settings.BASE_DOMAIN}"
    with use_public():
        tenant = Tenant.objects.filter(domains__domain=host).first()
    if tenant is not None and tenant.state != Tenant.State.ACTIVE:
        delete_tenant(tenant)
        tenant = None
    logins = _read_logins()
    if tenant is None or not logins:
        tell("Making the demo shop: half a year of sales …")
        if tenant is not None:
            delete_tenant(tenant)
        tenant, logins = _make(host)
    return {"name": tenant.name, "url_host": host, "logins": logins}


def remove_demo_shop() -> bool:
    """Delete every shop marked as demo; answers whether there was one."""
    with use_public():
        found = list(Tenant.objects.filter(is_demo=True))
    for tenant in found:
        delete_tenant(tenant)
    _logins_file().unlink(missing_ok=True)
    return bool(found)


def _make(host: str) -> tuple[Tenant, list[dict[str, str]]]:
    tenant = create_tenant(name=NAME, host=host, currency="GBP", country="GB", time_zone="Europe/London", is_demo=True)
    logins = [
        {"email": f"{role.split()[0]}@{host}", "password": secrets.token_urlsafe(9), "role": role} for role in ROLES
    ]
    try:
        with use_tenant(tenant):
            create_owner(email=logins[0]["email"], password=logins[0]["password"])
            places = open_places()
            at = {"cashier": places.main, "stock clerk": places.room}
            fill_demo_shop(staff=_hire(logins[1:], at))
        _write_logins(logins)
    except BaseException:
        delete_tenant(tenant)
        raise
    return tenant, logins


def _hire(logins: list[dict[str, str]], at: dict[str, Location]) -> Staff:
    """The people besides the owner, some of them at one place; the manager gets a PIN, told beside the password."""
    people = {}
    for login in logins:
        role = login["role"]
        user = create_user(
            email=login["email"], password=login["password"], role=role, actor=SYSTEM, location=at.get(role)
        )
        people[role] = actor_of_user(user)
    pin = f"70{secrets.randbelow(10**4):04}"
    for login in logins:
        if login["role"] == "manager":
            set_pin(pin=pin, password=login["password"], actor=people["manager"])
            login["pin"] = pin
        if place := at.get(login["role"]):
            login["place"] = place.name
    return Staff(people["manager"], people["cashier"], people["stock clerk"], pin)


def _logins_file() -> Path:
    return Path(settings.DATA_DIR) / "demo-logins.json"


def _read_logins() -> list[dict[str, str]]:
    try:
        return list(json.loads(_logins_file().read_text()))
    except (OSError, ValueError):
        return []


def _write_logins(logins: list[dict[str, str]]) -> None:
    descriptor = os.open(_logins_file(), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(logins, file)
