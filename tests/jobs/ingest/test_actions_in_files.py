"""Actions beside prices: a file of them, a source's own columns, and what `data check` makes of them."""

import json
import re
import shlex
from datetime import UTC, date, datetime

import numpy as np
import pytest
from click.testing import CliRunner

from cluster.errors import BadInput, NotFound
from cluster.stores.lake import Lake
from jobs.data.cli import data
from jobs.ingest.report import IngestReport, describe
from market.actions import Delisting, Dividend, SpecialDividend, SpinOff, Split
from market.calendar import get_calendar

XNYS = get_calendar("XNYS")
DAYS = XNYS.sessions(date(2023, 1, 3), date(2023, 6, 30))
SPLIT, PAID = 60, 90  # rows of the ex-dates
HEAD = "symbol,kind,ex_date,ratio,amount,child,child_price,new_symbol,value,announced\n"


def closes(ratio=4.0):
    moves = np.random.default_rng(7).normal(0.0, 0.01, len(DAYS))
    prices = 400.0 * np.exp(np.cumsum(moves))
    prices[SPLIT:] /= ratio
    return np.round(prices, 2)


def adjusted(prices, ratio=4.0, paid=0.5):
    factor = np.ones(len(prices))
    factor[:PAID] *= 1.0 - paid / prices[PAID - 1]
    factor[:SPLIT] /= ratio
    return np.round(prices * factor, 6)


def table(**columns):
    head = ",".join(["Date", *columns])
    rows = zip(DAYS, *columns.values(), strict=True)
    return "\n".join([head, *(",".join(map(str, row)) for row in rows)]) + "\n"


@pytest.fixture
def trii(tmp_path, monkeypatch):
    """`trii data …` in a home and a folder of its own, and a function that writes a file there."""
    monkeypatch.setenv("TRII_HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        return CliRunner().invoke(data, arguments, standalone_mode=False)

    def ingest(*arguments):
        result = run("ingest", "--dataset", "mine", *arguments, "--json")
        if result.exception:
            raise result.exception
        return json.loads(result.stdout)[0], result.return_value

    run.ingest = ingest
    run.write = lambda name, text: (tmp_path / name).write_text(text)
    run.lake = lambda: Lake(tmp_path / "home" / "lake")
    return run


def test_every_kind_of_action_in_a_file_is_in_the_lake(trii):
    trii.write("AAA.csv", table(Close=closes()))
    ex = [DAYS[place] for place in (SPLIT, PAID, 91, 92)]
    rows = (
        f"AAA,split,{ex[0]},4,,,,,,2023-02-01\n"
        f"AAA,dividend,{ex[1]},,0.5,,,,,\n"
        f"AAA,special dividend,{ex[2]},,1.25,,,,,\n"
        f"AAA,Spin-Off,{ex[3]},0.1,,KID,20,,,\n"
        "AAA,delisting,2023-07-03,,,,,,101.5,\n"
    )
    trii.write("actions.csv", HEAD + rows)
    report, status = trii.ingest("--files", "AAA.csv", "--actions", "actions.csv")
    assert (report["actions"], status) == (5, 0)
    found = {type(one): one for one in trii.lake().actions(["mine:AAA"])}
    assert found.keys() == {Split, Dividend, SpecialDividend, SpinOff, Delisting}
    assert found[Split].ratio == 4.0
    assert found[Split].available_at == datetime(2023, 2, 1, 21, tzinfo=UTC)
    before = XNYS.session_close(DAYS[PAID - 1].item())
    assert (found[Dividend].available_at, found[Dividend].currency) == (before, "USD")
    child = found[SpinOff]
    assert (child.child_id, child.value) == ("mine:KID", 2.0)
    assert child.available_at == XNYS.session_close(child.ex_date)
    assert found[Delisting].value == 101.5
    again, _ = trii.ingest("--actions", "actions.csv")
    assert again["actions"] == 0


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("AAB,split,2023-03-30,4,,,,,,", "row 1: mine has no 'AAB'; did you mean AAA"),
        ("AAA,merger,2023-03-30,4,,,,,,", "row 1: kind 'merger': expected one of split, dividend"),
        ("AAA,split,2023-03-30,,,,,,,", "row 1: a split needs ratio"),
        ("AAA,split,2023-03-30,0,,,,,,", "row 1: ratio=0"),
        ("AAA,split,2023-03-30,4,1,,,,,", "row 1: a split has no amount: it has ratio"),
        ("AAA,split,soon,4,,,,,,", "row 1: ex_date 'soon'"),
        ("AAA,split,2023-03-30,four,,,,,,", "row 1: ratio 'four' is no number"),
        (
            "AAA,split,2023-05-15,4,,,,,,",
            "goes from .* where a split of 4 gives .* adjusted for it",
        ),
        ("AAA,delisting,2023-07-03,,,,,,,", "give either value or haircut"),
        (",split,2023-03-30,4,,,,,,", "row 1: no symbol"),
    ],
)
def test_a_wrong_row_is_one_clear_line_and_nothing_is_written(trii, tmp_path, row, told):
    trii.write("AAA.csv", table(Close=closes()))
    trii.write("actions.csv", HEAD + row + "\n")
    with pytest.raises(BadInput, match=told):
        trii.ingest("--files", "AAA.csv", "--actions", "actions.csv")
    assert not (tmp_path / "home").exists()


