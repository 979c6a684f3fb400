"""Where the pages of goods and stock stand in the navigation."""

from core.web.navigation import NavItem, register
from inventory.permissions import MANAGE_PRODUCTS, VIEW_PRODUCTS, VIEW_STOCK

register(
    NavItem(
        label="Products",
        url_name="products",
        icon="products",
        permission=VIEW_PRODUCTS,
        group="Stock",
        order=40,
        in_bottom_bar=True,
    ),
    NavItem(label="Prices", url_name="price-lists", icon="tag", permission=VIEW_PRODUCTS, group="Stock", order=45),
    NavItem(label="Stock", url_name="stock", icon="stock", permission=VIEW_STOCK, group="Stock", order=50),
    NavItem(label="Scan", url_name="scan", icon="scan", permission=VIEW_PRODUCTS, group="Stock", order=45),
    NavItem(
        label="Catalogue",
        url_name="catalogue-settings",
        icon="settings",
        permission=MANAGE_PRODUCTS,
        group="Shop",
        order=5,
    ),
)
