"""Adjusted prices: the identity of each convention, and nothing used before it is known."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from market.actions import (
    Action,
    Delisting,
    Dividend,
    Rename,
    SpecialDividend,
    SpinOff,
    Split,
    adjust,
    factors,
)
from market.arrays import from_stamp
from market.bars import Bars
from market.calendar import get_calendar
from market.errors import BadParameter, DataNotFit
from tests.examples import examples

CALENDAR = get_calendar("24/7")
START, COUNT = date(2024, 1, 1), 30
EARLY = datetime(2023, 1, 1, tzinfo=UTC)
END = datetime(2024, 12, 31, tzinfo=UTC)
FIELDS = ("open", "high", "low", "close", "volume")
CONVENTIONS = st.sampled_from(["vendor", "total-return"])
ADJUSTMENTS = st.sampled_from(["raw", "split", "dividend", "spin-off", "all"])


def day(row: int) -> date:
    return START + timedelta(days=row)


def make_bars(seed: int = 0, count: int = COUNT) -> Bars:
    draws = np.random.default_rng(seed)
    session = np.datetime64(START) + np.arange(count)
    close = 100.0 * np.exp(np.cumsum(draws.normal(0.0, 0.03, count)))
    opening = close * np.exp(draws.normal(0.0, 0.01, count))
    return Bars(
        instrument_id="x:A",
        timestamp=session.astype("datetime64[us]"),
        session=session,
        open=opening,
        high=np.maximum(opening, close) * 1.01,
        low=np.minimum(opening, close) * 0.99,
        close=close,
        volume=draws.integers(1, 1000, count).astype(float),
        available_at=(session + 1).astype("datetime64[us]"),
    )


def at(row: int, **changes: object) -> dict[str, object]:
    return {"instrument_id": "x:A", "ex_date": day(row), "available_at": EARLY} | changes


def split(row: int, ratio: float) -> Split:
    return Split(**at(row), ratio=ratio)


def dividend(row: int, amount: float) -> Dividend:
    return Dividend(**at(row), amount=amount, currency="USD")


def spin_off(row: int, value: float) -> SpinOff:
    return SpinOff(**at(row), child_id="x:B", ratio=0.5, child_price=2.0 * value)


def view(
    bars: Bars, actions: list[Action], adjustment="all", convention="vendor", as_of=END
) -> Bars:
    return adjust(
        bars,
        actions,
        adjustment=adjustment,
        convention=convention,
        as_of=as_of,
        calendar=CALENDAR,
    )


def returns(bars: Bars) -> np.ndarray:
    return bars.close[1:] / bars.close[:-1] - 1.0


@st.composite
def histories(draw: st.DrawFn) -> list[Action]:
    """Actions of all kinds on up to eight rows, announced before or after their ex-date."""
    found: list[Action] = []
    for row in draw(st.lists(st.integers(0, COUNT + 2), max_size=8)):
        known = (
            EARLY
            if draw(st.booleans())
            else datetime.combine(
                day(row + draw(st.integers(-5, 10))), datetime.min.time(), tzinfo=UTC
            )
        )
        amount = draw(st.floats(0.01, 10.0))
        one = draw(
            st.sampled_from(
                [
                    split(row, draw(st.sampled_from([0.1, 0.5, 1.5, 2.0, 10.0]))),
                    dividend(row, amount),
                    SpecialDividend(**at(row), amount=amount, currency="USD"),
                    spin_off(row, amount),
                    Rename(**at(row), new_symbol="AA"),
                ]
            )
        )
        found.append(replace(one, available_at=known, event_id=str(len(found))))
    return found


SEEDS = st.integers(0, 2**31)


def test_a_split_halves_the_past_and_doubles_its_volume() -> None:
    bars = make_bars()
    found = view(bars, [split(10, 2.0)], "split")
    for name in ("open", "high", "low", "close"):
        np.testing.assert_array_equal(getattr(found, name)[:10], getattr(bars, name)[:10] / 2.0)
    np.testing.assert_array_equal(found.volume[:10], bars.volume[:10] * 2.0)
    for name in FIELDS:
        np.testing.assert_array_equal(getattr(found, name)[10:], getattr(bars, name)[10:])


@settings(deadline=None)
@given(SEEDS, st.integers(1, COUNT - 1), st.floats(0.01, 40.0))
def test_vendor_returns_take_the_payment_from_the_price_before(seed, row, amount) -> None:
    bars = make_bars(seed)
    found = returns(view(bars, [dividend(row, amount)]))
    expected = bars.close[row] / (bars.close[row - 1] - amount) - 1.0
    assert found[row - 1] == pytest.approx(expected, rel=1e-9, abs=1e-12)


@settings(deadline=None)
@given(SEEDS, st.integers(1, COUNT - 1), st.floats(0.01, 400.0))
def test_total_returns_add_the_payment_to_the_price_after(seed, row, amount) -> None:
    bars = make_bars(seed)
    found = returns(view(bars, [dividend(row, amount)], convention="total-return"))
    expected = (bars.close[row] + amount) / bars.close[row - 1] - 1.0
    assert found[row - 1] == pytest.approx(expected, rel=1e-9, abs=1e-12)


def reinvested(bars: Bars, actions: list[Action]) -> np.ndarray:
    """Wealth of one share at the first close, all that is paid put back in at that day's close."""
    shares, wealth = 1.0, [bars.close[0]]
    for row in range(1, len(bars)):
        todays = [one for one in actions if one.ex_date == day(row)]
        paid = sum(one.amount for one in todays if isinstance(one, Dividend))
        paid += sum(one.value for one in todays if isinstance(one, SpinOff))
        cash = shares * paid
        for one in todays:
            shares *= one.ratio if isinstance(one, Split) else 1.0
        shares += cash / bars.close[row]
        wealth.append(shares * bars.close[row])
    return np.array(wealth)


