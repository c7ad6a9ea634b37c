"""Views through actions: at each session what a read as of its close gives, whenever they were told."""

import tempfile
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cluster.errors import BadInput
from cluster.stores.lake import Lake
from cluster.stores.lake.known import Past, pasts, views
from cluster.stores.lake.known_prices import known_prices
from market.actions import ActedBars, Dividend, SpinOff, Split
from market.backtest import Costs, Panel, run
from market.bars import AdjustedBars, Bars
from market.errors import DataNotFit
from market.features import (
    AnchoredSet,
    Column,
    FeatureSet,
    IndicatorColumn,
    UniverseColumn,
    UniverseSet,
    base_panel,
)
from market.strategies import make_strategy
from tests.cluster.stores.conftest import EPOCH
from tests.examples import examples

DAYS = 8
HOUR = timedelta(hours=1)
EVER = {"start": date(2024, 1, 1), "end": date(2024, 12, 31)}
MOVES = FeatureSet("moves", 1, 3, (Column("move", "return", (2,), ""),))


def day(number: int) -> date:
    return (EPOCH + timedelta(days=number)).date()


@st.composite
def tellings(draw):
    """Actions with their ex-date, told before or after it, some told anew or called off later."""
    found = []
    for number in range(draw(st.integers(0, 4))):
        told = draw(st.integers(-3, DAYS))
        one = {
            "instrument_id": "t:A",
            "ex_date": day(draw(st.integers(0, DAYS))),
            "available_at": EPOCH + timedelta(days=told, hours=draw(st.sampled_from([0, 12]))),
            "event_id": f"e{number}",
        }
        if draw(st.booleans()):
            action = Split(**one, ratio=draw(st.sampled_from([0.5, 2.0, 3.0])))
        else:
            action = Dividend(**one, amount=draw(st.sampled_from([0.25, 1.0])), currency="USD")
        # The hour of record alone tells a silent change from one that was announced.
        found.append((action, draw(st.sampled_from(["", "withdrawn", "moved"]))))
    return found


def tell(lake, action, then):
    recorded = action.available_at + HOUR
    lake.append_actions("t", [action], recorded_at=recorded)
    if then:
        later = action.available_at + timedelta(days=2)
        changed = {"available_at": later, "ex_date": action.ex_date + timedelta(days=1)}
        again = type(action)(**{**vars(action), **(changed if then == "moved" else {})})
        lake.append_actions("t", [again], recorded_at=later + HOUR, withdrawn=then == "withdrawn")


@examples(8)
@given(told=tellings(), seed=st.integers(0, 99), gap=st.integers(0, DAYS - 1))
def test_a_view_is_what_a_read_as_of_that_moment_gives(delivery, make_instrument, told, seed, gap):
    with tempfile.TemporaryDirectory() as root:
        lake, draws = Lake(root), np.random.default_rng(seed)
        listed = make_instrument("t:A", "A")
        lake.append_instruments("t", [listed], recorded_at=EPOCH)
        rows = [
            ("t:A", number, None if number == gap else float(draws.uniform(50, 150)))
            for number in range(DAYS)
        ]
        table = delivery(rows)
        recorded = EPOCH + timedelta(days=DAYS)
        lake.append_bars("t", "1Day", table, recorded_at=recorded)
        for action, then in told:
            tell(lake, action, then)
        seen = {
            view.bars.session[row].item(): view.bars.close[: row + 1].tobytes()
            for view in views(lake, ["t:A"], snapshot=lake.snapshot(), **EVER)["t:A"]
            for row in view.rows
        }
        for number in range(DAYS):
            at = EPOCH + timedelta(days=number + 1)
            found = known_prices(lake, [listed], timeframe="1Day", at=at, as_of=at)
            assert seen[day(number)] == found["t:A"].forward().close.tobytes(), day(number)


@pytest.fixture
def held(tmp_path, delivery, make_instrument):
    """Makes a lake of one share, recorded raw or adjusted, that was split on the fourth day."""

    def make(*, adjusted=False, told=EPOCH):
        lake = Lake(tmp_path / f"{adjusted}-{told:%H}")
        listed = make_instrument("t:A", "A", adjusted=adjusted)
        lake.append_instruments("t", [listed], recorded_at=EPOCH)
        closes = [100.0, 101.0, 102.0, 26.0, 27.0, 28.0]
        rows = delivery([("t:A", number, close) for number, close in enumerate(closes)])
        lake.append_bars("t", "1Day", rows, recorded_at=EPOCH + timedelta(days=9))
        split = Split(instrument_id="t:A", ex_date=day(3), available_at=told, ratio=4.0)
        lake.append_actions("t", [split], recorded_at=told)
        return lake

    return make


