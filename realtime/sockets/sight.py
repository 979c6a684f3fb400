"""What somebody may hear: event types by permission, places by where the permission holds. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from core.actors import Actor
from core.events import CATALOGUE
from core.people.permissions import PERMISSIONS
from realtime.sockets.frames import Batch, Told, events_frame
from realtime.sockets.topics import EVERYTHING, types_of_all

Places = frozenset[str] | None


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Sight:
    """The event types somebody hears, each with the places it is heard from (None: all).

    ``only`` are the places somebody asked for: what names another place is left out, what names none is told.
    Two sockets with equal sights get the same bytes.
    """

    heard: frozenset[tuple[str, Places]]
    _by_type: Mapping[str, Places] = field(compare=False, repr=False)
    only: Places = None

    @classmethod
    def of(cls, actor: Actor, topics: Sequence[str] = (EVERYTHING,), only: Places = None) -> "Sight":
        """What ``actor`` may hear of the topics it asked for. Without a permission there is silence."""
        heard: dict[str, Places] = {}
        for name in types_of_all(topics):
            permission = CATALOGUE[name].permission
            if not actor.may(permission):
                continue
            places = actor.places(permission) if PERMISSIONS[permission].by_location else None
            heard[name] = None if places is None else frozenset(str(place) for place in places)
        return cls(frozenset(heard.items()), heard, only)

    @property
    def types(self) -> list[str]:
        return sorted(self._by_type)

    def hears(self, told: Told) -> bool:
        """Whether this event is for these ears. A permission that holds at some places hears nothing placeless."""
        if told.type not in self._by_type:
            return False
        places = self._by_type[told.type]
        if not told.places:
            return places is None
        return any(
            (places is None or place in places) and (self.only is None or place in self.only) for place in told.places
        )

    def frame_of(self, batch: Batch) -> str:
        """The frame that tells a batch; empty when nothing of it may be heard."""
        events = [told for told in batch.events if self.hears(told)]
        return events_frame(events, through=batch.last) if events else ""
