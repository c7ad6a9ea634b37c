"""Nodes that run before the market opens: replicas that came with the load would come too late."""

from datetime import datetime, timedelta

from pydantic import BaseModel, ConfigDict, NonNegativeInt

from market.calendar import get_calendar


class Opening(BaseModel):
    """How many nodes of each node type run from before until after the open of a session."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    calendar: str
    minutes_before: NonNegativeInt
    minutes_after: NonNegativeInt
    nodes: dict[str, NonNegativeInt]

    def holds(self, now: datetime) -> bool:
        """Whether these nodes are to run now."""
        calendar = get_calendar(self.calendar)
        day = calendar.current_session(now + timedelta(minutes=self.minutes_before))
        return now < calendar.session_open(day) + timedelta(minutes=self.minutes_after)
