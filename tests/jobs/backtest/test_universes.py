"""Any dataset, any part of it and stored universes by day: from the name to the files of the result."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cluster.errors import BadInput
from cluster.requests.backtest import parse_request
from cluster.stores.lake import Lake
from cluster.stores.places import at
from jobs.backtest.cli.list import _cells
from jobs.backtest.plan import make_plan
from jobs.backtest.run import compute
from jobs.backtest.trial import trial_of
from jobs.fan_out import in_process
from market.synthetic import SyntheticMarket
from market.universes import Membership
from tests.jobs.backtest.conftest import CODE, RECORDED

NOW = datetime(2026, 1, 2, tzinfo=UTC)
FIRST, LAST = date(2022, 1, 1), date(2022, 12, 31)
NAMES = ("AAA", "BBB", "CCC", "DDD")


def own(symbol, dataset="mine", **changes):
    """The listing of an instrument of somebody's own, raw whole bars every day."""
    listing = SyntheticMarket(instruments=1).listings()[0]
    name = f"{dataset}:{symbol}"
    return replace(
        listing, instrument_id=name, symbol=symbol, dataset=dataset, synthetic=False, **changes
    )


def bars(name, *, seed):
    made = SyntheticMarket(seed=seed, instruments=1)
    return replace(made.daily(made.symbols[0], FIRST, LAST), instrument_id=name)


def put(lake, dataset, names, **changes):
    lake.append_instruments(
        dataset, [own(name, dataset, **changes) for name in names], recorded_at=RECORDED
    )
    for seed, name in enumerate(names):
        table = bars(f"{dataset}:{name}", seed=seed).to_arrow(recorded_at=RECORDED)
        lake.append_bars(dataset, "1Day", table, recorded_at=RECORDED)


@pytest.fixture
def lake(tmp_path):
    """Four instruments of somebody's own."""
    lake = Lake(tmp_path / "lake")
    put(lake, "mine", NAMES)
    return lake


@pytest.fixture
def do(tmp_path):
    """Plans and runs a request, and gives plan, outcome and folder."""

    def run_it(lake, run_id="bt-1", **fields):
        request = parse_request({"strategy": "sma-cross", "parameters": FAST, **fields})
        plan = make_plan(request, lake=lake, code=CODE)
        outcome = compute(
            plan,
            run_id=run_id,
            results=at(tmp_path / "results"),
            lake=lake,
            fan_out=in_process,
            clock=lambda: NOW,
        )
        return plan, outcome

    return run_it


FAST = {"fast": 5, "slow": 20}


def read(path):
    return json.loads(path.read_text())


@pytest.mark.parametrize(
    ("asked", "called", "instruments"),
    [
        ({"universe": "mine"}, "mine", NAMES),
        ({"universe": "mine:BBB,AAA"}, "mine:BBB,AAA", NAMES[:2]),
        ({"universe": "mine", "members": ["AAA", "mine:CCC"]}, "mine:AAA,mine:CCC", ("AAA", "CCC")),
        ({"members": ["mine:DDD"]}, "mine:DDD", ("DDD",)),
    ],
)
def test_own_prices_run_under_the_full_name_to_files_report_and_trial(
    lake, do, asked, called, instruments
):
    plan, outcome = do(lake, **asked)
    assert plan.instrument_ids == tuple(f"mine:{name}" for name in instruments)
    request = read(outcome.folder / "request.json")
    assert (request["universe"], tuple(request["members"])) == (
        asked.get("universe"),
        tuple(asked.get("members", ())),
    )
    sleeves = pq.read_table(outcome.folder / "sleeves.parquet")
    assert set(sleeves["instrument_id"].to_pylist()) == set(plan.instrument_ids)
    assert f"on {called}" in (outcome.folder / "report.html").read_text()
    trial = trial_of(plan, outcome.result, run_id="bt-1", user_id="ada", recorded_at=NOW)
    assert trial.universe == called
    row = type("Row", (), {"id": "bt-1", "state": "done", "request": request, "metrics": {}})
    assert called in _cells(row)
    assert parse_request(request).universe_name == called  # what a further attempt reads


def test_other_instruments_are_another_definition(lake):
    def definition(**fields):
        request = parse_request({"strategy": "sma-cross", **fields})
        return make_plan(request, lake=lake, code=CODE).definition

    names = [
        {"universe": "mine"},
        {"universe": "mine:AAA"},
        {"universe": "mine", "members": ["BBB"]},
        {"members": ["mine:CCC"]},
    ]
    assert len({definition(**asked) for asked in names}) == 4


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"calendar": "XNYS"}, "mixes 24/7, XNYS: one calendar a backtest; take fewer"),
        ({"currency": "EUR"}, "mixes EUR, USD: one currency a backtest; take fewer"),
    ],
)
def test_what_cannot_be_one_backtest_is_refused_with_the_remedy(lake, changes, says):
    put(lake, "other", ["ZZZ"], **changes)
    request = parse_request({"strategy": "sma-cross", "members": ["mine:AAA", "other:ZZZ"]})
    with pytest.raises(BadInput) as info:
        make_plan(request, lake=lake, code=CODE)
    (fault,) = info.value.faults
    assert fault.loc == "universe"
    assert says in fault.msg


# --- stored universes by day -----------------------------------------------------------------


ANNOUNCED = datetime(2021, 12, 1, tzinfo=UTC)
JOINS, LEAVES = date(2022, 6, 1), date(2022, 9, 1)
LEAVING = datetime(2022, 8, 20, tzinfo=UTC)