def test_splits_of_prices_that_are_adjusted_already_are_refused(trii):
    trii.write("AAA.csv", table(Close=closes()))
    trii.write("actions.csv", HEAD + f"AAA,split,{DAYS[SPLIT]},4,,,,,,\n")
    with pytest.raises(BadInput, match="row 1: prices of AAA are adjusted"):
        trii.ingest("--files", "AAA.csv", "--actions", "actions.csv", "--adjusted")


def test_an_adjusted_close_beside_a_raw_one_shows_its_actions_on_their_days(trii):
    prices = closes()
    trii.write("AAA.csv", table(Close=prices, **{"Adj Close": adjusted(prices)}))
    report, status = trii.ingest("--files", "AAA.csv")
    assert status == 0
    assert report["notes"] == ["AAA: its adjusted closes show 1 splits and 1 payments"]
    dividend, split = trii.lake().actions(["mine:AAA"])
    assert (split.ex_date, split.ratio) == (DAYS[SPLIT].item(), 4.0)
    assert (dividend.ex_date, dividend.amount) == (DAYS[PAID].item(), 0.5)
    # Nobody knew of them before the close that precedes their day.
    for one, row in ((split, SPLIT), (dividend, PAID)):
        assert one.available_at == XNYS.session_close(DAYS[row - 1].item())
    (listing,) = trii.lake().instruments()
    assert not listing.adjusted
    assert trii.ingest("--files", "AAA.csv")[0]["actions"] == 0


def test_declared_actions_stand_and_an_adjusted_close_that_contradicts_them_is_told(trii):
    prices = closes()
    trii.write("AAA.csv", table(Close=prices, **{"Adj Close": adjusted(prices, paid=2.0)}))
    ex = DAYS[SPLIT], DAYS[PAID]
    trii.write("actions.csv", HEAD + f"AAA,split,{ex[0]},4,,,,,,\nAAA,dividend,{ex[1]},,0.5,,,,,\n")
    report, status = trii.ingest("--files", "AAA.csv", "--actions", "actions.csv")
    (finding,) = report["findings"]
    assert status == 1
    assert finding.startswith(f"AAA {ex[1]}: the adjusted close shows a factor of 1.02")
    assert "the actions one of 1.005" in finding
    assert [getattr(one, "amount", 0.5) for one in trii.lake().actions()] == [0.5, 0.5]


def test_what_was_declared_or_called_off_before_stands_when_the_same_closes_come_again(trii):
    prices = closes()
    trii.write("AAA.csv", table(Close=prices, **{"Adj Close": adjusted(prices)}))
    trii.ingest("--files", "AAA.csv")
    paid, split = str(DAYS[PAID]), str(DAYS[SPLIT])
    assert trii("action", "mine:AAA", "dividend", paid, "--amount", "0.75").exception is None
    assert (
        "called off"
        in trii("action", "mine:AAA", "split", split, "--ratio", "4", "--withdraw").stdout
    )
    trii.ingest("--files", "AAA.csv")
    (dividend,) = trii.lake().actions()
    assert dividend.amount == 0.75


