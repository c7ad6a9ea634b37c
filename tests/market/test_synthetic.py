"""The synthetic market: the same for everybody, consistent between its scales, and honest."""

import hashlib
import pickle
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.bars import Bars
from market.errors import BadParameter, DataNotFit
from market.synthetic import SyntheticMarket
from tests.examples import examples

START, END = date(2014, 1, 1), date(2025, 12, 31)
FIELDS = ("open", "high", "low", "close", "volume", "timestamp", "session", "available_at")
MARKET = SyntheticMarket()  # draws nothing before it is asked
DAYS = st.dates(date(2010, 1, 1), date(2035, 12, 31))
SYMBOLS = st.sampled_from(MARKET.symbols)
GOLDEN_DAILY = "150aa1f87ae3de5bd474e66c0fc5edca9754cdec66e34b58160ed116221988f8"
GOLDEN_MINUTES = "617dd9992aa50e03ba003093814186b193788704b4dcaa7334a9bb839d8d6aaf"
GOLDEN_QUOTES = "79f046598f8aca0dca0eceb9eb409f70e24bc4a147d020e27398836cbeed404f"


def digest(*series: Bars) -> str:
    whole = hashlib.sha256()
    for bars in series:
        for name in FIELDS:
            whole.update(getattr(bars, name).tobytes())
    return whole.hexdigest()


def daily_log_returns() -> np.ndarray:
    bars = [MARKET.daily(symbol, START, END) for symbol in MARKET.symbols]
    return np.diff(np.log([one.close for one in bars]), axis=1)


def test_the_market_of_seed_7_is_the_same_on_every_machine() -> None:
    assert digest(*(MARKET.daily(symbol, START, END) for symbol in MARKET.symbols)) == GOLDEN_DAILY
    day = date(2024, 5, 6)
    assert digest(*(MARKET.minutes(symbol, day) for symbol in MARKET.symbols)) == GOLDEN_MINUTES
    quotes = MARKET.quotes(datetime(2024, 5, 6, 13, 27, 33, tzinfo=UTC))
    assert hashlib.sha256(repr(quotes).encode()).hexdigest() == GOLDEN_QUOTES


def test_another_seed_is_another_market() -> None:
    other = SyntheticMarket(seed=8).daily("SYN001", START, END)
    assert digest(other) != digest(MARKET.daily("SYN001", START, END))


@examples(30)
@given(SYMBOLS, DAYS)
def test_minutes_make_exactly_the_daily_bar(symbol: str, day: date) -> None:
    minutes, daily = MARKET.minutes(symbol, day), MARKET.daily(symbol, day, day)
    assert minutes.open[0] == daily.open[0]
    assert minutes.high.max() == daily.high[0]
    assert minutes.low.min() == daily.low[0]
    assert minutes.close[-1] == daily.close[0]
    assert minutes.volume.sum() == daily.volume[0]
    assert (minutes.volume > 0).all()
    assert minutes.available_at[-1] == daily.available_at[0]
    np.testing.assert_array_equal(minutes.open[1:], minutes.close[:-1])


@examples(20)
@given(SYMBOLS, DAYS, st.integers(0, 1439))
def test_the_ticks_of_a_minute_make_exactly_its_bar(symbol: str, day: date, minute: int) -> None:
    bars = MARKET.minutes(symbol, day)
    opened = bars.timestamp[minute].item().replace(tzinfo=UTC)
    last = [MARKET.quote(symbol, opened + timedelta(seconds=k)).last_price for k in range(60)]
    assert (last[0], max(last), min(last), last[-1]) == (
        bars.open[minute],
        bars.high[minute],
        bars.low[minute],
        bars.close[minute],
    )


