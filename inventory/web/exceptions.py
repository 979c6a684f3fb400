"""What is wrong with the stock, as the inbox of exceptions shows it."""

from collections.abc import Sequence
from urllib.parse import urlencode

from django.urls import reverse

from core.actors import Actor
from core.money import plain_decimal
from core.sync.registry import Line, Source, Way, register_source
from inventory.models import StockException
from inventory.permissions import ADJUST_STOCK, VIEW_STOCK
from inventory.web.selectors import open_exceptions

SHOWN = 20
WORDS = {
    StockException.Kind.OVERSOLD: "{units} more of {title} sold than recorded at {place}.",
    StockException.Kind.COUNTED_TWICE: "{title} was counted twice at the same time at {place}.",
    StockException.Kind.UNSELLABLE: "{units} of {title} left from an expired or blocked lot at {place}.",
    StockException.Kind.SERIAL: "{units} of {title} left {place} as a piece that was not there.",
}


def _lines(actor: Actor) -> Sequence[Line]:
    return [_line(row, actor) for row in open_exceptions(actor=actor)[:SHOWN]]


def _line(row: StockException, actor: Actor) -> Line:
    query = urlencode({"kind": "count", "code": row.variant.sku, "location": row.location_id})
    count = Way(label="Count", url=f"{reverse('stock-book')}?{query}", permission=ADJUST_STOCK)
    history = reverse("stock-history", args=[row.variant_id, row.location_id])
    ways = [count, Way(label="History", url=history, permission=VIEW_STOCK)]
    words = WORDS[StockException.Kind(row.kind)]
    return Line(
        key=str(row.pk),
        title=row.get_kind_display().capitalize(),
        sentence=words.format(units=plain_decimal(row.quantity), title=row.variant.title, place=row.location),
        at=row.created_at,
        ways=[way for way in ways if actor.may(way.permission, at=row.location_id)],
    )


register_source(Source(title="Stock", permission=VIEW_STOCK, url_name="stock", rows=_lines))
