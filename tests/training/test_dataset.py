"""The panel holds complete rows only, each with the day on which its label was settled."""

import numpy as np
import pytest

from market.errors import DataNotFit
from market.features import CLOSE_VOLATILITY
from market.labels import volatility_regime
from training.dataset import build_panel, universe_bars


def test_every_row_is_complete_and_settled_after_its_session(panel):
    assert np.isfinite(panel.features).all()
    assert set(np.unique(panel.label)) == {0.0, 1.0}
    assert (panel.settled > panel.session).all()
    assert len(panel.instruments) == 20


def test_a_label_is_settled_21_sessions_on(panel, sample):
    days = sample[0].session
    at = np.searchsorted(days, panel.session)
    assert (days[at + 21] == panel.settled).all()


def test_rows_are_those_of_their_instrument(panel, sample):
    third = panel.take(np.flatnonzero(panel.instrument == 2))
    assert panel.instruments[2] == sample[2].instrument_id
    whole = CLOSE_VOLATILITY.compute(sample[2].close)
    at = np.searchsorted(sample[2].session, third.session)
    assert third.features.tobytes() == whole[at].tobytes()


def test_bars_too_short_for_any_row_are_refused(sample):
    short = [one.take(slice(0, 1000)) for one in sample[:2]]
    with pytest.raises(DataNotFit, match="no row of 2 instruments has 1281 closes before"):
        build_panel(short, CLOSE_VOLATILITY, volatility_regime)


def test_training_reads_its_universe_at_its_snapshot(sample):
    class LakeOfThree:
        def universe(self, name, *, snapshot):
            assert (name, snapshot) == ("ours", "b1-i1")
            return sample[:3]

        def histories(self, ids, *, timeframe, snapshot):
            assert (timeframe, snapshot) == ("1Day", "b1-i1")
            return {one.instrument_id: one for one in sample if one.instrument_id in ids}

    assert universe_bars(LakeOfThree(), "ours", snapshot="b1-i1") == sample[:3]
