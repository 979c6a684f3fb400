"""The numbers of the live protocol, in one place; ``settings.LIVE_PACE`` replaces them as a whole."""

from dataclasses import dataclass

from django.conf import settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How often, how much, how long. Seconds unless the name says otherwise."""

    ticket_seconds: int = 30
    heartbeat_seconds: float = 15
    poll_seconds: float = 2
    """How often a process looks into PostgreSQL by itself while Redis does not answer."""
    recheck_seconds: float = 60
    """How long somebody who lost a role may go on listening."""
    replay_events: int = 1000
    replay_seconds: float = 10
    """How long somebody who is told what they missed may take for one frame."""
    queue_frames: int = 256
    frame_events: int = 100
    frame_bytes: int = 256 * 1024
    message_bytes: int = 4096
    messages: int = 30
    messages_seconds: float = 10
    sockets_per_actor: int = 1000
    """Per process: far above what people need, so that one runaway program does not take a server."""


def pace() -> Pace:
    """The numbers that hold in this process."""
    given = getattr(settings, "LIVE_PACE", None)
    return given if isinstance(given, Pace) else Pace()
