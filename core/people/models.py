"""The people of a shop, their roles per location, and the keys of machines."""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Lower

from core.ids import uuid7
from core.locations.models import Location
from core.people.permissions import permissions_of_role


class User(AbstractBaseUser):
    """Somebody who can log in to this shop."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(max_length=254)
    name = models.CharField(max_length=120, blank=True, default="")
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = BaseUserManager["User"]()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        ordering: ClassVar = ["email", "pk"]
        constraints: ClassVar = [models.UniqueConstraint(Lower("email"), name="user_email_once")]

    def __str__(self) -> str:
        return self.name or self.email


class Role(models.Model):
    """A named set of permissions. Built-in ones are kept equal to the code."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=60)
    permissions = ArrayField(models.CharField(max_length=80), default=list, blank=True)
    is_built_in = models.BooleanField(default=False)

    class Meta:
        ordering: ClassVar = ["name", "pk"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["name"], name="role_name_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def holds(self) -> list[str]:
        """The permissions of the role; those of a built-in one come from the code."""
        return permissions_of_role(self.name) if self.is_built_in else list(self.permissions)


class Grant(models.Model):
    """A role somebody holds, at one location or (null) at all of them."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="grants")
    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="grants")
    location = models.ForeignKey(Location, on_delete=models.CASCADE, null=True, blank=True, related_name="+")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "role", "location"], name="grant_once", nulls_distinct=False)
        ]


class ApiKey(models.Model):
    """A machine's key: scoped, hashed, shown once."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=120)
    prefix = models.CharField(max_length=16)
    digest = models.BinaryField(
        max_length=32, help_text="SHA-256 of the secret; it has 256 bits, so no salt is needed."
    )
    permissions = ArrayField(models.CharField(max_length=80), default=list)
    everywhere = models.BooleanField(
        default=False, help_text="Said, not concluded: a key whose last location is removed opens nothing."
    )
    locations = models.ManyToManyField(Location, blank=True, related_name="+")
    created_by = models.ForeignKey(User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-created_at", "-pk"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["prefix"], name="api_key_prefix_once")]

    def __str__(self) -> str:
        return self.name


class PutAway(models.Model):
    """A help on a page that somebody does not want to see any more, by its name."""

    id = models.BigAutoField(primary_key=True)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    name = models.CharField(max_length=40)
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "name"], name="put_away_once")]


class Attempt(models.Model):
    """Guesses of passwords, PINs and gift cards that were counted while Redis was away (`core.limits_kept`)."""

    key = models.CharField(max_length=200, unique=True)
    due_at = models.DateTimeField(db_index=True, help_text="When an even stream of such attempts would be through.")