def test_features_go_through_a_split_and_bars_as_they_stand_too(held):
    lake = held()
    (past,) = pasts(lake, ["t:A"], snapshot=lake.snapshot())
    assert past.bars.close.tolist() == [100.0, 101.0, 102.0, 104.0, 108.0, 112.0]
    rows, values = past.features(MOVES)
    assert rows.tolist() == [0, 1, 2, 3, 4, 5]
    expected = np.log(past.bars.close[2:] / past.bars.close[:-2])
    assert values[2:, 0].tobytes() == expected.tobytes()


def test_what_was_recorded_adjusted_is_not_adjusted_again(held):
    lake = held(adjusted=True)
    (past,) = pasts(lake, ["t:A"], snapshot=lake.snapshot())
    assert past.bars.close.tolist() == [100.0, 101.0, 102.0, 26.0, 27.0, 28.0]


def test_a_split_that_was_told_late_is_known_from_then_on(held):
    lake = held(told=EPOCH + timedelta(days=5, hours=1))
    first, second = views(lake, ["t:A"], snapshot=lake.snapshot(), **EVER)["t:A"]
    assert first.rows.tolist() == [0, 1, 2, 3, 4]
    assert first.bars.close.tolist() == [100.0, 101.0, 102.0, 26.0, 27.0]
    assert second.bars.close.tolist() == [100.0, 101.0, 102.0, 104.0, 108.0, 112.0]


def test_a_snapshot_of_before_knows_of_no_action(held):
    lake = held()
    before = ",".join(part for part in lake.snapshot().split(",") if "actions" not in part)
    (past,) = pasts(lake, ["t:A"], snapshot=before)
    assert past.bars.close.tolist() == [100.0, 101.0, 102.0, 26.0, 27.0, 28.0]
    with pytest.raises(BadInput):
        pasts(lake, ["t:A"], snapshot="newest")


def test_bars_without_views_have_no_features(held):
    lake = held()
    (past,) = pasts(lake, ["t:A"], snapshot=lake.snapshot())
    rows, values = Past(past.bars, ()).features(MOVES)
    assert (rows.tolist(), values.shape) == ([], (0, 1))


def test_bars_that_are_read_remember_what_they_are_and_what_happened(held):
    (bars,) = held().histories(["t:A"], timeframe="1Day").values()
    assert [action.kind for action in bars.actions] == ["split"]
    assert bars.take(slice(0, 2)).actions == bars.actions
    (before,) = (
        held(told=EPOCH + 2 * HOUR)
        .histories(["t:A"], timeframe="1Day", end=EPOCH + timedelta(days=3))
        .values()
    )
    assert not isinstance(before, ActedBars)
    lake = held(adjusted=True)
    (bars,) = lake.histories(["t:A"], timeframe="1Day", snapshot=lake.snapshot()).values()
    assert isinstance(bars, AdjustedBars)


def test_a_backtest_of_what_the_lake_gives_books_what_the_lake_knows(tmp_path, make_instrument):
    """A share of constant value, raw 100 then 25 with a split of 4:1: 1,000 throughout."""
    lake, days = Lake(tmp_path), np.datetime64("2024-01-01") + np.arange(60)
    price = np.where(np.arange(60) < 30, 100.0, 25.0)
    bars = Bars(
        "t:A",
        timestamp=days.astype("datetime64[us]"),
        session=days,
        **dict.fromkeys(("open", "high", "low", "close"), price),
        volume=np.full(60, 1.0),
        available_at=(days + 1).astype("datetime64[us]"),
    )
    lake.append_instruments("t", [make_instrument("t:A", "A")], recorded_at=EPOCH)
    recorded = EPOCH + timedelta(days=90)
    lake.append_bars("t", "1Day", bars.to_arrow(recorded_at=recorded), recorded_at=recorded)
    split = Split(instrument_id="t:A", ex_date=day(30), available_at=EPOCH, ratio=4.0)
    lake.append_actions("t", [split], recorded_at=EPOCH)
    panel = Panel.from_bars(list(lake.histories(["t:A"], timeframe="1Day").values()))
    options = {"costs": Costs(0, 0), "sleeve_cash": 1_000.0}
    found = run(panel, make_strategy("buy-and-hold", {}), mode="next-open", **options)
    assert found.equity[0].tolist() == [1_000.0] * 60
    with pytest.raises(DataNotFit, match="had splits or payments; remedy: mode next-open"):
        run(panel, make_strategy("buy-and-hold", {}), mode="total-return", **options)


