"""Where the shop stands, for somebody who missed too much to be told event by event."""

from typing import Any

from core.actors import Actor
from core.db.moment import one_moment
from inventory.permissions import VIEW_PRODUCTS, VIEW_STOCK
from orders.permissions import VIEW_CUSTOMERS, VIEW_ORDERS
from realtime.board import Board, board_for

SNAPSHOT_URL = "/api/v1/live/snapshot/"
LISTS = (
    ("orders", VIEW_ORDERS, "/api/v1/orders/"),
    ("stock", VIEW_STOCK, "/api/v1/stock/"),
    ("transfers", VIEW_STOCK, "/api/v1/transfers/"),
    ("counts", VIEW_STOCK, "/api/v1/counts/"),
    ("products", VIEW_PRODUCTS, "/api/v1/products/"),
    ("customers", VIEW_CUSTOMERS, "/api/v1/customers/"),
)
"""Where the things of a topic are read afresh, and who may."""


def snapshot_for(actor: Actor) -> dict[str, Any]:
    """The shop's figures of one moment, with the number in the stream that was read first.

    Events beyond ``seq`` may be in the figures already (take those whose object's version is higher), none that is not
    beyond it is missing. The lists under ``read`` are newer than ``seq`` whenever they are read after this.
    """
    with one_moment():
        board = board_for(actor)
    return {
        "epoch": board.epoch,
        "seq": board.seq,
        "business_date": board.day,
        "sales": board.sales and _sales(board),
        "stock": board.stock and _stock(board),
        "read": [{"topic": topic, "url": url} for topic, permission, url in LISTS if actor.may(permission)],
    }


def _sales(board: Board) -> dict[str, Any]:
    assert board.sales is not None
    now = board.sales.today.now
    return {
        "revenue": now.revenue,
        "orders": now.orders,
        "items": now.items,
        "last": [{"id": order.pk, "version": order.version, "total": order.total} for order in board.sales.last],
    }


def _stock(board: Board) -> dict[str, Any]:
    assert board.stock is not None
    stock = board.stock
    rows = [
        {"variant_id": row.variant_id, "location_id": row.location_id, "on_hand": row.on_hand, "version": row.version}
        for row in stock.rows
    ]
    return {"out": stock.out, "low": stock.low, "exceptions": stock.exceptions, "worst": rows}
