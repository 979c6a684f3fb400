"""System checks of analytics: a metric that anybody could read by accident stops the start."""

from typing import Any

from django.core.checks import CheckMessage, Error, register

from analytics.metrics import METRICS, TABLES
from core.people.permissions import PERMISSIONS


@register()
def every_metric_and_table_names_its_permission(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """analytics.E001: a metric or a table of the report whose permission nobody declared."""
    named = [(f"metric {name}", metric.permission) for name, metric in METRICS.items()]
    named += [(f"table {name}", permission) for name, permission in TABLES.items()]
    return [
        Error(f"{what} needs {code!r}, which no app declares", id="analytics.E001")
        for what, code in named
        if code not in PERMISSIONS
    ]


@register()
def every_ratio_is_of_known_metrics(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """analytics.E002: a ratio of metrics that do not exist, or that are ratios themselves."""
    return [
        Error(f"metric {metric.name} divides by way of {part!r}, which is no plain metric", id="analytics.E002")
        for metric in METRICS.values()
        for part in metric.parts
        if part not in METRICS or METRICS[part].parts
    ]
