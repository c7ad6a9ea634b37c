"""`trii leak-check` for users' own functions: verdict, document, exit status and one-line errors."""

import json
import shutil
import sys
from pathlib import Path

import pytest

from cluster.cli.main import main
from market import leaks

pytestmark = pytest.mark.slow


EXAMPLES = Path(__file__).parents[3] / "examples"
MODULE = """
import os
import pandas as pd
print("loading")

def clean(bars):
    print("running")
    return bars["close"].rolling(5).mean()

def dated(bars):
    return bars["close"].where(bars["session"] > "2020-03-16")

def tomorrow(bars):
    return pd.DataFrame({"now": bars["close"], "next": bars["close"].shift(-1)})

def size(bars):
    return (bars["close"] / bars["close"].shift(1) - 1).abs()

def prints(bars):
    os.write(1, b"raw")
    return bars["close"]

kept = {}

def remembers(bars):
    kept.setdefault("mean", bars["close"].mean())
    return bars["close"] / kept["mean"]

def short(bars):
    return bars["close"].iloc[5:]

def fails(bars):
    raise RuntimeError("two\\nlines")

NUMBER = 3
"""


FEW = ("--rows", "100")


@pytest.fixture
def own(tmp_path, monkeypatch):
    """A user's folder with a module of their own, as the current directory."""
    (tmp_path / "own_features.py").write_text(MODULE)
    (tmp_path / "broken_features.py").write_text("def f(:\n")
    (tmp_path / "needy_features.py").write_text("import a_package_that_nobody_has\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield tmp_path
    for name in ("own_features", "broken_features", "needy_features"):
        sys.modules.pop(name, None)


def run(capsys, *arguments):
    with pytest.raises(SystemExit) as end:
        main(["leak-check", *arguments])
    said = capsys.readouterr()
    return end.value.code, said.out, said.err


def test_a_clean_function_of_the_current_directory_ends_with_0(own, capsys):
    code, out, _ = run(capsys, "own_features:clean", *FEW)
    assert code == 0
    assert out.startswith("no look-ahead found in ")
    assert out.endswith(" probes\n")


def test_the_document_names_the_leaking_columns_and_nothing_printed_gets_into_it(own, capsys):
    code, out, _ = run(capsys, "own_features:tomorrow", *FEW, "--json")
    document = json.loads(out)
    assert code == 1
    assert {key: document[key] for key in ("verdict", "columns", "first_row", "bars_ahead")} == {
        "verdict": "leak",
        "columns": ["next"],
        "first_row": 0,
        "bars_ahead": 1,
    }
    assert document["probes"] > 100
    code, out, _ = run(capsys, "own_features:clean", *FEW, "--json")
    document = json.loads(out)
    assert (code, document["verdict"], document["columns"]) == (0, "clean", [])
    assert (document["first_row"], document["bars_ahead"]) == (None, None)


def test_a_date_in_the_source_is_a_warning_and_no_leak(own, capsys):
    code, out, _ = run(capsys, "own_features:dated", *FEW)
    assert code == 0
    assert "warning: date '2020-03-16'" in out


@pytest.mark.long
def test_a_column_declared_a_profit_must_not_earn_what_nobody_can(own, capsys):
    code, out, _ = run(capsys, "own_features:size", *FEW)
    assert code == 0
    assert "--profit close" in out
    assert "warning" not in run(capsys, "own_features:size", "--feature", "close", *FEW)[1]
    code, out, _ = run(capsys, "own_features:size", "--profit", "close", *FEW)
    assert code == 1
    assert "position that the close of that bar decided" in out


def test_what_a_module_remembers_of_later_bars_is_found_in_a_fresh_process(own, capsys):
    code, out, _ = run(capsys, "own_features:remembers", *FEW, "--json")
    document = json.loads(out)
    assert (code, document["first_row"], document["bars_ahead"]) == (1, 0, 99)


def test_what_is_written_to_the_file_of_standard_output_stays_out_of_the_document(own, capfd):
    code, out, err = run(capfd, "own_features:prints", *FEW, "--json")
    assert (code, json.loads(out)["verdict"]) == (0, "clean")
    assert "raw" in err


@pytest.mark.long
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_bars_of_a_file_take_the_place_of_the_synthetic_ones(own, capsys, kind):
    bars = leaks.synthetic_bars(rows=100)
    path = own / f"bars.{kind}"
    bars.to_csv(path, index=False) if kind == "csv" else bars.to_parquet(path)
    assert run(capsys, "own_features:clean", "--bars", str(path))[0] == 0
    code, out, _ = run(capsys, "own_features:tomorrow", "--bars", str(path), "--json")
    assert (code, json.loads(out)["bars_ahead"]) == (1, 1)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["own_features"], "MODULE:NAME"),
        (["no_such_module:f"], "not found"),
        (["own_features:absent"], "has no absent"),
        (["own_features:NUMBER"], "not a function"),
        (["own_features:short"], "not aligned: 745 rows for 750 bars"),
        (["own_features:fails"], "RuntimeError: two lines"),
        (["broken_features:f"], "SyntaxError"),
        (["needy_features:f"], "a_package_that_nobody_has"),
        (["own_features:clean", "--rows", "10"], "rows=10"),
        (["own_features:clean", "--bars", "absent.csv"], "no such file"),
        (["own_features:clean", "--bars", "own_features.py"], ".csv or .parquet"),
        (["own_features:clean", "--rows", "0"], "0 is not in the range"),
        (["own_features:clean", "--bars", "bad.csv"], "no column session, close"),
        (["own_features:clean", "--bars", "bad.parquet"], "can't be read"),
        (["own_features:clean", "--profit", "gains"], "no column 'gains'"),
        (["own_features:clean", "--bars", "bad.csv", *FEW], "leave it out with --bars"),
        ([], "MODULE:NAME"),
    ],
)
def test_bad_input_ends_with_2_and_one_line(own, capsys, arguments, words):
    (own / "bad.csv").write_text("a,b\n1,2\n")
    (own / "bad.parquet").write_bytes(b"not parquet")
    code, out, err = run(capsys, *arguments)
    lines = [line for line in err.splitlines() if line not in {"loading", "running"}]
    assert (code, out, len(lines)) == (2, "", 1)
    assert words in lines[0]


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [("trend_strength", 0, "no look-ahead"), ("centred_trend", 1, "reads 10 bars ahead")],
)
def test_the_examples_do_what_they_say(own, capsys, name, code, words):
    shutil.copy(EXAMPLES / f"{name}.py", own)
    status, out, _ = run(capsys, f"{name}:{name}", *FEW)
    sys.modules.pop(name)
    assert status == code
    assert words in out
