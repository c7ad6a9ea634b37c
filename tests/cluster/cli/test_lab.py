"""`trii lab` on a small lake: answers, files, and what it refuses."""

import json
import resource
from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from cluster.cli.main import main
from cluster.stores.lake import Lake
from tests.lakes import fill


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    fill(Lake(home / "lake"))
    return home


@pytest.fixture
def lab(home, monkeypatch, capsys):
    monkeypatch.setenv("TRII_HOME", str(home))

    def run(*arguments):
        with pytest.raises(SystemExit) as ended:
            main(["lab", *map(str, arguments)])
        out, err = capsys.readouterr()
        return ended.value.code, out, err

    return run


def test_a_statement_is_answered_as_a_table_and_as_json(lab):
    statement = "SELECT symbol FROM instruments WHERE dataset = 'synthetic' ORDER BY symbol"
    status, out, _ = lab(statement)
    assert (status, out.split()) == (0, ["symbol", "SYN001", "SYN002", "SYN003"])
    status, out, _ = lab(statement, "--json")
    assert json.loads(out)[0] == {"symbol": "SYN001"}


def test_as_of_hides_what_was_not_known_then(lab):
    statement = "SELECT max(available_at) AS last FROM bars"
    _, out, _ = lab(statement, "--as-of", "2024-06-01T12:00:00Z", "--json")
    last = datetime.fromisoformat(json.loads(out)[0]["last"])
    assert last == datetime(2024, 6, 1, tzinfo=UTC)


def test_rows_go_into_a_parquet_file(lab, tmp_path):
    target = tmp_path / "closes.parquet"
    status, out, _ = lab("SELECT session, close FROM bars LIMIT 7", "--output", target)
    assert (status, pq.read_table(target).num_rows) == (0, 7)
    assert out.startswith("7 rows in")


def test_two_columns_of_one_name_are_told_apart_in_each_form(lab, tmp_path):
    statement = (
        "SELECT * FROM bars JOIN instruments USING (instrument_id) "
        "JOIN instruments AS again USING (instrument_id) LIMIT 1"
    )
    names = list(json.loads(lab(statement, "--json")[1])[0])
    assert {"recorded_at", "recorded_at_1", "recorded_at_2"} <= set(names)
    assert len(names) == len(set(names))
    target = tmp_path / "joined.parquet"
    assert lab(statement, "--output", target)[0] == 0
    assert pq.read_table(target).column_names == names
    assert lab(statement)[1].split("\n")[0].split() == names
    taken = lab("SELECT 1 AS a, 2 AS a, 3 AS a_1", "--json")[1]
    assert json.loads(taken) == [{"a": 1, "a_2": 2, "a_1": 3}]


def test_a_price_is_shown_with_all_its_digits(lab):
    assert lab("SELECT 6635.279785::DOUBLE AS close")[1].split() == ["close", "6635.279785"]


def test_a_file_that_cannot_be_written_is_named_and_what_stood_there_stays(lab, tmp_path):
    standing = tmp_path / "kept.csv"
    standing.write_text("before")
    status, _, err = lab("SELECT [1, 2] AS list", "--output", standing)
    assert (status, standing.read_text()) == (2, "before")
    assert "lists and structs go into .parquet" in err
    assert lab("SELECT [1, 2] AS list", "--output", standing.with_suffix(".parquet"))[0] == 0
    for target in (tmp_path / "nowhere/x.parquet", standing / "x.csv"):
        status, _, err = lab("SELECT 1", "--output", target)
        assert (status, err.count("\n")) == (2, 1)
        assert f"{target} can't be written: " in err
    assert sorted(p.name for p in tmp_path.iterdir()) == ["kept.csv", "kept.parquet"]


def test_what_stands_there_is_replaced_whole_and_through_a_link(lab, tmp_path):
    target, link = tmp_path / "rows.csv", tmp_path / "link.csv"
    target.write_text("before")
    link.symlink_to(target)
    assert lab("SELECT 7 AS n", "--output", link)[0] == 0
    assert (link.is_symlink(), target.read_text().split()) == (True, ['"n"', "7"])


def test_what_is_no_file_is_refused_and_left_alone(lab, tmp_path):
    (tmp_path / "folder.csv").mkdir()
    (tmp_path / "full.csv").symlink_to("/dev/full")
    for name, said in (("folder.csv", "is a directory"), ("full.csv", "is no file")):
        status, _, err = lab("SELECT 1", "--output", tmp_path / name)
        assert (status, err.count("\n"), said in err) == (2, 1, True)
    assert Path("/dev/full").is_char_device()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["folder.csv", "full.csv"]


@pytest.mark.parametrize("name", ["rows.csv", "rows.parquet"])
def test_a_disk_that_is_full_leaves_what_stood_there(lab, tmp_path, name):
    (tmp_path / name).write_text("before")
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, limits[1]))
    try:
        statement = "SELECT random() AS a, random() AS b FROM range(9000)"
        status, _, err = lab(statement, "--output", tmp_path / name)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert (status, err.count("\n"), "can't be written" in err) == (2, 1, True)
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [(name, "before")]


def test_a_cell_is_one_line_in_its_column_whatever_it_holds(lab):
    statement = (
        "SELECT * FROM (VALUES ('a\nb\x1b[31m', 1), ('日本', 2), ('é', 3)) AS t(\"x\ty\", n)"
    )
    lines = lab(statement)[1].splitlines()
    assert [line.split() for line in lines] == [
        ["x\\ty", "n"],
        ["a\\nb\\x1b[31m", "1"],
        ["日本", "2"],
        ["é", "3"],
    ]
    assert lines[2].index("2") + len("日本") == lines[3].index("3")


@pytest.mark.parametrize("number", ["1e-300", "123456789012345.6", "0.00000123", "1e300", "-0.0"])
def test_a_number_of_any_size_is_read_back_from_its_table(lab, number):
    assert float(lab(f"SELECT {number}::DOUBLE AS n")[1].split()[-1]) == float(number)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["SELECT 1 FROM nothing"], "sql: "),
        (["SELECT 1", "--as-of", "yesterday"], "--as-of: expected a time"),
        (["SELECT 1", "--as-of", "2024-06-01T12:00:00"], "a time needs its zone"),
        (["SELECT 1", "--snapshot", "7"], "expected the form bars@12"),
        (["SELECT 1", "--output", "x.xlsx"], "ends in .parquet or .csv"),
    ],
)
def test_what_is_wrong_is_one_line_and_exit_status_2(lab, arguments, message):
    status, out, err = lab(*arguments)
    assert (status, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1
