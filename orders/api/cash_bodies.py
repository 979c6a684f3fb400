"""The bodies of registers and shifts."""

from typing import Any

from rest_framework import serializers

from core.api.fields import AmountField
from core.api.pagination import PageQuery
from core.cash import MOST_PIECES, denominations
from orders.models import CashMovement, Register, Shift
from orders.selectors.shifts import Report, Waiting
from orders.services.registers import LONGEST_NAME
from orders.services.shifts import LONGEST_REASON


class RegisterInput(serializers.Serializer[Any]):
    """A new register."""

    location = serializers.UUIDField()
    name = serializers.CharField(max_length=LONGEST_NAME)


class RegisterChange(serializers.Serializer[Any]):
    """What is to be different; what is not named stays."""

    name = serializers.CharField(max_length=LONGEST_NAME, required=False)
    is_active = serializers.BooleanField(required=False)


class WaitingBody(serializers.Serializer[Waiting]):
    """What was made at a register while no shift of it was open: in the next one's report, on top of its float."""

    documents = serializers.IntegerField()
    cash = AmountField()


class RegisterBody(serializers.Serializer[Register]):
    """A till with a drawer of its own."""

    id = serializers.UUIDField()
    location = serializers.UUIDField(source="location_id")
    name = serializers.CharField()
    is_active = serializers.BooleanField()
    open_shift = serializers.UUIDField(allow_null=True, help_text="The shift that is open now.")
    waiting = WaitingBody(help_text="What waits for its next shift; none while one is open.")
    denominations = serializers.ListField(child=serializers.CharField(), help_text="What its drawer is counted in.")
    version = serializers.IntegerField()


class RegisterQuery(PageQuery):
    """Which registers."""

    location = serializers.UUIDField(required=False)


class RegisterPage(serializers.Serializer[Any]):
    """One page of registers."""

    results = RegisterBody(many=True)
    next = serializers.CharField(allow_null=True, help_text="The cursor of the next page; null at the end.")


class ShiftInput(serializers.Serializer[Any]):
    """A drawer to be opened. ``id`` is made by you before the first try, so that repeating is harmless."""

    id = serializers.UUIDField()
    register = serializers.UUIDField()
    opening_float = AmountField(min_value=0, help_text="What is in the drawer to begin with.")


class CloseInput(serializers.Serializer[Any]):
    """What was counted: pieces of each coin and note. ``reason`` is needed where it differs from what is expected."""

    counted = serializers.DictField(child=serializers.IntegerField(min_value=0, max_value=MOST_PIECES))
    reason = serializers.CharField(required=False, allow_blank=True, max_length=LONGEST_REASON)


class ShiftBody(serializers.Serializer[Shift]):
    """A drawer from its float to its count. Sums stand in its report."""

    id = serializers.UUIDField()
    register = serializers.UUIDField(source="register_id")
    location = serializers.UUIDField(source="register.location_id")
    number = serializers.IntegerField(help_text="1, 2, 3 of its register: the number of its Z report.")
    state = serializers.ChoiceField(choices=Shift.State.choices)
    currency = serializers.CharField()
    business_date = serializers.DateField()
    opening_float = AmountField()
    opened_at = serializers.DateTimeField()
    opened_by = serializers.CharField(source="opened_by_label")
    closed_at = serializers.DateTimeField(allow_null=True)
    closed_by = serializers.CharField(source="closed_by_label")
    counted = serializers.DictField(child=serializers.IntegerField(), allow_null=True)
    counted_total = AmountField(allow_null=True)
    expected_total = AmountField(allow_null=True)
    difference_reason = serializers.CharField()
    version = serializers.IntegerField()


class ShiftQuery(PageQuery):
    """Which shifts: newest first."""

    register = serializers.UUIDField(required=False)
    state = serializers.ChoiceField(choices=Shift.State.choices, required=False)


class ShiftPage(serializers.Serializer[Any]):
    """One page of shifts."""

    results = ShiftBody(many=True)
    next = serializers.CharField(allow_null=True, help_text="The cursor of the next page; null at the end.")


class CashInput(serializers.Serializer[Any]):
    """Cash put in, or (negative) taken out. ``id`` is made by you before the first try."""

    id = serializers.UUIDField()
    amount = AmountField()
    reason = serializers.CharField(max_length=LONGEST_REASON)


class CashBody(serializers.Serializer[CashMovement]):
    """Cash put into a drawer, or (negative) taken out."""

    id = serializers.UUIDField()
    shift = serializers.UUIDField(source="shift_id")
    amount = AmountField()
    reason = serializers.CharField()
    by = serializers.CharField(source="actor_label")
    occurred_at = serializers.DateTimeField()


class CashPage(serializers.Serializer[Any]):
    """One page of cash movements, oldest first."""

    results = CashBody(many=True)
    next = serializers.CharField(allow_null=True, help_text="The cursor of the next page; null at the end.")


class CountAndTotal(serializers.Serializer[Any]):
    """So many documents, and what they come to."""

    count = serializers.IntegerField()
    total = serializers.CharField()


class TaxRow(serializers.Serializer[Any]):
    """What was sold at one rate."""

    rate = serializers.CharField()
    net = serializers.CharField()
    tax = serializers.CharField()


class MethodRow(serializers.Serializer[Any]):
    """What came in and went out in one way."""

    method = serializers.CharField()
    count = serializers.IntegerField()
    received = serializers.CharField()
    paid_out = serializers.CharField()
    total = serializers.CharField()


class CashierRow(serializers.Serializer[Any]):
    """What somebody rang up."""

    id = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    documents = serializers.IntegerField()
    total = serializers.CharField()


class DifferenceRow(serializers.Serializer[Any]):
    """What was paid by mistake on a document, and accepted as it was."""

    id = serializers.UUIDField()
    number = serializers.CharField()
    amount = serializers.CharField(help_text="Signed as its payments are: negative was given back too much.")
    reason = serializers.CharField()


class OwedRow(serializers.Serializer[Any]):
    """Gift cards, store credit or points: what was sold of it, what was spent, what a refund put on it."""

    kind = serializers.ChoiceField(choices=["giftcard", "credit", "points"])
    sold = serializers.CharField(help_text="Gift cards sold: owed, no revenue.")
    redeemed = serializers.CharField()
    given_back = serializers.CharField()


class LaterRow(serializers.Serializer[Any]):
    """Orders taken for later whose money went through the drawer."""

    count = serializers.IntegerField()
    received = serializers.CharField()
    paid_out = serializers.CharField()


class BoughtRow(serializers.Serializer[Any]):
    """Goods bought from customers, in negative amounts."""

    count = serializers.IntegerField()
    total = serializers.CharField(help_text="What was paid for them in every way.")
    cash = serializers.CharField(help_text="What of it left the drawer; it is in the payments in cash already.")


class ReportFigures(serializers.Serializer[Any]):
    """What a shift adds up to. Before a blind count only those that do not tell what the drawer should hold."""

    documents = serializers.IntegerField()
    sales = CountAndTotal(required=False)
    refunds = CountAndTotal(required=False)
    bought = BoughtRow(required=False)
    voids = CountAndTotal(required=False)
    tax = TaxRow(many=True, required=False)
    discounts = serializers.CharField(required=False)
    cash_rounding = serializers.CharField(required=False)
    differences = DifferenceRow(many=True, required=False)
    payments = MethodRow(many=True, required=False)
    cash = serializers.CharField(required=False, help_text="Payments in cash.")
    cashiers = CashierRow(many=True, required=False)
    owed = OwedRow(many=True, required=False)
    open_orders = LaterRow(required=False)
    opening_float = serializers.CharField(required=False)
    pay_ins = serializers.CharField(required=False)
    pay_outs = serializers.CharField(required=False)
    expected = serializers.CharField(required=False)
    counted = serializers.CharField(required=False)
    difference = serializers.CharField(required=False, help_text="Counted less expected.")


class AmendmentRow(serializers.Serializer[Any]):
    """A document that came after the close, and what it adds (signed)."""

    name = serializers.CharField(help_text="Z1a, Z1b, ...")
    number = serializers.IntegerField()
    order_id = serializers.UUIDField()
    amounts = ReportFigures()
    recorded_at = serializers.DateTimeField()


class HeldMoney(serializers.Serializer[Any]):
    """What tills took in and could not be booked; it waits among the exceptions and is in none of the sums."""

    count = serializers.IntegerField()
    total = serializers.CharField()
    cash = serializers.CharField()


class ReportBody(serializers.Serializer[Any]):
    """An X report of a drawer that is open, or the Z report as it was frozen at the close, with what came later."""

    kind = serializers.ChoiceField(choices=["x", "z"])
    is_blind = serializers.BooleanField(help_text="Amounts are held back until the drawer is counted.")
    shift = ShiftBody()
    totals = ReportFigures()
    amendments = AmendmentRow(many=True)
    with_amendments = ReportFigures(allow_null=True, help_text="Both totals in one; null while they are held back.")
    held = HeldMoney()


_REGISTER, _SHIFT, _CASH = RegisterBody(), ShiftBody(), CashBody()


def register_body(
    register: Register, running: Shift | None, currency: str, waiting: Waiting | None = None
) -> dict[str, Any]:
    """The body of a register with its open shift, or with what waits for one."""
    register.waiting = waiting or Waiting()  # type: ignore[attr-defined]
    register.open_shift = running.pk if running else None  # type: ignore[attr-defined]
    register.denominations = denominations(currency)  # type: ignore[attr-defined]
    return _REGISTER.to_representation(register)


def shift_body(shift: Shift) -> dict[str, Any]:
    """The body of a shift."""
    return _SHIFT.to_representation(shift)


def cash_body(movement: CashMovement) -> dict[str, Any]:
    """The body of a cash movement."""
    return _CASH.to_representation(movement)


def report_body(report: Report) -> dict[str, Any]:
    """The body of an X or Z report."""
    return {
        "kind": "x" if report.shift.state == Shift.State.OPEN else "z",
        "is_blind": report.is_blind,
        "shift": shift_body(report.shift),
        "totals": report.totals,
        "amendments": report.amendments,
        "with_amendments": report.all_in or None,
        "held": report.held,
    }
