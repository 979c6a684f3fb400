"""Which step may follow which: the one place that says so of an open order and its fulfilments."""

from core.errors import Conflict
from orders.models import Fulfilment, Order

State = Fulfilment.State
DELIVERY, PICKUP = Fulfilment.Kind.DELIVERY.value, Fulfilment.Kind.PICKUP.value

STEPS: dict[tuple[str, str], dict[str, State]] = {
    (DELIVERY, State.OPEN): {"pack": State.PACKED, "cancel": State.CANCELLED},
    (DELIVERY, State.PACKED): {"ship": State.SHIPPED, "cancel": State.CANCELLED},
    (DELIVERY, State.SHIPPED): {"done": State.DONE},
    (PICKUP, State.OPEN): {"pack": State.PACKED, "cancel": State.CANCELLED},
    (PICKUP, State.PACKED): {"done": State.DONE, "cancel": State.CANCELLED},
}
"""Kind and state of a fulfilment: the steps from there, and where each leads."""

AFTER = {"pack": State.PACKED, "ship": State.SHIPPED, "done": State.DONE, "cancel": State.CANCELLED}
"""Where a step leads: one that is there already is a repeat."""


def next_state(fulfilment: Fulfilment, step: str) -> State:
    """Where a step leads from here. Raises `Conflict` where it cannot be taken; ``steps`` are those that can."""
    steps = STEPS.get((fulfilment.kind, fulfilment.state), {})
    if step not in steps:
        raise Conflict(
            f"A {fulfilment.kind} that is {fulfilment.state} has no step {step}.",
            details={"state": fulfilment.state, "steps": sorted(steps)},
        )
    return steps[step]


def must_be_open(order: Order) -> None:
    """Raise `Conflict` unless the order is open: only then it is paid, packed or cancelled."""
    if order.state != Order.State.OPEN:
        raise Conflict(f"This order is {order.state}, not open.", details={"state": order.state})
