"""What is said of a device when it is set up or changed."""

from collections.abc import Sequence
from typing import Any

from django import forms

from core.actors import Actor
from core.devices.permissions import MANAGE_DEVICES
from core.locations.models import Location
from core.people.models import Role
from core.people.permissions import OWNER

NO_CEILING = "All that the person's own role includes"


class _RoleChoice(forms.ModelChoiceField):  # type: ignore[type-arg]  # not generic at run time
    def label_from_instance(self, obj: Any) -> str:
        return f"No more than a {obj.name} may"


class DeviceForm(forms.Form):
    """Name, place and ceiling of a device."""

    name = forms.CharField(max_length=60, widget=forms.TextInput({"autocomplete": "off"}))
    location = forms.ModelChoiceField(Location.objects.none(), label="Where it stands", empty_label=None)
    role = _RoleChoice(
        Role.objects.none(),
        label="Whoever logs in on it may do",
        to_field_name="name",
        required=False,
        empty_label=NO_CEILING,
        help_text="A ceiling for a phone that goes from hand to hand: also the owner does no more on it.",
    )

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        places, known = actor.places(MANAGE_DEVICES), Location.objects.filter(is_active=True)
        self.fields["location"].queryset = known if places is None else known.filter(pk__in=places)  # type: ignore[attr-defined]
        self.fields["role"].queryset = Role.objects.exclude(name=OWNER, is_built_in=True)  # type: ignore[attr-defined]


class NewDeviceForm(DeviceForm):
    """A device that is to be set up. The id is made with the empty form, so sending it twice sets up one device."""

    enrolment_id = forms.UUIDField(widget=forms.HiddenInput)
    mark = forms.CharField(  # "prefix" means something else to a form
        label="Prefix",
        max_length=4,
        help_text="One to four letters or digits. It begins its receipts' numbers, T1-000001, and stays for good.",
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )
    field_order = ("enrolment_id", "name", "mark", "location", "role")

    def clean(self) -> dict[str, Any]:
        if "enrolment_id" in self.errors:  # a hidden field: nobody would see why
            self.add_error(None, "Open this form anew and send it again.")
        return dict(self.cleaned_data)

    def field_at(self, parts: Sequence[str]) -> str:
        """The field that a refusal points to."""
        return "mark" if parts[-1] == "prefix" else parts[-1]


class ChangeDeviceForm(DeviceForm):
    """A device as it was seen."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=2**53)


class CodeForm(forms.Form):
    """A code that somebody types instead of scanning it."""

    code = forms.CharField(
        label="Code",
        max_length=40,
        widget=forms.TextInput({"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )
