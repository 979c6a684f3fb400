"""What a basket is reduced by, and why: pure, mirrored by `static/js/lib/till/discounts.js`, driven by shared vectors.

How discounts meet:

1. Discounts on lines look at each line, in declared order. Of those marked *best* the one that saves most on the line
   is taken, those marked *combine* are added in their order, each on what the ones before it left. An *exclusive* one
   takes the line for itself if it alone saves more than all that; then nothing else touches the line.
2. Discounts on the order look at what is left of the lines nobody has for himself, in the same way, and are shared out
   to the lines by what is left of each. An *exclusive* one replaces everything if it alone saves more.
3. What the cashier gives by hand comes last, on the line, then on the order.
"""

from orders.discounting.evaluate import Outcome, Step, evaluate
from orders.discounting.rules import Basket, Item, Manual, Rule
from orders.discounting.words import Reason, in_words

__all__ = ["Basket", "Item", "Manual", "Outcome", "Reason", "Rule", "Step", "evaluate", "in_words"]
