"""The places of analytics in the navigation."""

from analytics.permissions import VIEW_FORECASTS, VIEW_REPORTS
from core.web.navigation import NavItem, register

register(
    NavItem("Reports", "reports", "reports", VIEW_REPORTS, group="Insight", order=70),
    NavItem("Forecasts", "forecasts", "forecast", VIEW_FORECASTS, group="Insight", order=80),
)
