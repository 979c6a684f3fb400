"""Where the pages of goods and stock stand in the navigation."""

from core.web.navigation import NavItem, register
from inventory.permissions import COUNT_STOCK, MANAGE_PRODUCTS, MANAGE_STOCK_POLICY, VIEW_PRODUCTS, VIEW_STOCK

register(
    NavItem(
        label="Products",
        url_name="products",
        icon="products",
        permission=VIEW_PRODUCTS,
        group="Goods",
        order=40,
        in_bottom_bar=True,
    ),
    NavItem(label="Prices", url_name="price-lists", icon="tag", permission=VIEW_PRODUCTS, group="Goods", order=45),
    NavItem(label="Stock", url_name="stock", icon="stock", permission=VIEW_STOCK, group="Stock", order=50),
    NavItem(
        label="Scan",
        url_name="scan",
        icon="scan",
        permission=VIEW_PRODUCTS,
        group="Goods",
        order=47,
    ),
    NavItem(
        label="Catalogue",
        url_name="catalogue-settings",
        icon="settings",
        permission=MANAGE_PRODUCTS,
        group="Shop",
        order=116,
    ),
    NavItem(
        label="Transfers",
        url_name="transfers",
        icon="arrow-right",
        permission=VIEW_STOCK,
        group="Stock",
        order=52,
    ),
    NavItem(
        label="Stocktakes",
        url_name="counts",
        icon="check",
        permission=COUNT_STOCK,
        group="Stock",
        order=54,
    ),
    NavItem(label="Alerts", url_name="stock-alerts", icon="bell", permission=VIEW_STOCK, group="Stock", order=56),
    NavItem(
        label="Stock rules",
        url_name="stock-rules",
        icon="settings",
        permission=MANAGE_STOCK_POLICY,
        group="Shop",
        order=118,
    ),
)
