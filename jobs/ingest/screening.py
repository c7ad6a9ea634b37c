"""Which bars of a delivery are committed, and which go to quarantine with what reason."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cluster.providers import ProviderError, WrongSpacing, WrongZone
from cluster.providers.kit.zones import days_off, days_told, hours_off, told
from market.arrays import Days, Mask
from market.bars import BAR_SCHEMA
from market.calendar import Calendar, get_calendar
from market.instruments import Instrument
from market.quality.spacing import no_days
from market.quality.validation import validate
from market.tables import days, marked, stamps, without

REFUSED_SCHEMA = pa.schema(
    [
        *(field.with_nullable(nullable=True) for field in BAR_SCHEMA),
        pa.field("reason", pa.string(), nullable=False),
    ]
)
_REQUIRED = tuple(field.name for field in BAR_SCHEMA if not field.nullable)


@dataclass(frozen=True)
class Screen:
    """The rules of one window: who is listed, which sessions were asked for, what time it is.

    `thinly_traded`: daily bars may stand weeks apart.
    """

    timeframe: str
    instruments: Mapping[str, tuple[Instrument, ...]]
    start: date
    end: date
    now: datetime
    thinly_traded: bool = False

    def apply(self, table: pa.Table) -> tuple[pa.Table, pa.Table]:
        """Good bars (BAR_SCHEMA) and refused ones (REFUSED_SCHEMA) of one delivery.

        Raises ProviderError for other columns, WrongZone where the stamps as a whole lie hours
        away from their sessions, WrongSpacing where daily bars are weeks: then no single bar is to
        blame.
        """
        rows = _conform(table)
        whole, broken = _separated(rows, {"a stamp, id or session is missing": _incomplete(rows)})
        good, refused = [BAR_SCHEMA.empty_table()], [_as_refused(broken)]
        for name in whole["instrument_id"].unique().to_pylist():
            own = whole.filter(pc.equal(whole["instrument_id"], name))
            for part, kept in zip(self._instrument(name, own), (good, refused), strict=True):
                kept.append(part)
        return pa.concat_tables(good), pa.concat_tables(refused)

    def _instrument(self, name: str, rows: pa.Table) -> tuple[pa.Table, pa.Table]:
        listed = self.instruments.get(name)
        if listed is None:
            unknown = {"the provider lists no such instrument": np.ones(rows.num_rows, dtype=bool)}
            return BAR_SCHEMA.empty_table(), _as_refused(marked(rows, unknown, column="reason"))
        calendar = get_calendar(listed[0].calendar)
        if self.timeframe == "1Day" and (distance := days_off(days(rows, "session"), calendar)):
            raise WrongZone(
                f"{name}: sessions stand {days_told(distance)} for {calendar.name}: their time zone "
                "is wrong; nothing of this piece was written"
            )
        if self.timeframe == "1Day":
            self._check_spacing(name, days(rows, "session"), calendar)
        if hours := hours_off(stamps(rows, "timestamp"), calendar):
            raise WrongZone(
                f"{name}: bars stand {told(hours)} for {calendar.name}: their time zone is wrong; "
                "nothing of this piece was written"
            )
        inside, outside = _separated(rows, self._span_faults(rows, listed, calendar))
        good, bad = validate(inside, calendar=calendar, timeframe=self.timeframe)
        refused = pa.concat_tables([_as_refused(outside), _as_refused(bad)])
        return good.cast(BAR_SCHEMA), refused

    def _check_spacing(self, name: str, session: Days, calendar: Calendar) -> None:
        if not self.thinly_traded and (found := no_days(session, calendar)):
            raise WrongSpacing(
                f"{name}: daily bars stand {found}, of which the lake keeps none; deliver daily bars, or "
                "set thinly_traded = True in the provider if it trades that seldom; nothing of this "
                "piece was written"
            )

    def _span_faults(
        self, rows: pa.Table, listed: Iterable[Instrument], calendar: Calendar
    ) -> dict[str, Mask]:
        session = days(rows, "session")
        first = calendar.days[0]
        early = session < first
        valid = np.zeros(len(session), dtype=bool)
        for instrument in listed:
            stop = date.max if instrument.valid_to is None else instrument.valid_to
            valid |= (session >= np.datetime64(instrument.valid_from)) & (
                session < np.datetime64(stop)
            )
        asked = (session >= np.datetime64(self.start)) & (session <= np.datetime64(self.end))
        late = pc.greater(rows["available_at"], pa.scalar(self.now, rows["available_at"].type))
        return {
            "ends in the future": late.to_numpy(),
            "outside the sessions asked for": ~asked,
            f"before {first}, the first session that {calendar.name} knows": early,
            "outside its listing": ~valid & ~early,
        }


def by_id(instruments: Iterable[Instrument]) -> dict[str, tuple[Instrument, ...]]:
    """The symbols of each instrument."""
    rows: dict[str, list[Instrument]] = defaultdict(list)
    for instrument in instruments:
        rows[instrument.instrument_id].append(instrument)
    return {name: tuple(group) for name, group in rows.items()}


def _conform(table: pa.Table) -> pa.Table:
    # Nullable: a bar that lacks something is refused alone, not with all that were delivered with
    # it.
    loose = pa.schema([field.with_nullable(nullable=True) for field in BAR_SCHEMA])
    try:
        return table.select(BAR_SCHEMA.names).cast(loose)
    except (KeyError, pa.ArrowInvalid, pa.ArrowNotImplementedError, ValueError) as exc:
        raise ProviderError(
            f"the provider's table does not have the columns of bars: {exc}"
        ) from exc


def _incomplete(rows: pa.Table) -> Mask:
    missing = np.zeros(rows.num_rows, dtype=bool)
    for name in _REQUIRED:
        missing |= pc.is_null(rows[name]).to_numpy()
    return missing


def _separated(rows: pa.Table, faults: dict[str, Mask]) -> tuple[pa.Table, pa.Table]:
    return without(rows, faults), marked(rows, faults, column="reason")


def _as_refused(rows: pa.Table) -> pa.Table:
    return rows.cast(REFUSED_SCHEMA)
