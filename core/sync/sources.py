"""What is missing of devices, as the inbox shows it."""

from collections.abc import Sequence

from django.urls import reverse

from core.actors import Actor
from core.devices.models import Gap
from core.devices.permissions import MANAGE_DEVICES
from core.devices.selectors import standing_gaps
from core.sync.registry import Line, Source, Way, register_source

SHOWN = 20


def _missing(actor: Actor) -> Sequence[Line]:
    places = actor.places(MANAGE_DEVICES)
    rows = standing_gaps().select_related("device").order_by("-found_at", "-pk")
    if places is not None:
        rows = rows.filter(device__location__in=places)
    return [_line(gap) for gap in rows[:SHOWN]]


def _line(gap: Gap) -> Line:
    device = gap.device
    what = "number" if gap.counter == Gap.Counter.ITEMS else "receipt"
    which = f"{what} {gap.first}" if gap.first == gap.last else f"{what}s {gap.first} to {gap.last}"
    are = "is" if gap.first == gap.last else "are"
    way = Way(label="The device", url=reverse("device", args=[device.pk]), permission=MANAGE_DEVICES)
    return Line(
        key=str(gap.pk),
        title=f"Missing from {device.name}",
        sentence=f"{which.capitalize()} of {device.prefix} {are} missing, though later ones came. Open it and send.",
        at=gap.found_at,
        ways=[way],
    )


register_source(Source(title="Tills and phones", permission=MANAGE_DEVICES, url_name="devices", rows=_missing))
