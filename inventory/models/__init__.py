"""What the shop holds, by topic. Rows change through `inventory.services` alone (docs/model.md)."""

from inventory.models.catalogue import (
    AttributeDefinition,
    Brand,
    Category,
    CodeSequence,
    EmbeddedCodeRule,
    Product,
    ProductPicture,
    ScanCode,
    TaxClass,
    Tombstone,
    Variant,
    title_of,
)
from inventory.models.closings import StockClosing, StockClosingRow
from inventory.models.counts import Count, CountEntry, CountLine
from inventory.models.digests import AlertDigest
from inventory.models.lots import Lot, LotLevel, MovementLot, MovementSerial, Serial
from inventory.models.prices import (
    BulkEdit,
    BulkEditRow,
    LabelPrint,
    PriceChange,
    PriceList,
    PriceListItem,
    PriceSheet,
    PriceSheetRow,
)
from inventory.models.stock import (
    StockAlert,
    StockDocument,
    StockException,
    StockLevel,
    StockMovement,
    StockPolicy,
    StockReservation,
)
from inventory.models.transfers import Transfer, TransferLine, TransferReceipt

__all__ = [
    "AlertDigest",
    "AttributeDefinition",
    "Brand",
    "BulkEdit",
    "BulkEditRow",
    "Category",
    "CodeSequence",
    "Count",
    "CountEntry",
    "CountLine",
    "EmbeddedCodeRule",
    "LabelPrint",
    "Lot",
    "LotLevel",
    "MovementLot",
    "MovementSerial",
    "PriceChange",
    "PriceList",
    "PriceListItem",
    "PriceSheet",
    "PriceSheetRow",
    "Product",
    "ProductPicture",
    "ScanCode",
    "Serial",
    "StockAlert",
    "StockClosing",
    "StockClosingRow",
    "StockDocument",
    "StockException",
    "StockLevel",
    "StockMovement",
    "StockPolicy",
    "StockReservation",
    "TaxClass",
    "Tombstone",
    "Transfer",
    "TransferLine",
    "TransferReceipt",
    "Variant",
    "title_of",
]
