"""How current the lake is, dataset by dataset and instrument by instrument."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pyarrow as pa
import pyarrow.compute as pc

from cluster.providers import DATASETS
from cluster.stores.lake import Holding, Lake
from cluster.stores.lake.tables import BARS
from cluster.stores.lake.versioned import FileFilter, reading, rows_of
from market.calendar import get_calendar
from market.instruments import Instrument
from market.quality.staleness import sessions_behind

_RECENT = timedelta(days=31)
_ALL = pc.scalar(True)  # noqa: FBT003 - pyarrow's way


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


@dataclass(frozen=True)
class InstrumentFreshness:
    """One instrument in one timeframe, as `Freshness`; `symbol` is the one it had last."""

    instrument_id: str
    symbol: str
    timeframe: str
    rows: int
    first_session: date
    last_session: date
    sessions_behind: int


def freshness(lake: Lake, *, now: datetime) -> list[Freshness]:
    """Of every dataset that the lake holds; read from its log, no data are touched."""
    return [_freshness(lake, held, now=now) for held in lake.holdings()]


def absent(lake: Lake) -> list[str]:
    """Known datasets that the lake does not hold yet."""
    held = {holding.dataset for holding in lake.holdings()}
    return [name for name in DATASETS if name not in held]


def last_sessions(lake: Lake, dataset: str, timeframe: str) -> dict[str, date]:
    """The last session held of each instrument that has any bar.

    Most have bars in the newest weeks, and the lake's files know their sessions: what is read of a
    full lake grows with these weeks, and with instruments that have ended, not with its years.
    """
    ends = [
        holding.last_session
        for holding in lake.holdings()
        if (holding.dataset, holding.timeframe) == (dataset, timeframe)
    ]
    if not ends:
        return {}
    found = _ends(_spans(lake, dataset, timeframe, pc.field("session") >= ends[0] - _RECENT))
    listed = {
        instrument.instrument_id
        for instrument in lake.instruments()
        if instrument.dataset == dataset
    }
    # Ended before these weeks, or without a bar so far.
    rest = sorted(listed - found.keys())
    if rest:
        found |= _ends(_spans(lake, dataset, timeframe, pc.field("instrument_id").isin(rest)))
    return found


def _ends(rows: pa.Table) -> dict[str, date]:
    return dict(
        zip(rows["instrument_id"].to_pylist(), rows["session_max"].to_pylist(), strict=True)
    )


def by_instrument(
    lake: Lake, dataset: str, timeframe: str, *, now: datetime
) -> list[InstrumentFreshness]:
    """Of every instrument that has a bar, in order of id."""
    listed: dict[str, Instrument] = {}
    # By beginning, so that the symbol an instrument had last overwrites the earlier ones.
    for instrument in sorted(lake.instruments(), key=lambda instrument: instrument.valid_from):
        listed[instrument.instrument_id] = instrument
    rows = _spans(lake, dataset, timeframe).sort_by("instrument_id").to_pylist()
    return [_of_instrument(listed[row["instrument_id"]], timeframe, row, now=now) for row in rows]


def _of_instrument(
    instrument: Instrument, timeframe: str, row: dict[str, date], *, now: datetime
) -> InstrumentFreshness:
    return InstrumentFreshness(
        instrument.instrument_id,
        instrument.symbol,
        timeframe,
        rows=int(row["session_count"]),  # type: ignore[call-overload]  # the row is untyped
        first_session=row["session_min"],
        last_session=row["session_max"],
        sessions_behind=sessions_behind(
            row["session_max"], get_calendar(instrument.calendar), now=now
        ),
    )


def _spans(lake: Lake, dataset: str, timeframe: str, where: pc.Expression = _ALL) -> pa.Table:
    """Rows with instrument_id and the count, min and max of its sessions; two columns are read."""
    delta = lake.tables[BARS.name].delta
    version = delta.version()
    if version is None:
        sessions = BARS.schema.empty_table().select(["instrument_id", "session"])
    else:
        with reading(delta.uri):
            files: FileFilter = [("dataset", "=", dataset), ("timeframe", "=", timeframe)]
            stored = rows_of(delta.at(version), files)
            wanted = (pc.field("dataset") == dataset) & (pc.field("timeframe") == timeframe)
            columns = ["instrument_id", "session"]
            sessions = stored.to_table(columns=columns, filter=wanted & where)
    return sessions.group_by("instrument_id").aggregate(
        [("session", "count"), ("session", "min"), ("session", "max")]
    )


def _freshness(lake: Lake, held: Holding, *, now: datetime) -> Freshness:
    instruments = [
        instrument for instrument in lake.instruments() if instrument.dataset == held.dataset
    ]
    calendars = {instrument.calendar for instrument in instruments}
    return Freshness(
        dataset=held.dataset,
        timeframe=held.timeframe,
        instruments=len({instrument.instrument_id for instrument in instruments}),
        rows=held.rows,
        first_session=held.first_session,
        last_session=held.last_session,
        sessions_behind=max(
            (sessions_behind(held.last_session, get_calendar(name), now=now) for name in calendars),
            default=0,
        ),
        bytes=held.bytes,
    )
