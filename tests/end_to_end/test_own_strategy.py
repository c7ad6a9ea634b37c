"""A strategy in a file of one's own, on the running platform: by command, over HTTP, on Ray's workers."""

import json

import pytest

pytestmark = pytest.mark.platform

HELPER = "ENOUGH = 1.0\n"
OWN = """
import numpy as np
from market.strategies import Int, Strategy

class Above(Strategy):
    window = Int(50, 10, 250)
    inputs = "close", "sma:{window}"

    def target(self, x):
        import helper
        return np.where(x[0] > helper.ENOUGH * x[1], 1.0, 0.0)
"""
# As a job that is large: its shards run on Ray's workers.
LARGE = """
import sys
from jobs.backtest import plan
from jobs.backtest.__main__ import main

plan._IN_PROCESS_S = 0.0
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture(scope="module")
def ideas(tmp_path_factory):
    folder = tmp_path_factory.mktemp("my ideas")
    (folder / "helper.py").write_text(HELPER)
    (folder / "my ideas.py").write_text(OWN)
    (folder / "ideas.py").write_text(OWN)
    (folder / "large.py").write_text(LARGE)
    return folder


def trials_of(api, strategy):
    """Those of one file; other tests have ideas of the same name."""
    found = api.get("/v1/trials?family=above").json()["data"]
    return [trial for trial in found if trial["strategy"] == strategy]


def test_a_file_with_a_neighbour_runs_by_command_and_over_http_to_the_same_figures(
    trii, api, ideas, follow
):
    name = f"{ideas}/my ideas.py:Above"
    done = trii("backtest", "run", "--strategy", name, "--universe", "sample", "--json")
    assert done.returncode == 0, done.stderr
    run = json.loads(done.stdout)
    assert (run["state"], run["request"]["strategy"]) == ("done", "my ideas.py:Above")
    (trial,) = trials_of(api, "my ideas.py:Above")
    assert trial["run_id"] == run["id"]

    packed = json.loads(trii("strategy", "pack", name, "--json").stdout)
    assert packed["files"] == ["helper.py", "my ideas.py"]
    body = {"strategy": packed["strategy"], "universe": "sample"}
    posted = api.post(
        "/v1/jobs", json={"kind": "backtest", "bundle": packed["bundle"], "request": body}
    )
    assert posted.status_code == 202, posted.text
    job = posted.json()["data"]["id"]
    with follow(job) as events:
        told = list(events)
    assert (told[-1]["type"], told[-1]["state"]) == ("end", "succeeded"), told
    attempt = api.get(f"/v1/jobs/{job}").json()["data"]["submission_id"]
    found = api.get(f"/v1/backtests/{attempt}").json()["data"]
    assert found["metrics"] == run["metrics"]
    # One idea, tried twice: one trial.
    assert len(trials_of(api, "my ideas.py:Above")) == 1


@pytest.mark.long
def test_the_shards_of_a_large_run_find_the_strategy_of_the_bundle(trii, api, ideas):
    done = trii(
        *("jobs", "submit", "--bundle", str(ideas), "large", "--strategy", "ideas:Above"),
        *("--universe", "sample", "--family", "above-large", "--json"),
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    (trial,) = api.get("/v1/trials?family=above-large").json()["data"]
    assert trial["strategy"] == "ideas:Above"
