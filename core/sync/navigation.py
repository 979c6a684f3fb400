"""Where the exceptions stand in the navigation."""

from core.people.permissions import VIEW_EXCEPTIONS
from core.web.navigation import NavItem, register

register(
    NavItem(
        label="Exceptions", url_name="exceptions", icon="alert", permission=VIEW_EXCEPTIONS, group="Shop", order=112
    )
)
