"""What strategies see of whole worlds: no split is known early, none that is told anew or called off."""

import numpy as np
import pandas as pd
import pytest

from market import leaks
from market.actions.standing import standing
from market.backtest import Panel
from market.bars import Bars
from tests.mirror import seen_closes


def seen(world, actions):
    """The close that a strategy sees: sessions by instruments, prices as they stand."""
    prices = world.closes()
    days = prices.index.to_numpy().astype("datetime64[D]")
    known = days.astype("datetime64[us]") + np.timedelta64(21, "h")
    histories = []
    for name in prices:
        close = prices[name].to_numpy()
        missing = np.full(len(days), np.nan)
        bars = Bars(name, known, days, missing, missing, missing, close, missing, known)
        histories.append(bars.take(~np.isnan(close)))
    panel = Panel.from_bars(histories, actions=actions)
    rows = pd.DataFrame(seen_closes(panel).T, pd.DatetimeIndex(panel.session), prices.columns)
    return rows.reindex(prices.index)


EVENTS = {name: one for name, one in leaks.EVENTS.items() if name != "restatement"}


def test_a_signal_knows_of_no_action_before_it_was_told():
    report = leaks.check_world(
        lambda world: seen(world, world.actions), events=EVENTS, sessions=24, cuts=1
    )
    assert str(report) == f"no look-ahead found in {report.probes} probes"


@pytest.mark.parametrize("event", ["amended split", "split called off"])
def test_a_signal_by_the_last_telling_alone_is_found_out(event):
    """As backtests of a lake had it."""
    report = leaks.check_world(
        lambda world: seen(world, standing(world.actions)),
        events={event: EVENTS[event]},
        sessions=40,
        cuts=2,
    )
    assert report.verdict == "leak"
