"""The formats we read. Each knows its columns and how one row of text becomes one line of history."""

from orders.imports.formats.base import Format
from orders.imports.formats.uci_online_retail import UCI_ONLINE_RETAIL

FORMATS: dict[str, Format] = {UCI_ONLINE_RETAIL.name: UCI_ONLINE_RETAIL}
