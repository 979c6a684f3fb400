"""What can be allowed around webhooks."""

from core.people.permissions import declare, grant_to

VIEW_WEBHOOKS = declare("webhooks.view", "See webhook endpoints and their deliveries", whole_shop=True)
MANAGE_WEBHOOKS = declare(
    "webhooks.manage", "Set up webhook endpoints, rotate secrets, replay deliveries", whole_shop=True
)

grant_to(VIEW_WEBHOOKS, "manager")
