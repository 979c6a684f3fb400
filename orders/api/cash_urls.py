"""API routes of drawers and of what the shop owes."""

from django.urls import URLPattern, path

from orders.api import cash, credit, receipts

cash_urls: list[URLPattern] = [
    path("registers/", cash.Registers.as_view(), name="api-registers"),
    path("registers/<uuid:register_id>/", cash.RegisterOne.as_view(), name="api-register"),
    path("shifts/", cash.Shifts.as_view(), name="api-shifts"),
    path("shifts/<uuid:shift_id>/", cash.ShiftOne.as_view(), name="api-shift"),
    path("shifts/<uuid:shift_id>/close/", cash.ShiftClose.as_view(), name="api-shift-close"),
    path("shifts/<uuid:shift_id>/report/", cash.ShiftReport.as_view(), name="api-shift-report"),
    path("shifts/<uuid:shift_id>/cash-movements/", cash.ShiftCash.as_view(), name="api-shift-cash"),
    path("gift-cards/", credit.GiftCards.as_view(), name="api-gift-cards"),
    path("gift-cards/lookup/", credit.GiftCardLookup.as_view(), name="api-gift-card-lookup"),
    path("gift-cards/<uuid:card_id>/", credit.GiftCardOne.as_view(), name="api-gift-card"),
    path("gift-cards/<uuid:card_id>/entries/", credit.GiftCardEntries.as_view(), name="api-gift-card-entries"),
    path("customers/<uuid:customer_id>/credit/", credit.CustomerCredit.as_view(), name="api-customer-credit"),
    path("customers/<uuid:customer_id>/points/", credit.CustomerPoints.as_view(), name="api-customer-points"),
    path("orders/<uuid:order_id>/receipt.pdf", receipts.ReceiptPdf.as_view(), name="api-receipt-pdf"),
    path("orders/<uuid:order_id>/receipt/email/", receipts.ReceiptMail.as_view(), name="api-receipt-mail"),
]