@settings(deadline=None)
@given(SEEDS, histories())
def test_total_return_prices_are_the_wealth_of_one_who_reinvests_at_the_close(
    seed, actions
) -> None:
    bars = make_bars(seed)
    known = [replace(one, available_at=EARLY) for one in actions]
    adjusted = view(bars, known, convention="total-return").close
    wealth = reinvested(bars, known)
    np.testing.assert_allclose(adjusted / adjusted[0], wealth / wealth[0], rtol=1e-12)


def test_conventions_differ_where_something_is_paid_and_only_there() -> None:
    bars, actions = make_bars(), [dividend(10, 5.0), split(20, 3.0)]
    vendor, total = (view(bars, actions, convention=one) for one in ("vendor", "total-return"))
    differ = np.flatnonzero(~np.isclose(returns(vendor), returns(total), rtol=1e-12, atol=0.0))
    assert differ.tolist() == [9]
    only_splits = [
        view(bars, actions, "split", convention) for convention in ("vendor", "total-return")
    ]
    np.testing.assert_array_equal(only_splits[0].close, only_splits[1].close)


@settings(deadline=None)
@given(SEEDS, histories(), ADJUSTMENTS, CONVENTIONS)
def test_returns_without_an_action_are_unchanged(seed, actions, adjustment, convention) -> None:
    bars = make_bars(seed)
    found = view(bars, actions, adjustment, convention)
    quiet = ~np.isin(bars.session[1:], [np.datetime64(one.ex_date) for one in actions])
    np.testing.assert_allclose(returns(found)[quiet], returns(bars)[quiet], rtol=1e-9, atol=1e-14)
    assert found.close[-1] == bars.close[-1]


@examples(200)
@given(SEEDS, histories(), ADJUSTMENTS, CONVENTIONS, st.integers(1, COUNT), st.integers(0, 23))
def test_what_is_not_known_yet_changes_nothing(
    seed, actions, adjustment, convention, row, hour
) -> None:
    bars = make_bars(seed)
    as_of = datetime.combine(day(row), datetime.min.time(), tzinfo=UTC) + timedelta(hours=hour)
    now = view(bars, actions, adjustment, convention, as_of)
    # Another future: other prices, and of the actions only what had been announced and come.
    past = [one for one in actions if one.available_at <= as_of and one.ex_date <= as_of.date()]
    future = make_bars(seed + 1)
    other = replace(
        bars,
        **{
            name: np.concatenate((getattr(bars, name)[:row], getattr(future, name)[row:]))
            for name in FIELDS
        },
    )
    again = view(other, past, adjustment, convention, as_of)
    assert len(now) == row
    for name in FIELDS:
        np.testing.assert_array_equal(getattr(now, name), getattr(again, name))
    assert all(from_stamp(one) <= as_of for one in now.available_at)


def test_an_action_announced_after_its_ex_date_is_used_from_then_on() -> None:
    late = replace(split(10, 2.0), available_at=datetime(2024, 1, 15, 12, tzinfo=UTC))
    bars = make_bars()
    before = view(bars, [late], as_of=datetime(2024, 1, 15, 11, tzinfo=UTC))
    after = view(bars, [late], as_of=datetime(2024, 1, 15, 12, tzinfo=UTC))
    np.testing.assert_array_equal(before.close, bars.close[:14])
    np.testing.assert_array_equal(after.close[:10], bars.close[:10] / 2.0)


