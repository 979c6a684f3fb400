"""What a service refused, put beside the fields it is about."""

from collections.abc import Sequence

from django.forms import Form

from core.errors import DomainError


def explain(refusal: DomainError, form: Form, *, lines: Sequence[Form] = ()) -> None:
    """Put every fault on the field its pointer ends or begins with, else above the form; without faults its words.

    ``lines`` are the forms that ``/lines/<n>/…`` stands for. A form whose fields stand for lines says by a method
    ``field_at`` which one a pointer means.
    """
    faults = refusal.details.get("errors") or [{"pointer": "", "detail": refusal.detail}]
    for fault in faults:
        parts = fault["pointer"].strip("/").split("/")
        target = form
        if parts[0] == "lines" and len(parts) > 1 and parts[1].isdigit() and int(parts[1]) < len(lines):
            target = lines[int(parts[1])]
        names = (getattr(target, "field_at", _nothing)(parts), parts[-1], parts[0])
        target.add_error(next((name for name in names if name in target.fields), None), fault["detail"])


def _nothing(parts: Sequence[str]) -> None:
    return None
