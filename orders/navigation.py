"""Where the pages of selling stand in the navigation, and what they add to a product's page."""

from core.web.navigation import NavItem, register
from inventory.permissions import VIEW_PRODUCTS
from inventory.web.panels import Panel, register_panel
from orders.permissions import (
    BUY_GOODS,
    FULFIL,
    IMPORT_HISTORY,
    MANAGE_POLICY,
    REFUND,
    SELL,
    VIEW_APPROVALS,
    VIEW_CREDIT,
    VIEW_CUSTOMERS,
    VIEW_DISCOUNTS,
    VIEW_ORDERS,
    VIEW_SHIFTS,
)
from orders.web.selectors import last_sales_of

register(
    NavItem(
        label="Till",
        url_name="till",
        icon="till",
        permission=SELL,
        group="Sell",
        order=20,
        in_bottom_bar=True,
        shortcut="Sell",
        opens_offline=True,
    ),
    NavItem(
        label="Shop floor",
        url_name="floor",
        icon="scan",
        permission=VIEW_PRODUCTS,
        group="Stock",
        order=48,
        shortcuts=(("Scan", "#price"), ("Receive", "#receive"), ("Count", "#count")),
        opens_offline=True,
    ),
    NavItem(
        label="Orders",
        url_name="orders",
        icon="orders",
        permission=VIEW_ORDERS,
        group="Sell",
        order=30,
        in_bottom_bar=True,
        shortcut="Orders",
    ),
    NavItem(label="To pack", url_name="to-pack", icon="stock", permission=FULFIL, group="Sell", order=35),
    NavItem(label="Returns", url_name="returns", icon="refund", permission=REFUND, group="Sell", order=40),
    NavItem(
        label="Buy from a customer", url_name="purchases", icon="import", permission=BUY_GOODS, group="Sell", order=42
    ),
    NavItem(label="Parked baskets", url_name="parked", icon="clock", permission=SELL, group="Sell", order=25),
    NavItem(label="Approvals", url_name="approvals", icon="check", permission=VIEW_APPROVALS, group="Shop", order=118),
    NavItem(
        label="Selling rules",
        url_name="selling-settings",
        icon="settings",
        permission=MANAGE_POLICY,
        group="Shop",
        order=119,
    ),
    NavItem(
        label="Customers",
        url_name="customers",
        icon="customers",
        permission=VIEW_CUSTOMERS,
        group="Customers",
        order=10,
    ),
    NavItem(label="Registers", url_name="registers", icon="cash", permission=VIEW_SHIFTS, group="Sell", order=45),
    NavItem(
        label="Gift cards", url_name="gift-cards", icon="card", permission=VIEW_CREDIT, group="Customers", order=50
    ),
    NavItem(
        label="Discounts", url_name="discounts", icon="tag", permission=VIEW_DISCOUNTS, group="Customers", order=55
    ),
    NavItem(label="Imports", url_name="imports", icon="import", permission=IMPORT_HISTORY, group="Connect", order=90),
)
register_panel(Panel(template="orders/_product_sales.html", permission=VIEW_ORDERS, rows=last_sales_of))
