"""The bodies of categories, brands, tax classes and attributes."""

from typing import Any

from rest_framework import serializers

from core.api.fields import RateField
from core.api.pagination import PageQuery
from inventory.models import AttributeDefinition
from inventory.services.attributes import CHOICE, CODE, LABEL, MOST_CHOICES, UNIT
from inventory.services.groups import BRAND_NAME, CATEGORY_NAME, MOST_POSITION
from inventory.services.tax_classes import MOST_PARTS, NAME


class CategoryInput(serializers.Serializer[Any]):
    """A new category. Without ``position`` it stands last among its siblings."""

    name = serializers.CharField(max_length=CATEGORY_NAME)
    parent = serializers.UUIDField(  # type: ignore[assignment]
        required=False, allow_null=True, help_text="Null: at the top."
    )
    position = serializers.IntegerField(required=False, min_value=0, max_value=MOST_POSITION)


class CategoryChanges(serializers.Serializer[Any]):
    """What is to change; what is below it moves along."""

    name = serializers.CharField(max_length=CATEGORY_NAME, required=False)
    parent = serializers.UUIDField(  # type: ignore[assignment]
        required=False, allow_null=True, help_text="Null: at the top."
    )
    position = serializers.IntegerField(required=False, min_value=0, max_value=MOST_POSITION)


class CategoryBody(serializers.Serializer[Any]):
    """A category, with the names from the top down to its own."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    parent = serializers.UUIDField(source="parent_id", allow_null=True)  # type: ignore[assignment]
    position = serializers.IntegerField()
    path = serializers.ListField(child=serializers.CharField())
    version = serializers.IntegerField()


class BrandInput(serializers.Serializer[Any]):
    """A new brand."""

    name = serializers.CharField(max_length=BRAND_NAME)


class BrandChanges(serializers.Serializer[Any]):
    """What is to change."""

    name = serializers.CharField(max_length=BRAND_NAME, required=False)


class BrandBody(serializers.Serializer[Any]):
    """Who makes it, as customers know it."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    version = serializers.IntegerField()


class TaxPartBody(serializers.Serializer[Any]):
    """One of several taxes."""

    name = serializers.CharField(max_length=NAME)
    rate = RateField(min_value=0, help_text="Per cent.")
    on_top = serializers.BooleanField(required=False, default=False, help_text="Also taken of the parts before it.")


class TaxClassInput(serializers.Serializer[Any]):
    """A new tax class: a ``rate`` in per cent, or ``parts`` that come to one."""

    name = serializers.CharField(max_length=NAME)
    rate = RateField(min_value=0, required=False, help_text="Per cent: 20 means 20 %.")
    parts = TaxPartBody(many=True, required=False, max_length=MOST_PARTS)  # type: ignore[call-arg]


class TaxClassChanges(serializers.Serializer[Any]):
    """What is to change. A rate alone takes the place of parts."""

    name = serializers.CharField(max_length=NAME, required=False)
    rate = RateField(min_value=0, required=False, help_text="Per cent: 20 means 20 %.")
    parts = TaxPartBody(many=True, required=False, max_length=MOST_PARTS)  # type: ignore[call-arg]


class TaxClassBody(serializers.Serializer[Any]):
    """Goods that are taxed alike; ``rate`` is all parts together."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    rate = RateField(help_text="Per cent.")
    parts = TaxPartBody(many=True)
    version = serializers.IntegerField()


class AttributeInput(serializers.Serializer[Any]):
    """A new field of products, of all of them or of those of a category and below. ``code`` and ``kind`` stay."""

    code = serializers.SlugField(max_length=CODE)
    label = serializers.CharField(max_length=LABEL)  # type: ignore[assignment]
    kind = serializers.ChoiceField(choices=AttributeDefinition.Kind.choices)
    choices = serializers.ListField(
        child=serializers.CharField(max_length=CHOICE), required=False, max_length=MOST_CHOICES
    )
    unit = serializers.CharField(max_length=UNIT, required=False, allow_blank=True)
    category = serializers.UUIDField(required=False, allow_null=True, help_text="Null: of every product.")
    is_filter = serializers.BooleanField(required=False, help_text="Offered as a filter of the list of products.")
    position = serializers.IntegerField(required=False, min_value=0, max_value=MOST_POSITION)


class AttributeChanges(serializers.Serializer[Any]):
    """What is to change. A choice that products have goes only by ``renamed``: then they follow."""

    label = serializers.CharField(max_length=LABEL, required=False)  # type: ignore[assignment]
    choices = serializers.ListField(
        child=serializers.CharField(max_length=CHOICE), required=False, max_length=MOST_CHOICES
    )
    renamed = serializers.DictField(
        child=serializers.CharField(max_length=CHOICE), required=False, help_text="Old choice to new choice."
    )
    unit = serializers.CharField(max_length=UNIT, required=False, allow_blank=True)
    category = serializers.UUIDField(required=False, allow_null=True)
    is_filter = serializers.BooleanField(required=False)
    position = serializers.IntegerField(required=False, min_value=0, max_value=MOST_POSITION)


class AttributeBody(serializers.Serializer[AttributeDefinition]):
    """A field of products."""

    id = serializers.UUIDField()
    code = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    kind = serializers.ChoiceField(choices=AttributeDefinition.Kind.choices)
    choices = serializers.ListField(child=serializers.CharField())
    unit = serializers.CharField()
    category = serializers.UUIDField(source="category_id", allow_null=True)
    is_filter = serializers.BooleanField()
    position = serializers.IntegerField()
    version = serializers.IntegerField()


class RemovalQuery(serializers.Serializer[Any]):
    """Where what uses it shall go."""

    move_to = serializers.UUIDField(required=False, help_text="Without it, something in use is not deleted.")


class DiscardQuery(serializers.Serializer[Any]):
    """Whether values may be lost."""

    discard = serializers.BooleanField(required=False, default=False, help_text="True: the products lose their value.")


class RemovedBody(serializers.Serializer[Any]):
    """What is gone, and how many products or variants this changed."""

    id = serializers.UUIDField()
    changed = serializers.IntegerField()


class GroupQuery(PageQuery):
    """Which part of the list."""


def page_body(of: type[serializers.Serializer[Any]], name: str) -> type[serializers.Serializer[Any]]:
    """The serializer of a page of such bodies."""
    fields = {
        "__doc__": "One page.",
        "results": of(many=True),
        "next": serializers.CharField(allow_null=True, help_text="The cursor of the next page; null at the end."),
    }
    return type(name, (serializers.Serializer,), fields)


CategoryPage = page_body(CategoryBody, "CategoryPage")
BrandPage = page_body(BrandBody, "BrandPage")
TaxClassPage = page_body(TaxClassBody, "TaxClassPage")
AttributePage = page_body(AttributeBody, "AttributePage")
