"""Signals of a backtest out of the lake: at each session what a lake that ended there would have given."""

import tempfile
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cluster.stores.lake import Lake
from cluster.stores.lake.known import views
from cluster.stores.lake.known_prices import known_prices
from market.actions import Action, Dividend, Split
from market.backtest import Costs, Panel, run
from market.strategies import make_strategy
from tests.cluster.stores.conftest import EPOCH
from tests.examples import examples
from tests.mirror import seen_closes

DAYS = 6
EVER = {"start": date(2024, 1, 1), "end": date(2024, 12, 31)}


class Telling(NamedTuple):
    known: datetime
    recorded: datetime
    action: Action
    called_off: bool


def day(number):
    return (EPOCH + timedelta(days=number)).date()


@st.composite
def changed(draw, action, known):
    """The same action told anew at a time: another size, another day, called off, or silently so."""
    choices = ["amended", "silent", "called off", *(["moved"] * 2 if action.event_id else [])]
    change = draw(st.sampled_from(choices))
    if change in {"amended", "silent"}:
        size = "ratio" if isinstance(action, Split) else "amount"
        action = replace(action, **{size: getattr(action, size) * 3.0})
    if change == "moved":
        action = replace(action, ex_date=day(draw(st.sampled_from([1, 2, 3, 4, DAYS + 30]))))
    if change != "silent":
        action = replace(action, available_at=known)
    return Telling(known, known, action, change == "called off")


@st.composite
def histories(draw):
    """What is told of one share, in the order of record: several of a day, early or late, told anew."""
    told = []
    for number in range(draw(st.integers(1, 3))):
        # No two at one time: which of them stands would be chance.
        known = EPOCH + timedelta(hours=draw(st.integers(-30, 24 * DAYS)), minutes=number + 1)
        event = draw(st.sampled_from([None, f"e{number}"]))
        about = {"instrument_id": "t:A", "event_id": event, "available_at": known}
        about["ex_date"] = day(draw(st.integers(1, DAYS)))
        if draw(st.booleans()):
            action = Split(**about, ratio=draw(st.sampled_from([0.1, 2.0, 4.0])))
        else:
            action = Dividend(**about, amount=draw(st.sampled_from([0.5, 9.0])), currency="USD")
        chain = [Telling(known, known, action, called_off=False)]
        for _ in range(draw(st.integers(0, 3))):
            known += timedelta(hours=draw(st.integers(1, 50)))
            chain.append(draw(changed(chain[-1].action, known)))
        announced = all(one.action.available_at == one.known for one in chain)
        if event and announced and draw(st.booleans()):
            # Taken in long after: what it says of itself is when it was known.
            chain = [one._replace(recorded=one.recorded + timedelta(days=400)) for one in chain]
        told += chain
    return sorted(told, key=lambda one: one.recorded)


def opened(root, make_instrument):
    lake = Lake(root)
    lake.append_instruments("t", [make_instrument("t:A", "A")], recorded_at=EPOCH)
    return lake


def add_bars(lake, closes, delivery):
    rows = delivery([("t:A", number, close) for number, close in closes])
    lake.append_bars("t", "1Day", rows, recorded_at=EPOCH + timedelta(days=DAYS))


def tell(lake, told):
    for one in told:
        lake.append_actions("t", [one.action], recorded_at=one.recorded, withdrawn=one.called_off)


def signals(lake):
    """The close (n,) that a strategy sees at each session."""
    panel = Panel.from_bars(list(lake.histories(["t:A"], timeframe="1Day").values()))
    return seen_closes(panel)[0]


@examples(6)
@given(told=histories(), seed=st.integers(0, 99))
def test_signals_and_features_see_what_was_there_at_each_close(
    delivery, make_instrument, told, seed
):
    """One lake is read when all is over, another one is fed and read session by session."""
    closes = list(enumerate(np.random.default_rng(seed).uniform(50, 150, DAYS).tolist()))
    with tempfile.TemporaryDirectory() as root:
        whole = opened(f"{root}/whole", make_instrument)
        add_bars(whole, closes, delivery)
        tell(whole, told)
        seen = signals(whole)
        read = [
            view.bars.close[row]
            for view in views(whole, ["t:A"], snapshot=whole.snapshot(), **EVER)["t:A"]
            for row in view.rows
        ]
        assert np.array(read).tobytes() == seen.tobytes()
        lived, coming = (
            opened(f"{root}/lived", make_instrument),
            sorted(told, key=lambda one: one.known),
        )
        for number in range(DAYS):
            at = EPOCH + timedelta(days=number + 1)
            add_bars(lived, closes[number : number + 1], delivery)
            now = [one for one in coming if one.known <= at]
            tell(lived, [one._replace(recorded=one.known) for one in now])
            coming = coming[len(now) :]
            found = known_prices(lived, lived.instruments(), timeframe="1Day", at=at)
            last = found["t:A"].forward().close[-1]
            assert seen[number].tobytes() == last.tobytes(), number


SPLIT = Split(instrument_id="t:A", ex_date=day(2), available_at=EPOCH, ratio=2.0, event_id="s")


def at(number, hours=0):
    return EPOCH + timedelta(days=number, hours=hours)


@pytest.mark.parametrize(
    ("closes", "again", "seen", "worth"),
    [
        pytest.param(  # a ratio of 2 is believed until the true one is told on the fifth day
            [100.0, 100.0, 25.0, 25.0, 25.0, 25.0],
            Telling(at(4, 1), at(4, 1), replace(SPLIT, ratio=4.0, available_at=at(4, 1)), False),
            [100.0, 100.0, 50.0, 50.0, 100.0, 100.0],
            [1_000.0] * 6,
            id="ratio",
        ),
        pytest.param(
            [100.0, 100.0, 100.0, 100.0, 50.0, 50.0],
            Telling(
                at(3, 1), at(3, 1), replace(SPLIT, ex_date=day(4), available_at=at(3, 1)), False
            ),
            [100.0, 100.0, 200.0, 100.0, 100.0, 100.0],
            [1_000.0] * 6,
            id="day",
        ),
        pytest.param(
            [100.0] * 6,
            Telling(at(3, 1), at(3, 1), replace(SPLIT, available_at=at(3, 1)), True),
            [100.0, 100.0, 200.0, 100.0, 100.0, 100.0],
            [1_000.0] * 6,
            id="called off",
        ),
        pytest.param(
            [100.0] * 6,
            Telling(
                at(3, 1), at(3, 1), replace(SPLIT, ex_date=day(60), available_at=at(3, 1)), False
            ),
            [100.0, 100.0, 200.0, 100.0, 100.0, 100.0],
            [1_000.0] * 6,
            id="put off",
        ),
    ],
)
def test_what_is_told_anew_is_seen_as_it_was_known_and_booked_as_it_came(
    tmp_path, delivery, make_instrument, closes, again, seen, worth
):
    first = Telling(EPOCH, EPOCH, SPLIT, called_off=False)
    lake = opened(tmp_path, make_instrument)
    add_bars(lake, enumerate(closes), delivery)
    tell(lake, [first, again])
    assert signals(lake).tolist() == seen
    bars = lake.histories(["t:A"], timeframe="1Day")["t:A"]
    prices = dict.fromkeys(("open", "high", "low"), bars.close)
    panel = Panel.from_bars(replace(bars, **prices, volume=bars.close))
    options = {"costs": Costs(0, 0), "sleeve_cash": 1_000.0, "mode": "next-open"}
    assert run(panel, make_strategy("buy-and-hold", {}), **options).equity[0].tolist() == worth
