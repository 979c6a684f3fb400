"""What somebody may hear: event types by permission, places by where the permission holds. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from core.actors import Actor
from core.events import CATALOGUE, matches
from core.people.permissions import PERMISSIONS
from realtime.frames import Batch, Told, events_frame

Places = frozenset[str] | None
MOST_TOPICS = 50
_TOPIC = re.compile(r"\*|[a-z_]+(\.[a-z_]+)*(\.\*)?")


@dataclass(frozen=True, slots=True)
class Sight:
    """The event types somebody hears, each with the places it is heard from (None: all).

    Two sockets with equal sights get the same bytes.
    """

    heard: frozenset[tuple[str, Places]]
    _by_type: Mapping[str, Places] = field(compare=False, repr=False)

    @classmethod
    def of(cls, actor: Actor, topics: Sequence[str] = ("*",)) -> "Sight":
        """What ``actor`` may hear of the topics it asked for. Without a permission there is silence."""
        heard: dict[str, Places] = {}
        for name, event in CATALOGUE.items():
            if not any(matches(topic, name) for topic in topics) or not actor.may(event.permission):
                continue
            places = actor.places(event.permission) if PERMISSIONS[event.permission].by_location else None
            heard[name] = None if places is None else frozenset(str(place) for place in places)
        return cls(frozenset(heard.items()), heard)

    @property
    def types(self) -> list[str]:
        return sorted(self._by_type)

    def hears(self, told: Told) -> bool:
        """Whether this event is for these ears. A permission that holds at some places hears nothing placeless."""
        if told.type not in self._by_type:
            return False
        places = self._by_type[told.type]
        return places is None or (told.location is not None and told.location in places)

    def frame_of(self, batch: Batch) -> str:
        """The frame that tells a batch; empty when nothing of it may be heard."""
        events = [told for told in batch.events if self.hears(told)]
        return events_frame(events, through=batch.last) if events else ""


def read_topics(text: str) -> tuple[str, ...]:
    """``order.*,stock.changed`` as subscriptions. Raises ``ValueError`` for anything that cannot be one."""
    words = tuple(word.strip() for word in text.split(",") if word.strip()) or ("*",)
    if len(words) > MOST_TOPICS or not all(len(word) <= 60 and _TOPIC.fullmatch(word) for word in words):
        raise ValueError("topics are names such as order.completed or stock.*, at most 50")
    return words
