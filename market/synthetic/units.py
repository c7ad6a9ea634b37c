"""From whole cents to the prices of the library's bars and quotes."""

from datetime import datetime

from market.arrays import Days, Stamps
from market.bars import Bars
from market.quotes import Quote
from market.synthetic.daily import DailyPath
from market.synthetic.listing import DATASET
from market.synthetic.minutes import MinutePath
from market.synthetic.ticks import Tick


def to_bars(
    symbol: str,
    path: DailyPath | MinutePath,
    rows: slice,
    *,
    session: Days,
    opens: Stamps,
    ends: Stamps,
) -> Bars:
    """Bars of ``rows`` of the path; a price is the float64 nearest to its cents."""
    return Bars(
        instrument_id=f"{DATASET}:{symbol}",
        timestamp=opens.astype("datetime64[us]"),
        session=session,
        open=path.open[rows] / 100.0,
        high=path.high[rows] / 100.0,
        low=path.low[rows] / 100.0,
        close=path.close[rows] / 100.0,
        volume=path.volume[rows].astype("float64"),
        available_at=ends.astype("datetime64[us]"),
    )


def to_quote(symbol: str, timestamp: datetime, tick: Tick) -> Quote:
    """The tick as a quote, marked synthetic by its source."""
    return Quote(
        symbol=symbol,
        timestamp=timestamp,
        bid_price=tick.bid / 100.0,
        bid_size=float(tick.bid_size),
        ask_price=tick.ask / 100.0,
        ask_size=float(tick.ask_size),
        last_price=tick.last / 100.0,
        last_size=float(tick.last_size),
        source=DATASET,
    )
