"""The leak check finds each known way to look ahead, and says from where and how far."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market import leaks
from market.errors import BadParameter, DataNotFit
from market.leaks.cuts import cuts
from market.leaks.futures import FUTURES, replaced
from market.leaks.samples import checked_bars
from tests.examples import examples


@pytest.fixture(scope="module")
def bars():
    return leaks.synthetic_bars(rows=300)


def check(function, bars, **options):
    """A check that is quick: of few rows besides the first 50."""
    return leaks.check(function, bars, **{"most_cuts": 60, **options})


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


def position_booked_with_the_next_return(bars):
    return np.sign(bars["close"].diff()) * bars["close"].pct_change().shift(-1)


def dose_of_tomorrow(bars):
    tomorrow = bars["close"].pct_change().shift(-1).fillna(0)
    return bars["close"].rolling(20).mean() / bars["close"] + 1e-6 * tomorrow


def dose_below_the_tolerance(bars):
    return bars["close"].rolling(20).mean() + 1e-17 * bars["close"].shift(-1).fillna(0)


def dose_from_five_bars_ahead(bars):
    return bars["close"] + 1e-15 * bars["close"].shift(-5).fillna(0)


def dose_in_returns(bars):
    move = bars["close"].pct_change().fillna(0)
    return move + 1e-13 * move.shift(-1).fillna(0)


def dose_of_the_whole_sample(bars):
    return bars["close"] + 1e-15 * bars["close"].mean()


def gap_to_the_next_session(bars):
    return (bars["session"].shift(-1) - bars["session"]).dt.days.fillna(1)


def on_days(bars, mask):
    """A long mean that knows tomorrow's close, on those days alone."""
    mean = bars["close"].rolling(60).mean()
    return mean.where(~mask, mean + bars["close"].diff().shift(-1).fillna(0))


def at_month_ends(bars):
    return on_days(bars, bars["session"].dt.is_month_end)


def at_year_ends(bars):
    return on_days(bars, bars["session"].dt.is_year_end)


def on_one_day_of_the_month(bars):
    return on_days(bars, bars["session"].dt.day == 7)


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
        (position_booked_with_the_next_return, 1, 1),
        (dose_of_tomorrow, 19, 1),
        (dose_below_the_tolerance, 19, 1),
        (dose_from_five_bars_ahead, 0, 5),
        (dose_in_returns, 0, 1),
        (dose_of_the_whole_sample, 0, 299),
        (gap_to_the_next_session, 0, 1),
        (week_known_from_its_start, 0, None),
        (month_known_from_its_start, 0, None),
    ],
)
def test_look_ahead_is_found_with_its_first_row_and_distance(bars, function, first_row, bars_ahead):
    report = check(function, bars)
    assert report.verdict == "leak"
    assert first_row is None or report.first_row == first_row
    assert bars_ahead is None or report.bars_ahead == bars_ahead
    assert len(report.columns) == 1


def test_a_day_known_from_its_first_bar_is_found_on_bars_of_an_hour(bars):
    hours = bars.iloc[:240].copy()
    hours["session"] = np.repeat(bars["session"].to_numpy()[:40], 6)

    def day_close(bars):
        return bars.groupby("session")["close"].transform("last")

    report = check(day_close, hours)
    assert (report.first_row, report.bars_ahead) == (0, 5)


def test_only_the_leaking_column_is_named(bars):
    def features(bars):
        close = bars["close"]
        return pd.DataFrame({"trend": close.ewm(10).mean(), "rank": close.rank(pct=True)})

    assert check(features, bars).columns == ["rank"]


def test_a_leak_that_begins_late_has_its_first_row(bars):
    def late(bars):
        tomorrow = bars["close"].shift(-1)
        return bars["close"].rolling(120).mean() + 0 * tomorrow

    assert check(late, bars).first_row == 119


@pytest.mark.parametrize(
    ("function", "first_row"), [(at_month_ends, 89), (on_one_day_of_the_month, 65)]
)
def test_a_leak_on_rare_dates_is_found_from_its_first_row_where_every_row_is_cut(
    bars, function, first_row
):
    report = check(function, bars, most_cuts=300)
    assert (report.first_row, report.bars_ahead) == (first_row, 1)


@pytest.mark.parametrize("function", [at_month_ends, at_year_ends])
def test_a_leak_on_rare_dates_is_found_by_a_check_that_may_not_cut_at_every_row(function):
    report = check(function, leaks.synthetic_bars(rows=750), most_cuts=150)
    assert (report.verdict, report.bars_ahead) == ("leak", 1)


def test_the_first_row_between_two_cuts_is_found_by_halving(bars):
    def late(bars):
        return bars["close"].rolling(200).mean().shift(-3)

    report = check(late, bars, most_cuts=60)
    assert (report.first_row, report.bars_ahead) == (196, 3)


@pytest.mark.long
def test_the_check_of_many_leaking_columns_costs_no_more_calls_than_that_of_one(bars):
    calls = {}

    def counted(count):
        def function(bars):
            calls[count] = calls.get(count, 0) + 1
            close = bars["close"]
            return pd.DataFrame(
                {f"m{k}": close.rolling(5 + k).mean().shift(-1 - k) for k in range(count)}
            )

        return function

    assert check(counted(30), bars).bars_ahead == 30
    check(counted(1), bars)
    assert calls[30] < 2 * calls[1]


