"""Prices of the lake as a table for people: by symbol and date, adjusted as asked for."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final, Literal

from cluster.clock import utc_now
from cluster.errors import BadInput, Fault, NotFound
from cluster.settings import load_settings
from cluster.stores.lake.frame_shapes import Kind, Part, shaped
from cluster.stores.lake.frame_times import Span, When, moment
from cluster.stores.lake.known_prices import PRICE_TABLES, History, carried, known_prices
from cluster.stores.lake.lake import Lake
from cluster.stores.lake.tables import check_timeframe
from cluster.stores.lake.universes import find_each
from market.actions import Adjustment
from market.actions.adjustment import KINDS
from market.errors import DataNotFit, near_names
from market.indicators.core.indicator import FIELDS
from market.instruments import Instrument

Timeframe = Literal["1Day", "1Min"]
_FIELDS: Final = ("open", "high", "low", "close", "volume")


def frame(
    symbols: str | Sequence[str],
    *,
    start: When | None = None,
    end: When | None = None,
    fields: str | Sequence[str] = _FIELDS,
    timeframe: Timeframe = "1Day",
    adjustment: Adjustment | None = None,
    wide: bool = False,
    as_of: When | None = None,
    to: Kind = "pandas",
    lake: Lake | None = None,
) -> Any:
    """Bars of some symbols as a pandas DataFrame, a polars one or an Arrow table, as `to` says.

    A symbol is one of today (of the day of `as_of`), or `DATASET:SYMBOL`, or an instrument's id. A
    day (text such as 2024-01-31, `date`, a midnight without a zone) stands for its whole session, as
    `start` and as `end`; an aware time cuts bars by their open, the end left out. Rows come by symbol and then
    time, with columns `symbol`, `date` (of minutes `timestamp`, UTC) and the fields; `wide` has a
    row a time and a column a symbol, or a field and a symbol where there are several fields.

    Prices are as recorded, or adjusted back from the last known bar: for `split`, `dividend`,
    `spin-off` or `all`, by the actions known at `as_of` (now without it). `attrs` of a DataFrame
    (the metadata of an Arrow schema) says by symbol the adjustment and the instrument's id, and the
    snapshot that was read. `lake` is by default that of the platform of this home.

    Raises BadInput, with near names, for a symbol or field that is unknown, for what was recorded
    adjusted and is asked for otherwise, and for a span without any bar; NotFound where an
    instrument has no bars of that timeframe.
    """
    source = Lake.of(load_settings()) if lake is None else lake
    span = Span.of(start, end)
    cut = moment(as_of, "as_of")
    snapshot = source.snapshot(PRICE_TABLES)
    members = _members(source, symbols, snapshot=snapshot, cut=cut)
    _check(members, adjustment, cut)
    histories = known_prices(
        source,
        members.values(),
        timeframe=check_timeframe(timeframe),
        at=cut or utc_now(),
        as_of=cut,
        snapshot=snapshot,
    )
    columns = _columns(fields)
    parts = [
        _part(name, _history(name, one, histories, timeframe), adjustment, span)
        for name, one in members.items()
    ]
    _check_rows(members, histories, parts, span)
    about = {
        "adjustment": {name: carried(adjustment, one) for name, one in members.items()},
        "instruments": {name: one.instrument_id for name, one in members.items()},
        "snapshot": snapshot,
    }
    by_day = timeframe == "1Day"
    single = isinstance(fields, str)
    return shaped(parts, columns, to=to, wide=wide, by_day=by_day, single=single, about=about)


def _members(
    lake: Lake, symbols: str | Sequence[str], *, snapshot: str, cut: datetime | None
) -> dict[str, Instrument]:
    """The instruments by the names that were asked for, in their order."""
    names = [symbols] if isinstance(symbols, str) else list(dict.fromkeys(symbols))
    if not names:
        raise _refused("symbols", "symbols: expected at least one")
    on = None if cut is None else cut.date()
    rows = find_each(lake.directory(snapshot=snapshot), names, on=on, place="symbols")
    return dict(zip(names, rows, strict=True))


def _check(
    members: Mapping[str, Instrument], adjustment: Adjustment | None, cut: datetime | None
) -> None:
    if adjustment is not None and adjustment not in KINDS:
        known = ", ".join(KINDS)
        raise _refused("adjustment", f"adjustment={adjustment!r}: expected one of {known}")
    for name, one in members.items():
        if one.adjusted and carried(adjustment, one) != "all":
            message = f"{name} is recorded adjusted: ask with adjustment='all', or without"
            raise _refused("adjustment", message)
        if one.adjusted and cut is not None:
            raise _refused("as_of", f"{name} was adjusted after the fact: it has no as_of")


def _columns(fields: str | Sequence[str]) -> list[str]:
    columns = [fields] if isinstance(fields, str) else list(dict.fromkeys(fields))
    for name in columns:
        if name not in FIELDS:
            near = near_names(name, FIELDS)
            hint = f"did you mean {near[0]}?" if near else f"expected some of {', '.join(_FIELDS)}"
            raise _refused("fields", f"field {name!r} is unknown; {hint}")
    if not columns:
        raise _refused("fields", "fields: expected at least one")
    return columns


def _history(
    name: str, one: Instrument, histories: Mapping[str, History], timeframe: str
) -> History:
    if one.instrument_id not in histories:
        raise NotFound(f"{name} ({one.instrument_id}) has no {timeframe} bars")
    return histories[one.instrument_id]


def _part(name: str, history: History, adjustment: Adjustment | None, span: Span) -> Part:
    try:
        bars = history.adjusted(carried(adjustment, history.instrument))
    except DataNotFit as exc:
        raise _refused("adjustment", f"{name}: {exc}") from exc
    return Part(name, bars.take(span.rows(bars)))


def _check_rows(
    members: Mapping[str, Instrument],
    histories: Mapping[str, History],
    parts: Sequence[Part],
    span: Span,
) -> None:
    if any(len(part.bars) for part in parts):
        return
    held = [histories[member.instrument_id].bars.session for member in members.values()]
    first: date = min(session[0] for session in held).item()
    last: date = max(session[-1] for session in held).item()
    raise _refused("start", f"no bar of these {span}; they have {first} to {last}")


def _refused(place: str, message: str) -> BadInput:
    return BadInput(message, faults=[Fault(place, message)])
