"""Pages of this app, included at the root."""

from django.urls import URLPattern, URLResolver, path

from inventory.web import (
    alerts,
    booking,
    bulk,
    codes,
    counts,
    groups,
    history,
    labels,
    lots,
    options,
    pictures,
    prices,
    product_page,
    reservations,
    stock,
    transfers,
    views,
)

urlpatterns: list[URLPattern | URLResolver] = [
    path("products/", views.Products.as_view(), name="products"),
    path("products/new/", views.ProductEdit.as_view(), name="product-new"),
    path("products/<uuid:product_id>/", product_page.ProductOne.as_view(), name="product"),
    path("products/<uuid:product_id>/codes/", product_page.ProductCodes.as_view(), name="product-codes"),
    path("products/<uuid:product_id>/options/", options.ProductOptions.as_view(), name="product-options"),
    path("products/<uuid:product_id>/pictures/", pictures.ProductPictures.as_view(), name="product-pictures"),
    path("products/pictures/<uuid:picture_id>/", pictures.PictureOne.as_view(), name="picture"),
    path("pictures/<str:picture_name>/", pictures.PictureFile.as_view(), name="picture-file"),
    path("products/<uuid:product_id>/retire/", views.ProductRetire.as_view(), name="product-retire"),
    path("products/<uuid:product_id>/edit/", views.ProductEdit.as_view(), name="product-edit"),
    path("products/bulk/", bulk.BulkEdits.as_view(), name="bulk-edits"),
    path("products/bulk/<uuid:edit_id>/", bulk.BulkEditOne.as_view(), name="bulk-edit"),
    path("labels/", labels.Labels.as_view(), name="labels"),
    path("prices/", prices.PriceLists.as_view(), name="price-lists"),
    path("prices/new/", prices.PriceListEdit.as_view(), name="price-list-new"),
    path("prices/<uuid:price_list_id>/", prices.PriceListOne.as_view(), name="price-list"),
    path("prices/<uuid:price_list_id>/edit/", prices.PriceListEdit.as_view(), name="price-list-edit"),
    path("scan/", codes.ScanAnything.as_view(), name="scan"),
    path("settings/catalogue/code-rules/", codes.CodeRules.as_view(), name="code-rules"),
    path("settings/catalogue/code-rules/<uuid:rule_id>/", codes.CodeRuleOne.as_view(), name="code-rule"),
    path("settings/catalogue/", groups.CatalogueSettings.as_view(), name="catalogue-settings"),
    path(
        "settings/catalogue/categories/<uuid:category_id>/shift/", groups.CategoryShift.as_view(), name="category-shift"
    ),
    path("stock/", stock.Stock.as_view(), name="stock"),
    path(
        "stock/exceptions/<uuid:exception_id>/settled/",
        stock.StockExceptionSettled.as_view(),
        name="stock-exception-settled",
    ),
    path("stock/book/", booking.StockBooking.as_view(), name="stock-book"),
    path("stock/lots/", lots.Lots.as_view(), name="stock-lots"),
    path("stock/lots/<uuid:lot_id>/", lots.LotOne.as_view(), name="stock-lot"),
    path("stock/lots/<uuid:lot_id>/blocking/", lots.LotBlocking.as_view(), name="stock-lot-blocking"),
    path("stock/serials/", lots.Serials.as_view(), name="stock-serials"),
    path("stock/serials/<uuid:serial_id>/", lots.SerialOne.as_view(), name="stock-serial"),
    path("stock/value/", history.StockWorth.as_view(), name="stock-value"),
    path("stock/history/<uuid:variant_id>/<uuid:location_id>/", history.StockHistory.as_view(), name="stock-history"),
    path("stock/documents/<uuid:document_id>/", history.StockDocumentOne.as_view(), name="stock-document"),
    path("stock/reservations/", reservations.Reservations.as_view(), name="stock-reservations"),
    path(
        "stock/reservations/<uuid:reservation_id>/released/",
        reservations.ReservationReleased.as_view(),
        name="stock-reservation-released",
    ),
    path(
        "stock/reservations/<uuid:reservation_id>/extended/",
        reservations.ReservationExtended.as_view(),
        name="stock-reservation-extended",
    ),
    path("stock/limits/<uuid:variant_id>/<uuid:location_id>/", reservations.StockLimits.as_view(), name="stock-limits"),
]

for name, argument in groups.ARGUMENTS.items():
    address, which = f"settings/catalogue/{name}/", {"group": name}
    urlpatterns += [
        path(address, groups.Groups.as_view(), which, name=f"catalogue-{name}"),
        path(f"{address}<uuid:{argument}>/", groups.GroupOne.as_view(), which, name=f"catalogue-{name}-one"),
        path("stock/alerts/", alerts.Alerts.as_view(), name="stock-alerts"),
        path("stock/alerts/<uuid:alert_id>/snoozed/", alerts.AlertSnoozed.as_view(), name="stock-alert-snoozed"),
        path("counts/", counts.Counts.as_view(), name="counts"),
        path("counts/new/", counts.CountNew.as_view(), name="count-new"),
        path("counts/plan/", counts.CountPlan.as_view(), name="count-plan"),
        path("counts/<uuid:count_id>/", counts.CountOne.as_view(), name="count"),
        path("counts/<uuid:count_id>/scan/", counts.CountScan.as_view(), name="count-scan"),
        path("counts/<uuid:count_id>/take-back/", counts.CountTakeBack.as_view(), name="count-take-back"),
        path("counts/<uuid:count_id>/step/", counts.CountStep.as_view(), name="count-step"),
        path("counts/<uuid:count_id>/result/", counts.CountResult.as_view(), name="count-result"),
        path("transfers/", transfers.Transfers.as_view(), name="transfers"),
        path("transfers/new/", transfers.TransferNew.as_view(), name="transfer-new"),
        path("transfers/<uuid:transfer_id>/", transfers.TransferOne.as_view(), name="transfer"),
        path("transfers/<uuid:transfer_id>/edit/", transfers.TransferEdit.as_view(), name="transfer-edit"),
        path("transfers/<uuid:transfer_id>/ship/", transfers.TransferShip.as_view(), name="transfer-ship"),
        path("transfers/<uuid:transfer_id>/receive/", transfers.TransferReceive.as_view(), name="transfer-receive"),
        path(
            "transfers/<uuid:transfer_id>/cancelled/", transfers.TransferCancelled.as_view(), name="transfer-cancelled"
        ),
        path("transfers/<uuid:transfer_id>/packing-list/", transfers.PackingList.as_view(), name="packing-list"),
    ]
