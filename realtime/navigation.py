"""Where the live pages stand in the navigation."""

from core.people.permissions import AUTHENTICATED
from core.web.navigation import NavItem, register

register(
    NavItem(
        label="Board",
        url_name="board",
        icon="board",
        permission=AUTHENTICATED,
        group="Today",
        order=10,
        in_bottom_bar=True,
    )
)
