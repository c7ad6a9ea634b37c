"""Corporate actions through the whole job: read at the snapshot, booked, told in figures and files."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cluster.clock import utc_now
from cluster.errors import BadInput
from cluster.requests.backtest import parse_request
from cluster.stores.lake import Lake
from cluster.stores.places import at
from jobs.backtest.plan import make_plan
from jobs.backtest.run import compute
from jobs.backtest.summary import key_figures
from jobs.fan_out import in_process
from market.actions import Delisting, Dividend, Split
from market.bars import PRICES
from market.synthetic import SyntheticMarket
from tests.jobs.backtest.conftest import CODE, RECORDED

EX, GONE = date(2019, 3, 4), date(2019, 9, 2)
TOLD = {"available_at": datetime(2019, 1, 7, tzinfo=UTC), "ex_date": EX}
SPLIT = Split(**TOLD, instrument_id="synthetic:SYN001", ratio=4.0)
DIVIDEND = Dividend(**TOLD, instrument_id="synthetic:SYN002", amount=2.0, currency="USD")
DELISTING = Delisting(**TOLD | {"ex_date": GONE}, instrument_id="synthetic:SYN003", haircut=0.3)


@pytest.fixture
def lake_of(tmp_path):
    """Makes a lake of six synthetic instruments with these actions, prices raw through them.

    `told` are the tellings that it holds instead, in their order.
    """

    def make(name, *actions, told=()):
        lake, market = Lake(tmp_path / name), SyntheticMarket(seed=7, instruments=6)
        lake.append_instruments("synthetic", market.listings(), recorded_at=RECORDED)
        tables = [
            raw(market.daily(symbol, date(2018, 1, 1), date(2019, 12, 31)), actions).to_arrow(
                recorded_at=RECORDED
            )
            for symbol in market.symbols
        ]
        lake.append_bars("synthetic", "1Day", pa.concat_tables(tables), recorded_at=RECORDED)
        if actions and not told:
            lake.append_actions("synthetic", actions, recorded_at=RECORDED)
        for number, one in enumerate(told):
            recorded = RECORDED + timedelta(days=number)
            lake.append_actions("synthetic", [one], recorded_at=recorded)
        return lake

    return make


def raw(bars, actions):
    """The bars as they would be recorded of a share with these actions."""
    for action in actions:
        if action.instrument_id != bars.instrument_id:
            continue
        after = bars.session >= np.datetime64(action.ex_date)
        if isinstance(action, Split):
            ratio = np.where(after, action.ratio, 1.0)
            prices = {name: getattr(bars, name) / ratio for name in PRICES}
            bars = replace(bars, **prices, volume=bars.volume * ratio)
        if isinstance(action, Delisting):
            bars = bars.take(~after)
    return bars


def go(lake, tmp_path, name="run", **fields):
    request = parse_request({"strategy": "buy-and-hold", "universe": "synthetic", **fields})
    plan = make_plan(request, lake=lake, code=CODE)
    return plan, compute(
        plan, run_id=name, results=at(tmp_path / f"results-{name}"), lake=lake, fan_out=in_process,
        clock=utc_now,
    )  # fmt: skip


def sleeves(outcome):
    rows = pq.read_table(outcome.folder / "sleeves.parquet").to_pandas()
    return rows.pivot_table(index="session", columns="instrument_id", values="equity")


@pytest.mark.parametrize("strategy", ["buy-and-hold", "donchian-breakout"])
def test_a_split_changes_no_bit_of_a_run(lake_of, tmp_path, strategy):
    _, plain = go(lake_of("plain"), tmp_path, "plain", strategy=strategy)
    plan, acted = go(lake_of("acted", SPLIT), tmp_path, "acted", strategy=strategy)
    for name in ("equity.parquet", "sleeves.parquet"):
        assert pq.read_table(acted.folder / name).equals(pq.read_table(plain.folder / name))
    assert plan.acted == {"synthetic:SYN001"}
    assert "actions@1" in plan.snapshot


def test_a_dividend_is_in_the_equity_the_trade_and_the_figures(lake_of, tmp_path):
    _, plain = go(lake_of("plain"), tmp_path, "plain")
    _, acted = go(lake_of("acted", DIVIDEND), tmp_path, "acted")
    gained = sleeves(acted)["synthetic:SYN002"] - sleeves(plain)["synthetic:SYN002"]
    trades = pq.read_table(acted.folder / "trades.parquet").to_pylist()
    (trade,) = [one for one in trades if one["instrument_id"] == "synthetic:SYN002"]
    income = trade["units"] * 2.0
    assert gained.index[gained > 1e-6][0] == EX
    assert gained.iloc[-1] == pytest.approx(income)
    assert (trade["income"], acted.metrics["income"]) == (pytest.approx(income),) * 2
    assert f"dividends      {income:,.2f}" in key_figures("x", acted.metrics, report="r")
    assert "dividends" not in key_figures("x", plain.metrics, report="r")
    assert acted.result.data_hash != plain.result.data_hash


def test_a_delisting_ends_the_sleeve_however_the_run_is_cut(lake_of, tmp_path, monkeypatch):
    lake, found = lake_of("gone", DELISTING), []
    for size in (1, 6):
        monkeypatch.setattr("jobs.backtest.plan._LEAST_INSTRUMENTS", size)
        _, outcome = go(lake, tmp_path, f"cut-{size}")
        found.append(outcome)
    assert found[0].metrics == found[1].metrics
    own = sleeves(found[0])["synthetic:SYN003"]
    before, after = own[own.index < GONE].iloc[-1], own[own.index >= GONE]
    assert after.tolist() == [pytest.approx(before * 0.7)] * len(after)
    trades = pq.read_table(found[0].folder / "trades.parquet").to_pylist()
    (trade,) = [one for one in trades if one["instrument_id"] == "synthetic:SYN003"]
    assert (trade["exit_session"], trade["exited_at"]) == (GONE, None)
    assert trade["pnl"] == pytest.approx(own.iloc[-1] - own.iloc[0])


@pytest.mark.parametrize(("ex_date", "left"), [(date(2020, 6, 1), 1.0), (date(2020, 1, 1), 0.7)])
def test_a_delisting_counts_once_its_day_has_come(lake_of, tmp_path, ex_date, left):
    """Bars end on 2019-12-31 and the market is open every day: the next session is New Year."""
    lake = lake_of("ahead", replace(DELISTING, ex_date=ex_date))
    _, outcome = go(lake, tmp_path)
    own = sleeves(outcome)["synthetic:SYN003"]
    _, plain = go(lake_of("plain"), tmp_path, "plain")
    assert own.iloc[-1] == pytest.approx(sleeves(plain)["synthetic:SYN003"].iloc[-1] * left)


def test_who_is_delisted_after_a_halt_is_booked_though_nobody_else_is_in_the_run(lake_of, tmp_path):
    """The lake of others goes on after the last bar of 2019-09-01: the ex-date has come."""
    first = replace(DELISTING, event_id="d")
    told = TOLD["available_at"] + timedelta(days=1)
    later = replace(first, ex_date=date(2019, 11, 1), available_at=told)
    lake = lake_of("halt", first)
    lake.append_actions("synthetic", [later], recorded_at=RECORDED + timedelta(days=1))
    _, outcome = go(lake, tmp_path, universe="synthetic:SYN003")
    own = sleeves(outcome)["synthetic:SYN003"]
    assert own.index[-2:].tolist() == [GONE - timedelta(days=1), date(2019, 11, 1)]
    assert own.iloc[-1] == pytest.approx(own.iloc[-2] * 0.7)


def test_what_comes_after_the_end_is_not_booked(lake_of, tmp_path):
    lake = lake_of("gone", DELISTING, DIVIDEND)
    plan, outcome = go(lake, tmp_path, end=str(EX - timedelta(days=1)))
    assert (plan.acted, outcome.metrics["income"]) == (frozenset(), 0.0)


def test_what_was_moved_beyond_the_end_is_not_booked_on_its_former_day(lake_of, tmp_path):
    first = replace(SPLIT, event_id="s")
    told = TOLD["available_at"] + timedelta(days=400)
    later = replace(first, ex_date=date(2019, 12, 2), available_at=told)
    end = str(EX + timedelta(days=90))
    plan, outcome = go(lake_of("moved", told=[first, later]), tmp_path, "moved", end=end)
    _, plain = go(lake_of("plain"), tmp_path, "plain", end=end)
    assert sleeves(outcome).equals(sleeves(plain))
    assert plan.acted == frozenset()


def test_what_was_amended_is_booked_as_it_came_and_traded_as_it_was_known(lake_of, tmp_path):
    """A split of 4 was told as one of 2, and rightly when half a year had passed."""
    told = datetime(2019, 9, 2, tzinfo=UTC)
    wrong, right = replace(SPLIT, ratio=2.0), replace(SPLIT, available_at=told)

    def trades(name, *tellings, **fields):
        lake = lake_of(name, SPLIT, told=tellings)
        _, outcome = go(lake, tmp_path, name, universe="synthetic:SYN001", **fields)
        rows = pq.read_table(outcome.folder / "trades.parquet").to_pylist()
        return outcome, [(row["entry_session"], row["exit_session"]) for row in rows]

    fields = {"strategy": "donchian-breakout", "parameters": {"entry": 10, "leave": 5}}
    _, both = trades("both", wrong, right, **fields)
    _, first = trades("first", wrong, **fields, end=str(told.date() - timedelta(days=1)))
    _, early = trades("early", SPLIT, **fields)
    closed = [row for row in first if row[1]]
    assert len(closed) > 5
    assert both[: len(closed)] == closed
    assert both != early
    held, _ = trades("held", wrong, right)
    _, plain = go(lake_of("plain"), tmp_path, "plain", universe="synthetic:SYN001")
    assert sleeves(held).equals(sleeves(plain))


@pytest.mark.parametrize(("days", "refused"), [(10, False), (90, True)])
def test_a_currency_that_was_told_wrongly_counts_where_signals_would_see_it(
    lake_of, tmp_path, days, refused
):
    """Told in euros; put right before the ex-date nobody ever adjusts for it."""
    told = TOLD["available_at"] + timedelta(days=days)
    again = replace(DIVIDEND, available_at=told)
    lake = lake_of("euros", DIVIDEND, told=[replace(DIVIDEND, currency="EUR"), again])
    if not refused:
        _, outcome = go(lake, tmp_path)
        assert outcome.metrics["income"] > 0.0
        return
    with pytest.raises(BadInput, match="paid in EUR and prices are in USD"):
        go(lake, tmp_path)


def test_a_run_is_of_its_snapshot_whatever_is_told_later(lake_of, tmp_path):
    lake = lake_of("later")
    request = parse_request({"strategy": "buy-and-hold", "universe": "synthetic"})
    before = make_plan(request, lake=lake, code=CODE)
    lake.append_actions("synthetic", [DIVIDEND], recorded_at=RECORDED + timedelta(days=1))
    after = make_plan(request, lake=lake, code=CODE)
    assert before.definition != after.definition
    outcome = compute(
        before, run_id="x", results=at(tmp_path / "r"), lake=lake, fan_out=in_process, clock=utc_now
    )
    assert outcome.metrics["income"] == 0.0


def test_a_payment_in_another_currency_is_refused_before_anything_runs(lake_of, tmp_path):
    lake = lake_of("foreign", replace(DIVIDEND, currency="EUR"))
    with pytest.raises(BadInput, match=r"paid in EUR and prices are in USD: convert it first"):
        go(lake, tmp_path)


def test_raw_prices_without_a_recorded_action_are_told(lake_of, tmp_path):
    """Of markets that are real: the synthetic one has none that it keeps for itself."""
    lake = lake_of("real", DIVIDEND)
    real = [replace(one, synthetic=False) for one in lake.instruments()]
    lake.append_instruments("synthetic", real, recorded_at=RECORDED + timedelta(days=1))
    _, outcome = go(lake, tmp_path)
    told = json.loads((outcome.folder / "manifest.json").read_text())["caveats"]
    assert any("without a recorded action of 5 of 6 instruments" in one for one in told)
