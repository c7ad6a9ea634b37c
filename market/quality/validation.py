"""Which bars and quotes of a delivery can be trusted; the others are kept with their reason."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from market.arrays import Floats, Mask, Stamps
from market.bars import BAR_SCHEMA, PRICES
from market.calendar import Calendar
from market.errors import BadParameter
from market.quality.ordering import order_faults
from market.quotes import QUOTE_SCHEMA
from market.tables import days, marked, numbers, require_columns, stamps, without
from market.timeframes import step_of


def validate(
    table: pa.Table, *, calendar: Calendar | None = None, timeframe: str | None = None
) -> tuple[pa.Table, pa.Table]:
    """Good bars of a BAR_SCHEMA table, and refused ones with a column ``reason``.

    Missing opens, highs, lows, volumes, trade counts and prices by volume are no fault: close-only
    data has none. Of an instrument's bars the longest run in order of their stamps stands; of two
    with one stamp that of the later vintage (``recorded_at``), or else the first. A bar is known
    after its open; with ``timeframe``, not before its end by the calendar, which is needed then, and
    its stamp is its open by the calendar: a session has one daily bar, whatever a source stamps.
    With a calendar a bar must open in its session, and not in a lunch break. Several reasons are
    joined by "; ". What is only unlikely is refused here by nothing: ``outliers`` warns of it.
    Raises BadParameter for an unknown timeframe, DataNotFit for a missing column.
    """
    require_columns(table, BAR_SCHEMA.names)
    prices = {name: numbers(table, name) for name in PRICES}
    faults = {
        **_missing(table),
        "no session": np.isnat(days(table, "session")),
        **_price_faults(prices),
        **_trade_faults(table),
        **_time_faults(table, calendar, timeframe),
    }
    if calendar is not None:
        stamped = ~np.isnat(stamps(table, "timestamp"))
        faults["outside its session"] = stamped & ~in_session(table, calendar)
    return _separated(table, faults)


def validate_quotes(
    table: pa.Table, *, calendar: Calendar | None = None
) -> tuple[pa.Table, pa.Table]:
    """Good quotes of a QUOTE_SCHEMA table, and refused ones with a column ``reason``.

    A missing side is no fault unless all three prices are missing; a bid above the ask is (locked,
    bid = ask, is not). Stamps are judged as those of bars, but of several quotes with one stamp the
    last stands: it is what the others were updated to. With a calendar a quote must be stamped
    while the exchange trades, the closing instant included. Raises DataNotFit for a missing column.
    """
    require_columns(table, QUOTE_SCHEMA.names)
    bid, ask, last = (numbers(table, f"{side}_price") for side in ("bid", "ask", "last"))
    prices = np.stack((bid, ask, last))
    sizes = np.stack([numbers(table, f"{side}_size") for side in ("bid", "ask", "last")])
    faults: dict[str, Mask] = {
        **_missing(table),
        "no price": ~_any(~np.isnan(prices)),
        "price not above zero": _any(prices <= 0.0),
        "infinite price": _any(np.isinf(prices)),
        "negative or infinite size": _any(_outside(sizes, lowest=0.0)),
        "bid above ask": bid > ask,
        "known before its stamp": stamps(table, "available_at") < stamps(table, "timestamp"),
    }
    if calendar is not None:
        faults["outside trading hours"] = _off_hours(stamps(table, "timestamp"), calendar)
    return _separated(table, faults, latest=True)


def in_session(table: pa.Table, calendar: Calendar) -> Mask:
    """Whether each bar opens while the exchange trades, in the session that it names."""
    place = calendar.parts.locate(stamps(table, "timestamp"))
    session = calendar.days[calendar.parts.sessions[place]]
    inside: Mask = (place >= 0) & (session == days(table, "session"))
    return inside


def _separated(
    table: pa.Table, faults: dict[str, Mask], *, latest: bool = False
) -> tuple[pa.Table, pa.Table]:
    # Order last, and among the good only: a refused row must refuse no other.
    good = ~np.logical_or.reduce(list(faults.values()))
    faults = faults | order_faults(table, good=good, latest=latest)
    return without(table, faults), marked(table, faults, column="reason")


def _missing(table: pa.Table) -> dict[str, Mask]:
    """What a row cannot be placed without. Arrow does not enforce that a field is not nullable."""
    return {
        "no instrument": pc.is_null(table.column("instrument_id")).to_numpy(),
        "no stamp": np.isnat(stamps(table, "timestamp")),
        "not said when it was known": np.isnat(stamps(table, "available_at")),
    }


def _price_faults(prices: dict[str, Floats]) -> dict[str, Mask]:
    stacked = np.stack(list(prices.values()))
    opening, high, low, close = stacked
    # Comparisons with NaN are false: what is missing breaks no rule.
    return {
        "no close": np.isnan(close),
        "price not above zero": _any(stacked <= 0.0),
        "infinite price": _any(np.isinf(stacked)),
        "high below open, low or close": (high < opening) | (high < low) | (high < close),
        "low above open or close": (low > opening) | (low > close),
    }


def _trade_faults(table: pa.Table) -> dict[str, Mask]:
    volume, vwap = numbers(table, "volume"), numbers(table, "vwap")
    return {
        "negative or infinite volume": _outside(volume, lowest=0.0),
        "negative trade count": numbers(table, "trade_count") < 0.0,
        # Feeds write 0 for the price of what did not trade.
        "price by volume not above zero, or infinite": ((vwap <= 0.0) & (volume != 0.0))
        | np.isinf(vwap),
    }


def _time_faults(
    table: pa.Table, calendar: Calendar | None, timeframe: str | None
) -> dict[str, Mask]:
    times, known = stamps(table, "timestamp"), stamps(table, "available_at")
    early: Mask = known <= times
    amiss: Mask = np.zeros(len(times), dtype=bool)
    if timeframe is not None:
        if calendar is None:
            raise BadParameter(
                f"timeframe={timeframe!r} without a calendar: it says when a bar ends",
                parameter="timeframe",
            )
        # Of others the calendar cannot say which bar they are; they are refused as outside.
        inside = np.flatnonzero(calendar.parts.locate(times) >= 0)
        start, end = calendar.spans(times[inside], step_of(timeframe))
        early[inside] |= known[inside] < end
        amiss[inside] = times[inside] != start
    return {"known before its end": early, "not stamped with its open": amiss}


def _off_hours(times: Stamps, calendar: Calendar) -> Mask:
    place = calendar.parts.locate(times)
    closed = (place < 0) & ~np.isin(times, calendar.parts.ends)
    # Without a stamp a row is refused for that, and for nothing that follows from it.
    off: Mask = closed & ~np.isnat(times)
    return off


def _any(faults: Mask) -> Mask:
    """Whether any of the prices or sizes (k, n) of a row is at fault, shape (n,)."""
    amiss: Mask = np.logical_or.reduce(faults)
    return amiss


def _outside(values: Floats, *, lowest: float) -> Mask:
    return (values < lowest) | np.isinf(values)
