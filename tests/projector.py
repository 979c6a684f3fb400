"""A shop as somebody sees it who reads nothing but its events: what a receiver of webhooks can keep by itself."""

from collections import defaultdict
from collections.abc import Iterable
from copy import deepcopy
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from inventory.models import Product, StockLevel
from orders.models import Customer, Order, Payment
from orders.selectors.axes import axes_of, with_axes

Row = dict[str, Any]


@dataclass
class View:
    """Orders, money, levels, products and customers by their identifiers, all as plain values."""

    orders: dict[str, Row] = field(default_factory=dict)
    money: dict[str, Decimal] = field(default_factory=lambda: defaultdict(Decimal))
    levels: dict[tuple[str, str], Row] = field(default_factory=dict)
    products: dict[str, Row] = field(default_factory=dict)
    customers: dict[str, Row] = field(default_factory=dict)

    def after(self, events: Iterable[dict[str, Any]]) -> "View":
        """This view with the events applied to it, in the order of the stream."""
        view = deepcopy(self)
        for event in events:
            apply = getattr(view, "_" + event["type"].replace(".", "_"), None)
            if apply is not None:
                apply(event["data"])
        return view

    def _order(self, data: Row, **more: str) -> None:
        """The higher version of an order is the newer truth."""
        row = self.orders.setdefault(data["order_id"], {"version": 0, "returned": "none"})
        if data["version"] >= row["version"]:
            named = ("version", "number", "currency", "state", "paid", "handed_over", "returned")
            row |= {name: data[name] for name in named if name in data}
            row |= {"total": Decimal(data["total"]), **more}

    def _order_created(self, data: Row) -> None:
        self._order(data, state="open", paid="unpaid", handed_over="none")

    def _order_completed(self, data: Row) -> None:
        self._order(data, state="completed", paid="paid", handed_over="all")

    def _order_refunded(self, data: Row) -> None:
        self._order(data, state="completed", paid="paid", handed_over="all")

    def _order_updated(self, data: Row) -> None:
        self._order(data)

    def _order_voided(self, data: Row) -> None:
        self._order(data, state="voided", paid="refunded", handed_over="none")

    def _order_cancelled(self, data: Row) -> None:
        self._order(data, state="cancelled")

    def _payment_received(self, data: Row) -> None:
        self.money[data["order_id"]] += Decimal(data["amount"])

    _payment_refunded = _payment_received

    def _level(self, data: Row) -> None:
        row = self.levels.setdefault((data["variant_id"], data["location_id"]), {"damaged": 0, "in_transit": 0})
        named = ("on_hand", "reserved", "damaged", "in_transit")
        row |= {name: Decimal(data[name]) for name in named if name in data}

    _stock_changed = _stock_reserved = _stock_released = _level

    def _product_updated(self, data: Row) -> None:
        self.products[data["product_id"]] = {
            "version": data["version"],
            "name": data["name"],
            "is_active": data["is_active"],
            "prices": {sku: Decimal(price) for sku, price in data["prices"].items()},
        }

    _product_created = _product_updated

    def _product_deleted(self, data: Row) -> None:
        del self.products[data["product_id"]]

    def _customer_updated(self, data: Row) -> None:
        self.customers[data["customer_id"]] = {"version": data["version"], "number": data["number"]}

    _customer_created = _customer_updated


def true_view() -> View:
    """The shop at hand as its rows are."""
    view = View()
    for order in with_axes(Order.objects.all()):
        axes = axes_of(order)
        view.orders[str(order.pk)] = {
            "version": order.version,
            "number": order.number,
            "currency": order.currency,
            "state": order.state,
            "total": order.total,
            "paid": axes.paid,
            "handed_over": axes.handed_over,
            "returned": axes.returned,
        }
    for payment in Payment.objects.all():
        view.money[str(payment.order_id)] += payment.amount
    for level in StockLevel.objects.all():
        view.levels[str(level.variant_id), str(level.location_id)] = {
            name: getattr(level, name) for name in ("on_hand", "reserved", "damaged", "in_transit")
        }
    for product in Product.objects.prefetch_related("variants"):
        view.products[str(product.pk)] = {
            "version": product.version,
            "name": product.name,
            "is_active": product.is_active,
            "prices": {variant.sku: variant.unit_price for variant in product.variants.all()},
        }
    for customer in Customer.objects.all():
        view.customers[str(customer.pk)] = {"version": customer.version, "number": customer.number}
    return view
