"""The bodies of the customers API."""

from collections.abc import Sequence
from typing import Any

from rest_framework import serializers

from core.api.pagination import PageQuery
from inventory.codes import printed
from orders.models import Consent, Customer, CustomerGroup
from orders.selectors.customers import cards_of
from orders.services.customers import FIELDS, MOST_CODES, MOST_GROUPS, Agreement


class CustomerChanges(serializers.Serializer[Any]):
    """What is known of somebody; fields that are not named stay as they are."""

    number = serializers.CharField(max_length=64, required=False, help_text="Made by us if you have none.")
    name = serializers.CharField(max_length=200, required=False, allow_blank=True)
    email = serializers.EmailField(max_length=254, required=False, allow_blank=True)
    phone = serializers.CharField(max_length=40, required=False, allow_blank=True)
    country = serializers.CharField(max_length=60, required=False, allow_blank=True)
    postcode = serializers.CharField(max_length=20, required=False, allow_blank=True)
    address = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    note = serializers.CharField(max_length=5000, required=False, allow_blank=True)
    groups = serializers.ListField(
        child=serializers.UUIDField(), required=False, max_length=MOST_GROUPS, help_text="All of them, by id."
    )
    codes = serializers.ListField(
        child=serializers.CharField(max_length=80),
        required=False,
        max_length=MOST_CODES,
        help_text="The codes of all cards.",
    )


class AgreementInput(serializers.Serializer[Any]):
    """What somebody new agrees to."""

    purpose = serializers.ChoiceField(choices=Consent.Purpose.choices)
    wording = serializers.CharField(max_length=500, help_text="What was asked.")
    source = serializers.CharField(max_length=40, help_text="Where: counter, web, letter.")  # type: ignore[assignment]


class CustomerInput(CustomerChanges):
    """Somebody new. With an ``id`` of yours, made before the first try, repeating is harmless."""

    id = serializers.UUIDField(required=False)
    agreements = AgreementInput(many=True, required=False, max_length=len(Consent.Purpose))  # type: ignore[call-arg]


class CustomerBody(serializers.Serializer[Customer]):
    """Somebody the shop knows by number or name. ``merged_into`` names who it is now, if it was merged."""

    id = serializers.UUIDField()
    number = serializers.CharField()
    name = serializers.CharField()
    email = serializers.CharField()
    phone = serializers.CharField()
    country = serializers.CharField()
    postcode = serializers.CharField()
    address = serializers.CharField()
    note = serializers.CharField()
    groups = serializers.SerializerMethodField()
    codes = serializers.SerializerMethodField()
    merged_into = serializers.UUIDField(source="merged_into_id", allow_null=True)
    anonymised_at = serializers.DateTimeField(allow_null=True)
    version = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    @property
    def cards(self) -> dict[Any, list[str]]:
        found: dict[Any, list[str]] = self.context.get("cards", {})
        return found

    def get_groups(self, customer: Customer) -> list[str]:
        return sorted(str(group.pk) for group in customer.groups.all())

    def get_codes(self, customer: Customer) -> list[str]:
        return [printed(code) for code in self.cards.get(customer.pk, [])]


class CustomerQuery(PageQuery):
    """Which customers."""

    q = serializers.CharField(
        required=False,
        max_length=100,
        help_text="A part of the name or e-mail, the end of a telephone number, a number, or the code of a card.",
    )
    group = serializers.UUIDField(required=False)


class CustomerPage(serializers.Serializer[Any]):
    """One page of customers, by number."""

    results = CustomerBody(many=True)
    next = serializers.CharField(allow_null=True, help_text="The cursor of the next page; null at the end.")
    similar = serializers.BooleanField(
        required=False, help_text="Nothing is exactly what was asked for; these are nearly, best first."
    )


class DataBody(serializers.Serializer[Any]):
    """All that the shop keeps of a person."""

    customers = serializers.ListField(child=serializers.DictField(), help_text="The person, and whom they were before.")
    agreements = serializers.ListField(child=serializers.DictField())
    orders = serializers.ListField(child=serializers.DictField(), help_text="With lines and payments.")
    credit = serializers.ListField(child=serializers.DictField(), help_text="Gift cards, store credit, points.")


class GroupInput(serializers.Serializer[Any]):
    """The name of a group."""

    name = serializers.CharField(max_length=80)


class GroupBody(serializers.Serializer[CustomerGroup]):
    """Customers with something in common."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    version = serializers.IntegerField()


class GroupPage(serializers.Serializer[Any]):
    """One page of groups, by name."""

    results = GroupBody(many=True)
    next = serializers.CharField(allow_null=True, help_text="The cursor of the next page; null at the end.")


class ConsentInput(serializers.Serializer[Any]):
    """What a customer says."""

    purpose = serializers.ChoiceField(choices=Consent.Purpose.choices)
    is_given = serializers.BooleanField()
    wording = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=500, help_text="What was asked; needed to agree."
    )
    source = serializers.CharField(max_length=40, help_text="Where: counter, web, letter.")  # type: ignore[assignment]


class ConsentBody(serializers.Serializer[Consent]):
    """One proof, never changed. The newest of a purpose holds."""

    purpose = serializers.ChoiceField(choices=Consent.Purpose.choices)
    is_given = serializers.BooleanField()
    wording = serializers.CharField()
    source = serializers.CharField()  # type: ignore[assignment]
    actor = serializers.CharField(source="actor_label")
    at = serializers.DateTimeField()


class ConsentList(serializers.Serializer[Any]):
    """All proofs, newest first."""

    results = ConsentBody(many=True)


class Nothing(serializers.Serializer[Any]):
    """No fields."""


def customer_bodies(people: Sequence[Customer]) -> list[dict[str, Any]]:
    """The bodies of customers whose groups are at hand; their cards come with one query."""
    shape = CustomerBody(context={"cards": cards_of(people)})
    return [shape.to_representation(person) for person in people]


def split(body: dict[str, Any]) -> dict[str, Any]:
    """A body in the words of the services: values, groups, codes."""
    return {
        "values": {name: body[name] for name in FIELDS if name in body},
        **{name: body[name] for name in ("groups", "codes") if name in body},
        **({"agreements": [Agreement(**one) for one in body["agreements"]]} if "agreements" in body else {}),
    }
