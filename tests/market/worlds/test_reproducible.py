"""A world is a function of its arguments: any instrument and day alone, on any calendar."""

import hashlib
import pickle
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from market.errors import BadParameter, DataNotFit
from tests.examples import examples
from tests.market.worlds.worlds import FIRST, LAST, assert_equal, world

CALENDARS = ("XNYS", "XTKS", "24/7", "CMES")
MODES = ("null", "planted", "faulty")
GOLDEN = "fd0d38195e86c5e6f2794e1fd3562b77cc459d7b46f8e459c00e654226cc8318"


@examples(25)
@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from(CALENDARS),
    st.sampled_from(MODES),
    st.integers(0, 47),
    st.floats(0, 1),
)
def test_a_day_alone_is_that_day_of_the_whole(seed, calendar, mode, index, where):
    whole = world(seed=seed, calendar=calendar, mode=mode, instruments=48)
    alone = world(seed=seed, calendar=calendar, mode=mode, instruments=index + 1)
    symbol = whole.symbols[index]
    listed = np.flatnonzero(~np.isnan(whole.closes(symbol)))
    row = int(listed[int(where * (len(listed) - 1))])
    day = whole.sessions[row].item()
    near = whole.daily(symbol, day - timedelta(days=40), day + timedelta(days=20))
    place = int(np.flatnonzero(near.session == whole.sessions[row])[0])
    one = alone.daily(symbol, day, day)
    assert_equal(one, near.take(slice(place, place + 1)))
    assert one.close[0] == whole.closes(symbol)[row]
    minutes = alone.minutes(symbol, day)
    assert_equal(minutes, whole.minutes(symbol, day))
    assert (minutes.open[0], minutes.high.max(), minutes.low.min(), minutes.close[-1]) == (
        one.open[0],
        one.high[0],
        one.low[0],
        one.close[0],
    )
    assert minutes.volume.sum() == one.volume[0]
    assert minutes.volume.min() > 0
    np.testing.assert_array_equal(minutes.open[1:], minutes.close[:-1])
    assert (minutes.high >= np.maximum(minutes.open, minutes.close)).all()
    assert (minutes.low <= np.minimum(minutes.open, minutes.close)).all()


@examples(10)
@given(st.integers(0, 100), st.integers(10, 480), st.sampled_from(["null", "faulty"]))
def test_deliveries_of_parts_make_the_delivery_of_the_whole(seed, row, mode):
    one = world(seed=seed, mode=mode, instruments=1)
    first, last = one.sessions[[0, -1]].tolist()
    before, cut = one.sessions[row - 1].item(), one.sessions[row].item()
    whole = one.delivery("WLD001", first, last)
    head = one.delivery("WLD001", first, before)
    tail = one.delivery("WLD001", cut, last)
    # A swap across the cut is undone by cutting there; nothing else differs.
    assert in_order(head.to_pylist() + tail.to_pylist()) == in_order(whole.to_pylist())


def in_order(rows):
    return sorted(rows, key=lambda row: (row["timestamp"], row["recorded_at"], row["close"]))


def test_the_world_of_seed_7_is_the_same_on_every_machine():
    one = world(mode="planted", decimals=2)
    digest = hashlib.sha256()
    for symbol in one.symbols:
        bars = one.daily(symbol, date(2023, 1, 1), date(2023, 6, 30))
        for values in (bars.open, bars.high, bars.low, bars.close, bars.volume):
            digest.update(values.tobytes())
    assert digest.hexdigest() == GOLDEN


def test_only_the_arguments_travel_to_another_process():
    one = world(seed=3, mode="planted")
    one.closes("WLD013")
    travelled = pickle.dumps(one)
    assert len(travelled) < 400
    copy = pickle.loads(travelled)
    np.testing.assert_array_equal(copy.closes("WLD013"), one.closes("WLD013"))


def test_a_later_end_leaves_plain_instruments_as_they_were():
    short, long = world(), world(end=date(2024, 12, 31))
    plain = short.closes("WLD024")
    np.testing.assert_array_equal(long.closes("WLD024")[: len(plain)], plain)


def test_a_half_day_has_fewer_minutes_and_ends_early():
    one = world(instruments=24)
    minutes = one.minutes("WLD024", date(2023, 11, 24))
    assert len(minutes) == 210
    assert minutes.available_at[-1] == np.datetime64("2023-11-24T18:00")
    assert len(one.minutes("WLD024", date(2023, 11, 22))) == 390


def test_tokyo_trades_around_its_lunch():
    minutes = world(calendar="XTKS", instruments=24).minutes("WLD024", date(2023, 5, 10))
    hours = minutes.timestamp - np.datetime64("2023-05-10")
    lunch = (hours >= np.timedelta64(150, "m")) & (hours < np.timedelta64(210, "m"))
    assert len(minutes) == 300
    assert not lunch.any()


def test_a_market_that_never_closes_has_a_session_every_day():
    one = world(calendar="24/7", start=date(2023, 1, 1))
    assert len(one.sessions) == 365
    assert len(one.minutes("WLD001", date(2023, 12, 25))) == 1440


def test_cents_move_no_price_by_more_than_half_a_cent():
    exact, cents = world(instruments=4), world(instruments=4, decimals=2)
    for symbol in exact.symbols:
        fine, coarse = exact.daily(symbol, FIRST, LAST), cents.daily(symbol, FIRST, LAST)
        for name in ("open", "high", "low", "close"):
            assert np.abs(getattr(fine, name) - getattr(coarse, name)).max() <= 0.005 + 1e-9
            np.testing.assert_array_equal(
                np.rint(getattr(coarse, name) * 100) / 100, getattr(coarse, name)
            )
    assert exact.listings()[0].tick_size is None
    assert cents.listings()[0].tick_size == 0.01


def test_what_is_not_there_is_refused():
    one = world(instruments=12)
    with pytest.raises(BadParameter, match="'WLD013' of the world: expected WLD001 to WLD012; did"):
        one.daily("WLD013", FIRST, LAST)
    with pytest.raises(
        DataNotFit, match="2023-01-01 is no session of this world: XNYS, 2022-01-03"
    ):
        one.minutes("WLD001", date(2023, 1, 1))
    with pytest.raises(DataNotFit, match="WLD009 is not listed on 2022-01-03"):
        one.minutes("WLD009", date(2022, 1, 3))
    with pytest.raises(BadParameter, match="timeframe='5Min': expected one of 1Day, 1Min"):
        one.delivery("WLD001", FIRST, LAST, timeframe="5Min")
    for wrong, message in [
        ({"mode": "real"}, "mode='real': expected one of null, planted, faulty"),
        ({"instruments": 0}, "instruments=0: expected 1 to 999"),
        ({"calendar": "XNYX"}, "did you mean 'XNYS'"),
        ({"end": date(2022, 3, 1)}, "40 sessions of XNYS: expected 60 or more"),
        ({"end": date(2022, 12, 31), "mode": "faulty"}, "251 sessions of XNYS: expected 300"),
    ]:
        with pytest.raises(BadParameter, match=message):
            world(**wrong)
    assert len(one.daily("WLD001", date(2001, 1, 1), date(2001, 12, 31))) == 0
