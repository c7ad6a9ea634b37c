"""Every command of README and docs, copied and run on the platform, to its end.

A new one is run as it stands. What can't be is named here, with what shows it instead. Last of the
folder, because what readers try stays in the lake.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pages import PAGES, ROOT, shown

pytestmark = [pytest.mark.platform, pytest.mark.long]

# By their beginning: what would need a network, a channel or another platform, and its own test.
ELSEWHERE = {
    "make ": "the fixture `platform`, and this run itself",
    "trii data ingest --dataset alpaca": "tests/cluster/providers/alpaca",
    "python -m jobs.ingest --dataset alpaca": "tests/cluster/providers/alpaca",
    "trii notify retry": "tests/cluster/notices/cli",
    "trii notify test": "tests/cluster/notices/cli",
    "trii jobs submit --bundle": "tests/cluster/bundles",
    "trii jobs top": "tests/cluster/queue/cli; it is live until Ctrl-C",
}
# Exit statuses that say what was found.
FINDS = {
    "trii data check": {0, 1},
    "trii data quarantine replay": {0, 1},
    "(cd examples && trii leak-check": {1},
}
SETS = re.compile(r"^(\w+=|eval |\. )")
# Who copies a page by machine is sooner than the replicas look into the lake.
CURL = 'curl() { command curl -sS --fail-with-body --retry 6 --retry-delay 2 --retry-all-errors "$@"; }\n'


@pytest.fixture
def folder(tmp_path):
    """Where a reader of one page stands: a clone with its `.venv`, own prices, a provider, a space."""
    place = tmp_path / "reader"
    place.mkdir()
    (place / ".venv").symlink_to(sys.prefix)
    shutil.copytree(ROOT / "examples", place / "examples")
    (code,) = re.findall(r"```python\n(.*?)```", (ROOT / "docs/data.md").read_text(), re.DOTALL)
    (place / "prices.py").write_text(code)
    training = (ROOT / "docs/training.md").read_text()
    (space,) = re.findall(r"```yaml\n(# space\.yaml.*?)```", training, re.DOTALL)
    (place / "space.yaml").write_text(space)
    for symbol, close, low in (("AAPL", 10.5, 9), ("MSFT", 10.6, 9), ("HELD", 10.7, -9)):
        rows = f"2024-01-31,10,11,{low},{close},1000\n2024-02-01,10.5,11.5,10,11,2000\n"
        (place / f"{symbol}.csv").write_text("date,open,high,low,close,volume\n" + rows)
    return place


@pytest.fixture
def run(platform, folder):
    """`run(command, sets)` as a shell does it behind what the page has set before."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environment = {**os.environ, "TRII_HOME": str(platform.home), "PATH": path}

    def shell(command, sets=()):
        return subprocess.run(
            ["bash", "-c", "\n".join([CURL, *sets, command])],
            cwd=folder, env=environment, capture_output=True, text=True, timeout=580, check=False,
        )  # fmt: skip

    return shell


def filled(command, run):
    """The command with an id in place of ID, of the kind that it is about."""
    if "SNAP1" in command:
        found = json.loads(run("trii data status --json").stdout)["snapshot"]
        command = command.replace("SNAP1", f"'{found}'").replace("SNAP2", f"'{found}'")
    if "quarantine" in command and "ID" in command:
        run("trii data ingest --dataset held --files HELD.csv")  # some of it is refused
        rows = json.loads(run("trii data quarantine list --json").stdout)
        command = command.replace("ID", rows[0]["row_id"])
    if command == "trii jobs cancel ID":
        run("trii jobs submit --detach --priority low jobs.ingest --dataset sample")
    if command == "trii jobs retry ID":
        ended = json.loads(run("trii jobs list --json --state cancelled").stdout)
        command = command.replace("ID", ended[0]["id"])
    if "ID" in command:
        command = re.sub(
            r"\bID\b", json.loads(run("trii jobs list --json").stdout)[0]["id"], command
        )
    return command


def started(done):
    """The jobs that a command entered and did not wait for."""
    told = re.findall(r"submitted (\S+)", done.stderr)
    if '"state":"queued"' in done.stdout and '"submitting_at":null' in done.stdout:
        answer = json.loads(done.stdout)["data"]
        told += [answer["id"]] if isinstance(answer, dict) else []
    return told


@pytest.mark.parametrize(
    "page", [page for page in PAGES if shown(page)], ids=lambda page: page.stem
)
def test_every_command_of_a_page_does_what_it_says(page, run):
    sets = [line for line in shown(ROOT / "README.md")[:12] if SETS.match(line)]
    failed = []
    for command in shown(page):
        if command.startswith(tuple(ELSEWHERE)):
            continue
        if SETS.match(command):
            sets.append(command)
        done = run(filled(command, run), sets)
        good = next((codes for start, codes in FINDS.items() if command.startswith(start)), {0})
        if done.returncode not in good:
            failed.append((command, done.returncode, done.stdout[-400:] + done.stderr[-400:]))
        for job in started(done):
            end = run(f"trii jobs logs -f {job}")
            if end.returncode != 0:
                failed.append((command, job, end.stdout[-400:] + end.stderr[-400:]))
    assert not failed
