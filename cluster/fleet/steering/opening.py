"""Nodes and replicas that run before the market opens: those that came with the load would be late."""

from datetime import datetime, timedelta

from pydantic import NonNegativeInt

from cluster.fleet.settings import AroundOpen
from market.calendar import get_calendar


def opens(span: AroundOpen, now: datetime) -> bool:
    """Whether a session opens within the span: holidays and summer time are the calendar's."""
    calendar = get_calendar(span.calendar)
    day = calendar.current_session(now + timedelta(minutes=span.minutes_before))
    return now < calendar.session_open(day) + timedelta(minutes=span.minutes_after)


class Opening(AroundOpen):
    """How many nodes of each node type run from before until after the open of a session."""

    nodes: dict[str, NonNegativeInt]

    def holds(self, now: datetime) -> bool:
        """Whether these nodes are to run now."""
        return opens(self, now)
