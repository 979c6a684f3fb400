"""What one tap does about an exception of selling: bodies read again, and handed to the services."""

import secrets
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from core.api.views import body_of
from core.errors import Conflict
from core.ids import ALPHABET
from core.money import plain_amount
from core.sync.models import Flag
from core.sync.registry import Item, Outcome
from core.sync.remedies import Ask, Given, Remedy, is_kept, register_remedy, value_of
from inventory.permissions import MANAGE_PRODUCTS
from inventory.selectors import find_article, targets_of
from inventory.services.scancodes import add_code
from orders.api.after import return_of
from orders.api.sync_kinds import TakenReturnInput, TakenSaleInput, taken_sale_of
from orders.models import Order
from orders.permissions import CHANGE_ORDER, ISSUE_GIFT_CARDS, REFUND
from orders.selectors.shifts import open_drawers
from orders.services.corrections import name_article, refund_difference
from orders.services.credit import SHORTEST_CODE
from orders.services.taken_returns import take_return
from orders.services.taken_sales import take_sale

DRAWER, ARTICLE = "register", "article"


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


# --- returns that gave back another amount


def _gave_another_amount(flag: Flag) -> bool:
    return is_kept(flag, "return") and "paid" in flag.details and flag.details["code"] == "wrong-payment"


def _as_paid_out(item: Item, given: Given) -> Outcome:
    body = body_of(TakenReturnInput, item.body)
    told: Mapping[str, Any] = given.flag.details
    given.flag.details["given_back"], given.flag.details["was_due"] = told["paid"], told["due"]
    wanted, number = return_of(body["of"], body["refund"]), body.get("receipt_number", "")
    return take_return(wanted, item, receipt_number=number, is_paid_out=True)


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
        name="accept-paid-out",
        label="Book it as it was paid out",
        done="It is in the books with the amount that was given back.",
        permissions=(REFUND,),
        fits=_gave_another_amount,
        take=_as_paid_out,
    ),
):
    register_remedy(_remedy)
