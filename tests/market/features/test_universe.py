"""Universe features close at a barrier: a stated set of members, known by a stated time."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import rankdata
from scipy.stats.mstats import winsorize

from market.bars import Bars
from market.errors import BadParameter, DataNotFit
from market.features import (
    ALL_OR_NONE,
    CLOSE_CROSS_SECTION,
    INDICATORS,
    UniverseColumn,
    UniverseSet,
    at_least,
    base_panel,
)
from market.leaks import synthetic_bars
from tests.examples import examples
from tests.market.features.universes import (
    ACROSS,
    BASE,
    CLOSE,
    COLUMNS,
    ONE,
    closes,
    compute,
    panel,
    with_missing,
)

VALUES = [0.3, -0.1, 0.3, 0.0, 0.7, np.nan]
tables = arrays(
    np.float64,
    st.tuples(st.integers(1, 4), st.integers(1, 9)),
    elements=st.sampled_from([np.nan, np.inf, -0.2, -0.1, 0.0, 0.1, 0.1 + 0.2, 0.3, 1e9]),
)


def named(rows):
    return dict(zip(ACROSS.names, rows.features[0].T, strict=True))


def test_columns_are_what_their_formulas_say():
    got = named(compute(ACROSS, [VALUES]))
    there = np.array(VALUES[:5])
    np.testing.assert_allclose(got["rank"][:5], (rankdata(there) - 1) / 4)
    np.testing.assert_allclose(got["zscore"][:5], (there - there.mean()) / there.std())
    np.testing.assert_allclose(got["relative"][:5], there - there.mean())
    x, y = there[::2].mean(), there[1::2].mean()
    np.testing.assert_allclose(got["sector"][:5], there - [x, y, x, y, x])
    np.testing.assert_allclose(got["breadth"][:5], 3 / 5)
    assert np.isnan(compute(ACROSS, [VALUES]).features[0, 5]).all()


def test_tails_are_drawn_in_to_linear_quantiles():
    values = np.random.default_rng(1).standard_t(3, 41)
    got = named(compute(ACROSS, [values]))["drawn"]
    drawn = np.clip(values, *np.quantile(values, [0.1, 0.9]))
    np.testing.assert_allclose(got, (drawn - drawn.mean()) / drawn.std())
    # Where the quantile is an observation, it is what scipy's winsorize takes.
    same = np.asarray(winsorize(values[:41], limits=(0.1, 0.1)))
    np.testing.assert_allclose(got, (same - same.mean()) / same.std())


@examples(60)
@given(tables, st.data())
def test_one_session_alone_has_the_bits_of_the_batch(values, data):
    member = data.draw(arrays(bool, values.shape))
    late = data.draw(arrays(np.int64, values.shape, elements=st.sampled_from([0, 900, 901])))
    batch = compute(ACROSS, values, member=member, late=late)
    given_panel = panel(values, late=late)
    for row in range(len(values)):
        only = slice(row, row + 1)
        one = type(given_panel)(
            given_panel.instruments,
            given_panel.session[only],
            given_panel.base[only],
            given_panel.available_at[only],
        )
        alone = ACROSS.compute(
            one,
            member=member[only],
            session_close=closes(len(values))[only],
            group=np.array(["x", "y"] * 9)[: values.shape[1]],
        )
        assert alone.features.tobytes() == batch.features[only].tobytes()
        assert alone.barrier.member_hash == batch.barrier.member_hash[only]


@examples(60)
@given(tables, st.data())
def test_the_order_of_instruments_changes_no_bit(values, data):
    order = np.array(data.draw(st.permutations(range(values.shape[1]))))
    names = np.array([f"test:{k}" for k in range(values.shape[1])])
    group = np.array(["x", "y", ""] * 3)[: values.shape[1]]
    ours = compute(ACROSS, values, group=group, names=names)
    theirs = compute(ACROSS, values[:, order], group=group[order], names=names[order])
    assert theirs.features.tobytes() == np.ascontiguousarray(ours.features[:, order]).tobytes()
    assert theirs.barrier.member_hash == ours.barrier.member_hash


@examples(40)
@given(tables, st.integers(0, 3))
def test_whoever_is_no_member_or_late_or_missing_changes_nothing(values, kind):
    """Values of an absent instrument may be anything: the others have the same bits."""
    member, late = np.ones(values.shape, dtype=bool), np.zeros(values.shape, dtype=np.int64)
    other = values.copy()
    other[:, 0] = 55.0
    if kind == 0:
        member[:, 0] = False
    elif kind == 1:
        late[:, 0] = 901
    else:
        values[:, 0] = other[:, 0] = [np.nan, np.inf][kind - 2]
    ours = compute(ACROSS, values, member=member, late=late)
    theirs = compute(ACROSS, other, member=member, late=late)
    assert ours.features.tobytes() == theirs.features.tobytes()
    assert np.isnan(ours.features[:, 0]).all()
    assert not ours.barrier.present[:, 0].any()


def test_equal_values_have_no_spread_and_exactly_their_mean():
    got = named(compute(ACROSS, [[0.1] * 7]))
    assert np.isnan(got["zscore"]).all()
    assert got["relative"].tolist() == [0.0] * 7
    assert got["rank"].tolist() == [0.5] * 7


def test_one_member_alone_has_no_place_among_others():
    got = named(compute(ACROSS, [[0.4, np.nan]]))
    assert np.isnan([got[name][0] for name in ACROSS.names if name != "breadth"]).all()
    assert got["breadth"][0] == 1.0


def test_the_cut_off_is_the_close_and_the_delay_and_includes_its_instant():
    rows = compute(ACROSS, [[0.1, 0.2, 0.3]], late=[[0, 900, 901]])
    assert rows.barrier.cutoff[0] == CLOSE + np.timedelta64(900, "s")
    assert rows.barrier.present.tolist() == [[True, True, False]]
    assert (rows.barrier.member_count[0], rows.barrier.present_count[0]) == (3, 2)


@pytest.mark.parametrize(
    ("missing", "absent", "answers"),
    [
        (with_missing(), 4, True),
        (with_missing(at_least(0.6)), 2, True),
        (with_missing(at_least(0.6)), 3, False),
        (with_missing(ALL_OR_NONE), 0, True),
        (with_missing(ALL_OR_NONE), 1, False),
    ],
    ids=lambda value: value.missing.policy if isinstance(value, UniverseSet) else str(value),
)
def test_the_missing_policy_decides_whether_a_session_answers(missing, absent, answers):
    values = np.linspace(0.1, 0.6, 6)
    member = np.array([[True] * 5 + [False]])
    values[:absent] = np.nan
    rows = compute(missing, [values], member=member)
    assert np.isfinite(rows.features[0, 4, ACROSS.names.index("breadth")]) == answers
    assert rows.barrier.present_count[0] == 5 - absent
    assert answers or np.isnan(rows.features).all()


def test_a_share_is_reached_by_exactly_that_many():
    """0.55 times 20 is above 11 in binary fractions."""
    values = np.where(np.arange(20) < 11, 0.1, np.nan)
    rows = compute(with_missing(at_least(0.55)), [values])
    assert rows.features[0, 0, ACROSS.names.index("breadth")] == 1.0


def test_the_hash_is_of_members_and_who_of_them_was_present():
    base = compute(ONE, [[1.0, 2.0, 3.0]] * 2).barrier
    assert base.member_hash[0] == base.member_hash[1]
    assert len(base.member_hash[0]) == 64
    stranger = compute(ONE, [[1.0, 2.0, 3.0, 4.0]], member=[[True, True, True, False]])
    assert stranger.barrier.member_hash[0] == base.member_hash[0]
    for other in (
        compute(ONE, [[1.0, 2.0, np.nan]]),
        compute(ONE, [[1.0, 2.0, 3.0]], member=[[True, True, False]]),
        compute(ONE, [[1.0, 2.0, 3.0]], names=["test:00", "test:01", "test:xx"]),
    ):
        assert other.barrier.member_hash[0] != base.member_hash[0]


def test_an_instrument_without_a_group_has_no_group_mean():
    rows = compute(ACROSS, [[0.1, 0.2, 0.3]], group=["x", "", "x"])
    sector = rows.features[0, :, ACROSS.names.index("sector")]
    np.testing.assert_allclose(sector, [-0.1, np.nan, 0.1])
    with pytest.raises(DataNotFit, match="sector needs groups"):
        ACROSS.compute(panel([[1.0, 2.0]]), member=[[True, True]], session_close=closes(1))


def histories(count=4, rows=400):
    frames = [synthetic_bars(rows=rows, seed=seed) for seed in range(count)]
    return [to_bars(frame, f"test:{at}") for at, frame in enumerate(frames)]


def to_bars(frame, name):
    session = frame["session"].to_numpy().astype("datetime64[D]")
    stamps = session.astype("datetime64[us]")
    fields = {
        field: frame[field].to_numpy() for field in ("open", "high", "low", "close", "volume")
    }
    return Bars(name, stamps, session, **fields, available_at=stamps + np.timedelta64(21, "h"))


def test_serving_one_barrier_from_the_last_closes_gives_the_bits_of_the_batch():
    every = histories()
    base, sessions = CLOSE_CROSS_SECTION.base, every[0].session
    close = sessions.astype("datetime64[us]") + np.timedelta64(21, "h")
    member = np.ones((len(sessions), len(every)), dtype=bool)
    batch = CLOSE_CROSS_SECTION.compute(
        base_panel(base, every, sessions), member=member, session_close=close
    )
    assert np.isfinite(batch.features[-1]).all()
    for row in (260, 333, len(sessions) - 1):
        tails = [bars.take(slice(row + 1 - base.lookback, row + 1)) for bars in every]
        only = slice(row, row + 1)
        served = CLOSE_CROSS_SECTION.compute(
            base_panel(base, tails, sessions[only]), member=member[only], session_close=close[only]
        )
        assert served.features.tobytes() == batch.features[only].tobytes()
        assert served.barrier.member_hash == batch.barrier.member_hash[only]


def test_indicators_can_be_the_base_where_histories_are_whole():
    every = histories(count=3, rows=120)
    ranks = UniverseSet(
        "ranks", 1, INDICATORS, (UniverseColumn("x", "rank", "rsi_14", ""),), delay_s=0
    )
    last = every[0].session[-1:]
    given = base_panel(INDICATORS, every, last)
    close = last.astype("datetime64[us]") + np.timedelta64(21, "h")
    got = ranks.compute(given, member=np.ones((1, 3), dtype=bool), session_close=close)
    values = [INDICATORS.of_bars(bars)[-1, 0] for bars in every]
    np.testing.assert_allclose(got.features[0, :, 0], (rankdata(values) - 1) / 2)


def test_a_bar_that_came_late_holds_up_the_rows_that_read_it():
    bars = histories(count=1, rows=80)[0]
    late = bars.available_at.copy()
    late[40] += np.timedelta64(3, "D")
    held = base_panel(BASE, [type(bars)(**{**vars(bars), "available_at": late})], bars.session)
    on_time = held.available_at[:, 0] <= bars.available_at
    assert np.flatnonzero(~on_time).tolist() == [40, 41, 42]


def test_a_session_without_a_bar_is_missing_and_windows_go_over_it():
    bars = histories(count=1, rows=80)[0]
    gone = bars.take(slice(0, 80))
    keep = np.arange(80) != 40
    gone = type(bars)(
        "test:0", **{name: one[keep] for name, one in vars(bars).items() if name != "instrument_id"}
    )
    got = base_panel(BASE, [gone], bars.session)
    assert np.isnan(got.base[40]).all()
    assert np.isnat(got.available_at[40, 0])
    np.testing.assert_array_equal(got.base[keep, 0], BASE.compute(gone.close))
    with pytest.raises(DataNotFit, match="not one a session"):
        base_panel(
            BASE, [type(bars)(**{**vars(bars), "session": bars.session[::-1]})], bars.session
        )


def test_what_does_not_fit_is_named():
    with pytest.raises(BadParameter, match="unknown operation 'median'"):
        UniverseSet("u", 1, BASE, (UniverseColumn("x", "median", "a", ""),), delay_s=0)
    with pytest.raises(BadParameter, match="base has no column 'z'"):
        UniverseSet("u", 1, BASE, (UniverseColumn("x", "rank", "z", ""),), delay_s=0)
    with pytest.raises(BadParameter, match=r"arguments \(500,\): expected 1 from 0 to 499"):
        UniverseSet("u", 1, BASE, (UniverseColumn("x", "zscore", "a", "", (500,)),), delay_s=0)
    with pytest.raises(BadParameter, match="delay_s=-1"):
        UniverseSet("u", 1, BASE, COLUMNS, delay_s=-1)
    with pytest.raises(BadParameter, match="share=1"):
        at_least(1.0)
    with pytest.raises(DataNotFit, match="twice"):
        compute(ACROSS, [[1.0, 2.0]], names=["a", "a"])
    with pytest.raises(DataNotFit, match=r"member has shape \(2,\)"):
        compute(ACROSS, [[1.0, 2.0]], member=[True, True])
    with pytest.raises(DataNotFit, match="group has shape"):
        compute(ACROSS, [[1.0, 2.0]], group=["x"])
    with pytest.raises(DataNotFit, match="1 session closes"):
        ONE.compute(panel([[1.0]]), member=[[True]], session_close=np.array(["NaT"], "M8[us]"))


def test_ranks_agree_with_pandas():
    values = np.round(np.random.default_rng(2).normal(size=(30, 12)), 1)
    values[np.random.default_rng(3).random(values.shape) < 0.1] = np.nan
    frame = pd.DataFrame(values)
    expected = (frame.rank(axis=1) - 1).div(frame.count(axis=1) - 1, axis=0)
    np.testing.assert_allclose(compute(ONE, values).features[:, :, 0], expected.to_numpy())
