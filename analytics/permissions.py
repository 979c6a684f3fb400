"""What can be allowed around reports and forecasts."""

from core.people.permissions import declare, grant_to

VIEW_REPORTS = declare("analytics.view_reports", "See reports", by_location=True)
VIEW_FORECASTS = declare("analytics.view_forecasts", "See forecasts", whole_shop=True)
RUN_FORECASTS = declare("analytics.run_forecasts", "Make new forecasts", whole_shop=True)

grant_to(VIEW_REPORTS, "manager", "accountant", "viewer")
grant_to(VIEW_FORECASTS, "manager", "stock clerk", "accountant", "viewer")
grant_to(RUN_FORECASTS, "manager", "stock clerk")