@settings(deadline=None)
@given(SEEDS, histories(), CONVENTIONS)
def test_volume_times_price_is_kept_by_splits(seed, actions, convention) -> None:
    bars = make_bars(seed)
    found = view(bars, actions, "split", convention)
    np.testing.assert_allclose(found.close * found.volume, bars.close * bars.volume, rtol=1e-12)
    untouched = view(bars, actions, "dividend", convention)
    np.testing.assert_array_equal(untouched.volume, bars.volume)


def test_each_adjustment_takes_its_own_kinds() -> None:
    bars = make_bars()
    kinds = {
        "split": [split(5, 2.0)],
        "dividend": [dividend(10, 1.0), SpecialDividend(**at(12), amount=2.0, currency="USD")],
        "spin-off": [spin_off(15, 3.0)],
    }
    none = [Rename(**at(20), new_symbol="AA"), Delisting(**at(29), value=1.0)]
    every = [*none, *(one for group in kinds.values() for one in group)]
    together = np.ones(COUNT)
    for name, own in kinds.items():
        alone = factors(bars, own, adjustment=name, convention="vendor").price
        found = factors(bars, every, adjustment=name, convention="vendor").price
        np.testing.assert_array_equal(found, alone)
        together *= alone
    whole = factors(bars, every, adjustment="all", convention="vendor").price
    np.testing.assert_allclose(whole, together, rtol=1e-15)
    raw = factors(bars, every, adjustment="raw", convention="vendor")
    assert (raw.price == 1.0).all()
    assert (raw.volume == 1.0).all()


def test_payments_of_one_day_are_one_payment() -> None:
    bars = make_bars()
    apart = view(bars, [dividend(10, 1.0), spin_off(10, 2.0)])
    np.testing.assert_array_equal(apart.close, view(bars, [dividend(10, 3.0)]).close)


def test_a_payment_on_the_day_of_a_split_is_for_the_shares_before_it() -> None:
    bars = make_bars()
    actions = [dividend(10, 4.0), split(10, 2.0)]
    held = 2.0 * bars.close[10] + 4.0
    total = returns(view(bars, actions, convention="total-return"))
    vendor = returns(view(bars, actions))
    assert total[9] == pytest.approx(held / bars.close[9] - 1.0, rel=1e-12)
    assert vendor[9] == pytest.approx(2.0 * bars.close[10] / (bars.close[9] - 4.0) - 1.0, rel=1e-12)


def test_an_ex_date_without_a_bar_works_at_the_next_one() -> None:
    bars = make_bars()
    kept = np.delete(np.arange(COUNT), 10)
    halted = replace(
        bars,
        **{
            name: getattr(bars, name)[kept]
            for name in ("timestamp", "session", *FIELDS, "available_at")
        },
    )
    found = view(halted, [split(10, 2.0)])
    assert found.close[9] == halted.close[9] / 2.0
    assert found.close[10] == halted.close[10]


@st.composite
def halts(draw: st.DrawFn) -> tuple[Bars, list[Action]]:
    """Bars with missing closes or missing rows on most days, and actions on any of them."""
    bars = make_bars(draw(SEEDS))
    quiet = draw(st.lists(st.integers(1, COUNT - 2), max_size=25, unique=True))
    if draw(st.booleans()):
        bars.close[quiet] = np.nan
    else:
        bars = bars.take(~np.isin(np.arange(COUNT), quiet))
    return bars, draw(histories())


@settings(deadline=None)
@given(halts())
def test_through_a_halt_total_returns_are_those_of_a_holder(case) -> None:
    """Payments are for the shares held before their own ex-date, and wait for the next close."""
    bars, actions = case
    actions = [replace(one, available_at=EARLY) for one in actions]
    there = ~np.isnan(bars.close)
    shares, cash, wealth = 1.0, 0.0, []
    for row in range(COUNT):
        todays = [one for one in actions if one.ex_date == day(row) and row]
        cash += shares * sum(one.amount for one in todays if isinstance(one, Dividend))
        cash += shares * sum(one.value for one in todays if isinstance(one, SpinOff))
        shares *= np.prod([one.ratio for one in todays if isinstance(one, Split)])
        at_row = np.flatnonzero(there & (bars.session == np.datetime64(day(row))))
        if at_row.size:
            close = float(bars.close[at_row[0]])
            shares, cash = shares + cash / close, 0.0
            wealth.append(shares * close)
    found = view(bars, actions, convention="total-return").close[there]
    np.testing.assert_allclose(found / found[0], np.array(wealth) / wealth[0], rtol=1e-12)


