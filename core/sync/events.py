"""What is told of things that do not fit."""

from datetime import datetime
from uuid import UUID

from core.events import DomainEvent, Money, event
from core.people.permissions import VIEW_EXCEPTIONS


@event("exception.raised", about="exception", key="exception_id", permission=VIEW_EXCEPTIONS)
class ExceptionRaised(DomainEvent):
    """Something a device did while the server was away does not fit, and waits for a person.

    ``kind`` is stable: ``price``, ``coupon``, ``closed-shift``, ``device-revoked``, … ``not-booked`` says that nothing
    of it is in the books. ``at_risk`` is the money it is about, ``held`` what was taken in and is in no book yet.
    """

    exception_id: UUID
    version: int
    kind: str
    title: str
    location_id: UUID | None
    device_id: UUID
    device: str
    about_type: str
    about_id: UUID | None
    currency: str
    at_risk: Money
    held: Money
    happened_at: datetime


@event("exception.resolved", about="exception", key="exception_id", permission=VIEW_EXCEPTIONS)
class ExceptionResolved(DomainEvent):
    """A person settled it: ``accepted`` as it is, ``booked`` after all, ``corrected``, or ``dismissed``.

    ``remedy`` says by which way it was put right or booked (``refund-difference``, ``link-and-book``, …), if by one.
    """

    exception_id: UUID
    version: int
    kind: str
    location_id: UUID | None
    resolution: str
    remedy: str
