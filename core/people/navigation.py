"""Where the pages of people and keys stand in the navigation."""

from core.people.permissions import VIEW_TEAM
from core.web.navigation import NavItem, register

register(
    NavItem(label="API keys", url_name="api-keys", icon="keys", permission=VIEW_TEAM, group="Connect", order=110),
    NavItem(label="Team", url_name="team", icon="team", permission=VIEW_TEAM, group="Shop", order=115),
)
