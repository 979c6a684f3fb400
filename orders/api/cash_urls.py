"""API routes of drawers and of what the shop owes."""

from django.urls import URLPattern, path

from orders.api import cash

cash_urls: list[URLPattern] = [
    path("registers/", cash.Registers.as_view(), name="api-registers"),
    path("registers/<uuid:register_id>/", cash.RegisterOne.as_view(), name="api-register"),
    path("shifts/", cash.Shifts.as_view(), name="api-shifts"),
    path("shifts/<uuid:shift_id>/", cash.ShiftOne.as_view(), name="api-shift"),
    path("shifts/<uuid:shift_id>/close/", cash.ShiftClose.as_view(), name="api-shift-close"),
    path("shifts/<uuid:shift_id>/report/", cash.ShiftReport.as_view(), name="api-shift-report"),
    path("shifts/<uuid:shift_id>/cash-movements/", cash.ShiftCash.as_view(), name="api-shift-cash"),
]
