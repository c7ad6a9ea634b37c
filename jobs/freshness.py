"""How current the lake is, dataset by dataset."""

from dataclasses import dataclass
from datetime import date, datetime

from cluster.providers import DATASETS
from cluster.stores.lake import Holding, Lake
from market.calendar import get_calendar
from market.staleness import sessions_behind


@dataclass(frozen=True)
class Freshness:
    """One dataset in one timeframe.

    `sessions_behind` counts the sessions closed since the last one held, by the calendar of the
    dataset's instruments. `rows` counts every vintage.
    """

    dataset: str
    timeframe: str
    instruments: int
    rows: int
    first_session: date
    last_session: date
    sessions_behind: int
    bytes: int


def freshness(lake: Lake, *, now: datetime) -> list[Freshness]:
    """Of every dataset that the lake holds; read from its log, no data are touched."""
    return [_freshness(lake, held, now=now) for held in lake.holdings()]


def absent(lake: Lake) -> list[str]:
    """Known datasets that the lake does not hold yet."""
    held = {one.dataset for one in lake.holdings()}
    return [name for name in DATASETS if name not in held]


def _freshness(lake: Lake, held: Holding, *, now: datetime) -> Freshness:
    instruments = [one for one in lake.instruments() if one.dataset == held.dataset]
    calendars = {one.calendar for one in instruments}
    return Freshness(
        dataset=held.dataset,
        timeframe=held.timeframe,
        instruments=len(instruments),
        rows=held.rows,
        first_session=held.first_session,
        last_session=held.last_session,
        sessions_behind=max(
            (sessions_behind(held.last_session, get_calendar(name), now=now) for name in calendars),
            default=0,
        ),
        bytes=held.bytes,
    )
