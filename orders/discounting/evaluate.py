"""Which discounts a basket gets, on which line, and why not the others."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from core.money import Rounding
from orders.discounting.rules import Basket, Rule
from orders.discounting.savings import Till
from orders.discounting.words import Reason

LINE_BY_HAND, ORDER_BY_HAND = "line", "order"


class Step(NamedTuple):
    """One reduction of a line. ``source`` is the rule's id, or `LINE_BY_HAND` or `ORDER_BY_HAND`."""

    source: str
    amount: int


@dataclass(frozen=True, slots=True)
class Outcome:
    """The reductions of each line in the order they were made, and for each rule that reduced nothing the reason."""

    lines: list[list[Step]]
    reasons: dict[str, Reason]

    def saved(self, place: int) -> int:
        return sum(step.amount for step in self.lines[place])


def evaluate(basket: Basket, rules: Sequence[Rule], *, step: int, rounding: Rounding) -> Outcome:
    """The discounts of a basket. ``rules`` stand in declared order; the same input gives the same answer everywhere."""
    till = Till(basket.items, step=step, rounding=rounding)
    outcome = _Evaluation(basket, till).run(rules)
    for place, item in enumerate(basket.items):
        if item.manual is not None:
            left = _left(till.gross, outcome.lines)
            _apply(outcome.lines, LINE_BY_HAND, till.by_hand(item.manual, [place], left))
    if basket.manual is not None:
        left = _left(till.gross, outcome.lines)
        _apply(outcome.lines, ORDER_BY_HAND, till.by_hand(basket.manual, range(len(left)), left))
    return outcome


