from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from cluster.providers.synthetic import SyntheticProvider
from market.bars import Bars


@pytest.fixture(scope="module")
def provider():
    return SyntheticProvider(instruments=3)


def at(*moment):
    return datetime(*moment, tzinfo=UTC)


def test_sixty_instruments_by_default():
    symbols = [one.symbol for one in SyntheticProvider().instruments()]
    assert (len(symbols), symbols[0], symbols[-1]) == (60, "SYN001", "SYN060")


def test_the_running_day_is_not_taken_until_it_has_closed(provider):
    assert provider.span("1Day", now=at(2026, 3, 14, 23, 59, 59))[1] == date(2026, 3, 13)
    assert provider.span("1Day", now=at(2026, 3, 15))[1] == date(2026, 3, 14)


def test_daily_bars_go_back_twelve_years_from_a_start_that_stays_for_the_year(provider):
    starts = {provider.span("1Day", now=at(2026, month, 9))[0] for month in range(1, 13)}
    assert starts == {date(2014, 1, 1)}


def test_minutes_cover_ten_sessions(provider):
    start, end = provider.span("1Min", now=at(2026, 3, 14, 12))
    assert end - start == timedelta(days=9)


def test_the_minutes_of_a_day_are_its_daily_bar(provider):
    day = date(2026, 3, 13)
    span = {"start": day, "end": day, "recorded_at": at(2026, 3, 14)}
    minutes = map(Bars.from_arrow, provider.bars("1Min", provider.instruments(), **span))
    for minute, daily in zip(
        minutes,
        map(Bars.from_arrow, provider.bars("1Day", provider.instruments(), **span)),
        strict=True,
    ):
        assert (minute.open[0], minute.close[-1]) == (daily.open[0], daily.close[0])
        assert (minute.high.max(), minute.low.min()) == (daily.high[0], daily.low[0])
        np.testing.assert_allclose(minute.volume.sum(), daily.volume[0], rtol=1e-12)


def test_another_seed_is_another_market():
    span = {"start": date(2026, 1, 1), "end": date(2026, 1, 9), "recorded_at": at(2026, 2, 1)}
    first, second = (
        next(iter(one.bars("1Day", one.instruments(), **span)))
        for one in (SyntheticProvider(seed=seed, instruments=1) for seed in (7, 8))
    )
    assert not first["close"].equals(second["close"])
