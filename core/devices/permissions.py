"""Who may let devices in."""

from core.people.permissions import declare, grant_to

MANAGE_DEVICES = declare("devices.manage", "Set up, move and revoke tills and phones", by_location=True)
grant_to(MANAGE_DEVICES, "manager")
