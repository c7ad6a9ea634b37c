"""The leak check finds each known way to look ahead, and says from where and how far."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market import leaks
from market.errors import BadParameter, DataNotFit
from market.leaks.futures import FUTURES, cuts, replaced
from market.leaks.samples import checked_bars


@pytest.fixture(scope="module")
def bars():
    return leaks.synthetic_bars(rows=300)


def centred_window(bars):
    return bars["close"].rolling(21, center=True).mean()


def full_sample_scaling(bars):
    return (bars["close"] - bars["close"].mean()) / bars["close"].std()


def backfilled_warm_up(bars):
    return bars["close"].rolling(20).mean().bfill()


def length_dependent(bars):
    return bars["close"] / len(bars)


def label_joined_at_its_start(bars):
    return bars["close"].shift(-5) / bars["close"] - 1


def same_close_fill(bars):
    return np.sign(bars["close"].diff()) * bars["close"].pct_change().shift(-1)


def dose_of_tomorrow(bars):
    tomorrow = bars["close"].pct_change().shift(-1).fillna(0)
    return bars["close"].rolling(20).mean() / bars["close"] + 1e-6 * tomorrow


def dose_below_the_tolerance(bars):
    return bars["close"].rolling(20).mean() + 1e-17 * bars["close"].shift(-1).fillna(0)


def week_known_from_its_start(bars):
    return bars.groupby(bars["session"].dt.to_period("W"))["close"].transform("last")


def month_known_from_its_start(bars):
    return bars.groupby(bars["session"].dt.to_period("M"))["high"].transform("max")


@pytest.mark.parametrize(
    ("function", "first_row", "bars_ahead"),
    [
        (centred_window, 10, 10),
        (full_sample_scaling, 0, 299),
        (backfilled_warm_up, 0, 19),
        (length_dependent, 0, 299),
        (label_joined_at_its_start, 0, 5),
        (same_close_fill, 1, 1),
        (dose_of_tomorrow, 19, 1),
        (dose_below_the_tolerance, None, 1),
        (week_known_from_its_start, 0, None),
        (month_known_from_its_start, 0, None),
    ],
)
def test_look_ahead_is_found_with_its_first_row_and_distance(bars, function, first_row, bars_ahead):
    report = leaks.check(function, bars)
    assert report.verdict == "leak"
    assert first_row is None or report.first_row == first_row
    assert bars_ahead is None or report.bars_ahead == bars_ahead
    assert len(report.columns) == 1


def test_a_day_known_from_its_first_bar_is_found_on_bars_of_an_hour(bars):
    hours = bars.iloc[:240].copy()
    hours["session"] = np.repeat(bars["session"].to_numpy()[:40], 6)

    def day_close(bars):
        return bars.groupby("session")["close"].transform("last")

    report = leaks.check(day_close, hours)
    assert (report.first_row, report.bars_ahead) == (0, 5)


def test_only_the_leaking_column_is_named(bars):
    def features(bars):
        close = bars["close"]
        return pd.DataFrame({"trend": close.ewm(10).mean(), "rank": close.rank(pct=True)})

    assert leaks.check(features, bars).columns == ["rank"]


def test_a_leak_that_begins_late_has_its_first_row(bars):
    def late(bars):
        tomorrow = bars["close"].shift(-1)
        return bars["close"].rolling(120).mean() + 0 * tomorrow

    assert leaks.check(late, bars).first_row == 119


@pytest.mark.parametrize(
    "function",
    [
        lambda bars: bars["close"].rolling(20).mean(),
        lambda bars: bars["close"].ewm(span=30).std(),
        lambda bars: bars["close"].expanding().max(),
        lambda bars: bars[["high", "low"]],
        lambda bars: bars["close"].to_numpy() > bars["open"].to_numpy(),
        lambda bars: bars.set_index("session")["close"].diff(),
        lambda bars: np.cumsum(np.column_stack([bars["volume"], bars["close"]]), axis=0),
        lambda bars: np.sign(bars["close"].diff()).shift(1) * bars["close"].pct_change(),
        lambda bars: pd.Series(np.nan, bars.index).where(bars["close"] < 0, 1 / 3),
    ],
)
def test_a_function_of_the_past_is_clean_in_words_that_claim_no_more(bars, function):
    report = leaks.check(function, bars)
    assert str(report) == f"no look-ahead found in {report.probes} probes"
    assert report.to_dict()["verdict"] == "clean"
    assert report.probes > 100


def test_rounding_that_depends_on_the_length_is_no_leak(bars):
    def rounds(bars):
        return bars["close"] * (1 + 1e-14 * (len(bars) % 2))

    assert leaks.check(rounds, bars).verdict == "clean"


def test_a_function_may_fail_on_its_warm_up_but_not_know_more_by_failing(bars):
    def needs_thirty(bars):
        if len(bars) < 30:
            raise ValueError("too short")
        return bars["close"].rolling(30).mean()

    def refuses_and_answers(bars):
        if len(bars) < 30:
            raise ValueError("too short")
        return bars["close"]

    assert leaks.check(needs_thirty, bars).verdict == "clean"
    assert leaks.check(refuses_and_answers, bars).verdict == "leak"


def test_a_random_function_is_not_clean(bars):
    rng = np.random.default_rng(1)
    report = leaks.check(lambda bars: rng.random(len(bars)), bars)
    assert report.findings[0].probe == "not deterministic"
    assert report.bars_ahead is None


def test_bars_that_a_function_overwrites_are_still_those_of_the_next_probe(bars):
    def overwrites(bars):
        bars["close"] = bars["close"].rolling(5).mean()
        return bars["close"]

    before = bars.copy()
    assert leaks.check(overwrites, bars).verdict == "clean"
    pd.testing.assert_frame_equal(bars, before)


def test_profits_booked_at_the_close_that_decided_them_are_found(bars):
    def honest_pnl(bars):
        return (np.sign(bars["close"].diff()).shift(1) * bars["close"].pct_change()).rename("pnl")

    def same_bar(bars):
        return np.sign(bars["close"].diff()) * bars["close"].pct_change()

    def equity(bars):
        return (1 + same_bar(bars).fillna(0)).cumprod().rename("equity")

    assert leaks.check(honest_pnl, bars).verdict == "clean"
    assert leaks.check(equity, bars).columns == ["equity"]
    assert leaks.check(same_bar, bars, profits=["close"]).columns == ["close"]
    # Undeclared it is a feature like any other, and reads no later bar.
    assert leaks.check(same_bar, bars).verdict == "clean"
    with pytest.raises(BadParameter, match="no column 'gains'"):
        leaks.check(same_bar, bars, profits=["gains"])


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lambda bars: bars["close"].mean(), "not aligned"),
        (lambda bars: bars["close"].dropna().iloc[1:], "not aligned: 299 rows for 300"),
        (lambda bars: bars["close"].iloc[::-1], "not aligned: its index"),
        (lambda bars: bars["close"].map(str) + "x", "does not hold numbers"),
        (lambda bars: bars[[]], "no column"),
        (lambda bars: bars["price"], "failed on 300 bars: KeyError"),
    ],
)
def test_what_cannot_be_checked_is_refused_with_its_reason(bars, function, message):
    with pytest.raises(DataNotFit, match=message):
        leaks.check(function, bars)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda bars: bars.drop(columns="session"), "no column session"),
        (lambda bars: bars.iloc[:59], "59 bars"),
        (lambda bars: bars.iloc[::-1], "order"),
        (lambda bars: bars.assign(close="high"), "no date or number"),
        (lambda bars: bars.assign(instrument_id=["a", "b"] * 150), "several instruments"),
    ],
)
def test_bars_that_do_not_fit_are_refused(bars, spoil, message):
    with pytest.raises(DataNotFit, match=message):
        leaks.check(lambda bars: bars["close"], spoil(bars))


def test_a_column_without_values_is_said_to_be_unchecked(bars):
    report = leaks.check(lambda bars: bars["close"].rolling(400).mean(), bars)
    assert report.warnings == ("column close has no value on 300 bars: nothing was checked",)


@settings(deadline=None, max_examples=10)
@given(row=st.integers(0, 298), seed=st.integers(0, 99))
def test_a_replaced_future_leaves_all_that_was_known(bars, row, seed):
    bars = checked_bars(bars)
    for future in FUTURES:
        other = replaced(bars, row, future, seed=seed)
        pd.testing.assert_frame_equal(other.iloc[: row + 1], bars.iloc[: row + 1])
        assert len(other) > row + 1
        assert other["session"].is_monotonic_increasing
        assert (other["high"] >= other[["open", "close"]].max(axis=1)).all()
        assert (other["low"] <= other[["open", "close"]].min(axis=1)).all()


def test_cuts_hold_the_whole_warm_up_and_the_insides_of_weeks_and_months(bars):
    chosen = cuts(checked_bars(bars), np.random.default_rng(0))
    assert list(chosen)[:50] == list(range(50))
    assert {"mid-week", "mid-month", "a random row"} <= set(chosen.values())


def test_the_report_is_one_line_that_names_column_row_distance_and_probe(bars):
    report = leaks.check(dose_of_tomorrow, bars)
    cut = "(bars cut after row 19, one of the first rows)"
    assert str(report) == (
        f"look-ahead found in {report.probes} probes: close: from row 19, reads 1 bar ahead {cut}"
    )
