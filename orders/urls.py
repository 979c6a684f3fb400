"""Pages of this app, included at the root."""

from django.urls import URLPattern, URLResolver, path

from orders.cash_pages import cash_pages
from orders.web import after, customer_merges, customers, discounts, imports, no_receipt, placing, selling, till, views

urlpatterns: list[URLPattern | URLResolver] = [
    path("till/", till.Till.as_view(), name="till"),
    path("till/articles/", till.TillArticles.as_view(), name="till-articles"),
    path("orders/", views.Orders.as_view(), name="orders"),
    path("orders/new/", placing.OrderNew.as_view(), name="order-new"),
    path("orders/<uuid:order_id>/", views.OrderOne.as_view(), name="order"),
    path("orders/<uuid:order_id>/receipt/", views.Receipt.as_view(), name="order-receipt"),
    path("discounts/", discounts.Discounts.as_view(), name="discounts"),
    path("discounts/new/", discounts.DiscountEdit.as_view(), name="discount-new"),
    path("discounts/<uuid:discount_id>/", discounts.DiscountEdit.as_view(), name="discount"),
    path("discounts/<uuid:discount_id>/coupons/", discounts.CouponAdd.as_view(), name="coupon-add"),
    path("coupons/<uuid:coupon_id>/switch/", discounts.CouponSwitch.as_view(), name="coupon-switch"),
    path("orders/<uuid:order_id>/return/", after.OrderReturn.as_view(), name="order-return"),
    path("orders/<uuid:order_id>/void/", after.OrderVoid.as_view(), name="order-void"),
    path("returns/", after.Returns.as_view(), name="returns"),
    path("returns/without-receipt/", no_receipt.LooseReturn.as_view(), name="return-without-receipt"),
    path("parked/", after.ParkedCarts.as_view(), name="parked"),
    path("parked/<uuid:order_id>/discard/", after.ParkedDiscard.as_view(), name="parked-discard"),
    path("approvals/", after.Approvals.as_view(), name="approvals"),
    path("settings/selling/", selling.Selling.as_view(), name="selling-settings"),
    path("settings/pin/", after.MyPin.as_view(), name="my-pin"),
    path("customers/", customers.Customers.as_view(), name="customers"),
    path("customers/new/", customers.CustomerEdit.as_view(), name="customer-new"),
    path("customers/duplicates/", customer_merges.Duplicates.as_view(), name="customer-duplicates"),
    path("customers/merges/<uuid:merge_id>/undo/", customer_merges.MergeUndone.as_view(), name="customer-unmerge"),
    path("customers/<uuid:customer_id>/merge/<uuid:other_id>/", customer_merges.Merge.as_view(), name="customer-merge"),
    path("customers/groups/", customers.Groups.as_view(), name="customer-groups"),
    path("customers/groups/<uuid:group_id>/", customers.GroupEdit.as_view(), name="customer-group"),
    path("customers/<uuid:customer_id>/", customers.CustomerOne.as_view(), name="customer"),
    path("customers/<uuid:customer_id>/edit/", customers.CustomerEdit.as_view(), name="customer-edit"),
    path("customers/<uuid:customer_id>/consents/", customers.CustomerConsents.as_view(), name="customer-consents"),
    path("customers/<uuid:customer_id>/anonymise/", customers.CustomerAnonymise.as_view(), name="customer-anonymise"),
    path("imports/", imports.Imports.as_view(), name="imports"),
    path("imports/<uuid:run_id>/", imports.ImportOne.as_view(), name="import"),
    *cash_pages,
]
