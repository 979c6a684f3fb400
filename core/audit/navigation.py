"""Where the audit log stands in the navigation."""

from core.people.permissions import VIEW_AUDIT
from core.web.navigation import NavItem, register

register(NavItem(label="Audit log", url_name="audit", icon="audit", permission=VIEW_AUDIT, group="Shop", order=120))
