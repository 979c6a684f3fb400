"""Why somebody corrects the stock: one registry, from which pages, API and ledger know what a reason does.

A reason says which way it goes, which states it touches, and whether what it takes is lost to the shop. With a reason
that goes one way people say how many, never with a sign.
"""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """``on_hand`` and ``damaged`` are what one unit does to each state; ``is_signed``: people state the sign.

    ``is_loss``: what it takes is written off as lost; otherwise it was used, or came.
    """

    code: str
    label: str
    on_hand: int
    damaged: int = 0
    is_signed: bool = False
    is_loss: bool = False
    needs_note: bool = False

    def on_hand_of(self, quantity: Decimal) -> Decimal:
        return quantity * self.on_hand

    def damaged_of(self, quantity: Decimal) -> Decimal:
        return quantity * self.damaged

    @property
    def effect(self) -> str:
        """In a few words, for people who choose."""
        if self.is_signed:
            return "more, or fewer with a minus"
        if self.on_hand and self.damaged:
            return "on hand to damaged" if self.damaged > 0 else "damaged to on hand"
        return "fewer damaged" if self.damaged else ("more on hand" if self.on_hand > 0 else "fewer on hand")


_ALL = (
    Reason(code="correction", label="Correction", on_hand=1, is_signed=True),
    Reason(code="found", label="Found", on_hand=1),
    Reason(code="lost", label="Lost", on_hand=-1, is_loss=True),
    Reason(code="theft", label="Stolen", on_hand=-1, is_loss=True),
    Reason(code="expired", label="Expired", on_hand=-1, is_loss=True),
    Reason(code="damaged", label="Damaged", on_hand=-1, damaged=1),
    Reason(code="repaired", label="Repaired", on_hand=1, damaged=-1),
    Reason(code="written_off", label="Damaged goods thrown away", on_hand=0, damaged=-1, is_loss=True),
    Reason(code="sample", label="Sample or tasting", on_hand=-1),
    Reason(code="own_use", label="Own use", on_hand=-1),
    Reason(code="gift", label="Given away", on_hand=-1),
    Reason(code="other", label="Something else", on_hand=1, is_signed=True, needs_note=True),
)
REASONS: dict[str, Reason] = {reason.code: reason for reason in _ALL}
USUAL = "correction"
CHOICES = [(reason.code, f"{reason.label}: {reason.effect}") for reason in _ALL]
