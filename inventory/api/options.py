"""What a product's variants differ in, over REST."""

from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.parameters import IF_MATCH
from core.api.views import versioned
from core.errors import StaleVersion
from inventory.api.serializers import ProductBody
from inventory.api.views import ProductView
from inventory.option_matrix import LONGEST, LONGEST_SKU, MOST_VALUES, Option, Value
from inventory.permissions import MANAGE_PRODUCTS
from inventory.selectors import find_product
from inventory.services.options import OptionsPlan, preview_options, set_options


class ValueInput(serializers.Serializer[Any]):
    """A value; with ``was`` it renames an old one, and its variants stay what they are."""

    value = serializers.CharField(max_length=LONGEST)
    was = serializers.CharField(max_length=LONGEST, required=False, allow_blank=True)


class OptionInput(serializers.Serializer[Any]):
    """What variants differ in."""

    name = serializers.CharField(max_length=LONGEST)
    was = serializers.CharField(max_length=LONGEST, required=False, allow_blank=True)
    values = ValueInput(many=True, max_length=MOST_VALUES)  # type: ignore[call-arg]


class OptionsInput(serializers.Serializer[Any]):
    """All options of a product, in their order: at most 3, of 100 values each and 2,000 variants together."""

    options = OptionInput(many=True, max_length=20)  # type: ignore[call-arg]
    sku_base = serializers.CharField(
        max_length=LONGEST_SKU, required=False, allow_blank=True, help_text="What SKUs of new variants begin with."
    )


class AddedBody(serializers.Serializer[Any]):
    """A variant that would be made."""

    sku = serializers.CharField()
    name = serializers.CharField()


class StandingBody(serializers.Serializer[Any]):
    """A variant that stands."""

    id = serializers.UUIDField()
    sku = serializers.CharField()
    name = serializers.CharField()


class PlanBody(serializers.Serializer[OptionsPlan]):
    """What the options would do."""

    kept = serializers.IntegerField(help_text="Variants that stay, with their ids.")
    added = AddedBody(many=True)
    renamed = serializers.SerializerMethodField(help_text="With the new name.")
    reactivated = StandingBody(many=True, help_text="Their value comes back.")
    deactivated = StandingBody(many=True, help_text="They have a past or a code: not for sale any more.")
    deleted = StandingBody(many=True, help_text="They were never used.")

    def get_renamed(self, plan: OptionsPlan) -> list[dict[str, str]]:
        return [{"id": str(row.pk), "sku": row.sku, "name": name} for row, name in plan.renamed]


class OptionsView(ProductView):
    """What both views share."""

    idempotent: ClassVar = True

    def wanted(self) -> dict[str, Any]:
        """The body in the words of the service."""
        body = self.read(OptionsInput)
        options = [
            Option(
                one["name"],
                [Value(value["value"], value.get("was", "")) for value in one["values"]],
                one.get("was", ""),
            )
            for one in body["options"]
        ]
        return {"options": options, "sku_base": body.get("sku_base", "")}


class OptionsPreview(OptionsView):
    """/products/<id>/options/preview/: what the options would do."""

    required_permission: ClassVar = MANAGE_PRODUCTS

    @extend_schema(
        operation_id="preview_options",
        summary="What new options of a product would add, deactivate and delete",
        request=OptionsInput,
        responses={200: PlanBody},
    )
    def post(self, request: Request, product_id: UUID) -> Response:
        return Response(PlanBody(preview_options(product_id, **self.wanted(), actor=self.actor)).data)


class Options(OptionsView):
    """/products/<id>/options/: what its variants differ in."""

    required_permission: ClassVar = MANAGE_PRODUCTS

    @extend_schema(
        operation_id="set_options",
        summary="Set the options of a product; the variants that are missing are made",
        description="Variants keep their ids. The same again changes nothing. Look at the preview first.",
        parameters=[IF_MATCH],
        request=OptionsInput,
        responses={200: ProductBody},
    )
    def put(self, request: Request, product_id: UUID) -> Response:
        try:
            set_options(product_id, **self.wanted(), actor=self.actor, expected_version=self.expected_version())
        except StaleVersion as stale:
            raise StaleVersion(details={"current": self.shown(find_product(product_id))}) from stale
        product = find_product(product_id)
        return versioned(self.shown(product), product)
