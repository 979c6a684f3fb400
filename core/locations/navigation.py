"""Where the pages of locations stand in the navigation."""

from core.people.permissions import VIEW_LOCATIONS
from core.web.navigation import NavItem, register

register(
    NavItem(
        label="Locations", url_name="locations", icon="location", permission=VIEW_LOCATIONS, group="Shop", order=112
    )
)
