"""Ingest in processes of its own that are killed, race each other, and run out of disk."""

import json
import random
import shlex
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from cluster.providers import ProviderError
from cluster.settings import Settings
from cluster.stores.lake import Lake
from jobs.freshness import last_sessions
from jobs.ingest.run import ingest
from tests.windowed import DAYS, WINDOW, Dying, Windowed

pytestmark = pytest.mark.slow


REPOSITORY = Path(__file__).parents[3]
WHOLE = len(Windowed.names) * DAYS


def start(home, *, before="", provider="Windowed"):
    """An ingest of the windowed provider; `before` are shell commands ahead of it."""
    command = [sys.executable, "-m", "jobs.ingest", "--json"]
    command += ["--provider", f"tests.windowed:{provider}"]
    return subprocess.Popen(
        ["/bin/bash", "-c", f"{before} exec {shlex.join(command)}"],
        cwd=REPOSITORY,
        env={"TRII_HOME": str(home), "PATH": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def stored_and_distinct(home):
    lake = Lake(home / "lake")
    ids = [one.instrument_id for one in Windowed().instruments()]
    stored = sum(held.rows for held in lake.holdings())
    return stored, lake.bars(ids, timeframe="1Day").num_rows


def rerun(home):
    """An ingest here, to its end: a process of its own would only take longer."""
    return ingest(Settings(home=home), dataset="windowed", provider=Windowed())


def test_killed_at_any_moment_at_most_a_window_is_lost_and_a_rerun_completes(tmp_path):
    chance, survived, lake = random.Random(11), 0, Lake(tmp_path / "lake")
    for kill_inside_commit in (True, False, True):
        process = start(tmp_path)
        for _ in range(chance.randint(1, 3)):
            while "committing" not in process.stderr.readline():
                assert process.poll() is None
        files = tmp_path / "lake" / "bars"
        already = len(list(files.rglob("*.parquet")))
        while kill_inside_commit and len(list(files.rglob("*.parquet"))) == already:
            assert process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=30)
        stored, distinct = stored_and_distinct(tmp_path)
        assert stored == distinct, "a bar is double"
        counts = last_sessions(lake, "windowed", "1Day")
        assert len(set(counts.values())) <= 1, "a part of a window was committed"
        assert stored >= survived, "a commit was lost"
        survived = stored
    for torn in (tmp_path / "lake" / "bars").rglob("*.parquet"):
        torn.with_name(f"torn-{torn.name}").write_bytes(torn.read_bytes()[:100])
        break
    rerun(tmp_path)
    assert stored_and_distinct(tmp_path) == (WHOLE, WHOLE)


def test_two_ingests_at_once_lose_nothing_and_double_nothing(tmp_path):
    both = [start(tmp_path) for _ in range(2)]
    reports = [json.loads(one.communicate(timeout=120)[0]) for one in both]
    assert [one.returncode for one in both] == [0, 0]
    assert sum(report["timeframes"][0]["written"] for report in reports) == WHOLE
    assert stored_and_distinct(tmp_path) == (WHOLE, WHOLE)


def test_a_full_disk_is_one_line_and_what_was_committed_stands(tmp_path):
    with pytest.raises(ProviderError):
        ingest(Settings(home=tmp_path), dataset="windowed", provider=Dying())
    before = stored_and_distinct(tmp_path)
    full = start(tmp_path, before="ulimit -f 1;")  # no file above a kilobyte
    _, errors = full.communicate(timeout=60)
    assert full.returncode == 1
    assert "nothing was committed" in errors.splitlines()[-1]
    assert stored_and_distinct(tmp_path) == before == (3 * 2 * WINDOW,) * 2
    rerun(tmp_path)
    assert stored_and_distinct(tmp_path) == (WHOLE, WHOLE)


@pytest.mark.parametrize("provider", ["Nobody", "DAYS"])
def test_a_provider_that_is_none_is_bad_input(tmp_path, provider):
    process = start(tmp_path, provider=provider)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 2
    assert errors.startswith("error: provider tests.windowed:")
    assert not (tmp_path / "lake").exists()
