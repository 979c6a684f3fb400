"""As the test settings, with a live protocol that hurries: what takes a minute in a shop takes a second here."""

from realtime.sockets.pace import Pace
from retail_saas.settings.test import *  # noqa: F403

LIVE_PACE = Pace(
    ticket_seconds=2,
    heartbeat_seconds=1,
    poll_seconds=0.5,
    recheck_seconds=1,
    queue_frames=16,
    replay_events=1000,
    sockets_per_actor=300,
)
