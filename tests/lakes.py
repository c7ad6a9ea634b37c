"""A small lake: synthetic instruments as they are, and one close-only series like the sample's."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np

from cluster.stores.lake import Lake
from market.actions import Split
from market.bars import PRICES, Bars
from market.calendar import get_calendar
from market.instruments import Instrument
from market.synthetic import SyntheticMarket

RECORDED = datetime(2026, 1, 5, 6, tzinfo=UTC)
FIRST, LAST = date(2021, 6, 1), date(2026, 1, 4)
SHORT_FIRST = date(2025, 1, 1)
SAMPLE_FIRST, SAMPLE_LAST = date(2016, 1, 4), date(2022, 12, 28)

AAPL = Instrument(
    instrument_id="sample:AAPL",
    symbol="AAPL",
    name="Apple",
    exchange="XNAS",
    calendar="XNYS",
    currency="USD",
    valid_from=SAMPLE_FIRST,
    valid_to=None,
    dataset="sample",
    fields="close",
    adjusted=True,
    synthetic=False,
)


def sample_bars() -> Bars:
    """A quiet random walk of closes; everything else is missing."""
    calendar = get_calendar("XNYS")
    days = calendar.sessions(SAMPLE_FIRST, SAMPLE_LAST)
    rows = np.searchsorted(calendar.days, days)
    steps = np.random.default_rng(0).normal(0.0003, 0.015, len(days))
    missing = np.full(len(days), np.nan)
    return Bars(
        AAPL.instrument_id,
        timestamp=calendar.opens[rows],
        session=days,
        open=missing,
        high=missing,
        low=missing,
        close=np.round(100 * np.exp(np.cumsum(steps)), 3),
        volume=missing,
        available_at=calendar.closes[rows],
    )


def fill(lake: Lake, *, told: Callable[[Bars], Bars] = lambda bars: bars) -> None:
    """SYN001 and SYN002 over four years and a half, SYN003 over one year, and AAPL.

    `told` is what the lake is told of the synthetic bars.
    """
    market = SyntheticMarket(instruments=3)
    lake.append_instruments("synthetic", market.listings(), recorded_at=RECORDED)
    lake.append_instruments("sample", [AAPL], recorded_at=RECORDED)
    for symbol in market.symbols:
        first = SHORT_FIRST if symbol == "SYN003" else FIRST
        bars = told(market.daily(symbol, first, LAST)).to_arrow(recorded_at=RECORDED)
        lake.append_bars("synthetic", "1Day", bars, recorded_at=RECORDED)
    bars = sample_bars().to_arrow(recorded_at=RECORDED)
    lake.append_bars("sample", "1Day", bars, recorded_at=RECORDED)


SPLIT = Split(
    instrument_id="synthetic:SYN001",
    ex_date=date(2025, 3, 3),
    available_at=datetime(2025, 2, 10, tzinfo=UTC),
    ratio=4.0,
)


def quartered(bars: Bars) -> Bars:
    """SYN001 split 4:1: from the ex-date on raw prices are a quarter, to the bit."""
    if bars.instrument_id != SPLIT.instrument_id:
        return bars
    ratio = np.where(bars.session >= np.datetime64(SPLIT.ex_date), SPLIT.ratio, 1.0)
    prices = {name: getattr(bars, name) / ratio for name in PRICES}
    return replace(bars, **prices, volume=bars.volume * ratio)


def fill_split(lake: Lake) -> None:
    """The same market in which SYN001 was split."""
    fill(lake, told=quartered)
    lake.append_actions("synthetic", [SPLIT], recorded_at=RECORDED)


def fill_renamed(lake: Lake) -> None:
    """The same, and AAPL was called ZZZ once."""
    fill(lake)
    before = replace(AAPL, symbol="ZZZ", valid_from=date(2010, 1, 4), valid_to=AAPL.valid_from)
    lake.append_instruments("sample", [before], recorded_at=RECORDED)
