"""The closes that predictions read: every instrument's, up to its last closed session."""

from dataclasses import dataclass
from datetime import UTC, date, datetime

from cluster.stores.lake import Lake
from market.arrays import Floats, from_stamp
from market.bars import Bars
from market.calendar import get_calendar
from market.instruments import Instrument

TIMEFRAME = "1Day"


@dataclass(frozen=True)
class History:
    """One instrument's closes (n,), the last of which became known at `known_at` (UTC)."""

    instrument: Instrument
    close: Floats
    session: date
    known_at: datetime

    def outcome_at(self, horizon: int) -> datetime:
        """The close of the `horizon`-th session after the last one."""
        calendar = get_calendar(self.instrument.calendar)
        day = self.session
        for _ in range(horizon):
            day = calendar.next_session(day)
        return calendar.session_close(day)

    def is_behind(self, now: datetime) -> bool:
        """Whether sessions have closed since that these closes do not hold."""
        return self.session < get_calendar(self.instrument.calendar).last_session(now)


def load(
    lake: Lake, instruments: list[Instrument], *, as_of: datetime | None = None
) -> dict[str, History]:
    """The history of each instrument that has bars, by id; with `as_of`, what was known then."""
    by_id = {one.instrument_id: one for one in instruments}
    bars = lake.histories(by_id, timeframe=TIMEFRAME, as_of=as_of)
    return {id_: _history(by_id[id_], one) for id_, one in bars.items() if len(one)}


def _history(instrument: Instrument, bars: Bars) -> History:
    return History(
        instrument=instrument,
        close=bars.close,
        session=bars.session[-1].item(),
        known_at=from_stamp(bars.available_at[-1]).astimezone(UTC),
    )