def test_an_action_that_was_never_recorded_is_not_called_off(trii):
    trii.write("AAA.csv", table(Close=closes()))
    trii.ingest("--files", "AAA.csv")
    result = trii("action", "mine:AAA", "dividend", str(DAYS[PAID]), "--amount", "1", "--withdraw")
    assert isinstance(result.exception, NotFound)
    assert "none to call off" in str(result.exception)


def test_columns_of_payments_and_ratios_are_actions_where_closes_are_raw(trii):
    """As Tiingo and Alpha Vantage give them."""
    prices = closes()
    paid, ratio = np.zeros(len(DAYS)), np.ones(len(DAYS))
    paid[PAID], ratio[SPLIT] = 0.5, 4.0
    columns = {"close": prices, "adjClose": adjusted(prices), "divCash": paid, "splitFactor": ratio}
    trii.write("AAA.csv", table(**columns))
    report, status = trii.ingest("--files", "AAA.csv")
    assert (report["actions"], report["findings"], status) == (2, [], 0)
    assert report["notes"] == []


def test_a_split_that_the_closes_are_adjusted_for_is_not_recorded_twice(trii):
    """As yfinance gives them without auto_adjust."""
    prices = closes(ratio=1.0)
    paid, ratio = np.zeros(len(DAYS)), np.zeros(len(DAYS))
    paid[PAID], ratio[SPLIT] = 0.5, 4.0
    columns = {"Close": prices, "Adj Close": adjusted(prices, ratio=1.0), "Dividends": paid}
    trii.write("AAA.csv", table(**columns, **{"Stock Splits": ratio}))
    report, status = trii.ingest("--files", "AAA.csv")
    assert (report["actions"], status) == (1, 0)
    assert report["notes"] == [
        f"AAA: closes are adjusted already for the split of 4 on {DAYS[SPLIT]}, so it is not recorded"
    ]


def test_yfinance_without_an_adjusted_close_is_recorded_as_adjusted(trii):
    prices, none = closes(), np.zeros(len(DAYS))
    trii.write("AAA.csv", table(Close=prices, Dividends=none, **{"Stock Splits": none}))
    report, _ = trii.ingest("--files", "AAA.csv")
    assert report["notes"] == [
        "AAA.csv: its prices are adjusted, by its columns, and recorded as such; --raw says otherwise"
    ]
    assert trii.lake().instruments()[0].adjusted


def test_rows_that_are_held_show_no_actions(trii):
    """A price of 0 and days before the calendar stand beside a factor, and stop nothing."""
    prices = closes(1.0)
    lines = table(Close=prices, **{"Adj Close": adjusted(prices, ratio=1.0)}).splitlines()
    lines[50] = f"{DAYS[49]},0,0"
    trii.write("AAA.csv", "\n".join([lines[0], "1950-01-03,1,0.1", "1950-01-04,1,0.2", *lines[1:]]))
    report, status = trii.ingest("--files", "AAA.csv")
    assert status == 1
    assert sum(report["timeframes"][0]["refused"].values()) == 3
    (dividend,) = trii.lake().actions()
    assert (dividend.ex_date, dividend.amount) == (DAYS[PAID].item(), 0.5)


def test_a_rename_makes_one_instrument_of_two_symbols(trii):
    half = len(DAYS) // 2
    lines = table(Close=np.full(len(DAYS), 10.0)).splitlines(keepends=True)
    trii.write("OLD.csv", "".join(lines[: half + 1]))
    trii.write("NEW.csv", lines[0] + "".join(lines[half + 1 :]))
    day = DAYS[half]
    trii.write("actions.csv", HEAD + f"OLD,rename,{day},,,,,NEW,,\n")
    report, status = trii.ingest("--files", "OLD.csv", "NEW.csv", "--actions", "actions.csv")
    assert (report["timeframes"][0]["written"], report["instruments"], status) == (len(DAYS), 1, 0)
    lake = trii.lake()
    assert len(lake.bars(["mine:OLD"], timeframe="1Day")) == len(DAYS)
    assert lake.resolve("NEW", at=datetime(2023, 6, 29, tzinfo=UTC)).instrument_id == "mine:OLD"
    with pytest.raises(BadInput, match="with --files and --actions together"):
        trii.ingest("--actions", "actions.csv")


