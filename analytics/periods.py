"""Stretches of business days: today, a week from Monday, a month, or any range, and the one before."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from django.utils.dateformat import format as date_format

from core.errors import Invalid

Kind = Literal["day", "week", "month", "range"]
KINDS: tuple[Kind, ...] = ("day", "week", "month", "range")
FIRST, LAST = date(1990, 1, 1), date(2199, 12, 31)
MOST_DAYS = 1100
ONE_DAY = timedelta(days=1)


class WrongPeriod(Invalid):
    """The dates of a report make no sense; ``errors`` names the parameter."""

    def __init__(self, field: str, detail: str) -> None:
        errors = [{"pointer": f"/{field}", "code": "date", "detail": detail}]
        super().__init__(detail, details={"errors": errors})


@dataclass(frozen=True, slots=True)
class Period:
    """Business days from ``start`` to ``end``, both included."""

    kind: Kind
    start: date
    end: date

    @classmethod
    def around(cls, kind: Kind, day: date) -> "Period":
        """The day, the week from Monday or the month that holds ``day``."""
        if kind == "week":
            start = day - timedelta(days=day.weekday())
            return cls(kind, start, start + timedelta(days=6))
        if kind == "month":
            return cls(kind, day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1]))
        return cls(kind, day, day)

    @property
    def length(self) -> int:
        return (self.end - self.start).days + 1

    @property
    def dates(self) -> list[date]:
        return [self.start + timedelta(days=number) for number in range(self.length)]

    def previous(self) -> "Period":
        """The period of the same kind (a range: of the same length) that ends the day before."""
        if self.kind == "range":
            return Period("range", self.start - timedelta(days=self.length), self.start - ONE_DAY)
        return Period.around(self.kind, self.start - ONE_DAY)

    def next(self) -> "Period":
        """The period of the same kind (a range: of the same length) that starts the day after."""
        if self.kind == "range":
            return Period("range", self.end + ONE_DAY, self.end + timedelta(days=self.length))
        return Period.around(self.kind, self.end + ONE_DAY)

    def compared_at(self, today: date) -> "Period":
        """The period to compare with: while this one runs, only as many days of the one before as have passed."""
        before = self.previous()
        if not self.start <= today < self.end:
            return before
        passed = min((today - self.start).days, before.length - 1)
        return Period("range", before.start, before.start + timedelta(days=passed))

    @property
    def label(self) -> str:
        """Wednesday 15 June 2011; 13 to 19 June 2011; June 2011."""
        if self.kind == "month":
            return date_format(self.start, "F Y")
        if self.start == self.end:
            return date_format(self.start, "l j F Y")
        first = "j" if self.start.replace(day=1) == self.end.replace(day=1) else "j F"
        first = first if self.start.year == self.end.year else "j F Y"
        return f"{date_format(self.start, first)} to {date_format(self.end, 'j F Y')}"


def period_from(*, kind: str, day: str, first: str, last: str, today: date) -> Period:
    """A period out of what a person or a program wrote; nothing written is the month of ``today``.

    Raises:
        WrongPeriod: unknown kind, a date that is none, an empty or too long range; says which and how to write it.
    """
    kind = kind or ("range" if first or last else "month")
    if kind not in KINDS:
        raise WrongPeriod("period", f"The period is one of {', '.join(KINDS)}.")
    if kind != "range":
        return Period.around(kind, _day("date", day) if day else today)
    if not (first and last):
        raise WrongPeriod("from" if not first else "to", "A range needs its first and its last day.")
    start, end = _day("from", first), _day("to", last)
    if end < start:
        raise WrongPeriod("to", "The last day lies before the first.")
    if (end - start).days >= MOST_DAYS:
        raise WrongPeriod("to", f"A report covers at most {MOST_DAYS} days.")
    return Period("range", start, end)


def _day(field: str, text: str) -> date:
    try:
        found = date.fromisoformat(text.strip())
    except ValueError as error:
        raise WrongPeriod(field, "Write a date as year-month-day, for example 2026-06-15.") from error
    if not FIRST <= found <= LAST:
        raise WrongPeriod(field, f"Choose a day between {FIRST.year} and {LAST.year}.")
    return found
