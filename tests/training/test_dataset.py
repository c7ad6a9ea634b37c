"""The panel holds complete rows only, each with the day on which its label was settled."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import numpy as np
import pytest

from cluster.stores.lake import Lake
from cluster.stores.lake.known import Past
from cluster.stores.lake.member_days import MemberDays
from market.errors import DataNotFit
from market.features import CLOSE_VOLATILITY
from market.labels import volatility_regime
from market.synthetic import SyntheticMarket
from market.universes import Membership
from tests import lakes
from training.dataset import build_panel, universe_days, universe_pasts


def test_every_row_is_complete_and_settled_after_its_session(panel):
    assert np.isfinite(panel.features).all()
    assert set(np.unique(panel.label)) == {0.0, 1.0}
    assert (panel.settled > panel.session).all()
    assert len(panel.instruments) == 20


def test_a_label_is_settled_21_sessions_on(panel, sample):
    days = sample[0].bars.session
    at = np.searchsorted(days, panel.session)
    assert (days[at + 21] == panel.settled).all()


def test_rows_are_those_of_their_instrument(panel, sample):
    third = panel.take(np.flatnonzero(panel.instrument == 2))
    assert panel.instruments[2] == sample[2].bars.instrument_id
    whole = CLOSE_VOLATILITY.compute(sample[2].bars.close)
    at = np.searchsorted(sample[2].bars.session, third.session)
    assert third.features.tobytes() == whole[at].tobytes()


def test_bars_too_short_for_any_row_are_refused(sample):
    short = [Past.of(one.bars.take(slice(0, 1000))) for one in sample[:2]]
    with pytest.raises(DataNotFit, match="no row of 2 instruments has 1281 closes before"):
        build_panel(short, CLOSE_VOLATILITY, volatility_regime)


@pytest.fixture
def panel_of(tmp_path):
    """Makes the panel of the synthetic universe of a lake, in a folder of its own."""

    def make(name, fill):
        lake = Lake(tmp_path / name)
        fill(lake)
        pasts = universe_pasts(lake, lake.choose("synthetic"), snapshot=lake.snapshot())
        return build_panel(pasts, CLOSE_VOLATILITY, volatility_regime)

    return make


def test_training_reads_its_universe_at_its_snapshot(tmp_path):
    lake = Lake(tmp_path)
    lakes.fill(lake)
    before = lake.snapshot()
    later = replace(
        lakes.AAPL, symbol="LATER", instrument_id="synthetic:LATER", dataset="synthetic"
    )
    lake.append_instruments("synthetic", [later], recorded_at=lakes.RECORDED)
    found = universe_pasts(lake, lake.choose("synthetic", snapshot=before), snapshot=before)
    assert [past.bars.instrument_id for past in found] == [f"synthetic:SYN00{n}" for n in (1, 2, 3)]


def test_a_panel_is_that_of_closes_that_nobody_restated(panel_of):
    market = SyntheticMarket(instruments=3)
    bars = [market.daily(name, lakes.FIRST, lakes.LAST) for name in ("SYN001", "SYN002")]
    plain = build_panel([Past.of(one) for one in bars], CLOSE_VOLATILITY, volatility_regime)
    found = panel_of("plain", lakes.fill)
    assert found.features.tobytes() == plain.features.tobytes()
    assert found.label.tobytes() == plain.label.tobytes()


def test_a_split_changes_no_bit_of_what_is_learnt(panel_of):
    assert panel_of("split", lakes.fill_split).digest == panel_of("plain", lakes.fill).digest


def test_a_restatement_is_in_labels_and_in_no_feature_of_the_time_before(panel_of):
    def restated(lake):
        lakes.fill(lake)
        bars = SyntheticMarket(instruments=3).daily("SYN001", lakes.FIRST, lakes.LAST)
        # Known when it was recorded, weeks after the last session.
        wrong = replace(bars, close=bars.close * np.where(np.arange(len(bars)) % 2, 1.3, 1.0))
        at = lakes.RECORDED.replace(month=3)
        lake.append_bars("synthetic", "1Day", wrong.to_arrow(recorded_at=at), recorded_at=at)

    plain, found = panel_of("plain", lakes.fill), panel_of("restated", restated)
    assert found.features.tobytes() == plain.features.tobytes()
    assert (found.label != plain.label).any()


def test_rows_of_a_stored_universe_are_those_of_its_member_days_as_known_then(panel, sample):
    day = sample[0].bars.session[2000].item()
    at = datetime.combine(day, time(), UTC)
    names = [one.bars.instrument_id for one in sample]
    days = MemberDays(
        {
            names[0]: [Membership("top", names[0], day, None, at)],
            names[1]: [
                Membership("top", names[1], date(1990, 1, 1), None, at - timedelta(days=9999)),
                Membership("top", names[1], date(1990, 1, 1), day, at),
            ],
        }
    )
    part = build_panel(sample, CLOSE_VOLATILITY, volatility_regime, days=days)
    stays = np.array(part.session) >= np.datetime64(day)
    assert (stays == (part.instrument == 0)).all()
    inside = (panel.instrument == 0) & (panel.session >= np.datetime64(day))
    inside |= (panel.instrument == 1) & (panel.session < np.datetime64(day))
    assert part.features.tobytes() == panel.features[inside].tobytes()
    assert len(part) > 1000


def test_a_dataset_has_no_days_of_membership_and_a_stored_universe_has(tmp_path):
    lake = Lake(tmp_path)
    lakes.fill(lake)
    stay = Membership("top", "sample:AAPL", lakes.SAMPLE_FIRST, None, lakes.RECORDED)
    lake.append_memberships([stay], recorded_at=lakes.RECORDED)
    snapshot = lake.snapshot()
    assert universe_days(lake, lake.choose("sample"), snapshot=snapshot) is None
    top = universe_days(lake, lake.choose("top"), snapshot=snapshot)
    assert list(top.told) == ["sample:AAPL"]
    (one,) = universe_pasts(lake, lake.choose("top:AAPL"), snapshot=snapshot)
    assert one.bars.instrument_id == "sample:AAPL"
