"""What every handler of a fact does alike."""

from collections.abc import Callable
from typing import TypeVar

from django.db import transaction

from core.actors import Actor
from core.errors import DomainError, Forbidden, NotFound
from core.sync.registry import Doubt, Item

T = TypeVar("T")


def by_author(
    item: Item, work: Callable[[Actor], T], *, wanting: tuple[type[DomainError], ...] = ()
) -> tuple[T, list[Doubt]]:
    """Do what happened as who did it; where they lack the right today it is done all the same, and said.

    ``wanting`` are further refusals that only say that somebody may not: an approval that is missing. Belongs in the
    transaction of the item. Raises what the work raises for somebody who may do everything.
    """
    only_rights: tuple[type[DomainError], ...] = (Forbidden, NotFound, *wanting)
    try:
        with transaction.atomic():
            return work(item.rights), []
    except only_rights as refusal:
        done = work(item.author)
        said = f"{item.rights.label} may not do this: {refusal.detail}"
        return done, [Doubt(kind="no-right", sentence=said)]
