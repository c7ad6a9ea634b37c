"""Nodes and replicas that run before the market opens: those that came with the load would be late."""

from datetime import datetime, timedelta
from typing import Protocol

from pydantic import BaseModel, ConfigDict, NonNegativeInt

from market.calendar import get_calendar


class Around(Protocol):
    """A span around the open of an exchange's sessions."""

    @property
    def calendar(self) -> str: ...
    @property
    def minutes_before(self) -> int: ...
    @property
    def minutes_after(self) -> int: ...


def opens(span: Around, now: datetime) -> bool:
    """Whether a session opens within the span: holidays and summer time are the calendar's."""
    calendar = get_calendar(span.calendar)
    day = calendar.current_session(now + timedelta(minutes=span.minutes_before))
    return now < calendar.session_open(day) + timedelta(minutes=span.minutes_after)


class Opening(BaseModel):
    """How many nodes of each node type run from before until after the open of a session."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    calendar: str
    minutes_before: NonNegativeInt
    minutes_after: NonNegativeInt
    nodes: dict[str, NonNegativeInt]

    def holds(self, now: datetime) -> bool:
        """Whether these nodes are to run now."""
        return opens(self, now)