@pytest.fixture
def planted(lake):
    """AAA stays, BBB joins in June, CCC leaves in September and is told so in August; DDD never is."""
    stays = [
        Membership("top", "mine:AAA", FIRST, None, ANNOUNCED),
        Membership("top", "mine:BBB", JOINS, None, ANNOUNCED),
        Membership("top", "mine:CCC", FIRST, None, ANNOUNCED),
    ]
    lake.append_memberships(stays, recorded_at=RECORDED)
    gone = replace(stays[2], end=LEAVES, available_at=LEAVING)
    lake.append_memberships([gone], recorded_at=RECORDED + timedelta(days=1))
    return lake


def trades(outcome):
    return pq.read_table(outcome.folder / "trades.parquet").to_pylist()


def test_an_instrument_is_traded_on_member_days_alone_and_sold_at_the_fill_after(planted, do):
    plan, outcome = do(planted, strategy="buy-and-hold", parameters={}, universe="top")
    assert plan.instrument_ids == ("mine:AAA", "mine:BBB", "mine:CCC")
    assert "universes@" in plan.snapshot
    spans = {
        one["instrument_id"]: (one["entry_session"], one["exit_session"]) for one in trades(outcome)
    }
    # Decided at the close of the day, filled at the next open.
    day = timedelta(days=1)
    assert spans == {
        "mine:AAA": (FIRST + day, None),
        "mine:BBB": (JOINS + day, None),
        "mine:CCC": (FIRST + day, LEAVES + day),
    }
    sleeves = pq.read_table(outcome.folder / "sleeves.parquet")
    flat = sleeves.filter(pa.compute.equal(sleeves["instrument_id"], "mine:BBB"))
    before = flat.filter(pa.compute.less_equal(flat["session"], JOINS))
    assert set(before["equity"].to_pylist()) == {plan.sleeve_cash}
    assert set(before["baseline"].to_pylist()) == {plan.sleeve_cash}


def test_a_portfolio_sees_the_members_of_its_dates_and_sells_who_leaves_between_them(planted, do):
    own = {"strategy": "momentum-rank", "parameters": {"lookback": 5, "keep": 0.5}}
    _, outcome = do(planted, universe="top", **own)
    told = trades(outcome)
    assert {one["instrument_id"] for one in told} == {"mine:AAA", "mine:BBB", "mine:CCC"}
    for one in told:
        if one["instrument_id"] == "mine:BBB":
            assert one["entry_session"] > JOINS
        if one["instrument_id"] == "mine:CCC":
            assert one["entry_session"] < LEAVES
            assert one["exit_session"] <= LEAVES + timedelta(days=1)


def test_members_outside_the_span_take_no_part(planted, do):
    plan, _ = do(planted, universe="top", start="2022-10-01")
    assert plan.instrument_ids == ("mine:AAA", "mine:BBB")
    plan, _ = do(planted, run_id="bt-2", universe="top", end="2022-05-31")
    assert plan.instrument_ids == ("mine:AAA", "mine:CCC")
    with pytest.raises(BadInput, match=r"universe 'top' has no instruments in the span"):
        do(planted, universe="top", end="2021-05-31")
    with pytest.raises(BadInput, match=r"universe top has no DDD"):
        do(planted, universe="top:DDD")


def test_what_becomes_known_later_changes_nothing_before(lake, planted, do, tmp_path):
    """The future cut away: bars, tellings and their record behind a day are not there."""
    cut = date(2022, 8, 15)
    at = datetime(2022, 8, 16, tzinfo=UTC)
    early = Lake(tmp_path / "early")
    put(early, "mine", NAMES)
    known = planted.memberships("top", as_of=at)
    early.append_memberships(known, recorded_at=RECORDED)
    _, whole = do(planted, universe="top", parameters=FAST)
    _, cut_off = do(early, run_id="bt-cut", universe="top", parameters=FAST, end=str(cut))

    def until(outcome):
        rows = pq.read_table(outcome.folder / "sleeves.parquet")
        rows = rows.filter(pa.compute.less_equal(rows["session"], cut))
        return rows["equity"].to_numpy()

    assert until(whole).tobytes() == until(cut_off).tobytes()
    assert len(np.unique(until(whole))) > 100


def test_an_exit_told_late_counts_from_its_telling(lake, do):
    """A correction that names no later time was known when it was recorded, not on its day."""
    stay = Membership("late", "mine:AAA", FIRST, None, ANNOUNCED)
    lake.append_memberships([stay], recorded_at=ANNOUNCED)
    told = datetime(2022, 7, 1, 12, tzinfo=UTC)
    lake.append_memberships([replace(stay, end=date(2022, 3, 1))], recorded_at=told)
    _, outcome = do(lake, strategy="buy-and-hold", parameters={}, universe="late")
    (trade,) = trades(outcome)
    assert trade["exit_session"] == date(2022, 7, 2)


def test_another_telling_is_another_definition_and_other_universes_are_not(planted):
    def definition(universe):
        request = parse_request({"strategy": "sma-cross", "universe": universe})
        return make_plan(request, lake=planted, code=CODE).definition

    top, mine = definition("top"), definition("mine")
    stay = Membership("other", "mine:DDD", FIRST, None, ANNOUNCED)
    planted.append_memberships([stay], recorded_at=NOW)
    assert definition("mine") == mine
    assert definition("top") != top
