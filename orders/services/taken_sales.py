"""Sales that happened at a till while the server was away: booked as they were, each with what a person must look at.

Nothing is refused that can be an order at all. The server computes what it would have charged; where that is the
same, the sale is booked like any other, with its trace and coupons. Else the customer's prices, tax and discounts
stand, and a `Doubt` says what does not fit and how much money it is about.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from core.errors import DomainError, Invalid, NotFound
from core.locations.models import Location
from core.money import plain_amount
from core.sync.registry import Doubt, Item, Outcome, Unfit
from core.tenancy.context import current_tenant
from inventory.models import Variant
from orders.errors import ApprovalNeeded, ApprovalRefused, CouponRefused, GiftCardRefused, NoOpenShift, NotEnoughCredit
from orders.models import GiftCard, Order, OrderLine, Payment, ShiftAmendment
from orders.permissions import CHANGE_PRICE, SELL, SELL_EXPIRED
from orders.services.approvals import allowed, approval_for
from orders.services.away_limits import beyond_away
from orders.services.basket import Sale, Tender
from orders.services.cards_sold import card_lines, codes_of, new_cards
from orders.services.charged import (
    NOTHING,
    Charged,
    check_adds_up,
    differs,
    discounts_of,
    lines_as_charged,
    own_prices,
    variants_of,
)
from orders.services.checkout import Draft, cash_rounding_of, write_sale
from orders.services.coupons import NO_HARM
from orders.services.drawers import check_register
from orders.services.given import ByHand, check_given, use_approval
from orders.services.late_cash import NO_SHIFT, waits_for_shift, while_shut
from orders.services.papers import new_document
from orders.services.pricing import Priced, price_lines
from orders.services.tenders import MEANS, payment_row

MOST_TRIES = 12
RECEIPT_ONCE = "order_receipt_number_once"


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenSale:
    """A sale as it was stated, what the customer was charged, and the number that was printed for them.

    ``new_codes`` of gift cards, by their ids, stand instead of the ones that were handed out: another card has those.
    """

    sale: Sale
    charged: Charged
    receipt_number: str
    new_codes: Mapping[UUID, str] = field(default_factory=dict)

    def with_codes(self, codes: Mapping[UUID, str]) -> "TakenSale":
        """The same sale with other codes for some of its gift cards."""
        return replace(self, new_codes=codes)


def take_sale(taken: TakenSale, item: Item) -> Outcome:
    """Book a sale that happened, in the transaction of its item. A sale that stands already is left as it is.

    Raises:
        Unfit, Invalid: it cannot be an order: its amounts are no sum, its place never was, its id belongs to another.
    """
    return _Taking(taken, item).run()


class _Taking:
    """One sale on its way into the books: what is given up of it, refusal by refusal, and why."""

    def __init__(self, taken: TakenSale, item: Item) -> None:
        self.item, self.charged = item, taken.charged
        self.stated, self.sale = taken.sale, replace(taken.sale, accept_shortage=True, occurred_at=item.occurred_at)
        cards = [replace(card, code=taken.new_codes.get(card.card_id, card.code)) for card in self.sale.gift_cards]
        self.sale = replace(self.sale, gift_cards=cards)
        self.receipt_number = taken.receipt_number
        self.doubts: dict[str, Doubt] = {}
        self.uncovered: set[UUID] = set()
        self.is_given_by_hand = True
        self.use_coupons = True
        self.payments: list[Payment] = []
        self.currency = current_tenant().currency

    def run(self) -> Outcome:
        check_adds_up(self.stated, self.charged)
        for _ in range(MOST_TRIES):
            if (twin := self._twin()) is not None:
                return twin
            place = Location.objects.filter(pk=self.sale.location_id).first()
            if place is None:
                raise Unfit("unknown-location", "There was never such a location in this shop.")
            try:
                with transaction.atomic():
                    order = self._write(place)
            except IntegrityError as conflict:
                self._give_way_to(conflict)
            except DomainError as refusal:
                self._give_way(refusal)
            else:
                return self._outcome(order, is_new=True)
        raise Unfit("refused", "It was refused again and again.")

    def _twin(self) -> Outcome | None:
        """The order that stands already: an online try was booked and its answer lost."""
        stored = Order.objects.filter(pk=self.sale.order_id).first()
        if stored is None:
            return None
        known = {self.stated.hash(), replace(self.stated, occurred_at=None).hash()}
        if bytes(stored.request_hash or b"") not in known:
            raise Unfit("identifier-reused", "The order's id belongs to another sale.")
        if not stored.receipt_number and not Order.objects.filter(receipt_number=self.receipt_number).exists():
            stored.receipt_number = self.receipt_number
            stored.save(update_fields=["receipt_number"])
        self.doubts.clear()
        return self._outcome(stored, is_new=False)

    def _outcome(self, order: Order, *, is_new: bool) -> Outcome:
        return Outcome(
            object_type="order",
            object_id=order.pk,
            label=order.number,
            location_id=order.location_id,
            answer={
                "order": str(order.pk),
                "number": order.number,
                "receipt_number": order.receipt_number,
                "total": plain_amount(order.total, order.currency),
            },
            doubts=list(self.doubts.values()),
            is_new=is_new,
            total=order.total,
        )

    # --- one try

    def _write(self, place: Location) -> Order:
        self._check_place(place)
        sale, author = self.sale, self.item.author
        lines, priced = self._lines()
        codes = codes_of(sale.gift_cards)
        lines = [*lines, *card_lines(sale.gift_cards, after=len(lines), codes=codes)]
        self._check_rounding()
        order = new_document(
            order_id=sale.order_id,
            request_hash=self.stated.hash(),
            location=place,
            lines=lines,
            actor=author,
            when=self.item.occurred_at,
            channel=sale.channel,
            customer_id=sale.customer_id,
            register_id=sale.register_id,
            cash_rounding=self.charged.cash_rounding,
            discounts=priced.discounts,
            note=sale.note,
            receipt_number=self._free_number(),
        )
        self.payments = [self._payment(tender, place_, order) for place_, tender in enumerate(sale.payments)]
        deltas: dict[tuple[UUID, UUID], Decimal] = {}
        for line in lines:
            if line.is_stocked and line.variant_id:
                key = (line.variant_id, place.pk)
                deltas[key] = deltas.get(key, NOTHING) - line.quantity
        self._check_rights(priced)
        self._check_away(priced)
        cards = new_cards(sale, order, codes, actor=author)
        write_sale(sale, Draft(order, lines, self.payments, deltas, False, priced, False, cards, codes), author)
        if order.shift_id and ShiftAmendment.objects.filter(order_id=order.pk).exists():
            self._doubt(
                "closed-shift", "Its shift was closed before it came; the report has an amendment.", order.total
            )
        elif (doubt := while_shut(order, self._cash())) is not None:
            self.doubts[NO_SHIFT] = doubt
        return order

    def _lines(self) -> tuple[list[OrderLine], Priced]:
        """The lines to be booked: ours where they say what the customer was charged, else as charged."""
        sale = self.sale if self.use_coupons else replace(self.sale, coupons=())
        try:
            priced = price_lines(sale, self.item.author, when=self.item.occurred_at)
        except NotFound:
            raise
        except Invalid as refusal:
            variants = variants_of(sale, self.charged)
            self._doubt_lines(variants, refusal)
            lines = lines_as_charged(sale, self.charged, variants)
            return lines, Priced(lines, discounts_of(self.charged), [], [], ByHand(NOTHING, NOTHING))
        for one in priced.why_not:
            if one.coupon and one.code not in NO_HARM:
                self._doubt("coupon", f"Coupon {one.coupon} does not hold: {one.detail}", self._discounted())
        if not differs(priced.lines, self.charged):
            return priced.lines, priced
        self._doubt_price(priced)
        lines = lines_as_charged(sale, self.charged, variants_of(sale, self.charged), priced.lines)
        return lines, replace(priced, lines=lines, discounts=discounts_of(self.charged))

    def _payment(self, tender: Tender, place: int, order: Order) -> Payment:
        means = MEANS.get(tender.method)
        if means is None or not means.is_stated or tender.amount < 0:
            raise Unfit("method", "It was paid in a way that nobody can pay in.")
        account = None
        if means.account is not None and tender.id not in self.uncovered:
            try:
                account = means.account(tender, order, self.item.author, f"/payments/{place}")
                means.cost(tender.amount)
            except DomainError as refusal:
                self._uncover([tender.id], refusal)
                account = None
        return payment_row(tender, order, account, actor=self.item.author)

    # --- what is looked at, and noted

    def _check_place(self, place: Location) -> None:
        if not place.is_active:
            self._doubt("closed-place", f"{place} is closed.", self.charged.total)
        if not self.item.rights.may(SELL, at=place.pk):
            said = f"{self.item.author.label} may not sell at {place}."
            self._doubt("no-right", said, self.charged.total)
        if self.sale.register_id:
            try:
                check_register(self.sale.register_id, location_id=place.pk)
            except DomainError:
                self._without_register("register-gone", "Its register is gone, or stands elsewhere.")

    def _check_rounding(self) -> None:
        ours = cash_rounding_of(self.sale, self.charged.total)
        if ours != self.charged.cash_rounding:
            said = f"It was rounded by {self._told(self.charged.cash_rounding)}, not by {self._told(ours)}."
            self._doubt("rounding", said, abs(ours - self.charged.cash_rounding))

    def _check_rights(self, priced: Priced) -> None:
        """What the author may not do, or brought no consent for: noted, and consent that was brought is used."""
        sale, rights = self.sale, self.item.rights
        if (lost := _lost_by_hand(priced.lines)) is not None and not rights.may(CHANGE_PRICE, at=sale.location_id):
            self._doubt("price-by-hand", f"{rights.label} may not change prices, and did.", lost)
        if self.is_given_by_hand:
            try:
                if check_given(sale, priced.by_hand, rights):
                    use_approval(sale, priced.by_hand, actor=rights)
            except (ApprovalNeeded, ApprovalRefused) as refusal:
                self.is_given_by_hand = False
                self._doubt("discount", f"Discount without approval: {refusal.detail}", priced.by_hand.amount)
        if sale.accept_expired and "expired" not in self.doubts:
            consent = approval_for(SELL_EXPIRED, sale.approval_ids)
            act = ("order", sale.order_id)
            try:
                allowed(rights, SELL_EXPIRED, at=sale.location_id, approval_id=consent, act=act)
            except (ApprovalNeeded, ApprovalRefused):
                said = "Goods of an expired lot were sold without anybody's approval."
                self._doubt("expired", said, self.charged.total)

    def _check_away(self, priced: Priced) -> None:
        amounts = {"away_discount": priced.by_hand.amount}
        for tender in self.sale.payments:
            name = f"away_{tender.method}"
            amounts[name] = amounts.get(name, NOTHING) + tender.amount
        for doubt in beyond_away(amounts):
            self.doubts[str(doubt.details["limit"])] = doubt

    def _free_number(self) -> str:
        number = self.receipt_number
        if number and Order.objects.filter(receipt_number=number).exists():
            self._doubt("receipt-number", f"Receipt number {number} was printed for another sale, too.", NOTHING)
            return ""
        return number

    def _doubt_lines(self, variants: Sequence[Variant | None], refusal: Invalid) -> None:
        unknown = [place for place, variant in enumerate(variants) if variant is None]
        for place in unknown:
            line = self.charged.lines[place]
            said = f"{line.title or line.sku or 'Something'} was sold; no article of the shop is that."
            details = {"line": place + 1, "code": self.sale.lines[place].code, "title": line.title}
            self._doubt(f"unknown-product:{place}", said, line.total, kind="unknown-product", **details)
        if unknown:
            return
        gone = {_place_of(error["pointer"]) for error in refusal.details.get("errors", ())}
        named = [place for place in sorted(gone & set(range(len(variants))))]
        titles = ", ".join(self.charged.lines[place].title or self.charged.lines[place].sku for place in named)
        amount = sum((self.charged.lines[place].total for place in named), NOTHING) or self.charged.total
        self._doubt("not-for-sale", f"{titles or 'A line'}: {refusal.detail}", amount)

    def _doubt_price(self, priced: Priced) -> None:
        ours, theirs = priced.total, sum((line.total for line in self.charged.lines), NOTHING)
        lines = sum((abs(a.total - b.total) for a, b in zip(priced.lines, self.charged.lines, strict=True)), NOTHING)
        if "coupon" in self.doubts:  # that is why
            self.doubts["coupon"] = replace(self.doubts["coupon"], at_risk=abs(ours - theirs) or lines)
            return
        said = f"The customer was charged {self._told(theirs)}; the price was {self._told(ours)}."
        if ours == theirs:
            said = f"{self._told(theirs)} was charged, but shared out, taxed or reduced in another way."
        told: dict[str, Any] = {"charged": self._plain(theirs), "price": self._plain(ours)}
        told["lines"] = own_prices(priced.lines)
        self._doubt("price", said, abs(ours - theirs) or lines, **told)

    # --- what is given up

    def _give_way(self, refusal: DomainError) -> None:
        """Give up what was refused, and note it; raises what cannot be given up."""
        if isinstance(refusal, NoOpenShift) and not self.sale.may_wait_for_shift:
            self._wait_for_shift()
        elif isinstance(refusal, CouponRefused) and self.use_coupons:
            self.use_coupons = False
            self._doubt("coupon", f"A coupon was used up: {refusal.detail}", self._discounted())
        elif isinstance(refusal, NotEnoughCredit):
            self._uncover(self._paid_from(refusal.details.get("account")), refusal)
        elif isinstance(refusal, GiftCardRefused):
            cards = GiftCard.objects.values_list("account_id", flat=True)
            blocked = cards.filter(state=GiftCard.State.BLOCKED, account__in=[x.account_id for x in self.payments])
            self._uncover([one for account in blocked for one in self._paid_from(account)], refusal)
        elif isinstance(refusal, NotFound) and "customer" in refusal.details and self.sale.customer_id:
            self.sale = replace(self.sale, customer_id=None)
            self._doubt("customer-gone", "Its customer is not known here.", self.charged.total)
        elif isinstance(refusal, Invalid) and self._without_pieces(refusal):
            return
        else:
            raise refusal

    def _give_way_to(self, conflict: IntegrityError) -> None:
        if RECEIPT_ONCE in str(conflict):
            return  # the next try finds the number taken
        if self._twin() is None:
            said = "A payment or a gift card of it belongs to another sale."
            raise Unfit("identifier-reused", said) from conflict

    def _without_register(self, kind: str, said: str) -> None:
        self._doubt(kind, f"{said} Its cash is in no report.", self._cash(), register=str(self.sale.register_id))
        self.sale = replace(self.sale, register_id=None)

    def _wait_for_shift(self) -> None:
        register_id, currency = self.sale.register_id, self.currency
        self.doubts[NO_SHIFT] = waits_for_shift(self._cash(), register_id=register_id, currency=currency)
        self.sale = replace(self.sale, may_wait_for_shift=True)

    def _cash(self) -> Decimal:
        return sum((x.amount for x in self.sale.payments if x.method == Payment.Method.CASH), NOTHING)

    def _without_pieces(self, refusal: Invalid) -> bool:
        """Leave away lots and goods set aside that there are not; answers whether there were any."""
        named = {error["pointer"] for error in refusal.details.get("errors", ())}
        if "/reservations" in named and self.sale.reservations:
            self.sale = replace(self.sale, reservations=())
            self._doubt("set-aside", "It names goods set aside that were for something else.", NOTHING)
            return True
        if any(one.endswith("/lot") for one in named) and any(line.lot for line in self.sale.lines):
            self.sale = replace(self.sale, lines=[replace(line, lot="") for line in self.sale.lines])
            self._doubt("lot", refusal.detail, NOTHING)
            return True
        return False

    def _uncover(self, payments: Sequence[UUID], refusal: DomainError) -> None:
        fresh = set(payments) - self.uncovered
        if not fresh:
            raise refusal
        self.uncovered |= fresh
        amount = sum((x.amount for x in self.sale.payments if x.id in self.uncovered), NOTHING)
        said = f"{self._told(amount)} was paid with a card or an account that does not hold it: {refusal.detail}"
        self._doubt("not-covered", said, amount, payments=[str(one) for one in sorted(self.uncovered)])

    def _paid_from(self, account: object) -> list[UUID]:
        return [x.pk for x in self.payments if x.account_id is not None and str(x.account_id) == str(account)]

    def _doubt(self, name: str, sentence: str, at_risk: Decimal, *, kind: str = "", **details: object) -> None:
        self.doubts[name] = Doubt(kind=kind or name, sentence=sentence, at_risk=at_risk, details=details)

    def _discounted(self) -> Decimal:
        return sum((line.discount for line in self.charged.lines), NOTHING)

    def _told(self, amount: Decimal) -> str:
        return f"{self._plain(amount)} {self.currency}"

    def _plain(self, amount: Decimal) -> str:
        return plain_amount(amount, self.currency)


def _place_of(pointer: str) -> int:
    """The line that a pointer such as ``/lines/3/variant`` is about, or -1."""
    parts = pointer.split("/")
    return int(parts[2]) if len(parts) > 2 and parts[1] == "lines" and parts[2].isdigit() else -1


def _lost_by_hand(lines: Sequence[OrderLine]) -> Decimal | None:
    """What the shop did not get because somebody changed prices; None where nobody did."""
    lost, is_any = NOTHING, False
    for line in lines:
        for before, step in zip(line.trace, line.trace[1:], strict=False):
            if step["step"] == "by-hand":
                is_any = True
                lost += (Decimal(before["amount"]) - Decimal(step["amount"])) * line.quantity
    return max(lost, NOTHING) if is_any else None
