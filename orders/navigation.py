"""Where the pages of selling stand in the navigation, and what they add to a product's page."""

from core.web.navigation import NavItem, register
from inventory.web.panels import Panel, register_panel
from orders.permissions import IMPORT_HISTORY, SELL, VIEW_CUSTOMERS, VIEW_ORDERS
from orders.web.selectors import last_sales_of

register(
    NavItem(label="Till", url_name="till", icon="till", permission=SELL, group="Sell", order=20, in_bottom_bar=True),
    NavItem(
        label="Orders",
        url_name="orders",
        icon="orders",
        permission=VIEW_ORDERS,
        group="Sell",
        order=30,
        in_bottom_bar=True,
    ),
    NavItem(
        label="Customers", url_name="customers", icon="customers", permission=VIEW_CUSTOMERS, group="Sell", order=60
    ),
    NavItem(label="Imports", url_name="imports", icon="import", permission=IMPORT_HISTORY, group="Connect", order=90),
)
register_panel(Panel(template="orders/_product_sales.html", permission=VIEW_ORDERS, rows=last_sales_of))
