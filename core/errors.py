"""How the product refuses: one family of errors, each with a stable code, a status and details.

Services raise them; one handler turns them into a problem document (RFC 9457), another into a message on a page.
"""

from collections.abc import Mapping
from typing import Any, ClassVar


class DomainError(Exception):
    """A refusal that is part of the product. ``details`` must be plain JSON."""

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "This is not possible"

    def __init__(self, detail: str = "", *, details: Mapping[str, Any] | None = None) -> None:
        self.detail = detail or self.title
        self.details: Mapping[str, Any] = details or {}
        super().__init__(self.detail)


class NotFound(DomainError):
    """The thing does not exist in this shop, or the actor may not know that it does."""

    code, status, title = "not-found", 404, "Not found"


class Forbidden(DomainError):
    """The actor lacks a permission, here or at this location."""

    code, status, title = "forbidden", 403, "You may not do this"


class Invalid(DomainError):
    """The input breaks a rule; ``details["errors"]`` lists pointer, code and detail of each."""

    code, status, title = "invalid", 422, "Something in the input is wrong"


class Conflict(DomainError):
    """The state of the shop forbids it now."""

    code, status, title = "conflict", 409, "This conflicts with the present state"


class StaleVersion(DomainError):
    """Somebody changed it in between; ``details["current"]`` holds the present state."""

    code, status, title = "stale-version", 412, "It was changed in the meantime"


def must_be_version(expected: int | None, present: int, **current: Any) -> None:
    """Raise `StaleVersion` unless the caller saw the ``present`` version, or does not care (None).

    To be asked under the row's lock; ``current`` is what else is told of the present state.
    """
    if expected not in (None, present):
        raise StaleVersion(details={"current": {**current, "version": present}})


class ReusedIdentifier(DomainError):
    """The same identifier came with another body."""

    code, status, title = "identifier-reused", 422, "This identifier was used for something else"


class Busy(DomainError):
    """The database could not give the locks in time; trying again helps."""

    code, status, title = "busy", 503, "Too busy right now, please try again"


def fault(pointer: str, code: str, detail: str) -> dict[str, str]:
    """One thing that is wrong with a request: where (a JSON pointer), a stable code, and words."""
    return {"pointer": pointer, "code": code, "detail": detail}


def refuse(*faults: dict[str, str]) -> None:
    """Raise `Invalid` with every fault, if there is one; the first one speaks for all."""
    if faults:
        raise Invalid(faults[0]["detail"], details={"errors": list(faults)})
