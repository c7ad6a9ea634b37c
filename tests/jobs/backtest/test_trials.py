"""Each finished backtest is one trial of the research ledger, with the returns that it came to."""

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import numpy as np
import pyarrow.parquet as pq
import pytest

import market.strategies.library.sma_cross
from cluster.backtests.store import fail_backtest, get_backtest
from cluster.cli.main import main
from cluster.errors import Conflict, NotFound, StoreError
from cluster.ledger import store as ledger
from cluster.ledger.returns import returns_of
from cluster.requests.backtest import parse_request
from cluster.stores.lake import Lake
from cluster.stores.postgres import connect
from jobs.backtest import __main__ as command
from jobs.backtest.cli import trials as cli_trials
from jobs.backtest.shard import ShardSummary
from jobs.backtest.trial import judge
from market.inference import probabilistic_sharpe
from market.statistics import kurtosis, sharpe, skew
from tests.databases import data_at
from tests.jobs.backtest.conftest import RECORDED, put_sample, put_synthetic

ASKED = {"strategy": "sma-cross", "universe": "synthetic", "parameters": {"fast": 5, "slow": 20}}


@pytest.fixture
def home(database, tmp_path):
    """Settings of a home with a filled lake of its own, on the tests' PostgreSQL."""
    settings = database.model_copy(update=data_at(tmp_path) | {"job_user": "ada"})
    put_synthetic(Lake(settings.lake_url), instruments=5)
    return settings


@pytest.fixture
def family():
    """A new name: nothing of the ledger can be removed, not by a test either."""
    return f"family-{uuid4().hex[:12]}"


@pytest.fixture
def do(home, family):
    """Runs a backtest of the family, here and to its end."""

    def run(**fields):
        request = parse_request({**ASKED, "family": family, **fields})
        return command.run(home, request, run_id=None, local=True)

    return run


def tried(settings, family):
    with connect(settings, "serve") as connection:
        return ledger.trials_of(connection, family)


def row(settings, run_id):
    with connect(settings, "serve") as connection:
        return get_backtest(connection, run_id)


def test_a_run_is_one_trial_whose_returns_reproduce_its_figures(home, family, do):
    outcome = do()
    (trial,) = tried(home, family)
    assert (trial.run_id, trial.user_id) == (outcome.id, row(home, outcome.id).user_id)
    assert (trial.strategy, trial.universe) == ("sma-cross", "synthetic")
    assert trial.parameters == {"fast": 5, "slow": 20}
    assert trial.costs == {"commission_bps": 2.0, "slippage_bps": 3.0}
    assert (str(trial.span_start), str(trial.span_end)) == ("2018-01-01", "2019-12-31")
    session, returns = returns_of(Lake(home.lake_url), [trial.id])[trial.id]
    curve = pq.read_table(outcome.folder / "equity.parquet")
    equity = curve["equity"].to_numpy()
    np.testing.assert_array_equal(session, curve["session"].to_numpy()[1:])
    np.testing.assert_allclose(returns, equity[1:] / equity[:-1] - 1, rtol=1e-6, atol=1e-12)
    assert trial.sessions == len(returns) == 729
    figures = (trial.sharpe, trial.skew, trial.kurtosis)
    again = (sharpe(returns, sessions_per_year=1), skew(returns), kurtosis(returns) + 3)
    assert figures == pytest.approx(again, rel=1e-5)
    assert trial.annual_sharpe == pytest.approx(outcome.metrics["sharpe"], rel=1e-12)


def restate_volumes(lake):
    """The first instrument's bars once more, with other volumes."""
    (bars, *_) = lake.histories(["synthetic:SYN001"], timeframe="1Day").values()
    late = RECORDED.replace(year=2025)
    rows = replace(bars, volume=bars.volume * 2).to_arrow(recorded_at=late)
    lake.append_bars("synthetic", "1Day", rows, recorded_at=late)


def test_what_a_trial_read_can_be_read_again(home, family, do):
    do()
    (trial,) = tried(home, family)
    file = Path(market.strategies.library.sma_cross.__file__)
    assert trial.source_hash == hashlib.sha256(file.read_bytes()).hexdigest()
    lake = Lake(home.lake_url)
    restate_volumes(lake)
    ids = [one.instrument_id for one in lake.universe("synthetic")]
    read = lake.histories(ids, timeframe="1Day", snapshot=trial.snapshot)
    lines = [f"{name} {read[name].sha256()}\n" for name in sorted(ids)]
    assert trial.data_hash == hashlib.sha256("".join(lines).encode()).hexdigest()


def test_the_same_run_again_is_no_second_trial_and_finds_its_shards(home, family, do, capsys):
    do()
    lake = Lake(home.lake_url)
    before = lake.tables["returns"].delta.version()
    capsys.readouterr()
    again = do(start="2018-01-01", mode="next-open")
    assert row(home, again.id).state == "done"
    assert len(tried(home, family)) == 1
    assert Lake(home.lake_url).tables["returns"].delta.version() == before
    do()
    assert "found finished" in capsys.readouterr().err


def test_bars_of_others_make_no_second_trial_and_its_own_do(home, family, do):
    do(end="2019-06-30")
    put_sample(Lake(home.lake_url))
    do(end="2019-06-30")
    (only,) = tried(home, family)
    assert only.snapshot == "bars@1,instruments@1"
    restate_volumes(Lake(home.lake_url))
    do(end="2019-06-30")
    assert len(tried(home, family)) == 2


