"""Pages of drawers, gift cards and receipts by mail."""

from django.urls import URLPattern, path

from orders.web import cash, gift_cards, views

cash_pages: list[URLPattern] = [
    path("registers/", cash.Registers.as_view(), name="registers"),
    path("registers/<uuid:register_id>/", cash.RegisterOne.as_view(), name="register"),
    path("registers/<uuid:register_id>/open/", cash.ShiftOpen.as_view(), name="shift-open"),
    path("shifts/<uuid:shift_id>/", cash.ShiftOne.as_view(), name="shift"),
    path("shifts/<uuid:shift_id>/cash/", cash.ShiftCash.as_view(), name="shift-cash"),
    path("shifts/<uuid:shift_id>/close/", cash.ShiftClose.as_view(), name="shift-close"),
    path("gift-cards/", gift_cards.GiftCards.as_view(), name="gift-cards"),
    path("gift-cards/new/", gift_cards.NewGiftCard.as_view(), name="gift-card-new"),
    path("gift-cards/<uuid:card_id>/", gift_cards.GiftCardOne.as_view(), name="gift-card"),
    path("gift-cards/<uuid:card_id>/state/", gift_cards.GiftCardState.as_view(), name="gift-card-state"),
    path("orders/<uuid:order_id>/receipt/email/", views.ReceiptMail.as_view(), name="order-receipt-mail"),
]
