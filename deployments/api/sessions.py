"""The sessions of an exchange's calendar: what `/v1/calendar` is asked and answers."""

from datetime import date, datetime, timedelta
from typing import Any, Final, Literal

from pydantic import BaseModel, Field, model_validator
from pydantic_core import PydanticCustomError

from cluster.errors import BadInput, Fault
from deployments.http.fields import Day
from deployments.http.params import Params
from market.arrays import from_day
from market.calendar import Calendar, get_calendar

_MOST_DAYS: Final = 3660
Exchange = Literal["XNYS", "XNAS", "XLON", "XETR", "XTKS", "XHKG", "CMES", "24/7"]
"""Every calendar of `market.calendar`: MICs, and 24/7 for markets that never close."""


class CalendarQuery(Params):
    """`/v1/calendar`."""

    exchange: Exchange = Field(
        "XNYS", description="a market identifier code (MIC); 24/7 is every day in UTC"
    )
    start: Day = Field(
        description="a session's date; calendars know 1990 (XNYS 1953, XNAS 1971, XLON 1984, XHKG 1986, XTKS 1997) to 2039"
    )
    end: Day = Field(description="included; at most ten years after start")

    @model_validator(mode="after")
    def _span(self) -> "CalendarQuery":
        if not timedelta() <= self.end - self.start <= timedelta(days=_MOST_DAYS):
            raise PydanticCustomError("span", "end must be start or up to ten years after it")
        return self


class SessionOut(BaseModel):
    """One session; times are UTC, the close is excluded.

    The date is the exchange's own: a session may open on the evening before (CMES). The lunch break
    is null where there is none; trading goes on at its end.
    """

    session: date
    open: datetime
    close: datetime
    early_close: bool
    break_start: datetime | None
    break_end: datetime | None


def sessions(query: CalendarQuery) -> list[dict[str, Any]]:
    """The sessions as `SessionOut` rows, in order. `BadInput` for days that are not known."""
    found = get_calendar(query.exchange)
    _check_known(found, query)
    early = set(found.early_closes(query.start, query.end).tolist())
    days = map(from_day, found.sessions(query.start, query.end))
    return [_session(found, day, early=day in early) for day in days]


def _session(found: Calendar, day: date, *, early: bool) -> dict[str, Any]:
    pause = found.session_break(day) or (None, None)
    return {
        "session": day,
        "open": found.session_open(day),
        "close": found.session_close(day),
        "early_close": early,
        "break_start": pause[0],
        "break_end": pause[1],
    }


def _check_known(found: Calendar, query: CalendarQuery) -> None:
    """Raise BadInput for days of which the calendar knows nothing: no sessions would be a lie."""
    first, last = from_day(found.days[0]), from_day(found.days[-1])
    message = f"{found.name}: expected days from {first} to {last}"
    outside = {"query.start": query.start < first, "query.end": query.end > last}
    faults = [Fault(name, message, "time_range") for name, wrong in outside.items() if wrong]
    if faults:
        raise BadInput(message, faults=faults)
