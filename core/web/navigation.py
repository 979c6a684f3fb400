"""What stands in the navigation: apps register their places, the frame shows those the actor may open."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from django.urls import NoReverseMatch, reverse

from core.people.permissions import AUTHENTICATED

GROUPS = ("Today", "Sell", "Customers", "Goods", "Stock", "Insight", "Shop", "Connect")
BOTTOM_BAR_PLACES = 4


class MayDo(Protocol):
    """Anything that answers whether it holds a permission, such as `core.actors.Actor`."""

    def may(self, permission: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class NavItem:
    """One place of the shop. ``icon`` names a symbol of ``static/img/icons.svg``; lower ``order`` stands first.

    ``shortcut`` is its word among the ways that the installed app's icon offers, ``shortcuts`` are further ones into
    the page: word and part (``#count``). ``opens_offline`` says that a device keeps the page for the person who is
    logged in and opens it without a network.
    """

    label: str
    url_name: str
    icon: str
    permission: str
    group: str
    order: int
    in_bottom_bar: bool = False
    shortcut: str = ""
    shortcuts: tuple[tuple[str, str], ...] = ()
    opens_offline: bool = False


@dataclass(frozen=True, slots=True)
class NavLink:
    """A `NavItem` the actor may open, with its address."""

    label: str
    url: str
    icon: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class NavGroup:
    """Links under one heading."""

    title: str
    links: tuple[NavLink, ...]


@dataclass(frozen=True, slots=True)
class Navigation:
    """Everything the frame draws: groups for the column, a few links for the bar of a phone."""

    groups: tuple[NavGroup, ...] = ()
    bottom_bar: tuple[NavLink, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.groups)


_items: dict[str, NavItem] = {}


def register(*items: NavItem) -> None:
    """Add places, once per ``url_name``; repeating the same item changes nothing.

    Raises:
        ValueError: the group is unknown, or another item has taken the name.
    """
    for item in items:
        if item.group not in GROUPS:
            raise ValueError(f"{item.label}: the group is one of {', '.join(GROUPS)}, not {item.group!r}")
        if _items.setdefault(item.url_name, item) != item:
            raise ValueError(f"{item.url_name} is already in the navigation as {_items[item.url_name].label}")


def registered() -> tuple[NavItem, ...]:
    """All places in the order they are shown."""
    return tuple(sorted(_items.values(), key=lambda item: (GROUPS.index(item.group), item.order, item.label)))


def visible_for(actor: MayDo | None, current_path: str) -> Navigation:
    """The navigation of ``actor``; a place it may not open, or without a route, is left out."""
    if not actor:
        return Navigation()
    allowed = [
        (item, url)
        for item in registered()
        if (item.permission == AUTHENTICATED or actor.may(item.permission)) and (url := _address(item))
    ]
    here = _current((url for _, url in allowed), current_path)
    links = [(item, NavLink(item.label, url, item.icon, url == here)) for item, url in allowed]
    groups = (NavGroup(title, tuple(link for item, link in links if item.group == title)) for title in GROUPS)
    return Navigation(
        groups=tuple(group for group in groups if group.links),
        bottom_bar=tuple(link for item, link in links if item.in_bottom_bar)[:BOTTOM_BAR_PLACES],
    )


def _address(item: NavItem) -> str | None:
    try:
        return reverse(item.url_name)
    except NoReverseMatch:
        return None


def _current(urls: Iterable[str], path: str) -> str | None:
    """The longest address that ``path`` is at or below; ``/`` is only itself."""
    below = (url for url in urls if path == url or (url != "/" and path.startswith(url.rstrip("/") + "/")))
    return max(below, key=len, default=None)
