"""What one discount saves on each line, given what is left of them."""

from collections.abc import Sequence

from core.money import Rounding
from orders.discounting.rules import Item, Manual, Rule
from orders.tax.documents import HUNDRED_PER_CENT, gross_amount
from orders.tax.rounding import THOUSAND, rounded, spread


class Till:
    """The lines with the shop's rounding; ``gross`` is what each comes to before discounts."""

    __slots__ = ("gross", "items", "rounding", "step")

    def __init__(self, items: Sequence[Item], *, step: int, rounding: Rounding) -> None:
        self.items, self.step, self.rounding = items, step, rounding
        self.gross = [self.price(item.quantity, item.unit_price) for item in items]

    def price(self, quantity: int, unit_price: int) -> int:
        return gross_amount(quantity, unit_price, step=self.step, rounding=self.rounding)

    def ratio(self, numerator: int, denominator: int) -> int:
        return rounded(numerator, denominator, step=self.step, rounding=self.rounding)

    def per_cent(self, amount: int, value: int) -> int:
        return min(amount, self.ratio(amount * value, HUNDRED_PER_CENT))

    def savings(self, rule: Rule, members: Sequence[int], left: Sequence[int]) -> list[int]:
        """What the rule saves on each line (0 for those that are no members); never more than is left."""
        saved = [0] * len(left)
        if rule.scope == "order":
            base = sum(left[place] for place in members)
            off = self.per_cent(base, rule.value) if rule.kind == "percent" else min(base, self.ratio(rule.value, 1))
            self._share(saved, off, members, left)
        elif rule.kind == "buy_get":
            self._buy_get(saved, rule, members, left)
        else:
            for place in members:
                saved[place] = self._on_line(rule, self.items[place], left[place])
        return saved

    def by_hand(self, manual: Manual, members: Sequence[int], left: Sequence[int]) -> list[int]:
        """A discount given by hand, of the members together."""
        saved = [0] * len(left)
        base = sum(left[place] for place in members)
        off = self.per_cent(base, manual.value) if manual.kind == "percent" else min(base, self.ratio(manual.value, 1))
        self._share(saved, off, members, left)
        return saved

    def _on_line(self, rule: Rule, item: Item, left: int) -> int:
        if rule.kind == "percent":
            return self.per_cent(left, rule.value)
        if rule.kind == "amount":
            return min(left, self.ratio(rule.value * item.quantity, THOUSAND))
        return max(0, left - self.price(item.quantity, rule.value))

    def _share(self, saved: list[int], off: int, members: Sequence[int], left: Sequence[int]) -> None:
        shares = spread(off, [left[place] for place in members], self.step)
        for place, share in zip(members, shares, strict=True):
            saved[place] = share

    def _buy_get(self, saved: list[int], rule: Rule, members: Sequence[int], left: Sequence[int]) -> None:
        """Of every ``buy + get`` whole units the cheapest ``get`` of all are reduced."""
        units = {place: self.items[place].quantity // THOUSAND for place in members}
        sets = sum(units.values()) * THOUSAND // (rule.buy + rule.get)
        reduced = sets * rule.get // THOUSAND
        for place in sorted(members, key=lambda at: (self.items[at].unit_price, at)):
            count = min(units[place], reduced)
            if count:
                ratio = left[place] * count * THOUSAND * rule.value
                saved[place] = min(left[place], self.ratio(ratio, self.items[place].quantity * HUNDRED_PER_CENT))
                reduced -= count
