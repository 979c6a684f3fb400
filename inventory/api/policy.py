"""How the shop handles its stock, over REST."""

from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.fields import AmountField
from core.api.parameters import IF_MATCH
from core.api.views import ApiView, versioned
from core.errors import StaleVersion
from inventory.models import StockPolicy
from inventory.permissions import MANAGE_STOCK_POLICY, VIEW_STOCK
from inventory.services.policy import MOST_DAYS, change_stock_policy, stock_policy


def _days(least: int, help_text: str, **more: Any) -> serializers.IntegerField:
    return serializers.IntegerField(required=False, min_value=least, max_value=MOST_DAYS, help_text=help_text, **more)


class StockPolicyBody(serializers.Serializer[StockPolicy]):
    """What holds for the stock of every location; null where there is no limit."""

    note_above = AmountField(
        required=False, allow_null=True, min_value=0, help_text="Corrections of more value need a note."
    )
    recount_above = AmountField(
        required=False, allow_null=True, min_value=0, help_text="Variances of more value are counted again."
    )
    sells_expired = serializers.BooleanField(
        required=False, help_text="Whether expired lots are sold like others. Blocked ones never are."
    )
    expiring_days = _days(0, "Alert so many days before a lot expires.")
    markdown_days = _days(0, "Propose a lower price so many days before a lot expires.")
    dead_days = _days(1, "Alert after so many days without a sale.")
    cover_days = _days(1, "Alert when what is there lasts fewer days; null: only by fixed limits.", allow_null=True)
    sales_days = _days(1, "How many days back the rate of sale is taken of.")
    target_days = _days(1, "How many days an order should last.")
    version = serializers.IntegerField(read_only=True)


_POLICY = StockPolicyBody()


class Policy(ApiView):
    """/stock/policy/: how this shop handles its stock."""

    required_permission: ClassVar = {"GET": VIEW_STOCK, "PATCH": MANAGE_STOCK_POLICY}
    tag = "stock"

    @extend_schema(
        operation_id="get_stock_policy", summary="How the shop handles its stock", responses={200: StockPolicyBody}
    )
    def get(self, request: Request) -> Response:
        row = stock_policy()
        return versioned(_POLICY.to_representation(row), row)

    @extend_schema(
        operation_id="change_stock_policy",
        summary="Decide anew how stock is handled; what is not named stays",
        parameters=[IF_MATCH],
        request=StockPolicyBody,
        responses={200: StockPolicyBody},
    )
    def patch(self, request: Request) -> Response:
        values = self.read(StockPolicyBody)
        try:
            row = change_stock_policy(values, actor=self.actor, expected_version=self.expected_version())
        except StaleVersion as stale:
            raise StaleVersion(details={"current": _POLICY.to_representation(stock_policy())}) from stale
        return versioned(_POLICY.to_representation(row), row)
