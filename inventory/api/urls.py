"""API routes of this app, included under /api/v1/."""

from django.urls import URLPattern, URLResolver, path

from inventory.api import bulk, codes, groups, labels, prices, reservations, stock, views

urlpatterns: list[URLPattern | URLResolver] = [
    path("attributes/", groups.Attributes.as_view(), name="api-attributes"),
    path("attributes/<uuid:attribute_id>/", groups.AttributeOne.as_view(), name="api-attribute"),
    path("brands/", groups.Brands.as_view(), name="api-brands"),
    path("brands/<uuid:brand_id>/", groups.BrandOne.as_view(), name="api-brand"),
    path("categories/", groups.Categories.as_view(), name="api-categories"),
    path("categories/<uuid:category_id>/", groups.CategoryOne.as_view(), name="api-category"),
    path("tax-classes/", groups.TaxClasses.as_view(), name="api-tax-classes"),
    path("tax-classes/<uuid:tax_class_id>/", groups.TaxClassOne.as_view(), name="api-tax-class"),
    path("products/", views.Products.as_view(), name="api-products"),
    path("products/<uuid:product_id>/", views.ProductOne.as_view(), name="api-product"),
    path("price-lists/", prices.PriceLists.as_view(), name="api-price-lists"),
    path("price-lists/<uuid:price_list_id>/", prices.PriceListOne.as_view(), name="api-price-list"),
    path("price-lists/<uuid:price_list_id>/prices/", prices.PricesOnList.as_view(), name="api-prices"),
    path("bulk-edits/", bulk.BulkEdits.as_view(), name="api-bulk-edits"),
    path("bulk-edits/<uuid:edit_id>/", bulk.BulkEditOne.as_view(), name="api-bulk-edit"),
    path("bulk-edits/<uuid:edit_id>/apply/", bulk.Apply.as_view(), name="api-bulk-edit-apply"),
    path("bulk-edits/<uuid:edit_id>/undo/", bulk.Undo.as_view(), name="api-bulk-edit-undo"),
    path("labels/", labels.Labels.as_view(), name="api-labels"),
    path("price-changes/", prices.PriceChanges.as_view(), name="api-price-changes"),
    path("code-rules/", codes.CodeRules.as_view(), name="api-code-rules"),
    path("code-rules/reading/", codes.CodeReading.as_view(), name="api-code-reading"),
    path("code-rules/<uuid:rule_id>/", codes.CodeRuleOne.as_view(), name="api-code-rule"),
    path("variants/<uuid:variant_id>/codes/", codes.VariantCodes.as_view(), name="api-variant-codes"),
    path("scan/<str:code>/", codes.Scan.as_view(), name="api-scan"),
    path("stock/", stock.Stock.as_view(), name="api-stock"),
    path("stock/movements/", stock.Movements.as_view(), name="api-stock-movements"),
    path("stock/limits/", reservations.Limits.as_view(), name="api-stock-limits"),
    path("stock/reservations/", reservations.Reservations.as_view(), name="api-reservations"),
    path("stock/reservations/<uuid:reservation_id>/", reservations.ReservationOne.as_view(), name="api-reservation"),
]
