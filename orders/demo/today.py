"""A day at the tills of the demo shop: drawers opened and counted, and orders in every state they can be in."""

from decimal import Decimal
from typing import Any

from core.cash import denominations
from core.ids import uuid7
from core.tenancy.context import current_tenant
from core.web.amounts import money_text
from inventory.models import Variant
from orders.demo.buyers import CARD_CODE, Buyers
from orders.demo.places import Places, Staff, sell
from orders.demo.special import Special
from orders.models import Order, Register, Shift
from orders.permissions import GIVE_DISCOUNT
from orders.selectors.shifts import expected_cash
from orders.services.approvals import Request, give_approval
from orders.services.basket import BasketLine, GivenDiscount, Sale, Tender
from orders.services.exchanges import Exchange, exchange
from orders.services.fulfilment import FulfilmentDraft, Step, create_fulfilment, take_step
from orders.services.parking import Cart, park
from orders.services.placing import place_open_order
from orders.services.quotes import quote
from orders.services.returns import Return, ReturnLine, return_goods
from orders.services.shifts import close_shift, move_cash, open_shift
from orders.services.voids import void_order

FLOAT = Decimal(100)
DELIVERY = {"kind": "delivery", "name": "Customer 3", "address": "3 Example Road", "city": "Exampletown"}


def run_the_day(places: Places, special: Special, buyers: Buyers, staff: Staff) -> None:
    """Sell at all three tills, close two drawers, and leave orders in every state."""
    first, second, third = (places.tills[name] for name in ("Till 1", "Till 2", "Till 3"))
    morning = _open(first, staff)
    sale = sell([_goods("D1001"), _goods("D1004", "3")], at=places.main, actor=staff.cashier, till=first, by="cash")
    _gift_card_sale(places, first, staff)
    _return(sale, first, staff)
    move_cash(
        movement_id=uuid7(), shift_id=morning.pk, amount=Decimal(-20), reason="Window cleaning", actor=staff.cashier
    )
    _close(morning, staff, off=Decimal(-1), reason="A pound too much was given back")
    _open(first, staff)
    _open(second, staff)
    market = _open(third, staff)
    for _ in range(2):
        sell([_goods("D1022"), _goods("D1026", "2")], at=places.market, actor=staff.manager, till=third, by="cash")
    _close(market, staff)
    _sales_of_note(places, special, buyers, staff, till=second)
    _by_approval(places, first, staff)
    _orders_for_later(places, special, buyers, staff)
    for label, goods in (("Blue coat", ["D1002", "D1014"]), ("Forgot the purse", ["D1040"])):
        cart = Cart(order_id=uuid7(), location_id=places.main.pk, lines=[_goods(sku) for sku in goods], label=label)
        park(cart, actor=staff.cashier)


def _goods(sku: str, quantity: str = "1") -> BasketLine:
    return BasketLine(code=sku, quantity=Decimal(quantity))


def _of(variant: Variant, quantity: str = "1", **more: Any) -> BasketLine:
    return BasketLine(variant_id=variant.pk, quantity=Decimal(quantity), **more)


def _open(till: Register, staff: Staff) -> Shift:
    who = staff.cashier if till.location.code == "MAIN" else staff.manager
    return open_shift(shift_id=uuid7(), register_id=till.pk, opening_float=FLOAT, actor=who).shift


