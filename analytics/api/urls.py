"""API routes of this app, included under /api/v1/."""

from django.urls import URLPattern, URLResolver, path

from analytics.api import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("metrics/", views.Metrics.as_view(), name="api-metrics"),
    path("reports/", views.Reports.as_view(), name="api-reports"),
    path("forecasts/", views.Forecasts.as_view(), name="api-forecasts"),
    path("forecasts/runs/", views.ForecastRuns.as_view(), name="api-forecast-runs"),
    path("forecasts/<uuid:variant_id>/", views.ForecastOne.as_view(), name="api-forecast"),
]
