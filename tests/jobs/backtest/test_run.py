"""A backtest from the lake to its files, without Ray: same bytes however it is cut or resumed."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

import numpy as np
import pyarrow.parquet as pq
import pytest

from cluster.errors import TriiError
from cluster.files import replacing
from cluster.requests.backtest import parse_request
from cluster.stores.lake import Lake
from cluster.stores.place import Place
from cluster.stores.places import at
from jobs.backtest import __main__ as command
from jobs.backtest import shard
from jobs.backtest.gather import check_books, gather
from jobs.backtest.plan import make_plan
from jobs.backtest.run import compute
from jobs.backtest.shard import describe, run_shard
from jobs.backtest.tables import trades
from jobs.backtest.trial import trial_of
from jobs.fan_out import in_process
from market.backtest import Panel, run
from market.errors import DataNotFit
from market.strategies import make_strategy
from tests.jobs.backtest.conftest import CODE, RECORDED, closes, put_synthetic, sample_instrument

_NUMBERS = count()


def clock():
    return datetime(2026, 1, 2, tzinfo=UTC)


@pytest.fixture
def do(lake, tmp_path):
    def run_it(plan, *, fan_out=in_process, results=tmp_path, **options):
        run_id = f"bt-{next(_NUMBERS)}"
        return compute(
            plan,
            run_id=run_id,
            results=results if isinstance(results, Place) else at(results),
            lake=lake,
            fan_out=fan_out,
            clock=clock,
            **options,
        )

    return run_it


def read(path):
    return json.loads(path.read_text())


@pytest.mark.parametrize(
    ("strategy", "parameters"),
    [
        ("sma-cross", {"fast": 5, "slow": 20}),
        ("donchian-breakout", {"entry": 20, "leave": 10}),
        ("chandelier-exit", {"window": 20}),
    ],
)
def test_the_result_is_the_exact_sum_of_sleeves_run_in_one_piece(
    plan, lake, do, strategy, parameters
):
    chosen = plan(strategy=strategy, parameters=parameters, initial_cash="1000")
    folder = do(chosen).folder
    histories = lake.histories(chosen.instrument_ids, timeframe="1Day")
    whole = run(
        Panel.from_bars(list(histories.values())),
        make_strategy(strategy, parameters),
        mode="next-open",
        costs=chosen.request.costs,
        sleeve_cash=100.0,
    )
    expected = np.zeros(len(whole.session))
    for row in whole.equity:
        expected += row
    assert (
        pq.read_table(folder / "equity.parquet")["equity"].to_numpy().tobytes()
        == expected.tobytes()
    )
    sleeves = pq.read_table(folder / "sleeves.parquet")["equity"].to_numpy()
    assert sleeves.tobytes() == whole.equity.tobytes()
    assert pq.read_metadata(folder / "trades.parquet").num_rows == len(whole.trades) > 10


def test_how_many_shards_there_are_changes_no_figure(plan, do, tmp_path, monkeypatch):
    chosen = plan(strategy="rsi-reversion")
    metrics = []
    for size in (1, 2, 4, 10):
        monkeypatch.setattr("jobs.backtest.plan._LEAST_INSTRUMENTS", size)
        metrics.append(
            (do(chosen, results=tmp_path / f"{size}").folder / "metrics.json").read_bytes()
        )
    assert len(set(metrics)) == 1


def test_the_order_in_which_shards_finish_changes_nothing(plan, do, tmp_path):
    def backwards(work, descriptors):
        return map(work, reversed(descriptors))

    one, two = do(plan()), do(plan(), fan_out=backwards, results=tmp_path / "other")
    for name in ("equity.parquet", "sleeves.parquet", "trades.parquet", "metrics.json"):
        assert (one.folder / name).read_bytes() == (two.folder / name).read_bytes()


@pytest.mark.long
def test_a_run_in_a_bucket_has_the_bytes_of_one_on_a_disk_and_goes_on_where_it_was_ended(
    plan, do, object_store
):
    def stopped(work, descriptors):
        yield work(descriptors[0])
        raise SystemExit(143)

    there, seen = at(object_store.folder()), []
    with pytest.raises(SystemExit):
        do(plan(), fan_out=stopped, results=there)
    two = do(plan(), results=there, on_shard=lambda *told: seen.append(told[2].reused))
    assert seen == [True, False, False]
    one = do(plan())
    names = [file.name for file in one.folder.files()]
    assert names == [file.name for file in two.folder.files()]
    assert two.report.url.startswith("s3://")
    for name in set(names) - {"manifest.json", "report.html"}:  # those tell the run's id
        assert (one.folder / name).read_bytes() == (two.folder / name).read_bytes()


def test_an_interrupted_run_continues_with_the_shards_that_lack(plan, do):
    def dies_after_one(work, descriptors):
        yield work(descriptors[0])
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        do(plan(), fan_out=dies_after_one)
    seen = []
    do(plan(), on_shard=lambda done, of, summary: seen.append((done, of, summary.reused)))
    assert seen == [(1, 3, True), (2, 3, False), (3, 3, False)]


def test_a_shard_that_dies_half_way_leaves_nothing_that_looks_finished(
    plan, lake, tmp_path, monkeypatch
):
    (first, *_) = describe(plan(), lake=lake, folder=at(tmp_path))

    def full_disk(*args, **kwargs):
        raise OSError("no space left")

    monkeypatch.setattr(shard.pq, "write_table", full_disk)
    with pytest.raises(OSError, match="no space"):
        run_shard(first)
    monkeypatch.undo()
    assert not first.equity_file.exists()
    assert run_shard(first).reused is False


def write_half(target):
    with replacing(target) as temporary:
        temporary.write_text("half")
        raise OSError("no space left")


def test_a_file_takes_its_place_whole_or_not_at_all(tmp_path):
    target = tmp_path / "x"
    with replacing(target) as temporary:
        temporary.write_text("one")
        assert not target.exists()
    with pytest.raises(OSError, match="no space"):
        write_half(target)
    assert target.read_text() == "one"
    assert list(tmp_path.iterdir()) == [target]


def test_a_run_says_what_it_was_and_what_to_doubt(plan, do):
    chosen = plan(universe="sample")
    folder = do(chosen).folder
    manifest = read(folder / "manifest.json")
    assert manifest["mode"] == "total-return"
    assert manifest["snapshot"] == chosen.snapshot
    assert manifest["sessions_per_year"] == 252
    assert manifest["synthetic"] is False
    assert "not known" in manifest["caveats"][0]
    assert "Survivors only" in manifest["caveats"][1]
    request = read(folder / "request.json")
    assert request["parameters"] == {"fast": 20, "slow": 50}
    assert request["initial_cash"] == "1000000.00"


def test_synthetic_results_are_marked_wherever_they_appear(plan, do):
    folder = do(plan()).folder
    assert read(folder / "manifest.json")["synthetic"] is True
    assert "SYNTHETIC DATA" in (folder / "report.html").read_text()


def test_sleeves_that_start_late_or_end_early_are_cash_or_constant(plan, do):
    folder = do(plan(universe="sample", strategy="buy-and-hold")).folder
    rows = pq.read_table(folder / "sleeves.parquet")
    names, session, equity = (rows[c].to_numpy() for c in ("instrument_id", "session", "equity"))
    late, early = names == "sample:BBB", names == "sample:CCC"
    before = session < np.datetime64("2018-06-01")
    after = session > np.datetime64("2019-03-29")
    assert np.unique(equity[late & before]).tolist() == [1_000_000 / 3]
    assert len(np.unique(equity[early & after])) == 1


def test_a_trade_is_the_same_alone_and_among_others_that_trade_longer(lake):
    histories = lake.histories(["sample:AAA", "sample:CCC"], timeframe="1Day")

    def trades_of_ccc(*members):
        panel = Panel.from_bars([histories[name] for name in members])
        strategy = make_strategy("buy-and-hold", {})
        costs = parse_request({"strategy": "buy-and-hold", "universe": "sample"}).costs
        sleeves = run(panel, strategy, mode="total-return", costs=costs, sleeve_cash=1_000.0)
        table = trades(sleeves, mode="total-return").to_pylist()
        return [one for one in table if one["instrument_id"] == "sample:CCC"]

    (alone,), (among) = trades_of_ccc("sample:CCC"), trades_of_ccc("sample:AAA", "sample:CCC")
    assert [alone["sessions"]] == [one["sessions"] for one in among]
    assert alone["sessions"] == len(histories["sample:CCC"]) - 2


@pytest.mark.parametrize(
    ("error", "status"),
    [(OSError("no space left on device"), 1), (DataNotFit("no bars"), 2), (TriiError("away"), 1)],
)
def test_a_run_that_fails_is_one_line_and_its_status(monkeypatch, capsys, error, status):
    def fail(*_, **__):
        raise error

    monkeypatch.setattr(command, "run", fail)
    assert command.main(["--strategy=sma-cross", "--universe=synthetic"]) == status
    assert capsys.readouterr().err == f"error: {error}\n"


def test_the_baseline_of_buy_and_hold_is_itself(plan, do):
    metrics = do(plan(strategy="buy-and-hold")).metrics
    assert metrics["final_equity"] == metrics["baseline"]["final_equity"]
    assert metrics["trades"] == metrics["open_trades"] == 10
    assert metrics["trade_hit_rate"] is None


def test_a_start_begins_with_cash_and_warm_inputs(plan, do):
    metrics = do(plan(start="2019-01-01", end="2019-06-30")).metrics
    assert (metrics["first_session"], metrics["last_session"]) == ("2019-01-01", "2019-06-30")
    assert metrics["initial_equity"] == pytest.approx(1_000_000)
    assert metrics["trades"] > 0


def test_books_that_do_not_balance_are_never_published(plan, lake, tmp_path):
    descriptors = describe(plan(), lake=lake, folder=at(tmp_path))
    for one in descriptors:
        run_shard(one)
    result = gather(plan(), descriptors)
    check_books(result.equity, result.trades)
    with pytest.raises(TriiError, match="books do not balance"):
        check_books(result.equity, result.trades.slice(1))


def test_a_restatement_after_the_plan_changes_nothing_in_its_run(tmp_path):
    lake = Lake(tmp_path / "lake")
    put_synthetic(lake, instruments=4)
    request = parse_request({"strategy": "buy-and-hold", "universe": "synthetic"})
    before = make_plan(request, lake=lake, code=CODE)
    (first,) = describe(before, lake=lake, folder=at(tmp_path / "a"))
    bars = lake.histories(before.instrument_ids, timeframe="1Day")["synthetic:SYN001"]
    dearer = replace(bars, close=bars.close * 1.001, high=bars.high * 1.01)
    late = RECORDED + timedelta(days=1)
    lake.append_bars("synthetic", "1Day", dearer.to_arrow(recorded_at=late), recorded_at=late)

    run_shard(first)
    after = make_plan(request, lake=lake, code=CODE)
    (second,) = describe(after, lake=lake, folder=at(tmp_path / "b"))
    run_shard(second)
    old, new = (pq.read_table(one.equity_file)["equity"].to_numpy() for one in (first, second))
    expected = run(
        Panel.from_bars([bars]),
        make_strategy("buy-and-hold", {}),
        mode="next-open",
        costs=request.costs,
        sleeve_cash=before.sleeve_cash,
    ).equity[0]
    assert old[: len(bars)].tobytes() == expected.tobytes()
    assert not np.array_equal(old, new)
    assert before.definition != after.definition


def test_the_same_bars_filled_otherwise_are_another_trial(tmp_path):
    lake, index = Lake(tmp_path / "lake"), sample_instrument("IDX", "ohlcv", adjusted=False)
    close = closes("IDX", seed=1)
    bars = replace(close, open=close.close * 0.99, high=close.close * 1.1, low=close.close * 0.9)
    lake.append_bars("sample", "1Day", bars.to_arrow(recorded_at=RECORDED), recorded_at=RECORDED)
    request = parse_request({"strategy": "sma-cross", "universe": "index"})
    trials = {}
    for day, adjusted in enumerate((False, True)):
        then = RECORDED + timedelta(days=day)
        lake.append_instruments("sample", [replace(index, adjusted=adjusted)], recorded_at=then)
        plan = make_plan(request, lake=lake, code=CODE)
        (only,) = describe(plan, lake=lake, folder=at(tmp_path / "shards"))
        run_shard(only)
        found = gather(plan, [only])
        trial = trial_of(plan, found, run_id="bt-1", user_id="ada", recorded_at=RECORDED)
        trials[trial.id] = trial.sharpe
    assert len(set(trials.values())) == len(trials) == 2
