"""How tests call the API: as a person with a session, or as a machine with a key."""

import json
from collections.abc import Sequence
from typing import Any

from django.test import Client

from core.locations.models import Location
from core.people.permissions import permissions_of_role
from core.people.services import create_api_key
from core.testing import Shop


class Api:
    """JSON in, JSON out, at one shop."""

    def __init__(self, browser: Client, prefix: str = "/api/v1/") -> None:
        self.browser, self.prefix = browser, prefix

    def get(self, path: str, query: dict[str, Any] | None = None, **headers: str) -> Any:
        return self.browser.get(self.prefix + path, query or {}, headers=headers)

    def post(self, path: str, body: Any, **headers: str) -> Any:
        return self._send("POST", path, body, headers)

    def patch(self, path: str, body: Any, **headers: str) -> Any:
        return self._send("PATCH", path, body, headers)

    def put(self, path: str, body: Any, **headers: str) -> Any:
        return self._send("PUT", path, body, headers)

    def _send(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Any:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return self.browser.generic(method, self.prefix + path, raw, "application/json", headers=headers)


def person(shop: Shop, role: str | None) -> Api:
    """Somebody with this role in a browser; None is a stranger."""
    return Api(shop.client(role))


def machine(shop: Shop, permissions: Sequence[str] | str = "owner", places: Sequence[Location] = ()) -> Api:
    """A key with these permissions, or with those of a role; to be called inside the shop."""
    held = permissions_of_role(permissions) if isinstance(permissions, str) else permissions
    _, token = create_api_key(name="test", permissions=held, actor=shop.actor("owner"), locations=places)
    return Api(Client(headers={"host": shop.host, "authorization": f"Bearer {token}"}))


def pointers(answer: Any) -> set[str]:
    """Where a problem says that something is wrong."""
    return {error["pointer"] for error in answer.json().get("errors", [])}
