"""What can be allowed: every permission is declared here by the app that asks for it, once."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Permission:
    """A permission with the words a manager reads when granting it.

    ``by_location``: what it shows or changes belongs to a location, so one held at some is answered for these.
    ``whole_shop``: what it shows or changes cannot be told apart by location, so held at some of them it is nothing.
    """

    code: str
    label: str
    by_location: bool = False
    whole_shop: bool = False


PERMISSIONS: dict[str, Permission] = {}

PUBLIC: Final = "public"
"""Anybody, logged in or not. Must be written; silence means closed."""

AUTHENTICATED: Final = "authenticated"
"""Any actor of this shop, whatever the role."""

DEVICE: Final = "device"
"""A browser that is a device of the shop, by its own secret, whoever is logged in on it or nobody (API only)."""


def declare(code: str, label: str, *, by_location: bool = False, whole_shop: bool = False) -> str:
    """Declare a permission and answer its code."""
    if code in PERMISSIONS:
        raise RuntimeError(f"permission {code} is declared twice")
    PERMISSIONS[code] = Permission(code, label, by_location, whole_shop)
    return code


def means_something(code: str, *, everywhere: bool) -> bool:
    """Whether a permission can be held like this: one about the whole shop only where it is given everywhere.

    A code that no app declares any more (a key may still name it) opens nothing.
    """
    return code in PERMISSIONS and (everywhere or not PERMISSIONS[code].whole_shop)


VIEW_TEAM = declare("people.view_team", "See the team, their roles and keys")
MANAGE_TEAM = declare("people.manage_team", "Change the team, roles and locations")
MANAGE_KEYS = declare("people.manage_keys", "Make and revoke API keys")
VIEW_AUDIT = declare("audit.view", "Read the audit log", whole_shop=True)
VIEW_EVENTS = declare("outbox.view_events", "Read the event feed")
VIEW_JOBS = declare("jobs.view", "See background work and its results", whole_shop=True)
VIEW_LOCATIONS = declare("locations.view", "See the locations")
MANAGE_LOCATIONS = declare("locations.manage", "Add, change and close locations", whole_shop=True)
MANAGE_SHOP = declare("shop.manage", "Change what receipts say of the shop: address, tax number", whole_shop=True)
VIEW_EXCEPTIONS = declare(
    "exceptions.view", "See what was done while a till was away and does not fit", by_location=True
)
RESOLVE_EXCEPTIONS = declare("exceptions.resolve", "Settle what does not fit", by_location=True)

OWNER: Final = "owner"
"""The role that holds everything; a shop always has somebody with it."""

# What the built-in roles hold; apps add theirs by `grant_to` in their own permissions.py.
BUILT_IN_ROLES: dict[str, set[str]] = {
    "owner": set(),
    "manager": {
        *(VIEW_TEAM, VIEW_AUDIT, VIEW_EVENTS, VIEW_JOBS, VIEW_LOCATIONS, MANAGE_LOCATIONS, MANAGE_SHOP),
        *(VIEW_EXCEPTIONS, RESOLVE_EXCEPTIONS),
    },
    "cashier": {VIEW_LOCATIONS},
    "stock clerk": {VIEW_LOCATIONS, VIEW_JOBS},
    "accountant": {VIEW_LOCATIONS, VIEW_AUDIT, VIEW_JOBS, VIEW_EXCEPTIONS},
    "viewer": {VIEW_LOCATIONS},
}


def grant_to(code: str, *roles: str) -> None:
    """Give a permission to built-in roles. The owner holds everything without being named."""
    for role in roles:
        BUILT_IN_ROLES[role].add(code)


def permissions_of_role(name: str) -> list[str]:
    """What a built-in role holds today."""
    return sorted(PERMISSIONS) if name == "owner" else sorted(BUILT_IN_ROLES[name])