def _close(shift: Shift, staff: Staff, *, off: Decimal = Decimal(0), reason: str = "") -> None:
    counted, rest = {}, expected_cash(shift) + off
    for value in denominations(current_tenant().currency):
        counted[value], rest = int(rest // Decimal(value)), rest % Decimal(value)
    close_shift(shift_id=shift.pk, counted=counted, reason=reason, actor=staff.manager)


def _gift_card_sale(places: Places, till: Register, staff: Staff) -> None:
    card = Tender(method="giftcard", amount=Decimal("12.50"), code=CARD_CODE)
    sell(
        [_goods("D1007"), _goods("D1044", "2"), _goods("D1036")],
        at=places.main,
        actor=staff.cashier,
        till=till,
        also=[card],
    )


def _return(sale: Order, till: Register, staff: Staff) -> None:
    back = Return(
        refund_id=uuid7(),
        order_id=sale.pk,
        lines=[ReturnLine(position=2, quantity=Decimal(1))],
        reason="One too many",
        register_id=till.pk,
    )
    return_goods(back, actor=staff.cashier)


def _sales_of_note(places: Places, special: Special, buyers: Buyers, staff: Staff, *, till: Register) -> None:
    """What a lot, a piece, a weight, a size, a group's price, a coupon, points and a void look like."""
    main, manager, cashier = places.main, staff.manager, staff.cashier
    at_till: dict[str, Any] = {"at": main, "till": till}
    sell([_of(special.pasta, "2"), _of(special.cheese, "0.350")], actor=cashier, **at_till)
    piece = _of(special.grinder, serials=("CG-4001",))
    sell([piece, _of(special.wrapping)], actor=manager, customer=buyers.known[0], **at_till)
    sell([_goods("D1007", "2"), _goods("D1010")], actor=cashier, customer=buyers.known[1], **at_till)
    sell([_goods("D1053", "2"), _goods("D1054")], actor=cashier, coupons=("WELCOME",), **at_till)
    bought = sell([_of(special.apron[1])], actor=cashier, customer=buyers.known[2], **at_till)
    back = Return(
        refund_id=uuid7(),
        order_id=bought.pk,
        lines=[ReturnLine(position=1, quantity=Decimal(1))],
        reason="Another size",
    )
    other = Sale(order_id=uuid7(), location_id=main.pk, lines=[_of(special.apron[3])], payments=(), register_id=till.pk)
    exchange(Exchange(ticket=uuid7(), returned=back, sale=other), actor=manager)
    wrong = sell([_goods("D1042", "4")], actor=cashier, **at_till)
    void_order(wrong.pk, void_id=uuid7(), reason="Rung up twice", actor=manager)
    sell([_of(special.honey, "4")], actor=manager, accept_shortage=True, **at_till)


def _by_approval(places: Places, till: Register, staff: Staff) -> None:
    """A larger discount than the cashier may give, let through by the manager's PIN."""
    if not staff.manager_pin:
        return
    lines, off = [_goods("D1052", "2")], GivenDiscount(kind="percent", value=Decimal(20), reason="Scratched")
    order_id = uuid7()
    asked = Sale(order_id=order_id, location_id=places.main.pk, lines=lines, payments=(), discount=off)
    plain = quote(Sale(order_id=order_id, location_id=places.main.pk, lines=lines, payments=()), actor=staff.cashier)
    saved = plain.total - quote(asked, actor=staff.cashier).total
    approval = give_approval(
        Request(
            approval_id=uuid7(),
            permission=GIVE_DISCOUNT,
            location_id=places.main.pk,
            approver_id=staff.manager.id,
            pin=staff.manager_pin,
            reason="Scratched",
            shown=f"20 % off: {money_text(saved, current_tenant().currency)}",
            amount=saved,
            subject=order_id,
        ),
        actor=staff.cashier,
    )
    sell(
        lines,
        at=places.main,
        actor=staff.cashier,
        till=till,
        order_id=order_id,
        discount=off,
        approval_ids=[approval.pk],
    )


def _orders_for_later(places: Places, special: Special, buyers: Buyers, staff: Staff) -> None:
    """To pack, partly paid and packed, and sent off: paid and done."""
    _take(places, buyers, [_goods("D1046"), _goods("D1033", "2")], staff, pays=Decimal(0))
    packed = _take(places, buyers, [_of(special.apron[2]), _goods("D1050")], staff, pays=Decimal(10))
    ready = create_fulfilment(FulfilmentDraft(fulfilment_id=uuid7(), order_id=packed.pk), actor=staff.manager)[0]
    take_step(ready.pk, Step(name="pack"), actor=staff.manager)
    sent = _take(places, buyers, [_goods("D1009", "2")], staff, delivery=DELIVERY)
    parcel = create_fulfilment(FulfilmentDraft(fulfilment_id=uuid7(), order_id=sent.pk), actor=staff.manager)[0]
    for step in ("pack", "ship"):
        take_step(parcel.pk, Step(name=step, tracking="EX-1001"), actor=staff.manager)


def _take(
    places: Places,
    buyers: Buyers,
    lines: list[BasketLine],
    staff: Staff,
    *,
    pays: Decimal | None = None,
    delivery: dict[str, str] | None = None,
) -> Order:
    """An order by telephone; ``pays`` None is all of it."""
    facts: dict[str, Any] = {"order_id": uuid7(), "location_id": places.main.pk, "lines": lines, "channel": "phone"}
    facts["customer_id"] = buyers.known[2].pk
    total = quote(Sale(**facts, payments=()), actor=staff.manager).total
    paid = total if pays is None else pays
    payments = [Tender(method="bank", amount=paid)] if paid else []
    sale = Sale(**facts, payments=payments)
    kind = delivery or {"kind": "pickup", "name": "Customer 3"}
    return place_open_order(sale, delivery=kind, actor=staff.manager).order
