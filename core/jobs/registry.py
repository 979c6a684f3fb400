"""Which function does which kind of job."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from core.actors import Actor


class Progress(Protocol):
    """Tells the people who wait how far a job is; also keeps the job's lease."""

    def __call__(self, done: int, total: int | None = None, message: str = "") -> None: ...


Handler = Callable[..., dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of job: its handler, the permission to start and see it, and the queue it waits in."""

    name: str
    handler: Handler
    permission: str
    queue: str = "slow"
    nightly: bool = False


KINDS: dict[str, Kind] = {}
GONE = Kind("gone", lambda **_: {}, "nobody")
"""What stands for a kind that a newer version of the program has no more: nobody does it and nobody sees it."""


def kind_called(name: str) -> Kind:
    """The kind of a stored job, or `GONE`."""
    return KINDS.get(name, GONE)


def job(name: str, *, permission: str, queue: str = "slow", nightly: bool = False) -> Callable[[Handler], Handler]:
    """Register ``handler(*, actor: Actor, progress: Progress, **arguments) -> result`` for a kind of job.

    The handler runs in its shop, outside a transaction, possibly more than once: its effects must be repeatable.
    A `DomainError` ends the job as failed with that text; any other exception is tried again.
    ``nightly`` kinds are planned once per business day of each shop.
    """

    def register(handler: Handler) -> Handler:
        KINDS[name] = Kind(name, handler, permission, queue, nightly)
        return handler

    return register


__all__ = ["GONE", "KINDS", "Actor", "Handler", "Kind", "Progress", "job", "kind_called"]
