"""Where the pages of devices stand in the navigation."""

from core.devices.permissions import MANAGE_DEVICES
from core.web.navigation import NavItem, register

register(
    NavItem(
        label="Tills and phones", url_name="devices", icon="device", permission=MANAGE_DEVICES, group="Shop", order=114
    )
)
