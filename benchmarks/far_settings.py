"""The product with another limit of what is replayed, for the benchmark that asks whether it should be another."""

import os

from realtime.sockets.pace import Pace
from retail_saas.settings.dev import *  # noqa: F403

LIVE_PACE = Pace(replay_events=int(os.environ.get("LIVE_REPLAY_EVENTS", "1000")))
