"""What apps above this one add to a product's page: they may know products, products do not know them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from core.actors import Actor
from inventory.models import Product


class RowsOf(Protocol):
    """Reads what a panel shows, as far as the actor may see it."""

    def __call__(self, product: Product, *, actor: Actor) -> Sequence[Any]: ...


@dataclass(frozen=True, slots=True)
class Panel:
    """A card on the page: ``template`` gets ``product`` and the ``rows``; seen with the ``permission`` only."""

    template: str
    permission: str
    rows: RowsOf


_panels: list[Panel] = []


def register_panel(panel: Panel) -> None:
    """Add a panel, once; repeating it changes nothing."""
    if panel not in _panels:
        _panels.append(panel)


def panels_for(product: Product, *, actor: Actor) -> list[dict[str, Any]]:
    """The panels the actor may see, with their rows."""
    return [
        {"template": panel.template, "rows": panel.rows(product, actor=actor)}
        for panel in _panels
        if actor.may(panel.permission)
    ]
