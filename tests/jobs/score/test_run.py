"""A scoring from the lake to the lake: what serving would have said, once, and nothing ahead of time."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pytest

from cluster.errors import StoreError
from cluster.registry.runner import ModelRunner
from cluster.stores.lake import Lake
from cluster.stores.lake.known_prices import known_prices
from cluster.stores.lake.scores import scores
from jobs.fan_out import in_process, packed, run_row, unpacked
from jobs.score.model import find_model
from jobs.score.task import score
from market.actions import Dividend
from market.universes import Membership
from tests import lakes
from tests.jobs.score.conftest import NOW, digest

NEXT = NOW + timedelta(days=1)


def served(lake, registry, model, instrument_id, as_of):
    """What a replica answers at that time: see deployments/predictions/predictor.py."""
    found = find_model(registry, model, "champion")
    runner = ModelRunner.load(found.folder, sha256=found.sha256)
    listed = [one for one in lake.instruments() if one.instrument_id == instrument_id]
    found = known_prices(lake, listed, timeframe="1Day", at=as_of, as_of=as_of)
    bars = found[instrument_id].forward()
    return bars.session[-1].item(), runner.predict_closes(bars.close)


DIVIDEND = Dividend(
    instrument_id="synthetic:SYN002",
    ex_date=date(2025, 5, 5),
    # Told days after its ex-date: the rows between do not know of it.
    available_at=datetime(2025, 5, 9, 12, tzinfo=UTC),
    amount=3.0,
    currency="USD",
)


@pytest.mark.slow
@pytest.mark.parametrize("model", ["volatility-regime", "return-quantiles"])
def test_through_actions_a_score_is_what_is_served_to_the_bit(tmp_path, registry, do, model):
    lake = Lake(tmp_path / "acted")
    lakes.fill_split(lake)
    lake.append_actions("synthetic", [DIVIDEND], recorded_at=lakes.RECORDED)
    do(lake, model=model, start="2025-02-20", end="2025-06-01")
    rows = scores(lake, model=model).to_pylist()
    assert len(rows) > 200
    for row in random.Random(5).sample(rows, 40) + [
        row for row in rows if date(2025, 5, 4) <= row["session"] <= date(2025, 5, 10)
    ]:
        session, said = served(lake, registry, model, row["instrument_id"], row["available_at"])
        assert (row["session"], row["value"]) == (session, said.value)


def test_a_split_changes_no_score(tmp_path, lake, do):
    """A share that was split 4:1 has the scores of one that was not."""
    acted = Lake(tmp_path / "acted")
    lakes.fill_split(acted)
    do(lake)
    do(acted)
    assert digest(scores(acted, model="volatility-regime")) == digest(
        scores(lake, model="volatility-regime")
    )


def test_an_action_told_later_changes_no_score_of_the_time_before(lake, do):
    span = {"start": date(2025, 4, 1), "end": date(2025, 6, 1)}
    do(lake, **{name: str(day) for name, day in span.items()})
    plain = scores(lake, model="volatility-regime", **span).to_pylist()
    lake.append_actions("synthetic", [DIVIDEND], recorded_at=lakes.RECORDED)
    do(lake, version="2", **{name: str(day) for name, day in span.items()})
    acted = scores(lake, model="volatility-regime", version="2", **span).to_pylist()
    changed = [
        (row["instrument_id"], row["session"])
        for row, other in zip(plain, acted, strict=True)
        if row["value"] != other["value"]
    ]
    assert {name for name, _ in changed} == {"synthetic:SYN002"}
    # Known at noon of the 9th, so first read at that day's close.
    assert min(day for _, day in changed) == date(2025, 5, 9)


def test_an_instrument_paid_in_another_currency_is_skipped_with_the_reason(lake, do):
    foreign = replace(DIVIDEND, currency="EUR")
    lake.append_actions("synthetic", [foreign], recorded_at=lakes.RECORDED)
    outcome = do(lake, start="2025-12-01")
    assert "paid in EUR and prices are in USD" in outcome.skipped["synthetic:SYN002"]
    assert scores(lake, model="volatility-regime")["instrument_id"].unique().to_pylist() == [
        "synthetic:SYN001"
    ]


@pytest.mark.parametrize("model", ["volatility-regime", "return-quantiles"])
def test_a_score_is_what_is_served_at_that_sessions_close_to_the_bit(lake, registry, do, model):
    outcome = do(lake, model=model, symbols=["SYN001", "SYN002", "AAPL"])
    rows = scores(lake, model=model).to_pylist()
    assert outcome.scored == len(rows) > 1000
    for row in random.Random(5).sample(rows, 60):
        session, said = served(lake, registry, model, row["instrument_id"], row["available_at"])
        assert (row["session"], row["value"]) == (session, said.value)
        if said.quantiles is not None:
            assert row["quantiles"] == list(said.quantiles.values())


def test_the_first_session_of_a_span_has_its_whole_history(lake, do):
    do(lake, start="2025-12-01", end="2025-12-31")
    part = scores(lake, model="volatility-regime")
    assert part.num_rows == 2 * 31
    do(lake, version="2")
    span = {"start": date(2025, 12, 1), "end": date(2025, 12, 31)}
    whole = scores(lake, model="volatility-regime", version="2", **span)
    assert part["value"].to_pylist() == whole["value"].to_pylist()


def test_what_comes_later_changes_no_earlier_score(tmp_path, lake, do):
    do(lake)
    earlier = Lake(tmp_path / "earlier")
    cut = date(2025, 6, 30)
    for dataset in ("synthetic", "sample"):
        listed = [one for one in lake.instruments() if one.dataset == dataset]
        earlier.append_instruments(dataset, listed, recorded_at=lakes.RECORDED)
        for bars in lake.histories(
            [one.instrument_id for one in listed], timeframe="1Day"
        ).values():
            known = bars.take(slice(0, np.searchsorted(bars.session, np.datetime64(cut), "right")))
            rows = known.to_arrow(recorded_at=lakes.RECORDED)
            earlier.append_bars(dataset, "1Day", rows, recorded_at=lakes.RECORDED)
    do(earlier)
    before = scores(earlier, model="volatility-regime")
    assert before["session"].to_pylist()[-1] == cut
    assert digest(before) == digest(scores(lake, model="volatility-regime", end=cut))


def test_a_correction_made_afterwards_changes_no_score_of_the_time_before(lake, do):
    do(lake)
    before = digest(scores(lake, model="volatility-regime"))
    bars = lake.histories(["synthetic:SYN001"], timeframe="1Day")["synthetic:SYN001"]
    wrong = replace(bars, close=bars.close * np.linspace(1.0, 1.2, len(bars)))
    wrong = replace(wrong, high=np.maximum(bars.high, wrong.close))
    lake.append_bars("synthetic", "1Day", wrong.to_arrow(recorded_at=NOW), recorded_at=NOW)
    outcome = do(lake, clock=lambda: NEXT)
    assert (outcome.written, outcome.unchanged) == (0, outcome.scored)
    assert digest(scores(lake, model="volatility-regime")) == before


def test_a_second_run_writes_nothing_and_says_so(lake, do):
    first = do(lake)
    version = lake.tables["scores"].delta.version()
    second = do(lake, run_id="score-2", clock=lambda: NEXT)
    assert (first.written, first.unchanged) == (first.scored, 0)
    assert (second.written, second.restated, second.unchanged) == (0, 0, first.scored)
    assert lake.tables["scores"].delta.version() == version
    rows = scores(lake, model="volatility-regime")
    assert rows["job_id"].unique().to_pylist() == ["score-1"]
    assert rows["snapshot"].unique().to_pylist() == [first.snapshot]


def test_what_training_has_seen_is_marked(lake, do):
    outcome = do(lake)
    seen = scores(lake, model="volatility-regime", in_sample=True)
    assert seen["instrument_id"].unique().to_pylist() == ["synthetic:SYN001"]
    assert seen["session"].to_pylist()[-1] == date(2025, 6, 30)
    assert outcome.in_sample == seen.num_rows == (date(2025, 6, 30) - lakes.FIRST).days + 1 - 1280
    unseen = scores(
        lake, model="volatility-regime", in_sample=False, instrument_ids=["synthetic:SYN001"]
    )
    assert unseen["session"].to_pylist()[0] == date(2025, 7, 1)


@pytest.fixture
def gappy(tmp_path):
    """Makes a lake of one instrument whose close is missing so many sessions before its last."""

    def make(before_last):
        lake, bars = Lake(tmp_path / "gappy"), lakes.sample_bars()
        bars.close[-1 - before_last] = np.nan
        table = bars.to_arrow(recorded_at=lakes.RECORDED)
        lake.append_instruments("sample", [lakes.AAPL], recorded_at=lakes.RECORDED)
        lake.append_bars("sample", "1Day", table, recorded_at=lakes.RECORDED)
        return lake

    return make


def test_sessions_without_a_feature_are_counted_and_not_written(gappy, do):
    lake = gappy(49)
    outcome = do(lake, symbols=["AAPL"])
    rows = scores(lake, model="volatility-regime")
    assert outcome.scored == rows.num_rows == outcome.sessions - 1280 - 50
    assert (outcome.missing, outcome.skipped) == (1280 + 50, {})
    gone = lake.histories(["sample:AAPL"], timeframe="1Day")["sample:AAPL"].session[-50:]
    assert not set(gone.tolist()) & set(rows["session"].to_pylist())


def test_an_instrument_with_a_gap_in_all_its_windows_is_skipped_with_the_reason(gappy, do):
    lake = gappy(699)
    outcome = do(lake, symbols=["AAPL"], start="2022-01-01")
    assert (outcome.scored, outcome.written, outcome.missing) == (0, 0, outcome.sessions)
    assert list(outcome.skipped) == ["sample:AAPL"]
    assert "without a gap" in outcome.skipped["sample:AAPL"]
    assert lake.tables["scores"].delta.version() is None


def test_a_run_that_fails_half_way_writes_nothing_and_a_rerun_completes(lake, do):
    def fails(work, tasks):
        yield work(tasks[0])
        raise StoreError("the disk went away")

    with pytest.raises(StoreError, match="the disk went away"):
        do(lake, fan_out=fails)
    assert lake.tables["scores"].delta.version() is None
    assert do(lake).written > 0


def test_the_order_in_which_tasks_end_changes_nothing(tmp_path, lake, do):
    do(lake)
    other = Lake(tmp_path / "other")
    lakes.fill(other)
    do(other, fan_out=lambda work, tasks: in_process(work, list(reversed(tasks))))
    assert digest(scores(other, model="volatility-regime")) == digest(
        scores(lake, model="volatility-regime")
    )


def test_a_task_on_ray_gives_its_rows_to_the_bit_or_one_line(held, lake, plan, do):
    tasks = plan(held).tasks(held)
    assert unpacked(run_row(score, packed(tasks[0]))).equals(score(tasks[0]))

    def spoils(work, tasks):
        spoilt = [replace(task, sha256="0" * 64) for task in tasks]
        return (unpacked(run_row(work, packed(task))) for task in spoilt)

    with pytest.raises(Exception, match=r"nothing was written: .*: model in .* has sha256"):
        do(lake, fan_out=spoils)


def test_a_stored_universe_is_scored_on_the_days_of_its_members_as_known_then(lake, do):
    joins, leaves = date(2025, 6, 1), date(2025, 9, 1)
    told = datetime(2025, 9, 10, 12, tzinfo=UTC)  # later than the day that it names
    known = datetime(2025, 1, 1, tzinfo=UTC)
    stays = [
        Membership("top", "synthetic:SYN001", joins, None, known),
        Membership("top", "synthetic:SYN002", known.date(), None, known),
    ]
    lake.append_memberships(stays, recorded_at=NOW)
    gone = replace(stays[1], end=leaves, available_at=told)
    lake.append_memberships([gone], recorded_at=NOW + timedelta(days=1))
    do(lake, universe="top", start="2025-01-01")
    rows = scores(lake, model="volatility-regime").to_pylist()
    spans = {}
    for row in rows:
        spans.setdefault(row["instrument_id"], []).append(row["session"])
    ends = {name: (days[0], days[-1], len(days)) for name, days in spans.items()}
    # Its bar of the ninth is known before noon of the tenth; that of the tenth is not.
    assert ends == {
        "synthetic:SYN001": (joins, lakes.LAST, 218),
        "synthetic:SYN002": (known.date(), date(2025, 9, 9), 252),
    }
    do(lake, run_id="score-2", version="2", universe="synthetic", start="2025-01-01")
    every = {
        (row["instrument_id"], row["session"]): row["value"]
        for row in scores(lake, model="volatility-regime", version="2").to_pylist()
    }
    assert all(every[row["instrument_id"], row["session"]] == row["value"] for row in rows)