@examples(30)
@given(st.datetimes(datetime(2010, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_a_quote_has_a_last_price_between_bid_and_ask(at: datetime) -> None:
    for quote in SyntheticMarket(instruments=3).quotes(at):
        assert 0 < quote.bid_price <= quote.last_price <= quote.ask_price
        spread = quote.ask_price - quote.bid_price
        assert 0.0099 < spread <= max(0.0101, 5.0e-4 * quote.last_price)
        assert min(quote.bid_size, quote.ask_size, quote.last_size) > 0
        assert quote.source == "synthetic"


def test_a_quote_stands_until_the_next_second() -> None:
    at = datetime(2024, 5, 6, 13, 27, 33, tzinfo=UTC)
    assert MARKET.quote("SYN009", at + timedelta(microseconds=999_999)) == MARKET.quote(
        "SYN009", at
    )
    assert MARKET.quote("SYN009", at).timestamp == at


def test_one_quote_is_that_of_all_quotes() -> None:
    at = datetime(2024, 5, 6, 23, 59, 59, tzinfo=UTC)
    assert [MARKET.quote(symbol, at) for symbol in MARKET.symbols] == MARKET.quotes(at)


def test_an_instrument_does_not_depend_on_what_else_is_asked() -> None:
    alone = SyntheticMarket(instruments=5)
    day = date(2024, 5, 6)
    assert digest(alone.minutes("SYN005", day)) == digest(MARKET.minutes("SYN005", day))
    whole = MARKET.daily("SYN005", START, END)
    part = MARKET.daily("SYN005", day, END)
    assert digest(whole.take(slice(len(whole) - len(part), None))) == digest(part)


def test_only_seed_and_size_travel_to_another_process() -> None:
    market = SyntheticMarket(seed=3, instruments=4)
    market.daily("SYN001", START, END)
    travelled = pickle.dumps(market)
    assert len(travelled) < 200
    copy = pickle.loads(travelled)
    assert digest(copy.daily("SYN004", START, END)) == digest(market.daily("SYN004", START, END))


def test_a_session_is_a_utc_day_and_a_bar_is_known_at_its_end() -> None:
    bars = MARKET.daily("SYN001", date(2023, 12, 30), date(2024, 1, 2))
    assert bars.session.tolist() == [date(2023, 12, 30) + timedelta(days=k) for k in range(4)]
    assert bars.timestamp[0] == np.datetime64("2023-12-30T00:00")
    assert bars.available_at[0] == np.datetime64("2023-12-31T00:00")
    minutes = MARKET.minutes("SYN001", date(2024, 1, 2))
    assert len(minutes) == 1440
    assert minutes.available_at[0] == np.datetime64("2024-01-02T00:01")


def test_prices_are_cents_above_a_dollar_for_twenty_years() -> None:
    for symbol in MARKET.symbols:
        bars = MARKET.daily(symbol, date(2010, 1, 1), date(2029, 12, 31))
        cents = bars.low * 100
        np.testing.assert_array_equal(np.rint(cents) / 100.0, bars.low)
        assert bars.low.min() > 2.0
        assert bars.high.max() < 10_000.0


def test_the_planted_signal_is_there_and_no_other() -> None:
    (planted,) = MARKET.planted()
    returns = daily_log_returns()
    lagged = [float(np.corrcoef(one[:-1], one[1:])[0, 1]) for one in returns]
    others = np.delete(lagged, MARKET.symbols.index(planted.symbol))
    error = 1 / np.sqrt(returns.shape[1])
    assert abs(lagged[MARKET.symbols.index(planted.symbol)] - planted.coefficient) < 2 * error
    assert np.abs(others).max() < 4 * error
    assert abs(others.mean()) < error


def test_a_gap_at_the_open_says_nothing_of_the_session_that_follows() -> None:
    bars = [MARKET.daily(symbol, START, END) for symbol in MARKET.symbols]
    opens, closes = (np.log([getattr(one, name) for one in bars]) for name in ("open", "close"))
    gaps, sessions = opens[:, 1:] - closes[:, :-1], (closes - opens)[:, 1:]
    found = [np.corrcoef(*pair)[0, 1] for pair in zip(gaps, sessions, strict=True)]
    assert abs(np.mean(found)) < 1 / np.sqrt(gaps.shape[1])


def test_returns_look_like_those_of_a_market() -> None:
    returns = daily_log_returns()
    annual = returns.std(axis=1) * np.sqrt(365)
    assert 0.15 < annual.min() < annual.max() < 0.40
    pairs = np.corrcoef(returns)[np.triu_indices(len(returns), 1)]
    assert 0.1 < np.median(pairs) < 0.5
    size = np.abs(returns)
    clustering = [np.corrcoef(one[:-1], one[1:])[0, 1] for one in size]
    assert np.median(clustering) > 0.05


def test_listings_are_marked_synthetic() -> None:
    listings = MARKET.listings()
    assert [one.symbol for one in listings] == list(MARKET.symbols)
    assert listings[0].instrument_id == "synthetic:SYN001"
    assert all(one.synthetic and not one.adjusted and one.calendar == "24/7" for one in listings)
    assert listings[0].is_valid_on(date(2010, 1, 1))
    assert not listings[0].is_valid_on(date(2009, 12, 31))


def test_what_is_not_there_is_refused() -> None:
    with pytest.raises(
        BadParameter, match="'SYN061': expected SYN001 to SYN060; did you mean SYN0"
    ):
        MARKET.daily("SYN061", START, END)
    with pytest.raises(DataNotFit, match="2009-12-31 is not a day of the synthetic market"):
        MARKET.minutes("SYN001", date(2009, 12, 31))
    with pytest.raises(DataNotFit, match="2040-01-01"):
        MARKET.quotes(datetime(2040, 1, 1, tzinfo=UTC))
    with pytest.raises(BadParameter, match="no time zone"):
        MARKET.quotes(datetime(2024, 1, 1))  # noqa: DTZ001
    with pytest.raises(BadParameter, match="instruments=0: expected 1 to 999"):
        SyntheticMarket(instruments=0)
    assert len(MARKET.daily("SYN001", date(2000, 1, 1), date(2009, 12, 31))) == 0
