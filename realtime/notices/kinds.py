"""The kinds of news there are: of which events, in which words, for whom. A new kind is one entry of the table.

Nobody is told of what they may not see: a kind is seen with the permission of its events (and ``needs``), from the
places that permission holds for, exactly as on a socket.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from string import Formatter
from typing import Any, Literal

from core.events import CATALOGUE
from core.people.permissions import RESOLVE_EXCEPTIONS
from inventory.permissions import ADJUST_STOCK, APPROVE_COUNTS, MOVE_STOCK
from orders.permissions import FULFIL, SEE_EXPECTED_CASH, TAKE_ORDERS, VIEW_APPROVALS, VOID

Facts = Mapping[str, Any]
EVERYBODY = "*"
PRIVATE = frozenset({"shown", "reason", "requested_by_label", "approved_by_label"})
"""Fields that name people, or hold what somebody typed."""
_SUM_AT_THE_END = re.compile(r": \{\w+:money\}$")


def always(facts: Facts) -> bool:
    """News whatever the event says."""
    return True


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of news.

    ``one`` are its words, with the event's fields in braces; ``many`` those for ``{count}`` of a day at a place, where
    such news are put together. ``per`` says what shares a row: nothing, events of one object, or those of one place and
    day. ``wanted_by`` is the permission whose holders are told unless they say otherwise (`EVERYBODY` who may see it,
    None: nobody). ``route`` with ``route_by`` (a field of the event) leads to the object, ``list_route`` to all.
    Urgent ones are also pushed unless somebody says otherwise.
    """

    name: str
    title: str
    group: str
    event: str
    one: str
    many: str = ""
    per: Literal["event", "object", "day"] = "event"
    sample: str = ""
    wanted_by: str | None = EVERYBODY
    needs: str = ""
    concerns: Callable[[Facts], bool] = always
    route: str = ""
    route_by: str = ""
    list_route: str = ""
    list_query: str = ""
    icon: str = "bell"
    is_urgent: bool = False

    @property
    def permission(self) -> str:
        """What somebody needs to see such news: what they need to hear its event."""
        return CATALOGUE[self.event].permission

    @property
    def discreet(self) -> str:
        """Its words without sums, names of people and what people typed, for a screen that anybody may see; or none."""
        words = _SUM_AT_THE_END.sub("", self.one)
        names = {name for _, name, form, _ in Formatter().parse(words) if name and (form == "money" or name in PRIVATE)}
        return "" if names else words

    @property
    def fields(self) -> set[str]:
        """The fields of an event that its words, its link and its sample need."""
        found = {name.split(":")[0] for _, name, _, _ in Formatter().parse(self.one) if name}
        return (found | {self.route_by, self.sample, "currency"}) - {""}


def _is(field: str) -> Callable[[Facts], bool]:
    return lambda facts: Decimal(str(facts[field])) != 0


KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind(
            name="order.placed", title="A new order, not from a till", group="Orders", event="order.created",
            one="Order {number} was placed: {total:money}", wanted_by=FULFIL, icon="orders", is_urgent=True,
            concerns=lambda facts: facts["channel"] != "counter", route="order", route_by="order_id",
        ),
        Kind(
            name="order.changed", title="An order stands elsewhere: paid, handed over, returned", group="Orders",
            event="order.updated", one="Order {number} changed: {total:money}", per="object", wanted_by=None,
            icon="orders", route="order", route_by="order_id",
        ),
        Kind(
            name="order.sent", title="Goods of an order left", group="Orders", event="order.fulfilled",
            one="Goods of order {number} left", wanted_by=None, icon="orders", route="order", route_by="order_id",
        ),
        Kind(
            name="order.cancelled", title="An order was cancelled", group="Orders", event="order.cancelled",
            one="Order {number} was cancelled: {total:money}", wanted_by=FULFIL, icon="close",
            route="order", route_by="order_id",
        ),
        Kind(
            name="order.voided", title="A sale was voided", group="Orders", event="order.voided",
            one="Sale {number} was voided: {total:money}", wanted_by=VOID, icon="close",
            route="order", route_by="order_id",
        ),
        Kind(
            name="order.refunded", title="Goods came back", group="Orders", event="order.refunded", per="day",
            one="Goods came back: {total:money}", many="Goods came back {count} times", sample="number",
            wanted_by=None, icon="refund", route="order", route_by="order_id",
            list_route="orders", list_query="kind=refund",
        ),
        Kind(
            name="payment.received", title="Money came in", group="Money", event="payment.received", per="day",
            one="{amount:money} came in", many="{count} payments came in", wanted_by=None, icon="cash",
            route="order", route_by="order_id", list_route="orders",
        ),
        Kind(
            name="payment.failed", title="A payment of an order failed", group="Money", event="payment.failed",
            one="{amount:money} for order {number} were not paid: {reason}", wanted_by=TAKE_ORDERS, icon="alert",
            is_urgent=True, route="order", route_by="order_id",
        ),
        Kind(
            name="payment.refunded", title="Money went back", group="Money", event="payment.refunded", per="day",
            one="{amount:money} went back", many="{count} payments went back", wanted_by=None, icon="refund",
            route="order", route_by="order_id", list_route="orders", list_query="kind=refund",
        ),
        Kind(
            name="shift.difference", title="A drawer was counted with a difference", group="Money",
            event="shift.closed", one="Shift {number} was {difference:money} off", needs=SEE_EXPECTED_CASH,
            wanted_by=SEE_EXPECTED_CASH, concerns=_is("difference"), icon="cash", route="shift", route_by="shift_id",
        ),
        Kind(
            name="shift.amended", title="A sale reached a shift after its close", group="Money",
            event="shift.amended", one="A sale of {total:money} reached shift {number} after its close",
            needs=SEE_EXPECTED_CASH, wanted_by=SEE_EXPECTED_CASH, icon="cash", route="shift", route_by="shift_id",
        ),
        Kind(
            name="exception.raised", title="Something done while a till was away does not fit", group="Money",
            event="exception.raised", per="day", sample="device", one="{device}: {title}",
            many="{count} things done while a till was away do not fit", wanted_by=RESOLVE_EXCEPTIONS, icon="alert",
            route="exception", route_by="exception_id", list_route="exceptions",
        ),
        Kind(
            name="device.silent", title="A till that holds unsent work is not heard of", group="Money",
            event="device.silent", per="object", one="{name} is silent and holds {unsent} unsent", icon="device",
            route="device", route_by="device_id", list_route="devices",
        ),
        Kind(
            name="device.gap_found", title="Numbers of a till are missing", group="Money", event="device.gap_found",
            per="object", one="{name}: later work came, numbers {first} to {last} did not", icon="device",
            route="device", route_by="device_id", list_route="devices",
        ),
        Kind(
            name="approval.requested", title="Somebody asks for an approval", group="Money", event="approval.requested",
            one="{requested_by_label} asks: {shown}", needs=VIEW_APPROVALS, wanted_by=VOID, icon="alert",
            is_urgent=True, list_route="approvals",
        ),
        Kind(
            name="approval.given", title="Somebody let somebody do more than their role", group="Money",
            event="approval.given", one="{approved_by_label} approved something for {requested_by_label}",
            needs=VIEW_APPROVALS, wanted_by=VIEW_APPROVALS, icon="check", list_route="approvals",
        ),
        Kind(
            name="stock.low", title="An article is low", group="Stock", event="stock.low", per="day", sample="sku",
            one="{sku} is low: {on_hand:quantity} left", many="{count} warnings: articles are low",
            wanted_by=ADJUST_STOCK, icon="stock", list_route="stock-alerts", list_query="kind=low",
        ),
        Kind(
            name="stock.out", title="An article is sold out", group="Stock", event="stock.out", per="day",
            sample="sku", one="{sku} is sold out", many="{count} warnings: articles are sold out",
            wanted_by=ADJUST_STOCK, icon="stock", is_urgent=True, list_route="stock-alerts", list_query="kind=out",
        ),
        Kind(
            name="stock.expiring", title="A lot expires soon", group="Stock", event="stock.expiring", per="day",
            sample="sku", one="Lot {lot} of {sku} expires on {expires_on}", many="{count} lots expire soon",
            wanted_by=ADJUST_STOCK, icon="clock", list_route="stock-alerts", list_query="kind=expiring",
        ),
        Kind(
            name="stock.over", title="There is too much of an article", group="Stock", event="stock.over", per="day",
            sample="sku", one="{sku}: {on_hand:quantity} are too many", many="{count} warnings: too many of an article",
            wanted_by=None, icon="stock", list_route="stock-alerts", list_query="kind=over",
        ),
        Kind(
            name="stock.dead", title="Nobody buys an article", group="Stock", event="stock.dead", per="day",
            sample="sku", one="Nobody bought {sku} for {days} days", many="{count} articles that nobody buys",
            wanted_by=None, icon="stock", list_route="stock-alerts", list_query="kind=dead",
        ),
        Kind(
            name="stock.below_zero", title="More was sold than the record says", group="Stock",
            event="stock.changed", per="day", sample="sku", one="{sku} is below zero: {on_hand:quantity}",
            many="{count} bookings left an article below zero", wanted_by=ADJUST_STOCK, icon="alert",
            concerns=lambda facts: Decimal(facts["on_hand"]) < 0 and Decimal(facts["delta"]) < 0, list_route="stock",
        ),
        Kind(
            name="lot.blocked", title="A lot must not be sold", group="Stock", event="lot.blocked",
            one="Lot {code} of {sku} must not be sold", icon="alert", is_urgent=True,
            route="stock-lot", route_by="lot_id",
        ),
        Kind(
            name="transfer.shipped", title="A transfer is on its way", group="Stock", event="transfer.shipped",
            one="Transfer {number} is on its way", wanted_by=MOVE_STOCK, icon="arrow-right",
            route="transfer", route_by="transfer_id",
        ),
        Kind(
            name="transfer.short", title="Goods of a transfer are missing or damaged", group="Stock",
            event="transfer.closed", one="Transfer {number}: {missing:quantity} missing, {damaged:quantity} damaged",
            wanted_by=MOVE_STOCK, icon="alert", route="transfer", route_by="transfer_id",
            concerns=lambda facts: _is("missing")(facts) or _is("damaged")(facts),
        ),
        Kind(
            name="count.differs", title="A stocktake found differences", group="Stock", event="count.closed",
            one="Stocktake {number}: {variances} of {articles} articles were not as recorded",
            wanted_by=APPROVE_COUNTS, concerns=lambda facts: facts["is_booked"] and facts["variances"] > 0,
            icon="check", route="count", route_by="count_id",
        ),
        Kind(
            name="import.finished", title="An import has landed", group="Shop", event="import.finished",
            one="An import has landed: {orders} orders", icon="import", route="import", route_by="import_id",
        ),
        Kind(
            name="forecast.ready", title="A forecast is ready", group="Shop", event="forecast.ready", per="object",
            one="A forecast is ready", wanted_by=None, icon="forecast", list_route="forecasts",
        ),
        Kind(
            name="webhook.disabled", title="A webhook endpoint was turned off", group="Shop", event="webhook.disabled",
            one="A webhook endpoint was turned off. {reason}", icon="webhooks",
            is_urgent=True, route="webhook", route_by="endpoint_id",
        ),
        Kind(
            name="webhook.failing", title="A webhook endpoint has failed for a day", group="Shop",
            event="webhook.failing", one="No call to a webhook endpoint has succeeded for a day", icon="webhooks",
            route="webhook", route_by="endpoint_id",
        ),
        Kind(
            name="person.created", title="Somebody joined the team", group="Shop", event="person.created",
            one="Somebody joined the team as {role}", icon="team", route="person", route_by="person_id",
            wanted_by="people.manage_team",
        ),
        Kind(
            name="api_key.created", title="A machine got a key", group="Shop", event="api_key.created",
            one="A machine got a key to this shop", icon="keys", list_route="api-keys", wanted_by="people.manage_team",
        ),
    )
}  # fmt: skip
"""Every kind, by name, in the order of its group on the page of wishes."""

BY_EVENT: dict[str, tuple[Kind, ...]] = {}
for _kind in KINDS.values():
    BY_EVENT[_kind.event] = (*BY_EVENT.get(_kind.event, ()), _kind)