@pytest.mark.parametrize("missing_rows", [False, True])
@pytest.mark.parametrize("split_first", [False, True])
def test_a_payment_in_a_halt_is_for_the_shares_of_its_own_date(missing_rows, split_first) -> None:
    bars = make_bars()
    first, last = bars.close[9], bars.close[13]
    if missing_rows:
        bars = bars.take(np.r_[np.ones(10, bool), np.zeros(3, bool), np.ones(COUNT - 13, bool)])
    else:
        bars.close[10:13] = np.nan
    actions = [split(10, 2.0), dividend(12, 4.0)]
    paid, basis = 8.0, (first / 2.0 - 4.0) * 2.0
    if not split_first:
        actions = [dividend(10, 4.0), split(12, 2.0)]
        paid, basis = 4.0, first - 4.0
    total = view(bars, actions, convention="total-return").close
    vendor = view(bars, actions).close
    assert last / total[9] == pytest.approx((2.0 * last + paid) / first, rel=1e-12)
    assert last / vendor[9] == pytest.approx(2.0 * last / basis, rel=1e-12)


def test_payments_of_several_days_without_a_close_between_them_add_up() -> None:
    bars = make_bars()
    bars.close[10:13] = np.nan
    found = view(bars, [dividend(10, 1.0), dividend(12, 2.0)])
    expected = bars.close[13] / (bars.close[9] - 3.0)
    assert found.close[13] / found.close[9] == pytest.approx(expected, rel=1e-12)


def test_an_adjusted_view_says_so_and_is_not_adjusted_again() -> None:
    bars = make_bars()
    assert not view(bars, [split(10, 2.0)], "raw").adjusted
    adjusted = view(bars, [split(10, 2.0)], "split")
    assert adjusted.adjusted
    assert adjusted.take(slice(0, 5)).adjusted
    with pytest.raises(DataNotFit, match="x:A are adjusted already"):
        view(adjusted, [split(10, 2.0)], "split")


def test_a_payment_in_another_currency_than_the_prices_is_refused() -> None:
    bars, paid = make_bars(), replace(dividend(10, 1.0), currency="JPY")
    common = {"convention": "vendor", "as_of": END, "calendar": CALENDAR, "currency": "USD"}
    with pytest.raises(DataNotFit, match="2024-01-11 is paid in JPY and prices are in USD"):
        adjust(bars, [paid], adjustment="all", **common)
    untouched = adjust(bars, [paid], adjustment="split", **common)
    np.testing.assert_array_equal(untouched.close, bars.close)


def test_a_bar_that_arrived_late_is_not_in_the_view_before() -> None:
    bars = make_bars()
    bars.available_at[0] = np.datetime64("2024-06-01")
    found = view(bars, [split(10, 2.0)], as_of=datetime(2024, 1, 20, tzinfo=UTC))
    np.testing.assert_array_equal(found.session, bars.session[1:19])


def test_before_there_is_a_bar_on_either_side_nothing_is_scaled() -> None:
    bars = make_bars()
    for row in (-5, 0, COUNT, COUNT + 9):
        np.testing.assert_array_equal(view(bars, [split(row, 2.0)]).close, bars.close)


def test_a_missing_close_beside_the_ex_date_is_not_guessed() -> None:
    bars = make_bars()
    bars.close[[9, 10]] = np.nan
    vendor = view(bars, [dividend(10, 1.0)])
    total = view(bars, [dividend(10, 1.0)], convention="total-return")
    assert vendor.close[8] == pytest.approx(bars.close[8] - 1.0)
    assert total.close[8] == pytest.approx(bars.close[8] * bars.close[11] / (bars.close[11] + 1.0))
    assert np.isnan(vendor.close[[9, 10]]).all()


def test_a_payment_as_large_as_the_price_has_no_vendor_factor() -> None:
    bars, actions = make_bars(), [dividend(10, 1000.0)]
    with pytest.raises(DataNotFit, match=r"x:A pays 1000.0 on 2024-01-11 .* use total-return"):
        view(bars, actions)
    assert (view(bars, actions, convention="total-return").close > 0.0).all()


def test_actions_of_others_are_not_used() -> None:
    bars = make_bars()
    other = replace(split(10, 2.0), instrument_id="x:B")
    np.testing.assert_array_equal(view(bars, [other]).close, bars.close)


def test_unknown_names_are_refused() -> None:
    bars = make_bars()
    with pytest.raises(BadParameter, match="adjustment='both': expected one of raw, split"):
        view(bars, [], "both")
    with pytest.raises(BadParameter, match="convention='crsp': expected one of vendor"):
        view(bars, [], "all", "crsp")