ACROSS = UniverseSet(
    "across",
    1,
    FeatureSet("base", 1, 4, (Column("move", "return", (3,), ""),)),
    (
        UniverseColumn("rank", "rank", "move", ""),
        UniverseColumn("score", "zscore", "move", "", (25,)),
    ),
    delay_s=0,
)
EX = {"available_at": EPOCH, "ex_date": day(6)}


@pytest.fixture
def market(tmp_path, delivery, make_instrument):
    """Four shares over twelve days, three of which were split, paid or gave a child that day."""
    lake, draws = Lake(tmp_path), np.random.default_rng(5)
    listed = [make_instrument(f"t:{name}", name) for name in "ABCD"]
    lake.append_instruments("t", listed, recorded_at=EPOCH)
    rows = [
        (one.instrument_id, number, float(price))
        for one in listed
        for number, price in enumerate(100 * np.exp(np.cumsum(draws.normal(0, 0.02, 12))))
    ]
    lake.append_bars("t", "1Day", delivery(rows), recorded_at=EPOCH + timedelta(days=12))
    actions = [
        Split(**EX, instrument_id="t:A", ratio=0.1),
        Dividend(**EX, instrument_id="t:B", amount=9.0, currency="USD"),
        SpinOff(**EX, instrument_id="t:C", child_id="t:D", ratio=0.5, child_price=30.0),
    ]
    lake.append_actions("t", actions, recorded_at=EPOCH)
    return lake, listed


def test_across_a_universe_a_session_alone_has_the_bits_of_the_batch(market):
    """Serving reads what was known at the session's barrier, research all there is."""
    lake, listed = market

    def rows(at, sessions):
        found = known_prices(lake, listed, timeframe="1Day", at=at, as_of=at)
        histories = [history.forward() for history in found.values()]
        panel = base_panel(ACROSS.base, histories, sessions)
        close = sessions.astype("datetime64[us]") + np.timedelta64(1, "D")
        member = np.ones(panel.available_at.shape, dtype=bool)
        return ACROSS.compute(panel, member=member, session_close=close).features

    days = np.datetime64("2024-01-01") + np.arange(12)
    batch = rows(EPOCH + timedelta(days=30), days)
    assert np.isfinite(batch[3:]).all()
    for number in range(12):
        alone = rows(EPOCH + timedelta(days=number + 1), days[number : number + 1])
        assert alone[0].tobytes() == batch[number].tobytes(), number


def test_a_state_of_features_goes_on_through_actions(market):
    """Prices adjusted forward keep their past, so a stored state needs no new beginning."""
    lake, listed = market
    chosen = AnchoredSet(
        "anchored", 1, (IndicatorColumn("rsi", "rsi:3", ""), Column("move", "return", (2,), ""))
    )
    at = EPOCH + timedelta(days=30)
    for history in known_prices(lake, listed, timeframe="1Day", at=at).values():
        batch, state = chosen.of_bars(history.forward()), chosen.start()
        for number in range(12):
            now = EPOCH + timedelta(days=number + 1)
            own = [history.instrument]
            seen = known_prices(lake, own, timeframe="1Day", at=now, as_of=now)
            bars = seen[history.instrument.instrument_id].forward()
            state, row = chosen.step(state, close=bars.close[-1])
            assert row.tobytes() == batch[number].tobytes()


def test_a_payment_in_another_currency_is_named_before_anything_is_learnt(market):
    lake, _ = market
    foreign = Dividend(**EX, instrument_id="t:D", amount=1.0, currency="EUR")
    lake.append_actions("t", [foreign], recorded_at=EPOCH)
    with pytest.raises(DataNotFit, match="dividend of t:D on 2024-01-07 is paid in EUR"):
        pasts(lake, ["t:A", "t:D"], snapshot=lake.snapshot())
