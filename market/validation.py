"""Which bars and quotes of a delivery can be trusted; the others are kept with their reason."""

import numpy as np
import pyarrow as pa

from market.arrays import Floats
from market.bars import PRICES
from market.calendar import Calendar
from market.tables import Mask, days, marked, numbers, order_faults, stamps, without


def validate(table: pa.Table, *, calendar: Calendar | None = None) -> tuple[pa.Table, pa.Table]:
    """Good bars of a BAR_SCHEMA table, and refused ones with a column ``reason``.

    Missing opens, highs, lows and volumes are no fault: close-only data has none. Of two bars with
    one stamp the first stands; a bar stamped before an earlier row of its instrument is refused.
    With a calendar a bar must open in its session, and not in a lunch break. Several reasons are
    joined by "; ". What is only unlikely is refused here by nothing: ``outliers`` warns of it.
    """
    prices = {name: numbers(table, name) for name in PRICES}
    faults = {
        **_price_faults(prices),
        "negative or infinite volume": _outside(numbers(table, "volume"), lowest=0.0),
        "ends before it opens": stamps(table, "available_at") < stamps(table, "timestamp"),
    }
    if calendar is not None:
        faults["outside its session"] = ~in_session(table, calendar)
    return _separated(table, faults)


def validate_quotes(table: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Good quotes of a QUOTE_SCHEMA table, and refused ones with a column ``reason``.

    A missing side is no fault; a bid above the ask is (locked, bid = ask, is not). Stamps are
    judged as those of bars.
    """
    bid, ask, last = (numbers(table, f"{side}_price") for side in ("bid", "ask", "last"))
    prices = np.stack((bid, ask, last))
    sizes = np.stack([numbers(table, f"{side}_size") for side in ("bid", "ask", "last")])
    faults = {
        "price not above zero": _any(prices <= 0.0),
        "infinite price": _any(np.isinf(prices)),
        "negative or infinite size": _any(_outside(sizes, lowest=0.0)),
        "bid above ask": bid > ask,
        "known before its stamp": stamps(table, "available_at") < stamps(table, "timestamp"),
    }
    return _separated(table, faults)


def in_session(table: pa.Table, calendar: Calendar) -> Mask:
    """Whether each bar opens while the exchange trades, in the session that it names."""
    place = calendar.parts.locate(stamps(table, "timestamp"))
    session = calendar.days[calendar.parts.sessions[place]]
    inside: Mask = (place >= 0) & (session == days(table, "session"))
    return inside


def _separated(table: pa.Table, faults: dict[str, Mask]) -> tuple[pa.Table, pa.Table]:
    # Order last, and among the good only: one bad stamp must not refuse every row after it.
    good = ~np.logical_or.reduce(list(faults.values()))
    faults = faults | order_faults(table, good=good)
    return without(table, faults), marked(table, faults, column="reason")


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


def _any(faults: Mask) -> Mask:
    """Whether any of the prices or sizes (k, n) of a row is at fault, shape (n,)."""
    found: Mask = np.logical_or.reduce(faults)
    return found


def _outside(values: Floats, *, lowest: float) -> Mask:
    return (values < lowest) | np.isinf(values)
