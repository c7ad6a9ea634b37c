"""Raw prices carry the actions; adjusted for them they give back what was drawn."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.actions import Delisting, Dividend, Rename, SpecialDividend, SpinOff, Split, adjust
from market.universes import members_after
from market.worlds import Role
from tests.examples import examples
from tests.market.worlds.worlds import FIRST, LAST, world

END = datetime(2039, 6, 1, tzinfo=UTC)


@examples(15)
@given(
    st.integers(0, 2**32 - 1),
    st.integers(0, 30),
    st.sampled_from(["XNYS", "24/7"]),
    st.sampled_from(["null", "planted"]),
)
def test_adjusted_raw_prices_give_back_the_drawn_returns(seed, index, calendar, mode):
    one = world(seed=seed, calendar=calendar, mode=mode, instruments=31)
    symbol = one.symbols[index]
    adjusted = adjust(
        one.daily(symbol, FIRST, LAST),
        one.actions(symbol),
        adjustment="all",
        convention="total-return",
        as_of=END,
        calendar=one.hours.calendar,
    )
    drawn = one.returns(symbol)
    drawn = drawn[~np.isnan(drawn)][1:]
    np.testing.assert_allclose(np.diff(np.log(adjusted.close)), drawn, atol=1e-11)


def test_every_kind_of_action_happens_and_is_known_before_its_day():
    one = world()
    actions = one.actions()
    assert {type(each) for each in actions} == {
        *(Split, Dividend, SpecialDividend, SpinOff, Rename, Delisting)
    }
    assert {each.ratio for each in actions if isinstance(each, Split)} == {2.0, 0.1}
    calendar = one.hours.calendar
    for each in actions:
        known = calendar.last_session(each.available_at)
        lead = len(calendar.sessions(known, each.ex_date)) - 1
        assert lead == (1 if isinstance(each, Delisting) else 10)


@pytest.mark.parametrize(("symbol", "factor"), [("WLD001", 0.5), ("WLD002", 10.0)])
def test_a_split_moves_raw_prices_and_shares_on_its_day(symbol, factor):
    one = world()
    (split,) = one.actions(symbol)
    bars = one.daily(symbol, split.ex_date - timedelta(days=40), split.ex_date)
    assert bars.open[-1] / bars.close[-2] == pytest.approx(factor, rel=0.1)
    wide = one.daily(symbol, split.ex_date - timedelta(days=90), split.ex_date + timedelta(days=90))
    later = wide.session >= np.datetime64(split.ex_date)
    traded = np.median(wide.volume[later]) / np.median(wide.volume[~later])
    assert traded == pytest.approx(1 / factor, rel=0.4)
    assert one.minutes(symbol, split.ex_date).open[0] == bars.open[-1]


def test_dividends_are_paid_each_quarter_and_the_open_falls_by_them():
    one = world(end=LAST.replace(year=2031), decimals=4)
    paid = one.actions("WLD003")
    assert len(paid) in (39, 40)
    gaps = {(later.ex_date - earlier.ex_date).days for earlier, later in pairwise(paid)}
    assert gaps <= set(range(88, 97))
    falls = []
    for each in paid:
        bars = one.daily("WLD003", each.ex_date - timedelta(days=8), each.ex_date)
        falls.append((bars.close[-2] - bars.open[-1]) / each.amount)
    assert np.mean(falls) == pytest.approx(1.0, abs=3 * np.std(falls) / np.sqrt(len(falls)))


def test_a_spun_off_child_is_listed_at_what_left_its_parent():
    one = world()
    (action,) = one.actions("WLD005")
    child = next(each for each in one.listings() if each.instrument_id == action.child_id)
    bars = one.daily("WLD006", FIRST, LAST)
    assert child.valid_from == action.ex_date == bars.session[0].item()
    assert bars.open[0] == pytest.approx(action.child_price, rel=0.03)
    assert bars.close[0] / action.child_price == pytest.approx(
        np.exp(one.returns("WLD006")[len(one.sessions) - len(bars)])
    )


def test_a_delisted_share_trades_no_more_and_pays_about_its_last_close():
    values = []
    for seed in range(40):
        one = world(seed=seed)
        (action,) = one.actions("WLD008")
        closes = one.closes("WLD008")
        last = closes[~np.isnan(closes)][-1]
        values.append(action.final_return(last))
        rest = one.sessions[np.isnan(closes)]
        assert rest[0].item() == action.ex_date
        assert one.listings()[8].valid_to == action.ex_date
    assert np.std(values) > 0.1
    assert abs(np.mean(values)) < 3 * np.std(values) / np.sqrt(40)


def test_a_renamed_instrument_keeps_its_id_and_a_late_one_begins_late():
    one = world()
    (action,) = one.actions("WLD007")
    rows = [each for each in one.listings() if each.instrument_id == action.instrument_id]
    assert [each.symbol for each in rows] == ["WLD007", "WLX007"]
    assert rows[0].valid_to == rows[1].valid_from == action.ex_date
    late = next(each for each in one.listings() if each.symbol == "WLD009")
    assert late.valid_from > one.sessions[60].item()
    assert one.daily("WLD009", FIRST, LAST).session[0].item() == late.valid_from


def test_roles_repeat_in_every_block_of_24():
    one = world(instruments=48)
    roles = [one.role(symbol) for symbol in one.symbols]
    assert roles[:24] == roles[24:]
    assert set(roles) == set(Role)


def test_the_index_is_told_as_of_any_moment():
    one = world(instruments=48)
    changes = one.memberships()
    day = one.sessions[-1].item()
    late = [each for each in changes if each.session > one.sessions[0].item()]
    assert {each.member for each in late} == {True, False}
    assert len(members_after(changes, day)) >= 10
    for each in late:
        assert each.available_at < one.hours.calendar.session_open(each.session)
        before = each.available_at - timedelta(seconds=1)
        known, later = (members_after(changes, day, at=at) for at in (before, END))
        assert (each.instrument_id in known) != each.member
        assert later == members_after(changes, day)
    for each in one.listings():
        if each.valid_to is not None and each.symbol in {"WLD008", "WLD032"}:
            assert each.instrument_id not in members_after(changes, day)
        if not each.symbol.startswith("WLX"):  # the second row of a renamed instrument
            before = each.valid_from - timedelta(days=1)
            assert each.instrument_id not in members_after(changes, before)


def test_a_restated_bar_is_told_twice_and_the_last_word_is_the_truth():
    one = world(end=LAST.replace(year=2027), seed=5)
    told = one.vintages("WLD024", FIRST, LAST)
    assert told.column("recorded_at").to_pylist() == sorted(told.column("recorded_at").to_pylist())
    restated = one.restatements("WLD024")
    assert len(restated) > 3
    daily = one.daily("WLD024", FIRST, LAST)
    assert told.num_rows == len(daily) + len(restated)
    rows = {}
    for row in told.to_pylist():
        rows.setdefault(row["session"], []).append(row)
    assert [rows[day][-1]["close"] for day in daily.session.tolist()] == daily.close.tolist()
    by_day = {each.session: each for each in restated}
    assert {day for day, vintages in rows.items() if len(vintages) == 2} == set(by_day)
    for day, each in by_day.items():
        first, final = rows[day]
        assert (first["close"], final["close"]) == (each.first, each.final)
        assert 0.004 < abs(each.first / each.final - 1) < 0.021
        assert first["low"] <= first["close"] <= first["high"]
        assert final["available_at"] == final["recorded_at"] == each.corrected_at
        assert first["recorded_at"] < each.corrected_at
        alone = one.vintages("WLD024", day, day)
        assert alone.column("close").to_pylist() == [each.first, each.final]