@pytest.mark.long
def test_what_a_function_remembers_is_found_by_runs_without_a_memory(bars):
    def with_memory():
        kept = {}

        def scaled(bars):
            kept.setdefault("mean", bars["close"].mean())
            return bars["close"] / kept["mean"]

        return scaled

    def afresh(frames):
        function = with_memory()
        return [leaks.evaluate(function, frame) for frame in frames]

    def dies(frames):
        raise DataNotFit("it died")

    assert check(with_memory(), bars).verdict == "clean"
    report = check(with_memory(), bars, afresh=afresh)
    assert (report.first_row, report.bars_ahead) == (0, 299)
    assert "in a fresh process" in report.findings[0].probe
    assert "it died" in check(with_memory(), bars, afresh=dies).warnings[0]


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
    report = check(function, bars)
    assert str(report) == f"no look-ahead found in {report.probes} probes"
    assert report.to_dict()["verdict"] == "clean"
    assert report.probes > 100


def test_rounding_that_depends_on_the_length_is_no_leak(bars):
    def rounds(bars):
        return bars["close"] * (1 + 1e-14 * (len(bars) % 2))

    assert check(rounds, bars).verdict == "clean"


def test_a_function_may_fail_on_its_warm_up_but_not_know_more_by_failing(bars):
    def needs_thirty(bars):
        if len(bars) < 30:
            raise ValueError("too short")
        return bars["close"].rolling(30).mean()

    def refuses_and_answers(bars):
        if len(bars) < 30:
            raise ValueError("too short")
        return bars["close"]

    assert check(needs_thirty, bars).verdict == "clean"
    assert check(refuses_and_answers, bars).verdict == "leak"


def test_a_random_function_is_not_clean(bars):
    rng = np.random.default_rng(1)
    report = check(lambda bars: rng.random(len(bars)), bars)
    assert report.findings[0].probe == "not deterministic"
    assert report.bars_ahead is None


def test_bars_that_a_function_overwrites_are_still_those_of_the_next_probe(bars):
    def overwrites(bars):
        bars["close"] = bars["close"].rolling(5).mean()
        return bars["close"]

    before = bars.copy()
    assert check(overwrites, bars).verdict == "clean"
    pd.testing.assert_frame_equal(bars, before)


def test_a_difference_in_the_last_digits_is_said_and_no_leak(bars):
    def bounded_dose(bars):
        move = bars["close"].pct_change().fillna(0)
        return move + 1e-15 * np.sign(move.shift(-1).fillna(0))

    report = check(bounded_dose, bars)
    assert report.verdict == "clean"
    assert "last digits" in report.warnings[0]


def test_columns_that_are_not_there_and_too_few_cuts_are_refused(bars):
    for parameter in ("profits", "features"):
        with pytest.raises(BadParameter, match=r"no column 'gains'.*expected one of close"):
            check(lambda bars: bars["close"], bars, **{parameter: ["gains"]})
    with pytest.raises(BadParameter, match="most_cuts=10"):
        check(lambda bars: bars["close"], bars, most_cuts=10)


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
        check(function, bars)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda bars: bars.drop(columns="session"), "no column session"),
        (lambda bars: bars.iloc[:59], "59 bars"),
        (lambda bars: bars.iloc[::-1], "order"),
        (lambda bars: bars.assign(close="high"), "no date or number"),
        (lambda bars: bars.assign(close=np.nan), "no close with a value"),
        (lambda bars: bars.assign(session=range(300)), "session 0 is no date"),
        (lambda bars: bars.assign(instrument_id=["a", "b"] * 150), "several instruments"),
    ],
)
def test_bars_that_do_not_fit_are_refused(bars, spoil, message):
    with pytest.raises(DataNotFit, match=message):
        check(lambda bars: bars["close"], spoil(bars))


def test_a_column_without_values_is_said_to_be_unchecked(bars):
    def features(bars):
        return pd.DataFrame({"known": bars["close"], "never": bars["close"].rolling(400).mean()})

    said = "column never has no value on 300 bars: nothing was checked"
    assert check(features, bars).warnings == (said,)
    report = check(lambda bars: features(bars)["never"], bars)
    assert (str(report), report.warnings) == ("no look-ahead found in 0 probes", (said,))


def test_sessions_may_be_whole_numbers_that_are_dates(bars):
    numbers = bars.assign(session=bars["session"].dt.strftime("%Y%m%d").astype(int))
    assert checked_bars(numbers)["session"].equals(checked_bars(bars)["session"])


@examples(10)
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


def test_cuts_are_every_row_or_those_where_calendars_turn():
    bars = checked_bars(leaks.synthetic_bars(rows=750))
    none = np.zeros(0, dtype=np.int64)
    every = cuts(bars, np.random.default_rng(0), most=749, restless=none)
    assert list(every) == list(range(749))
    some = cuts(bars, np.random.default_rng(0), most=200, restless=np.array([333]))
    assert len(some) == 200
    assert {*range(50), 333, 748} <= set(some)
    ends = np.flatnonzero(bars["session"].dt.is_year_end)
    assert {some[row] for row in ends} == {"year end"}
    kinds = {"quarter end", "month end", "week end", "mid-week", "mid-month", "a random row"}
    assert kinds <= set(some.values())


def test_the_report_is_one_line_that_names_column_row_distance_and_probe(bars):
    report = check(dose_of_tomorrow, bars)
    cut = "(bars cut after row 19, one of the first rows)"
    assert str(report) == (
        f"look-ahead found in {report.probes} probes: close: from row 19, reads 1 bar ahead {cut}"
    )
