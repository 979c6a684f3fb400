"""Where the pages of webhooks stand in the navigation."""

from core.web.navigation import NavItem, register
from webhooks.permissions import VIEW_WEBHOOKS

register(
    NavItem(
        label="Webhooks", url_name="webhooks", icon="webhooks", permission=VIEW_WEBHOOKS, group="Connect", order=100
    )
)
