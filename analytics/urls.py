"""Routes of this app, included at the root."""

from django.urls import URLPattern, URLResolver, path

from analytics.web import forecasts, reports

urlpatterns: list[URLPattern | URLResolver] = [
    path("reports/", reports.Reports.as_view(), name="reports"),
    path("reports/download.csv", reports.ReportFile.as_view(), name="report-file"),
    path("forecasts/", forecasts.Forecasts.as_view(), name="forecasts"),
    path("forecasts/run/", forecasts.ForecastNow.as_view(), name="forecast-now"),
    path("forecasts/<uuid:variant_id>/", forecasts.ForecastOne.as_view(), name="forecast"),
]
