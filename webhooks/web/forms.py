"""The form of an endpoint: an address and the events it hears of."""

from collections.abc import Iterable
from typing import Any

from django import forms

from core.ids import uuid7
from webhooks.catalogue import event_groups
from webhooks.services.extra_headers import MASK


class EndpointForm(forms.Form):
    """The id is made when the form is drawn, so that sending it twice makes one endpoint."""

    id = forms.UUIDField(widget=forms.HiddenInput)
    url = forms.CharField(
        label="Address of your receiver",
        max_length=2000,
        widget=forms.URLInput(attrs={"placeholder": "https://example.com/hooks/shop", "autocomplete": "off"}),
    )
    description = forms.CharField(
        label="What it is for", max_length=200, required=False, help_text="Helps your team to tell endpoints apart."
    )
    headers = forms.CharField(
        label="Extra headers",
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off", "spellcheck": "false"}),
        help_text="One a line, such as X-Api-Key: 123. Values are kept encrypted and not shown again.",
    )
    subscriptions = forms.MultipleChoiceField(label="Events", error_messages={"required": "Choose at least one event."})

    def clean_headers(self) -> dict[str, str | None]:
        """The lines as headers; a masked value stays what it is."""
        found: dict[str, str | None] = {}
        for line in filter(None, map(str.strip, self.cleaned_data["headers"].splitlines())):
            name, colon, value = (part.strip() for part in line.partition(":"))
            if not colon or name in found:
                raise forms.ValidationError(f"{line[:80]}: write each header once, as Name: value.")
            found[name] = None if value == MASK else value
        return found

    def clean(self) -> dict[str, Any]:
        if "id" in self.errors:  # a hidden field has no place for its complaint
            raise forms.ValidationError("This form was damaged on its way. Reload the page and fill it in again.")
        return self.cleaned_data

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        groups = event_groups()
        choices = ["*", *(group.pattern for group in groups), *(one.type for group in groups for one in group.types)]
        self.fields["subscriptions"].choices = [(value, value) for value in choices]  # type: ignore[attr-defined]
        self.groups = groups
        self.chosen = frozenset(as_listed(self["subscriptions"].value() or []))


def blank_form() -> EndpointForm:
    """A form for a new endpoint."""
    return EndpointForm(initial={"id": uuid7()})


def as_listed(subscriptions: Iterable[str]) -> list[str]:
    """Subscriptions as the form names them: ``sale.*`` is another name of ``order.*``."""
    return [
        "order." + pattern.removeprefix("sale.") if pattern.startswith("sale.") else pattern
        for pattern in subscriptions
    ]
