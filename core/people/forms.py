"""What people type to get in, and to let others in."""

from typing import Any

from django import forms

from core.locations.models import Location
from core.people.models import Role
from core.people.permissions import PERMISSIONS


class LogInForm(forms.Form):
    """E-mail and password."""

    email = forms.EmailField(label="E-mail", max_length=254, widget=forms.EmailInput({"autocomplete": "username"}))
    password = forms.CharField(
        label="Password",
        max_length=200,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )


class NameForm(forms.Form):
    """What somebody is called on receipts, in lists and in the audit log."""

    name = forms.CharField(
        max_length=120,
        required=False,
        help_text="Shown in lists and in the audit log.",
        widget=forms.TextInput({"autocomplete": "name"}),
    )


class PasswordForm(forms.Form):
    """The present password and a new one."""

    current = forms.CharField(
        label="Your password now",
        max_length=200,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )
    new = forms.CharField(
        label="New password",
        max_length=200,
        strip=False,
        help_text="At least ten characters that are hard to guess.",
        widget=forms.PasswordInput({"autocomplete": "new-password"}),
    )


class _RoleChoice(forms.ModelChoiceField):  # type: ignore[type-arg]  # takes none when it runs  # type: ignore[type-arg]  # not generic at run time
    """Roles by the names that lists show."""

    def label_from_instance(self, obj: Any) -> str:
        return str(obj.name).capitalize()


class RoleForm(forms.Form):
    """One role, at one location or everywhere."""

    role = _RoleChoice(
        Role.objects.all(),
        to_field_name="name",
        empty_label=None,
        help_text="What each may do stands below the list of the team.",
    )
    location = forms.ModelChoiceField(Location.objects.filter(is_active=True), required=False, empty_label="Everywhere")


class PersonForm(RoleForm):
    """Somebody new on the team."""

    email = forms.EmailField(label="E-mail", max_length=254, widget=forms.EmailInput({"autocomplete": "off"}))
    name = forms.CharField(max_length=120, required=False, widget=forms.TextInput({"autocomplete": "off"}))
    field_order = ("email", "name", "role", "location")


class KeyForm(forms.Form):
    """A machine's key: what it may, where and how long."""

    name = forms.CharField(max_length=120, label="What is it for?", widget=forms.TextInput({"autocomplete": "off"}))
    permissions = forms.MultipleChoiceField(error_messages={"required": "Choose at least one permission."})
    locations = forms.ModelMultipleChoiceField(
        Location.objects.filter(is_active=True), required=False, widget=forms.CheckboxSelectMultiple
    )
    expires_days = forms.TypedChoiceField(
        label="Valid for",
        coerce=int,
        empty_value=None,
        required=False,
        choices=[("", "Until it is revoked"), ("30", "30 days"), ("90", "90 days"), ("365", "One year")],
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(code, permission.label) for code, permission in PERMISSIONS.items()]
        self.fields["permissions"].choices = choices  # type: ignore[attr-defined]
