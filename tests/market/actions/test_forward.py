"""Prices adjusted forward: what a holder has, and no bit of it changed by what comes later."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.actions import Delisting, Rename, Split, adjust_forward, forward_views
from market.bars import AdjustedBars
from market.errors import DataNotFit
from tests.examples import examples
from tests.market.actions.test_adjustment import (
    COUNT,
    EARLY,
    FIELDS,
    SEEDS,
    at,
    day,
    dividend,
    halts,
    histories,
    make_bars,
    reinvested,
    spin_off,
    split,
)


def test_a_share_of_constant_value_stays_what_it_was() -> None:
    bars = make_bars()
    close = np.where(np.arange(COUNT) < 10, 100.0, 25.0)
    found = adjust_forward(replace(bars, close=close), [split(10, 4.0)])
    assert found.close.tolist() == [100.0] * COUNT
    np.testing.assert_array_equal(found.volume[10:], bars.volume[10:] / 4.0)
    np.testing.assert_array_equal(found.volume[:10], bars.volume[:10])


@examples(30)
@given(SEEDS, histories())
def test_prices_are_the_wealth_of_one_who_reinvests_at_the_close(seed, actions) -> None:
    bars = make_bars(seed)
    expected = reinvested(bars, [one for one in actions if one.ex_date > day(0)])
    np.testing.assert_allclose(adjust_forward(bars, actions).close, expected, rtol=1e-12)


@examples(60)
@given(halts(), st.integers(1, COUNT))
def test_what_comes_later_changes_no_bit(case, count) -> None:
    """Neither later bars nor later actions, also where closes or whole days are missing."""
    bars, actions = case
    whole = adjust_forward(bars, actions)
    cut = adjust_forward(bars.take(slice(0, count)), actions)
    for name in FIELDS:
        np.testing.assert_array_equal(getattr(cut, name), getattr(whole, name)[:count])


@pytest.mark.parametrize(
    "actions",
    [
        [],
        [Rename(**at(9), new_symbol="AA"), Delisting(**at(29), value=1.0)],
        [split(COUNT + 1, 2.0)],
        [replace(split(9, 2.0), instrument_id="x:B")],
    ],
)
def test_the_bars_themselves_where_there_is_nothing_to_adjust_for(actions) -> None:
    bars = make_bars()
    assert adjust_forward(bars, actions) is bars


def test_a_foreign_payment_is_refused_from_its_ex_date_on() -> None:
    bars, foreign = make_bars(), [replace(dividend(20, 1.0), currency="EUR")]
    early = bars.take(slice(0, 20))
    assert adjust_forward(early, foreign, currency="USD") is early
    with pytest.raises(DataNotFit, match="paid in EUR and prices are in USD"):
        adjust_forward(bars, foreign, currency="USD")


def test_what_is_adjusted_is_not_adjusted_again() -> None:
    found = adjust_forward(make_bars(), [spin_off(5, 1.0)])
    assert isinstance(found, AdjustedBars)
    with pytest.raises(DataNotFit, match="adjusted already"):
        adjust_forward(found, [split(9, 2.0)])


def test_an_empty_history_has_nothing_to_adjust() -> None:
    nothing = make_bars(count=0)
    action = Split(instrument_id="x:A", ex_date=date(2024, 1, 2), available_at=EARLY, ratio=2.0)
    assert adjust_forward(nothing, [action]) is nothing


def test_what_was_put_off_beyond_the_last_bar_adjusts_nothing() -> None:
    """Announced for the tenth bar, then, a day after, for one that has not come."""
    bars = make_bars()
    first = replace(split(10, 2.0), event_id="s")
    later = replace(first, ex_date=day(COUNT + 5), available_at=EARLY + timedelta(days=1))
    ((rows, seen),) = forward_views(bars, [first, later])
    assert (rows, seen.close.tolist()) == (slice(0, COUNT), bars.close.tolist())


def test_what_was_put_off_after_its_former_ex_date_adjusts_until_that_is_told() -> None:
    bars = replace(make_bars(), close=np.full(COUNT, 100.0))
    first = replace(split(10, 2.0), event_id="s")
    told = EARLY.replace(year=2024, month=1, day=15, hour=12)
    later = replace(first, ex_date=day(COUNT + 5), available_at=told)
    (early, before), (late, after) = forward_views(bars, [first, later])
    # The fourteenth row's bar is there at midnight before noon of the 15th, the next one after.
    assert (early, late) == (slice(0, 14), slice(14, COUNT))
    assert before.close.tolist() == [100.0] * 10 + [200.0] * (COUNT - 10)
    assert after.close.tolist() == [100.0] * COUNT