@pytest.mark.parametrize(
    "other",
    [{"parameters": {"fast": 6, "slow": 20}}, {"slippage_bps": 9.0}, {"end": "2019-06-30"}],
)
def test_whatever_is_tried_otherwise_is_a_second_trial(home, family, do, other):
    do()
    do(**other)
    first, second = tried(home, family)
    held = returns_of(Lake(home.lake_url), [first.id, second.id])
    assert len(held) == 2


def test_a_run_belongs_to_the_family_of_its_strategy_unless_it_names_one(plan):
    assert (plan().family, plan(family="crossings").family) == ("sma-cross", "crossings")
    assert plan(family="crossings").settled_request()["family"] == "crossings"
    assert plan(family="crossings").definition == plan().definition


def test_a_ledger_that_cannot_be_written_fails_the_run_and_a_rerun_completes(home, family, do):
    in_the_way = home.home / "lake" / "returns"
    in_the_way.write_text("no table")
    with pytest.raises(StoreError, match="its trial is not in the research ledger, run it again"):
        do()
    assert tried(home, family) == []
    with connect(home, "serve") as connection:
        (failed,) = connection.execute(
            "SELECT state, error FROM backtests WHERE request->>'family' = %s", [family]
        ).fetchall()
    assert failed["state"] == "failed"
    assert "research ledger" in failed["error"]
    in_the_way.unlink()
    outcome = do()
    (trial,) = tried(home, family)
    assert (row(home, outcome.id).state, trial.run_id) == ("done", outcome.id)


def test_a_run_that_somebody_ended_is_no_trial(home, family, do, monkeypatch):
    def given_up(done: int, of: int, summary: ShardSummary):
        with connect(home, "jobs") as connection:
            (one,) = connection.execute(
                "SELECT id FROM backtests WHERE request->>'family' = %s", [family]
            ).fetchall()
            fail_backtest(connection, one["id"], error="gone", finished_at=RECORDED)

    monkeypatch.setattr(command, "_telling", lambda _count: given_up)
    with pytest.raises(Conflict, match="is not running"):
        do()
    assert tried(home, family) == []


def test_one_trial_is_judged_as_itself_and_more_as_the_best_of_all(home, family, do):
    do()
    lake = Lake(home.lake_url)
    (only,) = tried(home, family)
    alone = judge(lake, [only])
    expected = probabilistic_sharpe(
        only.sharpe, observations=only.sessions, skew=only.skew, kurtosis=only.kurtosis
    )
    assert alone.probability == pytest.approx(expected, rel=1e-5)
    do(parameters={"fast": 5, "slow": 21})
    do(parameters={"fast": 40, "slow": 200}, start="2019-01-01")
    every = tried(home, family)
    verdict = judge(lake, every)
    assert (verdict.raw.trials, verdict.observations) == (3, 729)
    assert verdict.clustered.trials <= 3
    assert verdict.probability <= alone.probability or verdict.best != 0
    with pytest.raises(NotFound, match="no returns of 3 of 3 trials"):
        judge(Lake(home.home / "another"), every)


def trii(capsys, *arguments):
    with pytest.raises(SystemExit) as info:
        main(["backtest", "trials", *arguments])
    return info.value.code, *capsys.readouterr()


def test_trials_are_listed_with_the_year_of_their_calendar(home, family, do, capsys, monkeypatch):
    monkeypatch.setattr(cli_trials, "running_settings", lambda: home)
    first, second = do(), do(parameters={"fast": 6, "slow": 20})
    capsys.readouterr()
    code, out, _ = trii(capsys, "--family", family, "--json")
    document = json.loads(out)
    assert code == 0
    assert [one["run_id"] for one in document["trials"]] == [second.id, first.id]
    assert [one["annual_sharpe"] for one in document["trials"]] == pytest.approx(
        [one.metrics["sharpe"] for one in (second, first)]
    )
    assert document["deflated_sharpe"]["raw"]["trials"] == 2
    code, out, _ = trii(capsys, "--family", family, "--limit", "1")
    header, line, verdict, lead = out.splitlines()
    assert "sessions a year" in header
    assert "fast=6 slow=20  synthetic  2018-01-01 to 2019-12-31  729" in line
    assert line.split()[-2:] == ["365", second.id]
    assert verdict.startswith("deflated Sharpe 0.")
    assert "of 2 trials" in verdict
    best = document["deflated_sharpe"]["best_run"]
    held = next(one for one in (first, second) if one.id == best).metrics["baseline"]["lead"]
    assert document["deflated_sharpe"]["best_lead"] == held
    assert lead.startswith(
        f"the best earned {held['mean'] * 100:+,.2f} % a year against buy and hold"
    )
    code, out, _ = trii(capsys, "--json")
    assert (code, json.loads(out)["deflated_sharpe"]) == (0, None)


def test_a_family_that_nobody_tried_is_one_line_and_status_2(home, family, do, capsys, monkeypatch):
    monkeypatch.setattr(cli_trials, "running_settings", lambda: home)
    do()
    capsys.readouterr()
    code, out, err = trii(capsys, "--family", "nobody")
    assert (code, out) == (2, "")
    assert err.startswith("trii: no trial is of family 'nobody'; there are ")
    assert err.count("\n") == 1


def test_a_family_whose_returns_never_varied_says_why_it_is_not_judged(
    home, family, do, capsys, monkeypatch
):
    monkeypatch.setattr(cli_trials, "running_settings", lambda: home)
    do(parameters={"fast": 60, "slow": 250}, end="2018-02-01")
    capsys.readouterr()
    (trial,) = tried(home, family)
    assert (trial.sharpe, trial.annual_sharpe) == (None, None)
    code, out, _ = trii(capsys, "--family", family)
    assert code == 0
    assert out.splitlines()[-1].startswith("deflated Sharpe: not known: no trial's returns ever")
