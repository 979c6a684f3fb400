"""Where the pages of locations stand in the navigation."""

from core.people.permissions import MANAGE_SHOP, VIEW_LOCATIONS
from core.web.navigation import NavItem, register

register(
    NavItem(
        label="Locations", url_name="locations", icon="location", permission=VIEW_LOCATIONS, group="Shop", order=112
    )
)
register(
    NavItem(
        label="Shop details", url_name="shop-details", icon="settings", permission=MANAGE_SHOP, group="Shop", order=110
    )
)
