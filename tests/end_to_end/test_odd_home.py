"""A platform whose home has a name that looks like something else, in a URL, a pattern or a shell."""

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests import numba_cache

pytestmark = pytest.mark.long

ODD = "trii h%20x 50% [1]*? #1 it's {x}é-"
CSV = "Date,Close\n2023-01-03,10\n2023-01-04,11\n2023-01-05,12\n2023-01-06,11\n"


@pytest.fixture
def home():
    """A home that PostgreSQL's user can enter."""
    folder = Path(tempfile.mkdtemp(prefix=ODD))
    folder.chmod(0o711)
    numba_cache.share_with(folder)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def trii(home):
    """Run the real command for that home, from within it; it is ended after the test."""
    program = Path(sys.executable).with_name("trii")
    plain = {name: value for name, value in os.environ.items() if not name.startswith("TRII_")}
    plain |= {"TRII_HOME": str(home), "TRII_FIRST_SWEEP_TRIALS": "2"}

    def run(*words, **more):
        return subprocess.run(
            [program, *words], cwd=home, env={**plain, **more},
            capture_output=True, text=True, timeout=900, check=False,
        )  # fmt: skip

    yield run
    assert run("down").returncode == 0


def test_all_of_a_platform_works_in_a_home_of_any_name(trii, home, tmp_path):
    """Its lake lies elsewhere, as the refusal says, and later commands know where."""
    refused = trii("up", HOME=str(tmp_path))
    assert refused.returncode == 2
    (url,) = re.findall(r"such as TRII_LAKE_URL=(\S+), or", refused.stderr)
    assert url == (tmp_path / "trii-lake").as_uri()
    done = trii("up", TRII_LAKE_URL=url)
    assert done.returncode == 0, done.stderr
    assert trii("status").returncode == 0

    (home / "ACME.csv").write_text(CSV)
    for words in (
        ("data", "ingest", "--dataset", "mine", "--files", "ACME.csv"),
        ("data", "status"),
        ("model", "show", "volatility-regime"),
        ("backtest", "run", "--on", "cluster", "--strategy", "sma-cross", "--universe", "sample"),
        ("jobs", "submit", "jobs.ingest", "--dataset", "sample"),
        ("logs", "quotes"),
    ):
        done = trii(*words)
        assert done.returncode == 0, (words, done.stderr)
    count = "SELECT count(*) AS n FROM bars WHERE instrument_id = 'mine:ACME'"
    assert json.loads(trii("lab", count, "--json").stdout) == [{"n": 4}]
    newest = json.loads(trii("backtest", "list", "--json").stdout)[0]
    assert (home / "results" / newest["id"] / "report.html").is_file()
