"""What can be allowed: every permission is declared here by the app that asks for it, once."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Permission:
    """A permission with the words a manager reads when granting it."""

    code: str
    label: str
    by_location: bool = False


PERMISSIONS: dict[str, Permission] = {}

PUBLIC: Final = "public"
"""Anybody, logged in or not. Must be written; silence means closed."""

AUTHENTICATED: Final = "authenticated"
"""Any actor of this shop, whatever the role."""


def declare(code: str, label: str, *, by_location: bool = False) -> str:
    """Declare a permission and answer its code."""
    if code in PERMISSIONS:
        raise RuntimeError(f"permission {code} is declared twice")
    PERMISSIONS[code] = Permission(code, label, by_location)
    return code


VIEW_TEAM = declare("people.view_team", "See the team, their roles and keys")
MANAGE_TEAM = declare("people.manage_team", "Change the team, roles and locations")
MANAGE_KEYS = declare("people.manage_keys", "Make and revoke API keys")
VIEW_AUDIT = declare("audit.view", "Read the audit log")
VIEW_EVENTS = declare("outbox.view_events", "Read the event feed")
VIEW_JOBS = declare("jobs.view", "See background work and its results")
VIEW_LOCATIONS = declare("locations.view", "See the locations")

OWNER: Final = "owner"
"""The role that holds everything; a shop always has somebody with it."""

# What the built-in roles hold; apps add theirs by `grant_to` in their own permissions.py.
BUILT_IN_ROLES: dict[str, set[str]] = {
    "owner": set(),
    "manager": {VIEW_TEAM, VIEW_AUDIT, VIEW_EVENTS, VIEW_JOBS, VIEW_LOCATIONS},
    "cashier": {VIEW_LOCATIONS},
    "stock clerk": {VIEW_LOCATIONS, VIEW_JOBS},
    "accountant": {VIEW_LOCATIONS, VIEW_AUDIT, VIEW_JOBS},
    "viewer": {VIEW_LOCATIONS},
}


def grant_to(code: str, *roles: str) -> None:
    """Give a permission to built-in roles. The owner holds everything without being named."""
    for role in roles:
        BUILT_IN_ROLES[role].add(code)


def permissions_of_role(name: str) -> list[str]:
    """What a built-in role holds today."""
    return sorted(PERMISSIONS) if name == "owner" else sorted(BUILT_IN_ROLES[name])
