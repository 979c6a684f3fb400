"""API routes of this app, included under /api/v1/."""

from django.urls import URLPattern, URLResolver, path

from orders.api import after, approvals, changes, customer_merges, customers, discounts, parking, views
from orders.api.cash_urls import cash_urls

urlpatterns: list[URLPattern | URLResolver] = [
    path("orders/", views.Orders.as_view(), name="api-orders"),
    path("orders/parked/", parking.ParkedCarts.as_view(), name="api-parked"),
    path("orders/parked/<uuid:order_id>/resume/", parking.ResumeCart.as_view(), name="api-parked-resume"),
    path("orders/parked/<uuid:order_id>/discard/", parking.DiscardCart.as_view(), name="api-parked-discard"),
    path("approvals/", approvals.Approvals.as_view(), name="api-approvals"),
    path("approvals/approvers/", approvals.Approvers.as_view(), name="api-approvers"),
    path("approvals/pin/", approvals.Pin.as_view(), name="api-pin"),
    path("policy/", approvals.Policy.as_view(), name="api-policy"),
    path("orders/quote/", discounts.Quotes.as_view(), name="api-order-quote"),
    path("orders/<uuid:order_id>/", views.OrderOne.as_view(), name="api-order"),
    path("discounts/", discounts.Discounts.as_view(), name="api-discounts"),
    path("discounts/<uuid:discount_id>/", discounts.DiscountOne.as_view(), name="api-discount"),
    path("coupons/", discounts.Coupons.as_view(), name="api-coupons"),
    path("coupons/<uuid:coupon_id>/", discounts.CouponOne.as_view(), name="api-coupon"),
    path("orders/<uuid:order_id>/returns/", after.Returns.as_view(), name="api-order-returns"),
    path("orders/<uuid:order_id>/exchanges/", after.Exchanges.as_view(), name="api-order-exchanges"),
    path("orders/<uuid:order_id>/changes/", changes.Changes.as_view(), name="api-order-changes"),
    path(
        "orders/<uuid:order_id>/changes/<uuid:change_id>/confirm/",
        changes.ConfirmChange.as_view(),
        name="api-change-confirm",
    ),
    path(
        "orders/<uuid:order_id>/changes/<uuid:change_id>/revert/",
        changes.RevertChange.as_view(),
        name="api-change-revert",
    ),
    path("orders/<uuid:order_id>/void/", after.Void.as_view(), name="api-order-void"),
    path("customers/", customers.Customers.as_view(), name="api-customers"),
    path("customers/<uuid:customer_id>/", customers.CustomerOne.as_view(), name="api-customer"),
    path("customers/<uuid:customer_id>/consents/", customers.Consents.as_view(), name="api-consents"),
    path("customers/<uuid:customer_id>/anonymise/", customers.CustomerAnonymised.as_view(), name="api-anonymise"),
    path("customers/<uuid:customer_id>/merge/", customer_merges.CustomerMerged.as_view(), name="api-merge"),
    path("customers/<uuid:customer_id>/unmerge/", customer_merges.CustomerUnmerged.as_view(), name="api-unmerge"),
    path("customers/<uuid:customer_id>/timeline/", customer_merges.Timeline.as_view(), name="api-timeline"),
    path("customer-duplicates/", customer_merges.Duplicates.as_view(), name="api-customer-duplicates"),
    path("customer-groups/", customers.Groups.as_view(), name="api-customer-groups"),
    path("customer-groups/<uuid:group_id>/", customers.GroupOne.as_view(), name="api-customer-group"),
    *cash_urls,
]
