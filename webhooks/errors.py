"""How webhooks refuse."""

from core.errors import Conflict


class RotationRunning(Conflict):
    """The last rotation's overlap is not over: the receiver may still know the older secret only."""

    code, title = "rotation-running", "The secret was rotated less than a day ago"


class EndpointOff(Conflict):
    """Nothing is sent to an endpoint that is turned off."""

    code, title = "endpoint-off", "This endpoint is turned off"
