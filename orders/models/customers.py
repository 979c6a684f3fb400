"""Who buys: customers, their groups, what they agreed to, and merges that can be taken back."""

from typing import ClassVar

from django.db import models
from django.db.models import Func, Q, Value
from django.db.models.functions import Lower, Now, Replace, Upper

from core.ids import uuid7


class LastDigits(Func):
    """A telephone's digits from the end: +44 7700 900123 and 07700 900123 begin alike. An index finds beginnings."""

    template = """reverse(regexp_replace(%(expressions)s, '[^0-9]', '', 'g')) COLLATE "C\""""
    output_field = models.TextField()


class CustomerGroup(models.Model):
    """Customers with something in common: a price list, a discount."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=80)
    version = models.BigIntegerField(default=1)

    class Meta:
        ordering: ClassVar = ["name", "pk"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["name"], name="customer_group_name_once")]

    def __str__(self) -> str:
        return self.name


class Customer(models.Model):
    """Somebody the shop knows by number or name."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    request_hash = models.BinaryField(max_length=32, null=True)
    number = models.CharField(max_length=64)
    name = models.CharField(max_length=200, blank=True, default="")
    email = models.EmailField(blank=True, default="")
    phone = models.CharField(max_length=40, blank=True, default="")
    country = models.CharField(max_length=60, blank=True, default="")
    postcode = models.CharField(max_length=20, blank=True, default="", db_default="")
    address = models.TextField(blank=True, default="", db_default="")
    note = models.TextField(blank=True, default="", db_default="")
    groups = models.ManyToManyField(CustomerGroup, blank=True, related_name="customers")
    merged_into = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="absorbed")
    anonymised_at = models.DateTimeField(null=True, blank=True)
    version = models.BigIntegerField(default=1)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True, db_default=Now())

    class Meta:
        ordering: ClassVar = ["number", "pk"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["number"], name="customer_number_once")]
        indexes: ClassVar = [
            models.Index(Lower("email"), name="customer_by_email", condition=~Q(email="")),
            models.Index(fields=["phone"], name="customer_by_phone", condition=~Q(phone="")),
            models.Index(LastDigits("phone"), name="customer_by_last_digits", condition=~Q(phone="")),
            models.Index(fields=["postcode"], name="customer_by_postcode", condition=~Q(postcode="")),
            models.Index(
                Upper(Replace("postcode", Value(" "), Value(""))),
                Lower("name"),
                "created_at",
                "id",
                name="customer_by_neighbour",
                condition=~Q(postcode=""),
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.number


class Consent(models.Model):
    """What a customer agreed to or took back, with the proof. Append only: the newest of a purpose holds."""

    class Purpose(models.TextChoices):
        EMAIL = "email", "news by e-mail"
        SMS = "sms", "news by text message"
        PHONE = "phone", "calls"
        POST = "post", "letters"
        PROFILE = "profile", "use of purchases for offers"

    id = models.BigAutoField(primary_key=True)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="consents")
    purpose = models.CharField(max_length=8, choices=Purpose)
    is_given = models.BooleanField()
    wording = models.CharField(max_length=500, blank=True, default="", help_text="What was asked.")
    source = models.CharField(max_length=40, help_text="Where: counter, web, letter.")
    actor_kind = models.CharField(max_length=16)
    actor_id = models.UUIDField(null=True)
    actor_label = models.CharField(max_length=200)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["-id"]
        indexes: ClassVar = [models.Index(fields=["customer", "purpose", "-id"], name="consent_newest")]


class CustomerMerge(models.Model):
    """Two customers found to be one: what moved from ``gone`` to ``kept``, so that it can be taken back exactly."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    kept = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    gone = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="+")
    moved = models.JSONField(help_text="Keys of the rows that changed hands, by table.")
    before = models.JSONField(help_text="Fields of both as they were.")
    actor_kind = models.CharField(max_length=16)
    actor_id = models.UUIDField(null=True)
    actor_label = models.CharField(max_length=200)
    merged_at = models.DateTimeField(auto_now_add=True)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-merged_at", "-pk"]


class CustomerDistinction(models.Model):
    """Two customers who look like one and are not: nobody is asked again. ``first`` has the smaller id."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    first = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    second = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    actor_kind = models.CharField(max_length=16)
    actor_id = models.UUIDField(null=True)
    actor_label = models.CharField(max_length=200)
    at = models.DateTimeField(auto_now_add=True)
    undone_at = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-at", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["first", "second"], condition=Q(undone_at=None), name="customers_told_apart_once"
            ),
            models.CheckConstraint(condition=Q(first__lt=models.F("second")), name="customers_told_apart_in_order"),
        ]
