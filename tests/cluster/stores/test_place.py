"""One contract for files, wherever they lie: on a disk, or in a bucket of a server that speaks S3."""

import os
import subprocess
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from cluster.errors import ConfigError
from cluster.settings import Settings
from cluster.stores import places
from cluster.stores.place import Place
from cluster.stores.places import at


@pytest.fixture(params=["disk", pytest.param("s3", marks=pytest.mark.long)])
def place(request, tmp_path) -> Place:
    """A folder that is not there yet."""
    if request.param == "s3":
        return at(request.getfixturevalue("object_store").folder())
    return at(tmp_path / "not there yet")


def test_what_was_written_is_read_under_its_url_as_well(place):
    file = place / "runs/bt-1/a b.json"
    assert not file.exists()
    file.write_bytes(b"one")
    file.write_bytes(b"two")
    assert file.exists()
    assert file.read_bytes() == at(file.url).read_bytes() == b"two"
    assert (file.name, file.read_text()) == ("a b.json", "two")
    assert at(place.url) == place
    assert not (place / "runs/bt-1").exists()  # a folder is no file


def test_an_empty_and_a_large_file_come_back_as_they_were(place):
    large = os.urandom(12_000_000)  # more than a part of an upload
    for data in (b"", large):
        (place / "x").write_bytes(data)
        assert (place / "x").read_bytes() == data


def test_what_is_not_there_is_a_file_not_found(place):
    assert place.files() == []
    for read in (place.read_bytes, place.open, lambda: place.inside("x")):
        with pytest.raises(FileNotFoundError):
            read()
    place.remove()


def breaks_off(place, error):
    with place.writing() as file:
        file.write(b"half" * 3_000_000)
        raise error


@pytest.mark.parametrize("error", [OSError("no space left"), SystemExit(143), KeyboardInterrupt()])
def test_a_file_takes_its_place_whole_or_not_at_all(place, error):
    (place / "old").write_bytes(b"one")
    for name in ("old", "new"):
        with pytest.raises(type(error)):
            breaks_off(place / name, error)
    assert [(file.name, file.size) for file in place.files()] == [("old", 3)]


def test_files_are_listed_at_any_depth_by_name_with_size_and_time(place):
    for name in ("b/c/2", "a", "b/1"):
        (place / name).write_bytes(name.encode())
    files = place.files()
    assert [(file.name, file.size) for file in files] == [("a", 1), ("b/1", 3), ("b/c/2", 5)]
    assert all(file.written_ns > 1.7e18 for file in files)
    assert [file.name for file in (place / "b").files()] == ["1", "c/2"]


def test_a_folder_lies_there_when_it_is_finished_and_not_before(place):
    with (place / "run").publishing() as draft:
        (draft / "plots").mkdir()
        (draft / "plots/a.svg").write_text("a")
        (draft / "manifest.json").write_text("{}")
        assert place.files() == [] or all(file.name[0] == "." for file in place.files())
    assert [file.name for file in place.files()] == ["run/manifest.json", "run/plots/a.svg"]
    with pytest.raises(OSError, match="disk"):
        fails(place / "other")
    assert [file.name for file in place.files()] == ["run/manifest.json", "run/plots/a.svg"]


def fails(place):
    with place.publishing() as draft:
        (draft / "half").write_text("half")
        raise OSError("the disk is full")


def test_a_file_is_renamed_and_removed_and_a_folder_goes_with_all_in_it(place):
    (place / "log").write_bytes(b"1")
    (place / "log").rename("log-1")
    assert [file.name for file in place.files()] == ["log-1"]
    (place / "x/y").write_bytes(b"")
    for name in ("log-1", "x", "none"):
        (place / name).remove()
    assert place.files() == []


def test_a_part_of_a_file_is_read_and_tables_without_a_copy(place):
    table = pa.table({"number": range(1000)})
    with (place / "t.parquet").writing() as file:
        pq.write_table(table, file)
    with (place / "t.parquet").open() as file:
        assert pq.read_metadata(file).num_rows == 1000
        assert pq.read_table(file).equals(table)
    with place.inside("t.parquet") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(size - 4)
        assert file.read() == b"PAR1"


@pytest.mark.parametrize(
    "name", ["", "..", "../x", "a/../x", "/etc/passwd", ".hidden", "a/.hidden", "a//x", "x\0", "a/"]
)
def test_a_strangers_name_leads_nowhere_else(place, name):
    (place / "a/x").write_bytes(b"")
    (place / "a/.hidden").write_bytes(b"")
    with pytest.raises(FileNotFoundError):
        place.inside(name)


def test_a_hidden_name_is_followed_where_that_is_asked_for_and_no_further(place):
    (place / ".hidden").write_bytes(b"x")
    with place.inside(".hidden", hidden=True) as file:
        assert file.read() == b"x"
    for name in ("..", ".", "a/../.hidden", ""):
        with pytest.raises(FileNotFoundError):
            place.inside(name, hidden=True)


@pytest.mark.parametrize(
    "url", ["s3://", "s3:///x", "s3://b//x", "s3://b/x?y", "s3://b/x#y", "s3://b/%20", "gs://b/x"]
)
def test_a_url_that_may_be_read_in_two_ways_is_refused(url):
    with pytest.raises(ConfigError, match="TRII_RESULTS_URL="):
        at(url, "TRII_RESULTS_URL")


NOBODY = """
import sys
from cluster.errors import StoreError
from cluster.settings import load_settings
from cluster.stores import places
try:
    places.results(load_settings()).files()
except StoreError as exc:
    print(exc)
"""


def test_a_server_that_does_not_answer_is_one_line_with_the_place(tmp_path):
    """In a process of its own, which has asked no other server before."""
    told = {"RESULTS_URL": "s3://b/x", "S3_ENDPOINT": "http://127.0.0.1:9", "S3_ACCESS_KEY": "k"}
    given = {f"TRII_{name}": value for name, value in told.items()}
    done = subprocess.run(
        [sys.executable, "-c", NOBODY],
        env={**os.environ, **given, "TRII_HOME": str(tmp_path), "TRII_S3_SECRET_KEY": "s",
             "TRII_S3_REGION": "x"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    (line,) = done.stdout.splitlines()
    assert line.startswith("s3://b/x: ")


def test_whoever_is_told_of_no_s3_leaves_the_machines_own_ways_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    before = dict(os.environ)
    places.results(Settings(home=tmp_path, results_url="s3://bucket/results"))
    assert dict(os.environ) == before
