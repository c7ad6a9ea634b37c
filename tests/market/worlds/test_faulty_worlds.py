"""Every fault of the manifest is found by the check that claims it, and clean worlds have none."""

from datetime import date, timedelta

import numpy as np
import pytest

from market.actions import SpecialDividend, SpinOff, Split
from market.bars import Bars
from market.calendar import get_calendar
from market.quality.gaps import gaps
from market.quality.outliers import outliers
from market.quality.staleness import unchanged_runs
from market.quality.validation import validate
from market.worlds import manifest
from market.worlds.faults import KINDS
from tests.market.worlds.worlds import FIRST, LAST, world

CALENDARS = ("XNYS", "XTKS", "24/7")


def delivered(one, fault):
    """The part of the delivery that a check looks at: the session, or half a year around it."""
    symbol = fault.instrument_id.partition(":")[2]
    apart = timedelta(days=0 if fault.timeframe == "1Min" else 90)
    start, end = fault.session - apart, fault.session + apart
    return one.delivery(symbol, start, end, timeframe=fault.timeframe), start, end


def stamps_of(table):
    return table.column("timestamp").to_pylist()


def found(one, fault):
    """Whether the module named by the fault points at it."""
    calendar = one.hours.calendar
    table, start, end = delivered(one, fault)
    good, refused = validate(table, calendar=calendar)
    if fault.found_by == "validation":
        return fault.timestamp in stamps_of(refused)
    if fault.found_by == "outliers":
        return fault.timestamp in stamps_of(outliers(good))
    if fault.found_by == "gaps":
        if good.num_rows == 0:
            return fault.kind == "missing session"
        missing = gaps(
            Bars.from_arrow(good), calendar, timeframe=fault.timeframe, start=start, end=end
        )
        return any(gap.first == fault.timestamp and gap.count == fault.count for gap in missing)
    bars = Bars.from_arrow(good)
    at = np.datetime64(fault.timestamp.replace(tzinfo=None), "us")
    return any(
        bars.timestamp[run.start] <= at < bars.timestamp[run.stop - 1]
        and run.stop - run.start >= fault.count
        for run in unchanged_runs(bars.close)
    )


@pytest.mark.parametrize("calendar", CALENDARS)
def test_every_fault_is_found_by_what_claims_to_find_it(calendar):
    one = world(calendar=calendar, mode="faulty", seed=11, instruments=9)
    symbols = ("WLD001", "WLD008", "WLD009")
    for symbol in symbols:
        faults = one.faults(symbol)
        assert len(faults) == sum(map(len, KINDS.values()))
        claimed = [fault for fault in faults if fault.found_by != "nothing"]
        assert [fault for fault in claimed if not found(one, fault)] == []


@pytest.mark.parametrize(
    ("calendar", "mode"), [("XNYS", "null"), ("XTKS", "planted"), ("24/7", "planted")]
)
def test_a_clean_world_gives_no_finding_but_jumps_at_its_actions(calendar, mode):
    one = world(calendar=calendar, mode=mode, instruments=13)
    exchange = get_calendar(calendar)
    for symbol in one.symbols:
        table = one.delivery(symbol, FIRST, LAST)
        bars = Bars.from_arrow(table)
        first, last = bars.session[[0, -1]].tolist()
        good, refused = validate(table, calendar=exchange)
        assert refused.num_rows == 0
        assert gaps(bars, exchange, timeframe="1Day", start=first, end=last) == ()
        assert unchanged_runs(bars.close) == ()
        jumps = {
            action.ex_date
            for action in one.actions(symbol)
            if isinstance(action, (Split, SpinOff, SpecialDividend))
        }
        assert set(outliers(good).column("session").to_pylist()) <= jumps
    for row in range(5, len(one.sessions), 60):
        day = one.sessions[row].item()
        table = one.delivery("WLD013", day, day, timeframe="1Min")
        good, refused = validate(table, calendar=exchange)
        bars = Bars.from_arrow(table)
        assert (refused.num_rows, outliers(good).num_rows) == (0, 0)
        assert gaps(bars, exchange, timeframe="1Min", start=day, end=day) == ()
        assert unchanged_runs(bars.close) == ()
    assert one.faults() == ()


def test_a_fault_names_the_clean_value_and_what_came():
    one = world(mode="faulty", instruments=1)
    for fault in one.faults():
        if fault.timeframe == "1Min":
            bars = one.minutes("WLD001", fault.session)
        else:
            bars = one.daily("WLD001", fault.session, fault.session)
        at = np.datetime64(fault.timestamp.replace(tzinfo=None), "us")
        if fault.field:
            (row,) = np.flatnonzero(bars.timestamp == at)
            assert fault.clean == getattr(bars, fault.field)[row]
        else:
            assert fault.clean is None
        came, *_ = delivered(one, fault)
        told = came.filter(np.equal(stamps_of(came), fault.timestamp)).to_pylist()
        if fault.delivered is not None:
            assert told[0][fault.field] == fault.delivered != fault.clean
        elif fault.field:
            assert told == []


def test_apart_from_its_faults_a_faulty_delivery_is_the_planted_one():
    faulty, planted = (world(mode=mode, instruments=13) for mode in ("faulty", "planted"))
    came, clean = (one.delivery("WLD013", FIRST, LAST).to_pylist() for one in (faulty, planted))
    wrong = [row for row in came if row not in clean]
    missing = [row for row in clean if row not in came]
    daily = [fault for fault in faulty.faults("WLD013") if fault.timeframe == "1Day"]
    changed = {"bad tick x10", "bad tick x0.1", "zero volume", "high below low", "negative volume"}
    assert {fault.kind for fault in daily} >= changed
    assert len(missing) == 5 + 1 + 6 + 1  # changed, the session, stale, revised
    assert len(wrong) == 5 + 6 + 2 + 1  # changed, stale, both vintages of the revised, the stray


def test_the_manifest_is_plain_rows_of_all_that_is_hidden():
    one = world(mode="faulty", instruments=12, start=date(2022, 9, 1))
    rows = manifest(one)
    count = {name: sum(row["record"] == name for row in rows) for name in ("fault", "signal")}
    assert count == {"fault": 12 * sum(map(len, KINDS.values())), "signal": 3}
    assert {row["record"] for row in rows} == {
        *("fault", "signal", "action", "membership", "restatement")
    }
    split = next(row for row in rows if row.get("kind") == "split")
    assert (split["instrument_id"], split["ratio"]) == ("world:WLD001", 2.0)
