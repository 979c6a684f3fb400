"""The catalogue of a device over REST: all of it in pages, then what changed."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar

from django.utils.decorators import method_decorator
from django.views.decorators.gzip import gzip_page
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.pagination import page_of
from core.api.views import ApiView
from inventory.permissions import VIEW_PRODUCTS
from inventory.selectors.device_goods import for_sale_anywhere, goods
from orders.selectors.device_catalogue import beginning, changes_since, place_of
from orders.selectors.device_tables import Table

MOST_ARTICLES = 2_000
MARKS = r"^$|^[a-z]{1,20}:[0-9a-f]{16}(,[a-z]{1,20}:[0-9a-f]{16}){0,30}$"


class CatalogueQuery(serializers.Serializer[Any]):
    """Whose catalogue, and which page of it."""

    location = serializers.UUIDField()
    cursor = serializers.CharField(required=False, default="", allow_blank=True, max_length=200)
    limit = serializers.IntegerField(required=False, default=1_000, min_value=1, max_value=MOST_ARTICLES)


class ChangesQuery(serializers.Serializer[Any]):
    """Where a device is in the stream, and which tables it has."""

    location = serializers.UUIDField()
    after = serializers.IntegerField(min_value=0, max_value=2**62)
    epoch = serializers.UUIDField(required=False, allow_null=True, default=None)
    tables = serializers.RegexField(
        MARKS, required=False, default="", allow_blank=True, help_text="`name:mark` of each, with commas between."
    )


class ArticleBody(serializers.Serializer[Any]):
    """An article as a device keeps it; what is not usual is told, the rest left out."""

    id = serializers.UUIDField()
    product = serializers.UUIDField()
    sku = serializers.CharField()
    name = serializers.CharField(help_text="Of the product.")
    variant = serializers.CharField(required=False, help_text="What tells it from its siblings.")
    options = serializers.DictField(required=False)
    price = serializers.CharField(help_text="Its own price of one unit.")
    lists = serializers.ListField(
        child=serializers.ListField(), required=False, help_text="`[list, from quantity, price]`, now and later."
    )
    codes = serializers.ListField(child=serializers.ListField(), required=False, help_text="`[code, units]`.")
    tracking = serializers.CharField(required=False, help_text="`lot` or `serial`.")
    unit = serializers.CharField(required=False, help_text="Left out: a piece.")
    tax = serializers.UUIDField(required=False, help_text="Its tax class.")
    category = serializers.UUIDField(required=False)
    brand = serializers.UUIDField(required=False)
    position = serializers.IntegerField(required=False)
    picture = serializers.CharField(required=False)
    is_service = serializers.BooleanField(required=False, help_text="It is sold, not stocked.")
    on_hand = serializers.CharField(required=False, help_text="Left out while it is not to be seen.")
    low = serializers.CharField(required=False, help_text="From here down it is low.")


class TableBody(serializers.Serializer[Any]):
    """Some rows, and the mark to say that you have them."""

    mark = serializers.CharField()
    rows = serializers.ListField(child=serializers.DictField())


class CataloguePage(serializers.Serializer[Any]):
    """One page. Only the first says ``epoch``, ``seq``, ``articles`` and ``tables``."""

    at = serializers.DateTimeField(help_text="When it was read.")
    results = ArticleBody(many=True)
    next = serializers.CharField(allow_null=True, help_text="The cursor of the next page; null at the end.")
    epoch = serializers.UUIDField(required=False, allow_null=True)
    seq = serializers.IntegerField(required=False, help_text="Ask for changes after this, once all pages are there.")
    articles = serializers.IntegerField(required=False, help_text="How many there are.")
    tables = serializers.DictField(child=TableBody(), required=False)


class ChangesBody(serializers.Serializer[Any]):
    """What to do with the catalogue that you have, in one step, and where it is then."""

    at = serializers.DateTimeField()
    epoch = serializers.UUIDField(allow_null=True)
    seq = serializers.IntegerField(help_text="Send it as `after` the next time.")
    products = serializers.ListField(child=serializers.UUIDField(), help_text="First forget the articles of these.")
    gone = serializers.ListField(child=serializers.UUIDField(), help_text="Forget these articles.")
    results = ArticleBody(many=True)
    tables = serializers.DictField(child=TableBody(), help_text="Those that are different.")
    has_more = serializers.BooleanField(help_text="Ask again at once.")


@method_decorator(gzip_page, name="dispatch")
class Catalogue(ApiView):
    """/catalogue/: all that is for sale at a place, for a device that is to work without a network."""

    required_permission: ClassVar = VIEW_PRODUCTS
    tag = "catalogue"

    @extend_schema(
        operation_id="device_catalogue",
        summary="All that is for sale at a location, for a device that sells without a network",
        description=(
            "Prices now and later, codes, pictures, stock as it is known, and the tables to reckon with; no costs."
            " For who sells or sees stock at the location. Keep `epoch` and `seq` of the first page."
        ),
        parameters=[CatalogueQuery],
        responses={200: CataloguePage},
    )
    def get(self, request: Request) -> Response:
        wanted = self.query(CatalogueQuery)
        place = place_of(wanted["location"], actor=self.actor)
        at = datetime.now(UTC)
        begins = None if wanted["cursor"] else beginning(place, actor=self.actor)
        rows = for_sale_anywhere().only("id")
        found, beyond = page_of(rows, by=("id",), cursor=wanted["cursor"], limit=wanted["limit"])
        body: dict[str, Any] = {"at": at, "results": goods([row.pk for row in found], place), "next": beyond}
        if begins is not None:
            body |= {"epoch": begins.epoch, "seq": begins.seq, "articles": begins.articles}
            body["tables"] = _tables(begins.tables)
        return Response(body)


@method_decorator(gzip_page, name="dispatch")
class CatalogueChanges(ApiView):
    """/catalogue/changes/: what of it is different since a number of the stream."""

    required_permission: ClassVar = VIEW_PRODUCTS
    tag = "catalogue"

    @extend_schema(
        operation_id="device_catalogue_changes",
        summary="What of a device's catalogue is different since a number of the stream",
        description=(
            "Articles are told as they are now. 410 `reset`: your place is not known (any more), or so much is"
            " different that all of it is to be read again (`because`: `old`, `future`, `epoch`, `much`)."
        ),
        parameters=[ChangesQuery],
        responses={200: ChangesBody},
    )
    def get(self, request: Request) -> Response:
        wanted = self.query(ChangesQuery)
        place = place_of(wanted["location"], actor=self.actor)
        marks = dict(pair.split(":") for pair in wanted["tables"].split(",") if pair)
        told = changes_since(wanted["after"], place, actor=self.actor, epoch=wanted["epoch"], marks=marks)
        return Response(
            {
                "at": told.at,
                "epoch": told.epoch,
                "seq": told.seq,
                "products": told.products,
                "gone": told.gone,
                "results": told.articles,
                "tables": _tables(told.tables),
                "has_more": told.has_more,
            }
        )


def _tables(tables: Mapping[str, Table]) -> dict[str, Any]:
    return {name: {"mark": table.mark, "rows": table.rows} for name, table in tables.items()}
