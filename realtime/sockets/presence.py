"""Who is here: each socket process says how many screens and which people it has, and its word expires by itself.

Live only: nothing of it is kept.
"""

import json
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from redis.exceptions import RedisError

from core.live import channel
from core.redis import live_redis
from core.tenancy.context import current_tenant
from realtime.sockets.frames import frame

logger = logging.getLogger(__name__)
CHANGED: Final = b"presence"
MOST_PEOPLE = 200


@dataclass(slots=True)
class Person:
    """Somebody with an open screen; ``devices`` are marks of their log-ins."""

    name: str
    devices: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Here:
    """Open screens, and the people before them by their id. A machine that listens is a screen without a person."""

    screens: int = 0
    people: Mapping[str, Person] = field(default_factory=dict)

    def named(self) -> list[dict[str, Any]]:
        """The people by name, at most 200, with the number of their devices."""
        found = sorted(self.people.items(), key=lambda item: (item[1].name.casefold(), item[0]))
        return [{"id": key, "name": who.name, "devices": len(who.devices)} for key, who in found[:MOST_PEOPLE]]

    def frame(self, *, names: bool) -> str:
        """The frame that tells it."""
        return frame("presence", screens=self.screens, **({"people": self.named()} if names else {}))


def show_here(process: str, here: Here, *, seconds: float) -> None:
    """Say who of the shop at hand is at this process, for ``seconds``; tells the others of a change."""
    schema = current_tenant().schema_name
    words, ends = _keys(schema)
    said = json.dumps([here.screens, {key: [who.name, sorted(who.devices)] for key, who in here.people.items()}])
    try:
        before: Any = live_redis().hget(words, process)
        with live_redis().pipeline() as work:
            if here.screens:
                work.hset(words, process, said)
                work.zadd(ends, {process: time.time() + seconds})
            else:
                work.hdel(words, process)
                work.zrem(ends, process)
            for key in (words, ends):
                work.expire(key, int(seconds) + 60)
            if (before or b"").decode() != (said if here.screens else ""):
                work.publish(channel(schema), CHANGED)
            work.execute()
    except RedisError as problem:
        logger.warning("nobody was told who is here", extra={"problem": str(problem)})


def who_is_here() -> Here:
    """The screens and people of the shop at hand in all processes; nobody while Redis does not answer."""
    words, ends = _keys(current_tenant().schema_name)
    try:
        alive: Any = live_redis().zrangebyscore(ends, time.time(), "+inf")
        said: Any = live_redis().hmget(words, alive) if alive else []
    except RedisError as problem:
        logger.warning("nobody knows who is here", extra={"problem": str(problem)})
        return Here()
    screens, people = 0, dict[str, Person]()
    for text in filter(None, said):
        count, named = json.loads(text)
        screens += count
        for key, (name, devices) in named.items():
            people.setdefault(key, Person(name)).devices.update(devices)
    return Here(screens, people)


def count_screens() -> int:
    """The live screens of the shop at hand in all processes; 0 while Redis does not answer."""
    return who_is_here().screens


def _keys(schema: str) -> tuple[str, str]:
    return f"rs:presence:{schema}:here", f"rs:presence:{schema}:ends"
