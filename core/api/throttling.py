"""How often an actor may call: sales have a budget of their own, so that no report keeps a till waiting."""

from typing import Any

from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from core.limits import Rate, Verdict, hit
from core.web.requests import client_address

READS = Rate("read", 1200, 60)
WRITES = Rate("write", 600, 60)
SALES = Rate("sale", 6000, 60)
STRANGERS = Rate("stranger", 60, 60)


class ActorThrottle(BaseThrottle):
    """One budget per actor and kind of call."""

    verdict: Verdict | None = None

    def allow_request(self, request: Request, view: Any) -> bool:
        actor = request.user
        if not actor:
            rate, who = STRANGERS, client_address(request._request)
        else:
            own = getattr(view, "rate", None)
            own = own.get(request.method) if isinstance(own, dict) else own
            rate = own or (READS if request.method in ("GET", "HEAD", "OPTIONS") else WRITES)
            who = str(actor.id)  # type: ignore[union-attr]
        self.verdict = request._request.rate_verdict = hit(rate, who)  # type: ignore[attr-defined]
        return self.verdict.allowed

    def wait(self) -> float | None:
        return self.verdict.retry_after_seconds if self.verdict else None
