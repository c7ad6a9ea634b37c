"""What a plan settles, and what it refuses before anything runs."""

from datetime import UTC, date, datetime

import pytest

from cluster.errors import BadInput
from cluster.queue import commands as queue
from cluster.requests.backtest import BacktestRequest, parse_request
from cluster.requests.options import request_data
from cluster.stores.lake import Lake
from cluster.stores.lake.times import after
from jobs.backtest import plan as plans
from jobs.backtest.plan import check_run_id, make_plan, new_run_id
from market.strategies import strategy_names
from tests.jobs.backtest.conftest import CODE, RECORDED, closes, put_synthetic, sample_instrument

NOW = datetime(2026, 1, 2, 3, 4, 5, 678_900, tzinfo=UTC)


def test_the_mode_follows_what_the_data_can_carry(plan):
    assert (plan().mode, plan().sessions_per_year) == ("next-open", 365)
    sample = plan(universe="sample")
    assert (sample.mode, sample.sessions_per_year) == ("total-return", 252)


def test_next_open_on_closes_is_refused_with_the_remedy(plan):
    with pytest.raises(BadInput, match=r"'sample'.*closes only; remedy: mode total-return"):
        plan(universe="sample", mode="next-open")


def test_total_return_on_raw_prices_is_refused_with_the_remedy(plan):
    with pytest.raises(BadInput, match="remedy: mode next-open"):
        plan(mode="total-return")


@pytest.mark.parametrize(
    ("strategy", "needs", "instead"),
    [
        ("donchian-breakout", "'donchian:55#upper@1' needs high, low", "close-breakout"),
        ("chandelier-exit", "'high' needs high", "trailing-exit"),
    ],
)
def test_closes_alone_refuse_a_strategy_of_whole_bars_with_the_one_that_runs(
    plan, strategy, needs, instead
):
    with pytest.raises(BadInput) as info:
        plan(universe="sample", strategy=strategy)
    (fault,) = info.value.faults
    assert fault.loc == "strategy"
    assert f"universe 'sample': strategy '{strategy}': input {needs}" in fault.msg
    assert "the data has closes only" in fault.msg
    assert plan(universe="sample", strategy=instead).mode == "total-return"
    assert plan(universe="synthetic", strategy=strategy).mode == "next-open"


def test_an_unknown_universe_is_refused_by_name(plan):
    with pytest.raises(BadInput, match="universe 'nasdaq' is unknown; expected one of synthetic"):
        plan(universe="nasdaq")


def test_dates_without_bars_are_refused_with_the_span_there_is(plan):
    with pytest.raises(
        BadInput, match="no two sessions in 2023-01-01 to the last; it has 2018-01-"
    ):
        plan(start="2023-01-01")
    with pytest.raises(BadInput, match="it has 2018-01-02 to 2019-12-31"):
        plan(universe="sample", end="2018-01-02")


def test_the_last_day_that_there_is_is_an_end_like_any_other(plan):
    assert after(plan(end="9999-12-31").request.end) is None
    assert after(date(2019, 12, 31)) == datetime(2020, 1, 1, tzinfo=UTC)


def test_an_empty_lake_says_what_to_do(tmp_path):
    request = parse_request({"strategy": "sma-cross", "universe": "synthetic"})
    with pytest.raises(BadInput, match="trii data ingest"):
        make_plan(request, lake=Lake(tmp_path), code=CODE)


def test_instruments_without_bars_are_refused(tmp_path):
    lake = Lake(tmp_path)
    lake.append_instruments("sample", [sample_instrument("AAA")], recorded_at=RECORDED)
    bars = closes("AAA", seed=1).take(slice(0, 1)).to_arrow(recorded_at=RECORDED)
    lake.append_bars("sample", "1Day", bars, recorded_at=RECORDED)
    request = parse_request({"strategy": "sma-cross", "universe": "sample"})
    with pytest.raises(BadInput, match="no two sessions"):
        make_plan(request, lake=lake, code=CODE)


def test_the_definition_changes_with_all_that_decides_the_result(plan, lake):
    base = plan()
    assert base.definition == plan(mode="next-open", parameters={"fast": 20}).definition
    others = [
        plan(parameters={"fast": 21}),
        plan(start="2018-02-01"),
        plan(initial_cash="5"),
        plan(slippage_bps=4.0),
        plan(strategy="buy-and-hold"),
        make_plan(base.request, lake=lake, code={"market": "other"}),
    ]
    assert len({base.definition, *(one.definition for one in others)}) == 7


def test_a_lake_filled_anew_is_another_definition_though_its_versions_begin_again(tmp_path):
    request = parse_request({"strategy": "sma-cross", "universe": "synthetic"})
    plans = []
    for name in ("first", "second"):
        lake = Lake(tmp_path / name)
        put_synthetic(lake, instruments=1)
        plans.append(make_plan(request, lake=lake, code=CODE))
    first, second = plans
    assert first.snapshot == second.snapshot
    assert first.definition != second.definition


def test_run_ids_sort_by_time_and_name_their_definition(plan):
    one = new_run_id(plan(), now=NOW)
    assert one.startswith(f"bt-20260102t030405678-{plan().definition[:8]}-")
    assert one < new_run_id(plan(), now=NOW.replace(year=2027))
    assert one != new_run_id(plan(), now=NOW)


@pytest.mark.parametrize(
    "text", ["", "shards", "jobs", "bundles", "../bt-1", "bt-A", "bt-" + "a" * 78, "bt-1\n"]
)
def test_an_id_that_could_name_another_folder_is_refused(plan, text):
    with pytest.raises(BadInput, match="id: "):
        check_run_id(text)
    assert check_run_id(new_run_id(plan(), now=NOW)).startswith("bt-")


@pytest.mark.parametrize("attempt", ["", "-2", "-20"])
def test_every_id_that_the_queue_makes_names_a_run(attempt):
    run_id = f"{queue._new_id('jobs.backtest')}{attempt}"
    assert run_id.startswith("backtest-")
    assert check_run_id(run_id) == run_id


def test_every_strategy_can_name_its_family():
    for name in strategy_names():
        request = {"strategy": name, "universe": "synthetic", "family": name}
        assert parse_request(request).family == name


def test_blocks_hold_every_instrument_once_in_order(plan):
    blocks = plan().blocks()
    assert tuple(one for block in blocks for one in block) == plan().instrument_ids
    assert [len(block) for block in blocks] == [4, 4, 2]


def test_shards_of_less_than_half_a_second_are_put_together(plan, monkeypatch):
    chosen = plan()
    monkeypatch.setattr(plans, "_LEAST_BARS", chosen.bars // 2)
    assert [len(block) for block in chosen.blocks()] == [5, 5]
    monkeypatch.setattr(plans, "_LEAST_BARS", 10 * chosen.bars)
    assert chosen.blocks() == [chosen.instrument_ids]


def parameters(texts):
    return request_data(BacktestRequest, {"parameters": texts})["parameters"]


@pytest.mark.parametrize("text", ["fast", "=3", ""])
def test_a_parameter_that_is_no_pair_is_refused(text):
    with pytest.raises(BadInput, match="expected NAME=VALUE"):
        parameters([text])


def test_a_parameter_given_twice_is_refused():
    with pytest.raises(BadInput, match="given twice"):
        parameters(["fast=1", "fast=2"])


def test_parameter_texts_become_numbers_only_where_they_are():
    given = parameters(["a=20", "b=0.5", "c=1e3", "d=1_0", "e=nan", "f=+7", "g="])
    assert given == {"a": 20, "b": 0.5, "c": 1000.0, "d": "1_0", "e": "nan", "f": 7, "g": ""}
