"""Nodes that an engineer holds ready until a time, on a cluster that buys for real."""

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from cluster.laptop import state as states
from cluster.waiting import wait_until
from tests.cluster.fleet.conftest import STEER
from tests.servers import free_port

pytestmark = [pytest.mark.long, pytest.mark.services]
TRII = Path(sys.executable).with_name("trii")
# A Dataset asks Ray for what it needs, in the one slot that a cluster has for that, and empties it.
DATASET = """
import os, ray
ray.init(address=os.environ["WHERE"], logging_level="ERROR", log_to_driver=False)
print(ray.data.range(100, override_num_blocks=4).map(lambda row: row).count())
"""


@pytest.fixture
def cluster(bring_up):
    def nodes(pool, priority, most):
        return {
            "resources": {"CPU": 1}, "labels": {f"trii/pool-{pool}": "true"}, "node_config": {},
            "min_workers": 0, "max_workers": most, "priority": priority,
        }  # fmt: skip

    # A Dataset of CPU work finds nothing on it, so it is never bought.
    gpu = {
        "resources": {"CPU": 0, "GPU": 1}, "labels": {"trii/pool-gpu": "true"}, "node_config": {},
        "min_workers": 0, "max_workers": 1,
    }  # fmt: skip
    return bring_up({"gpu": gpu, "first": nodes("batch", 10, 1), "second": nodes("batch", 5, 2)})


@pytest.fixture
def trii(cluster, marked, tmp_path):
    """Run `trii cluster …` for it: exit status, output, errors."""
    address, *_ = cluster
    host, port = address.split(":")
    home = tmp_path / "home"
    home.mkdir()
    states.save(home, states.create(home, {"ray": int(port), "dashboard": free_port()}))
    told = {"TRII_HOME": str(home), "TRII_RAY_HOST": host, "TRII_RAY_PORT": port}

    def run(*words):
        done = subprocess.run(
            [TRII, "cluster", *words],
            env=marked | told,
            capture_output=True,
            text=True,
            check=False,
        )
        return done.returncode, done.stdout, done.stderr

    return run


def in_(seconds):
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


def test_what_is_held_ready_outlives_a_dataset_and_ends_by_itself(cluster, trii, start):
    address, source, target = cluster
    start(*STEER, "--from", source, "--to", target, "--address", address)

    def least():
        types = yaml.safe_load(target.read_text())["available_node_types"]
        return types["first"]["min_workers"], types["second"]["min_workers"]

    def alive():
        code, out, err = trii("status", "--json")
        assert code == 0, err
        nodes = [node for node in json.loads(out)["nodes"] if node["id"] and not node["is_head"]]
        return sorted(node["type"] for node in nodes)

    # The steering keeps the file of `ray up` with the cluster.
    kept = wait_until(
        lambda: "has batch" in trii("prewarm", "cpu", "1", "--until", in_(60))[2], timeout_s=60
    )
    assert kept
    # What would never end, has ended, or is more than the pool may have.
    for words, why in (
        (("batch", "2"), "--until is missing"),
        (("batch", "2", "--until", "soon"), "expected a time such as"),
        (("batch", "2", "--until", "2026-12-01T12:00:00"), "of which zone?"),
        (("batch", "2", "--until", "2020-01-01T00:00:00Z"), "has passed"),
        (("batch", "4", "--until", in_(60)), "may have 3"),
        (("cpu", "1", "--until", in_(60)), "this cluster has batch, gpu"),
    ):
        code, _, err = trii("prewarm", *words)
        assert (code, err.count("\n"), why in err) == (2, 1, True), err

    code, out, err = trii("prewarm", "batch", "2", "--until", in_(900), "--json")
    assert code == 0, err
    assert (json.loads(out)["pool"], json.loads(out)["nodes"]) == ("batch", 2)
    # The type that Ray prefers first, up to its largest number; then the next.
    assert wait_until(lambda: least() == (1, 1), timeout_s=30)
    assert wait_until(lambda: alive() == ["first", "second"], timeout_s=90)
    assert "held ready" in trii("status")[1]

    ended = start("-c", DATASET, WHERE=address)
    assert ended.communicate(timeout=240)[0].strip() == "100"
    # Longer than an idle node stays.
    held = wait_until(lambda: alive() != ["first", "second"] or least() != (1, 1), timeout_s=15)
    assert not held

    assert trii("prewarm", "batch", "1", "--until", in_(20))[0] == 0
    assert wait_until(lambda: least() == (1, 0), timeout_s=30)
    assert wait_until(lambda: least() == (0, 0), timeout_s=60)
    assert wait_until(lambda: alive() == [], timeout_s=60)
    assert json.loads(trii("status", "--json")[1])["held"] == []

    assert trii("prewarm", "batch", "1", "--until", in_(900))[0] == 0
    assert trii("prewarm", "batch", "0")[:2] == (
        0,
        "batch: nothing is held beyond the cluster's file\n",
    )
    assert json.loads(trii("status", "--json")[1])["held"] == []