class _Evaluation:
    """One basket under consideration."""

    def __init__(self, basket: Basket, till: Till) -> None:
        self.basket, self.till = basket, till
        self.reasons: dict[str, Reason] = {}
        self.members: dict[str, list[int]] = {}

    def run(self, rules: Sequence[Rule]) -> Outcome:
        fitting = [rule for rule in rules if self._fits(rule)]
        of_lines = [rule for rule in fitting if rule.scope == "lines" and self._is_enough(rule, self.till.gross)]
        of_order = [rule for rule in fitting if rule.scope == "order"]
        lines, closed = self._on_lines(of_lines)
        lines = self._on_order(of_order, lines, closed)
        self._explain(fitting, lines)
        return Outcome(lines, self.reasons)

    def _fits(self, rule: Rule) -> bool:
        """Whether the rule is about this basket at all; notes why not."""
        basket = self.basket
        reason = None
        if rule.needs_coupon and rule.id not in basket.opened:
            reason = Reason("coupon")
        elif rule.starts_at is not None and basket.when < rule.starts_at:
            reason = Reason("not-yet")
        elif rule.ends_at is not None and basket.when >= rule.ends_at:
            reason = Reason("ended")
        elif rule.locations and basket.location not in rule.locations:
            reason = Reason("place")
        elif rule.channels and basket.channel not in rule.channels:
            reason = Reason("channel")
        elif rule.groups and rule.groups.isdisjoint(basket.groups):
            reason = Reason("customer")
        else:
            self.members[rule.id] = [place for place, item in enumerate(basket.items) if rule.is_for(item)]
            if not self.members[rule.id]:
                reason = Reason("goods")
        if reason is not None:
            self.reasons[rule.id] = reason
        return reason is None

    def _is_enough(self, rule: Rule, left: Sequence[int], closed: Iterable[int] = ()) -> bool:
        """Whether the rule's goods come to its least sum and number; notes why not."""
        members = [place for place in self.members[rule.id] if place not in closed]
        amount = sum(left[place] for place in members)
        quantity = sum(self.basket.items[place].quantity for place in members)
        if amount < rule.least_total:
            self.reasons[rule.id] = Reason("least-total", need=rule.least_total, have=amount)
            return False
        if quantity < rule.least_quantity:
            self.reasons[rule.id] = Reason("least-quantity", need=rule.least_quantity, have=quantity)
            return False
        return True

    def _on_lines(self, rules: Sequence[Rule]) -> tuple[list[list[Step]], set[int]]:
        gross, everywhere = self.till.gross, set(range(len(self.till.gross)))
        usual = [rule for rule in rules if rule.stacking != "exclusive"]
        alone = [rule for rule in rules if rule.stacking == "exclusive"]
        lines = self._usual_on_lines(usual, everywhere)
        best = self._best_by_line(alone, gross, everywhere)
        closed = {place for place, (_, saved) in best.items() if saved > sum(step.amount for step in lines[place])}
        if closed:
            lines = self._usual_on_lines(usual, everywhere - closed)
            for place in closed:
                rule, saved = best[place]
                lines[place] = [Step(rule.id, saved)]
        return lines, closed

    def _usual_on_lines(self, rules: Sequence[Rule], open_lines: set[int]) -> list[list[Step]]:
        lines: list[list[Step]] = [[] for _ in self.till.gross]
        best = self._best_by_line([rule for rule in rules if rule.stacking == "best"], self.till.gross, open_lines)
        for rule in rules:
            saved = self._savings(rule, _left(self.till.gross, lines), open_lines)
            if rule.stacking == "best":
                picked = (place in best and best[place][0] is rule for place in range(len(saved)))
                saved = [amount if is_picked else 0 for amount, is_picked in zip(saved, picked, strict=True)]
            _apply(lines, rule.id, saved)
        return lines

    def _best_by_line(
        self, rules: Sequence[Rule], left: Sequence[int], open_lines: set[int]
    ) -> dict[int, tuple[Rule, int]]:
        """For each line the rule that alone saves most on it, the first among equals."""
        best: dict[int, tuple[Rule, int]] = {}
        for rule in rules:
            for place, saved in enumerate(self._savings(rule, left, open_lines)):
                if saved > (best[place][1] if place in best else 0):
                    best[place] = (rule, saved)
        return best

    def _on_order(self, rules: Sequence[Rule], lines: list[list[Step]], closed: set[int]) -> list[list[Step]]:
        gross, everywhere = self.till.gross, set(range(len(self.till.gross)))
        open_lines = everywhere - closed
        left = _left(gross, lines)
        usual = [rule for rule in rules if rule.stacking != "exclusive" and self._is_enough(rule, left, closed)]
        best = self._best([rule for rule in usual if rule.stacking == "best"], left, open_lines)
        for rule in usual:
            if rule.stacking == "combine" or rule is best[0]:
                _apply(lines, rule.id, self._savings(rule, _left(gross, lines), open_lines))
        alone = [rule for rule in rules if rule.stacking == "exclusive" and self._is_enough(rule, gross)]
        winner, saved = self._best(alone, gross, everywhere)
        if winner is None or saved <= sum(gross) - sum(_left(gross, lines)):
            return lines
        lines = [[] for _ in gross]
        _apply(lines, winner.id, self._savings(winner, gross, everywhere))
        return lines

    def _best(self, rules: Sequence[Rule], left: Sequence[int], open_lines: set[int]) -> tuple[Rule | None, int]:
        best: tuple[Rule | None, int] = (None, 0)
        for rule in rules:
            saved = sum(self._savings(rule, left, open_lines))
            if saved > best[1]:
                best = (rule, saved)
        return best

    def _savings(self, rule: Rule, left: Sequence[int], open_lines: set[int]) -> list[int]:
        return self.till.savings(rule, [place for place in self.members[rule.id] if place in open_lines], left)

    def _explain(self, fitting: Sequence[Rule], lines: list[list[Step]]) -> None:
        """Why a rule that fits reduced nothing: another one stands where it would, or there was nothing to save."""
        used = {step.source for steps in lines for step in steps}
        for rule in fitting:
            if rule.id in used:
                self.reasons.pop(rule.id, None)
            elif rule.id not in self.reasons:
                others = (step.source for place in self.members[rule.id] for step in lines[place])
                other = next(others, None)
                self.reasons[rule.id] = Reason("nothing") if other is None else Reason("better", other=other)


def _left(gross: Sequence[int], lines: Sequence[Sequence[Step]]) -> list[int]:
    return [amount - sum(step.amount for step in steps) for amount, steps in zip(gross, lines, strict=True)]


def _apply(lines: list[list[Step]], source: str, saved: Sequence[int]) -> None:
    for steps, amount in zip(lines, saved, strict=True):
        if amount:
            steps.append(Step(source, amount))
