"""What one tap does about an exception of selling: bodies read again, and handed to the services."""

import secrets
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from core.api.views import as_uuid, body_of
from core.errors import Conflict, fault, refuse
from core.ids import ALPHABET
from core.locations.selectors import clock_words
from core.money import plain_amount
from core.sync.models import Flag
from core.sync.registry import Item, Outcome
from core.sync.remedies import Ask, Given, Remedy, is_kept, register_remedy, value_of
from inventory.permissions import MANAGE_PRODUCTS
from inventory.selectors import find_article, targets_of
from inventory.services.scancodes import add_code
from orders.api.after import return_of
from orders.api.sync_kinds import TakenReturnInput, TakenSaleInput, taken_sale_of
from orders.models import Order, Shift
from orders.permissions import CHANGE_ORDER, ISSUE_GIFT_CARDS, REFUND, RUN_SHIFT
from orders.selectors.shifts import counts_with, open_drawers
from orders.services.corrections import name_article, refund_difference
from orders.services.credit import SHORTEST_CODE
from orders.services.late_cash import NO_SHIFT, count_cash_elsewhere
from orders.services.taken_returns import take_return
from orders.services.taken_sales import take_sale

DRAWER, ARTICLE, SHIFT = "register", "article", "shift"
NOT_OPENED = "Say in which count its cash lay. Where its register has opened no shift since, open one first."


# --- another price than the shop's


def _was_charged_more(flag: Flag) -> bool:
    told = flag.details
    return flag.kind == "price" and "lines" in told and Decimal(told["charged"]) > Decimal(told["price"])


def _drawers(flag: Flag) -> Sequence[Ask]:
    """Which drawer cash goes through, where several are open and the sale's own is not one of them."""
    order = Order.objects.filter(pk=flag.object_id).first() if flag.object_id else None
    drawers = open_drawers(order.location_id) if order else []
    if order is None or len(drawers) < 2 or order.register_id in {one.pk for one in drawers}:
        return ()
    return [Ask(name=DRAWER, label="Drawer", choices=[(str(one.pk), one.name) for one in drawers])]


def _refund_difference(given: Given) -> None:
    order_id = _order_of(given)
    drawer = given.values.get(DRAWER, "")
    change = refund_difference(
        order_id,
        change_id=given.act_id,
        prices=given.flag.details["lines"],
        register_id=UUID(drawer) if drawer else None,
        approval_id=given.approval_id,
        actor=given.actor,
    )
    given.flag.details["given_back"] = plain_amount(-change.difference, given.flag.currency)


# --- an article that nobody knew


def _has_no_article(flag: Flag) -> bool:
    return flag.kind == "unknown-product" and bool(flag.details.get("line")) and flag.object_type == "order"


def _which_article(flag: Flag) -> Sequence[Ask]:
    code = flag.details.get("code")
    hint = f"Its number, or a code it has already. The code {code} is its own from then on." if code else ""
    return [Ask(name=ARTICLE, label="Which article it was", hint=hint or "Its number, or a code it has.")]


def _name_article(given: Given) -> None:
    flag = given.flag
    typed = value_of(given, ARTICLE, "Say which article it was.")
    variant_id = find_article(typed, pointer=f"/values/{ARTICLE}")
    if code := flag.details.get("code"):
        known = targets_of({code}).get(code)
        if known is None:
            add_code(variant_id, code=code, actor=given.actor)
        elif known.variant_id != variant_id:
            raise Conflict("The code belongs to another article by now.")
    name_article(
        _order_of(given),
        position=flag.details["line"],
        variant_id=variant_id,
        change_id=given.act_id,
        left_at=flag.occurred_at,
        actor=given.actor,
    )


def _order_of(given: Given) -> UUID:
    order_id = given.flag.object_id
    assert order_id is not None
    return order_id


# --- gift cards whose code another card has


def _has_taken_code(flag: Flag) -> bool:
    return is_kept(flag, "sale") and "gift_cards" in flag.details


