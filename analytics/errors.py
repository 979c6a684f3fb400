"""How analytics refuses."""

from core.errors import Conflict


class Superseded(Conflict):
    """A newer run makes the forecasts."""

    code, title = "superseded", "A newer run has taken over"
