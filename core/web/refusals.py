"""What a service refused, put beside the fields it is about."""

from django.forms import Form

from core.errors import DomainError


def explain(refusal: DomainError, form: Form) -> None:
    """Put every fault on the field its pointer ends or begins with, else above the form; without faults its words."""
    faults = refusal.details.get("errors") or [{"pointer": "", "detail": refusal.detail}]
    for fault in faults:
        parts = fault["pointer"].strip("/").split("/")
        name = next((part for part in (parts[-1], parts[0]) if part in form.fields), None)
        form.add_error(name, fault["detail"])
