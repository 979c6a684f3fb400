"""A drawer: what should be in it is its float, its cash payments and its cash movements, and nothing else."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.audit.models import AuditEntry
from core.cash import denominations, sum_of, wrong_counts
from core.errors import NotFound, ReusedIdentifier
from core.ids import uuid7
from core.locations.models import Location
from core.outbox.models import Event
from core.testing import CANARY, Shop, stock
from orders.auditor import audit_books
from orders.errors import NoOpenShift, ReasonRequired, ShiftIsClosed, ShiftIsOpen
from orders.models import CashMovement, Order, Payment, Register, Shift, ShiftAmendment
from orders.selectors.shifts import expected_cash, letters, report_of
from orders.services.checkout import Tender, place_order
from orders.services.registers import create_register, update_register
from orders.services.shifts import close_shift, move_cash, open_shift
from tests.api import machine, person, pointers
from tests.cash_steps import a_register, a_sale, an_open_shift, closed, sell

pytestmark = pytest.mark.django_db(transaction=True)
MONEY = st.integers(1, 20)
STEP = st.one_of(
    st.tuples(st.just("cash"), MONEY),
    st.tuples(st.just("card"), MONEY),
    st.tuples(st.just("split"), MONEY),
    st.tuples(st.just("elsewhere"), MONEY),
    st.tuples(st.just("move"), st.integers(-500, 500).filter(bool)),
)


def test_a_drawer_should_hold_its_float_its_cash_payments_and_its_movements_and_nothing_else(acme: Shop) -> None:
    """Fifteen random days of a drawer against a sum kept beside it."""
    register, other = a_register(acme), a_register(acme, "Till 2")
    an_open_shift(acme, other)
    stock(acme.variant("TEA"), acme.location, "100000")

    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(opening=st.integers(0, 10_000), steps=st.lists(STEP, max_size=6))
    def a_day(opening: int, steps: list[tuple[str, int]]) -> None:
        should = Decimal(opening) / 100
        shift = an_open_shift(acme, register, str(should))
        for what, number in steps:
            total = Decimal("4.50") * number
            if what == "move":
                amount = Decimal(number) / 100
                move_cash(movement_id=uuid7(), shift_id=shift.pk, amount=amount, reason="x", actor=acme.actor())
                should += amount
            elif what == "cash":
                sell(acme, register, Tender(method="cash", amount=total, tendered=total + 5), quantity=str(number))
                should += total
            elif what == "split":
                parts = [Tender(method="card", amount=total - 1), Tender(method="cash", amount=Decimal("0.40"))]
                parts.append(Tender(method="cash", amount=Decimal("0.60"), tendered=Decimal(20)))
                sell(acme, register, *parts, quantity=str(number))
                should += 1
            else:
                place = other if what == "elsewhere" else register
                sell(acme, place, Tender(method="card", amount=total), quantity=str(number))
        assert expected_cash(shift) == should
        assert closed(acme, shift).expected_total == should

    a_day()


def test_a_z_report_says_what_was_sold_how_it_was_paid_and_what_was_counted(acme: Shop, globex: Shop) -> None:
    register = a_register(acme)
    shift = an_open_shift(acme, register, "100")
    sell(acme, register, Tender(method="cash", amount=Decimal("9.00"), tendered=Decimal(10)), quantity="2")
    sell(acme, register, Tender(method="card", amount=Decimal(12)), sku="CUP", role="manager")
    sell(acme, None, quantity="1")  # without a register: in no drawer
    move_cash(movement_id=uuid7(), shift_id=shift.pk, amount=Decimal(-20), reason="bank", actor=acme.actor())
    move_cash(movement_id=uuid7(), shift_id=shift.pk, amount=Decimal(5), reason="coins", actor=acme.actor())

    done = close_shift(
        shift_id=shift.pk, counted={"50": 1, "20": 2, "1": 3, "0.50": 1}, reason="lost", actor=acme.actor("cashier")
    )

    z = report_of(done.shift, actor=acme.actor("accountant"))
    cashier, manager = acme.person("cashier"), acme.person("manager")
    assert z.totals == {
        "documents": 2,
        "sales": {"count": 2, "total": "21.00"},
        "refunds": {"count": 0, "total": "0.00"},
        "bought": {"count": 0, "total": "0.00", "cash": "0.00"},
        "voids": {"count": 0, "total": "0.00"},
        "tax": [{"rate": "20", "net": "17.50", "tax": "3.50"}],
        "discounts": "0.00",
        "cash_rounding": "0.00",
        "differences": [],
        "payments": [
            {"method": "card", "count": 1, "received": "12.00", "paid_out": "0.00", "total": "12.00"},
            {"method": "cash", "count": 1, "received": "9.00", "paid_out": "0.00", "total": "9.00"},
        ],
        "cash": "9.00",
        "cashiers": [
            {"id": str(cashier.pk), "label": str(cashier), "documents": 1, "total": "9.00"},
            {"id": str(manager.pk), "label": str(manager), "documents": 1, "total": "12.00"},
        ],
        "owed": [],
        "open_orders": {"count": 0, "received": "0.00", "paid_out": "0.00"},
        "opening_float": "100.00",
        "pay_ins": "5.00",
        "pay_outs": "-20.00",
        "expected": "94.00",
        "counted": "93.50",
        "difference": "-0.50",
    }
    assert (z.amendments, z.all_in, z.is_blind) == ([], z.totals, False)
    assert list(
        Event.objects.filter(type__in=["shift.opened", "cash.moved", "shift.closed"]).values_list(
            "type", "object_version"
        )
    ) == [("shift.opened", 1), ("cash.moved", 2), ("cash.moved", 3), ("shift.closed", 4)]
    told = Event.objects.get(type="shift.closed").payload
    assert (told["expected"], told["counted"], told["difference"]) == ("94.00", "93.50", "-0.50")
    assert CANARY not in str(z)


def test_a_register_has_one_open_shift_and_its_z_reports_are_numbered(acme: Shop) -> None:
    register = a_register(acme)
    first = an_open_shift(acme, register)
    with pytest.raises(ShiftIsOpen) as refusal:
        an_open_shift(acme, register)
    assert refusal.value.details == {"shift": str(first.pk)}
    closed(acme, first)
    assert [an_open_shift(acme, register).number, an_open_shift(acme, a_register(acme, "Till 2")).number] == [2, 1]


def test_repeating_an_open_a_movement_and_a_close_changes_nothing(acme: Shop) -> None:
    register, actor = a_register(acme), acme.actor("cashier")
    identifier, movement = uuid7(), uuid7()
    opened = [
        open_shift(shift_id=identifier, register_id=register.pk, opening_float=Decimal(5), actor=actor)
        for _ in range(2)
    ]
    moved = [
        move_cash(movement_id=movement, shift_id=identifier, amount=Decimal(1), reason="a", actor=actor)
        for _ in range(2)
    ]
    done = [close_shift(shift_id=identifier, counted={"5": 1, "1": 1, "2": 0}, actor=actor) for _ in range(2)]
    assert [[one.is_new for one in both] for both in (opened, moved, done)] == [[True, False]] * 3
    assert (Shift.objects.count(), CashMovement.objects.count()) == (1, 1)
    for wrong in (
        lambda: open_shift(shift_id=identifier, register_id=register.pk, opening_float=Decimal(6), actor=actor),
        lambda: move_cash(movement_id=movement, shift_id=identifier, amount=Decimal(2), reason="a", actor=actor),
    ):
        with pytest.raises(ReusedIdentifier):
            wrong()
    with pytest.raises(ShiftIsClosed):
        close_shift(shift_id=identifier, counted={"5": 1}, reason="b", actor=actor)
    with pytest.raises(ShiftIsClosed):
        move_cash(movement_id=uuid7(), shift_id=identifier, amount=Decimal(2), reason="a", actor=actor)


def test_a_count_that_differs_needs_a_reason_and_stays_in_the_log_when_somebody_counts_again(acme: Shop) -> None:
    shift = an_open_shift(acme, opening_float="50")
    actor = acme.actor("cashier")
    for counted, difference in (({"20": 2}, "-10.00"), ({"20": 3}, "10.00")):
        with pytest.raises(ReasonRequired) as refusal:
            close_shift(shift_id=shift.pk, counted=counted, actor=actor)
        assert refusal.value.details["difference"] == difference
    done = close_shift(shift_id=shift.pk, counted={"50": 1}, actor=actor)
    assert (done.shift.state, done.shift.expected_total, done.shift.counted) == ("closed", Decimal(50), {"50": 1})
    noted = [row.changes.get("counted") for row in AuditEntry.objects.filter(object_type="shift").order_by("id")]
    assert noted == [None, [None, "40"], ["40.0000", "60"], ["60.0000", "50"]]


def test_who_counts_blind_is_told_nothing_from_which_the_cash_could_be_worked_out(acme: Shop) -> None:
    register = a_register(acme)
    shift = an_open_shift(acme, register)
    sell(acme, register)
    blind = person(acme, "cashier").get(f"shifts/{shift.pk}/report/").json()
    assert (blind["kind"], blind["is_blind"], blind["with_amendments"]) == ("x", True, None)
    assert blind["totals"] == {"documents": 1, "opening_float": "50.00", "pay_ins": "0.00", "pay_outs": "0.00"}
    assert blind["shift"]["expected_total"] is None
    seen = person(acme, "manager").get(f"shifts/{shift.pk}/report/").json()
    assert (seen["is_blind"], seen["totals"]["expected"]) == (False, "54.50")
    counted = person(acme, "cashier").post(f"shifts/{shift.pk}/close/", {"counted": {"50": 1}})
    assert (counted.status_code, counted.json()["code"]) == (409, "reason-required")
    assert person(acme, "cashier").get(f"shifts/{shift.pk}/report/").json()["totals"]["expected"] == "54.50"


def test_a_late_sale_amends_the_report_of_its_shift(acme: Shop) -> None:
    register = a_register(acme)
    shift = an_open_shift(acme, register)
    sell(acme, register)
    then = shift.opened_at + timedelta(milliseconds=1)
    frozen = closed(acme, shift).totals
    following = an_open_shift(acme, register)

    cash = sell(acme, register, occurred_at=then, quantity="2")
    card = sell(acme, register, Tender(method="card", amount=Decimal("4.50")), occurred_at=then)
    sell(acme, register)

    assert [order.shift_id for order in (cash, card)] == [shift.pk, shift.pk]
    assert set(Payment.objects.filter(order__in=[cash, card]).values_list("shift_id", flat=True)) == {shift.pk}
    shift.refresh_from_db()
    assert shift.totals == frozen
    z = report_of(shift, actor=acme.actor("cashier"))
    assert [(row["name"], row["amounts"]["sales"], row["amounts"]["cash"]) for row in z.amendments] == [
        ("Z1a", {"count": 1, "total": "9.00"}, "9.00"),
        ("Z1b", {"count": 1, "total": "4.50"}, "0.00"),
    ]
    assert (z.totals["expected"], z.all_in["expected"], z.all_in["difference"]) == ("54.50", "63.50", "-63.50")
    assert z.all_in["documents"] == 3
    assert z.all_in["payments"] == [
        {"method": "cash", "count": 2, "received": "13.50", "paid_out": "0.00", "total": "13.50"},
        {"method": "card", "count": 1, "received": "4.50", "paid_out": "0.00", "total": "4.50"},
    ]
    assert z.all_in["cashiers"][0]["total"] == "18.00"
    assert expected_cash(following) == Decimal("54.50")
    events = Event.objects.filter(type="shift.amended").order_by("id")
    assert [(e.payload["amendment"], e.payload["cash"], e.object_version) for e in events] == [
        (1, "9.00", 3),
        (2, "0.00", 4),
    ]
    assert audit_books() == []


def test_a_repeated_sale_gets_its_order_also_after_the_close(acme: Shop) -> None:
    register = a_register(acme)
    shift = an_open_shift(acme, register)
    sale = a_sale(acme, register)
    place_order(sale, actor=acme.actor("cashier"))
    closed(acme, shift)
    again = place_order(sale, actor=acme.actor("cashier"))
    assert (again.is_new, again.order.shift_id, ShiftAmendment.objects.count()) == (False, shift.pk, 0)


def test_without_a_shift_nothing_is_sold_at_a_register(acme: Shop) -> None:
    register = a_register(acme)
    elsewhere = Location.objects.create(code="TWO", name="Two")
    with pytest.raises(NoOpenShift):
        sell(acme, register)
    closed(acme, an_open_shift(acme, register))
    with pytest.raises(NoOpenShift):
        sell(acme, register)
    foreign = create_register(location_id=elsewhere.pk, name="Far", actor=acme.actor())
    answer = machine(acme).post("orders/", _body(acme, register=str(foreign.pk)))
    assert (answer.status_code, pointers(answer)) == (422, {"/register"})
    assert machine(acme).post("orders/", _body(acme, register=str(uuid7()))).status_code == 404
    assert not Order.objects.exists() and not Payment.objects.exists()


def _body(shop: Shop, **more: Any) -> dict[str, Any]:
    line = {"variant": str(shop.variant().pk), "quantity": "1"}
    payment = {"method": "cash", "amount": "4.50"}
    return {"id": str(uuid7()), "location": str(shop.location.pk), "lines": [line], "payments": [payment], **more}


def test_registers_are_made_renamed_and_taken_out_of_use_over_rest(acme: Shop, globex: Shop) -> None:
    owner = person(acme, "owner")
    place = str(acme.location.pk)
    made = owner.post("registers/", {"location": place, "name": "  Front  till "})
    assert (made.status_code, made.json()["name"], made["ETag"]) == (201, "Front till", '"1"')
    path = f"registers/{made.json()['id']}/"
    assert owner.post("registers/", {"location": place, "name": "Front till"}).status_code == 409
    stale = owner.patch(path, {"name": "x"}, **{"if-match": '"7"'})
    assert (stale.status_code, stale.json()["current"]["version"]) == (412, 1)
    shift = {"id": str(uuid7()), "register": made.json()["id"], "opening_float": "10"}
    assert person(acme, "cashier").post("shifts/", shift).status_code == 201
    assert owner.get(path).json()["open_shift"] == shift["id"]
    assert owner.patch(path, {"is_active": False}).json()["code"] == "shift-open"
    assert owner.post(f"shifts/{shift['id']}/close/", {"counted": {"10": 1}}).status_code == 200
    assert owner.patch(path, {"is_active": False, "name": "Back"}).json()["version"] == 2
    assert owner.patch(path, {"is_active": False}).json()["version"] == 2
    closed_for_good = person(acme, "cashier").post("shifts/", {**shift, "id": str(uuid7())})
    assert (closed_for_good.status_code, closed_for_good.json()["code"]) == (409, "conflict")
    assert [row["name"] for row in owner.get("registers/", {"location": place}).json()["results"]] == ["Back"]
    assert [row["state"] for row in owner.get("shifts/").json()["results"]] == ["closed"]
    assert Event.objects.filter(type="register.changed").count() == 2


def test_what_cannot_be_counted_moved_or_floated_is_named_and_changes_nothing(acme: Shop) -> None:
    register = a_register(acme)
    key = machine(acme, "manager")
    for amount in ("-1", "0.001", "99999999999999", "NaN", "x", None):
        answer = key.post("shifts/", {"id": str(uuid7()), "register": str(register.pk), "opening_float": amount})
        assert (answer.status_code, pointers(answer)) == (422, {"/opening_float"}), amount
    shift = an_open_shift(acme, register)
    for counted, pointer in (
        ({"3": 1}, "/counted/3"),
        ({"20": -1}, "/counted/20"),
        ({"20": 10**9}, "/counted/20"),
        ({"20": "1.5"}, "/counted/20"),
        ([], "/counted"),
        ({"twenty": 1}, "/counted/twenty"),
    ):
        answer = key.post(f"shifts/{shift.pk}/close/", {"counted": counted})
        assert (answer.status_code, pointers(answer)) == (422, {pointer}), counted
    for more, pointer in (
        ({"amount": "0"}, "/amount"),
        ({"amount": "0.005"}, "/amount"),
        ({"amount": "1e12"}, "/amount"),
        ({"reason": "  "}, "/reason"),
        ({"reason": "x" * 201}, "/reason"),
    ):
        answer = key.post(
            f"shifts/{shift.pk}/cash-movements/", {"id": str(uuid7()), "amount": "1", "reason": "y", **more}
        )
        assert (answer.status_code, pointers(answer)) == (422, {pointer}), more
    assert key.post(f"shifts/{uuid7()}/close/", {"counted": {}}).status_code == 404
    assert (Shift.objects.get().version, CashMovement.objects.count()) == (1, 0)


def test_a_drawer_of_another_location_is_nothing_to_somebody_who_works_here(acme: Shop) -> None:
    far = Location.objects.create(code="FAR", name="Far")
    register = create_register(location_id=far.pk, name="Far till", actor=acme.actor())
    shift = an_open_shift(acme, register)
    here = machine(acme, "manager", [acme.location])
    assert here.get("registers/").json()["results"] == here.get("shifts/").json()["results"] == []
    for path in (f"registers/{register.pk}/", f"shifts/{shift.pk}/", f"shifts/{shift.pk}/report/"):
        assert here.get(path).status_code == 404
    assert here.post(f"shifts/{shift.pk}/close/", {"counted": {}}).status_code == 404
    assert here.patch(f"registers/{register.pk}/", {"name": "Mine"}).status_code == 404
    body = {"id": str(uuid7()), "register": str(register.pk), "opening_float": "1"}
    assert here.post("shifts/", body).status_code == 404
    with pytest.raises(NotFound):
        update_register(uuid7(), name="x", actor=acme.actor())
    assert Register.objects.get().name == "Far till"


@pytest.mark.parametrize("currency", ["EUR", "GBP", "JPY", "KWD", "USD", "XTS"])
def test_every_currency_has_coins_and_notes_to_count(currency: str) -> None:
    values = [Decimal(value) for value in denominations(currency)]
    assert values == sorted(set(values), reverse=True) and values[-1] > 0
    counted = dict.fromkeys(denominations(currency), 2)
    assert wrong_counts(counted, currency) == {} and sum_of(counted) == 2 * sum(values)
    assert wrong_counts({"7": 1, denominations(currency)[0]: -1}, currency).keys() == {"7", denominations(currency)[0]}


def test_amendments_are_named_like_columns() -> None:
    assert [letters(number) for number in (1, 2, 26, 27, 703)] == ["a", "b", "z", "aa", "aaa"]