def _with_other_codes(item: Item, given: Given) -> Outcome:
    """Book the sale with a code made now for every gift card whose own is another's; they are told this once."""
    taken = taken_sale_of(body_of(TakenSaleInput, item.body), item)
    cards = {UUID(one) for one in given.flag.details["gift_cards"]}
    codes = {
        card.card_id: "".join(secrets.choice(ALPHABET) for _ in range(SHORTEST_CODE))
        for card in taken.sale.gift_cards
        if card.card_id in cards
    }
    outcome = take_sale(taken.with_codes(codes), item)
    if outcome.is_new:
        given.told["gift_cards"] = [{"id": str(card), "code": code} for card, code in codes.items()]
    return outcome


# --- cash of a drawer that was shut


def _was_shut(flag: Flag) -> bool:
    cash = flag.details.get("cash", flag.at_risk)
    return flag.kind == NO_SHIFT and flag.object_type == "order" and Decimal(cash) != 0


def _where_counted(flag: Flag) -> Sequence[Ask]:
    """The shifts in whose count it may lie, the one it is in first."""
    order = Order.objects.filter(pk=flag.object_id).first() if flag.object_id else None
    shifts = counts_with(order) if order else []
    if not shifts:
        return ()
    words = [_in_words(shift, is_its_own=place == 0) for place, shift in enumerate(shifts)]
    hint = f"The report of shift {shifts[0].number} expects it on top of the float; it is taken out there."
    choices = [(str(shift.pk), said) for shift, said in zip(shifts, words, strict=True)]
    return [Ask(name=SHIFT, label="Where its cash was counted", hint=hint, choices=choices)]


def _in_words(shift: Shift, *, is_its_own: bool) -> str:
    when = shift.opened_at if is_its_own else shift.closed_at
    told = clock_words(when, shift.register.location) if when else ""
    if is_its_own:
        return f"With the float of shift {shift.number}, {told}"
    return f"At the close of shift {shift.number}, {told}" if told else f"In shift {shift.number}, which is open"


def _count_elsewhere(given: Given) -> None:
    counted_in = as_uuid(value_of(given, SHIFT, NOT_OPENED))
    if counted_in is None:
        refuse(fault(f"/values/{SHIFT}", "unknown", "There is no such shift."))
    assert counted_in is not None
    count_cash_elsewhere(_order_of(given), counted_in=counted_in, act_id=given.act_id, actor=given.actor)


# --- returns that gave back another amount


def _gave_another_amount(flag: Flag) -> bool:
    return is_kept(flag, "return") and "paid" in flag.details and flag.details["code"] == "wrong-payment"


def _as_paid_out(item: Item, given: Given) -> Outcome:
    body = body_of(TakenReturnInput, item.body)
    told: Mapping[str, Any] = given.flag.details
    given.flag.details["given_back"], given.flag.details["was_due"] = told["paid"], told["due"]
    wanted, number = return_of(body["of"], body["refund"]), body.get("receipt_number", "")
    why = f"{told['paid']} was given back instead of {told['due']}"
    return take_return(wanted, item, receipt_number=number, paid_out_because=why)


for _remedy in (
    Remedy(
        name="refund-difference",
        label="Refund the difference",
        done="The difference was given back as it was paid.",
        permissions=(REFUND, CHANGE_ORDER),
        fits=_was_charged_more,
        asks=_drawers,
        work=_refund_difference,
    ),
    Remedy(
        name="name-article",
        label="Link it to an article",
        done="The sale names the article, and its stock left.",
        permissions=(CHANGE_ORDER, MANAGE_PRODUCTS),
        fits=_has_no_article,
        asks=_which_article,
        always_asks=True,
        work=_name_article,
    ),
    Remedy(
        name="other-gift-card-code",
        label="Book it with another code",
        done="It is in the books. Give the customer this code, it is shown only now:",
        permissions=(ISSUE_GIFT_CARDS,),
        fits=_has_taken_code,
        take=_with_other_codes,
    ),
    Remedy(
        name="counted-elsewhere",
        label="Say where its cash was counted",
        done="The cash stands where it was counted.",
        permissions=(RUN_SHIFT,),
        fits=_was_shut,
        asks=_where_counted,
        always_asks=True,
        work=_count_elsewhere,
    ),
    Remedy(
        name="accept-paid-out",
        label="Book it as it was paid out",
        done="It is in the books with the amount that was given back.",
        permissions=(REFUND,),
        fits=_gave_another_amount,
        take=_as_paid_out,
    ),
):
    register_remedy(_remedy)
