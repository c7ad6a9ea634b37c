"""Exchange calendars: sessions, trading hours with their breaks, and a clock over several."""

from market.calendar.calendar import Calendar, Status
from market.calendar.parts import Parts
from market.calendar.sources import CALENDARS, get_calendar
from market.calendar.union import UnionClock, union_clock

__all__ = [
    "CALENDARS",
    "Calendar",
    "Parts",
    "Status",
    "UnionClock",
    "get_calendar",
    "union_clock",
]