def test_check_calls_a_split_by_its_ratio_with_the_command_that_records_it(trii):
    trii.write("AAA.csv", table(Close=closes()))
    trii.ingest("--files", "AAA.csv")
    result = trii("check", "--dataset", "mine")
    assert result.return_value == 1
    (command,) = re.findall("`trii data (.*)`", result.stdout)
    assert command == f"action mine:AAA split {DAYS[SPLIT]} --ratio 4"
    assert "recorded" in trii(*shlex.split(command)).stdout
    assert [one.ratio for one in trii.lake().actions()] == [4.0]
    healthy = trii("check", "--dataset", "mine", "--json")
    assert json.loads(healthy.stdout) == {"checked": 1, "findings": []}
    assert healthy.return_value == 0
    assert "stood already" in trii(*shlex.split(command)).stdout
    assert "called off" in trii(*shlex.split(command), "--withdraw").stdout
    assert trii.lake().actions() == []
    assert trii("check", "--dataset", "mine").return_value == 1


def test_a_share_that_was_delisted_is_not_behind_and_others_of_its_dataset_are(trii):
    lines = table(Close=closes(1.0)).splitlines(keepends=True)
    for name, rows in (("AAA", lines), ("GONE", lines[:50])):
        trii.write(f"{name}.csv", "".join(rows))
    trii.ingest("--files", "AAA.csv", "GONE.csv")
    behind = json.loads(trii("check", "--json").stdout)["findings"]
    assert [(one["symbol"], one["sessions_behind"]) for one in behind] == [("GONE", len(DAYS) - 49)]
    assert (
        trii("action", "mine:GONE", "delisting", str(DAYS[49]), "--haircut", "0.3").exception
        is None
    )
    assert trii("check").return_value == 0


def test_a_symbol_means_who_had_it_on_the_day_and_an_id_always_its_own(trii):
    half = DAYS[len(DAYS) // 2]
    trii.write("AAA.csv", table(Close=closes(1.0)))
    trii.write(
        "listing.csv",
        f"symbol,instrument_id,valid_from,valid_to\nAAA,old,2000-01-03,{half}\nAAA,new,{half},\n",
    )
    trii.ingest("--files", "AAA.csv", "--instruments", "listing.csv")
    for name, day in (("mine:AAA", "2023-02-01"), ("mine:AAA", "2023-06-01"), ("mine:new", "2023-02-02")):  # fmt: skip
        result = trii("action", name, "dividend", day, "--amount", "0.5")
        assert result.exception is None
    found = [(one.instrument_id, str(one.ex_date)) for one in trii.lake().actions()]
    assert found == [
        ("mine:new", "2023-02-02"),
        ("mine:new", "2023-06-01"),
        ("mine:old", "2023-02-01"),
    ]


def test_a_terminal_shows_five_notes_and_says_how_many_there_are():
    notes = tuple(f"note {place}" for place in range(8))
    report = IngestReport("mine", "bars@0", 8, (), 0, 0.1, notes=notes, findings=("odd",))
    lines = describe(report).splitlines()
    assert lines[1:7] == [*(f"  {note}" for note in notes[:5]), "  and 3 more: --json shows them"]
    assert lines[7] == "  look at this: odd"
    assert not report.is_clean


def test_an_action_of_nobody_is_refused(trii):
    trii.write("AAA.csv", table(Close=closes()))
    trii.ingest("--files", "AAA.csv")
    for name, told in (("AAA", "expected DATASET:SYMBOL"), ("yours:AAA", "the lake has no such: mine"),
                       ("mine:BBB", "mine has no 'mine:BBB'")):  # fmt: skip
        result = trii("action", name, "split", "2023-03-30", "--ratio", "4")
        assert isinstance(result.exception, BadInput)
        assert told in str(result.exception)
