"""A cluster that runs, looked at and drained by `trii`: three nodes of Ray on this machine."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from types import SimpleNamespace

import psutil
import pytest

from cluster.errors import BadInput, Conflict, NotFound, PlatformError
from cluster.fleet.live.gcs import Gcs
from cluster.fleet.live.view import LiveNode, check_drain, find, view
from cluster.fleet.ray_api import RayApi
from cluster.laptop import state as states
from cluster.settings import Settings
from cluster.waiting import wait_until
from tests.servers import free_port

TRII = Path(sys.executable).with_name("trii")
ROOT = Path(__file__).parents[3]
TOKEN = "0123456789abcdef" * 4


def node(name, *pools, head=False):
    return LiveNode(name, "batch-a", pools, "spot", f"10.0.0.{name[-1]}", "idle", head, {}, {})


NODES = (
    node("aaaaaa00001", "serve", "batch", head=True),
    node("aaaaaa00002", "batch"),
    node("bbbbbb00003", "batch"),
    node("cccccc00004", "gpu"),
)


def test_a_node_is_found_by_its_address_or_the_begin_of_its_id():
    assert find(NODES, "bbbbbb") is NODES[2]
    assert find(NODES, "aaaaaa00002") is NODES[1]
    assert find(NODES, "10.0.0.4") is NODES[3]
    with pytest.raises(BadInput, match=r"aaaaaa means 2 nodes \(aaaaaa00001, aaaaaa00002\)"):
        find(NODES, "aaaaaa")
    for unknown in ("bbb", "", "10.0.0.9", "dddddd"):
        with pytest.raises(NotFound, match="`trii cluster status` lists them"):
            find(NODES, unknown)


def test_the_head_and_the_last_node_of_a_pool_do_not_go_unasked():
    check_drain(NODES, NODES[1], insist=False)
    with pytest.raises(Conflict, match=r"10\.0\.0\.4 is the last node of gpu: .*`--yes`"):
        check_drain(NODES, NODES[3], insist=False)
    check_drain(NODES, NODES[3], insist=True)
    with pytest.raises(Conflict, match=r"10\.0\.0\.1 is the head"):
        check_drain(NODES, NODES[0], insist=True)


def test_launches_that_the_cloud_refused_are_told_with_its_reason():
    from ray.autoscaler.v2.schema import ClusterStatus, LaunchRequest

    refused = LaunchRequest(
        "c6i.4xlarge", "batch-a", 3, LaunchRequest.Status.FAILED, 1_700_000_000, 1_700_000_060,
        "InsufficientInstanceCapacity",
    )  # fmt: skip
    coming = LaunchRequest("m6i.large", "serve-a", 1, LaunchRequest.Status.PENDING, 1_700_000_000)
    seen = view(ClusterStatus(pending_launches=[coming], failed_launches=[refused]))
    assert [(launch.type, launch.refused, launch.reason) for launch in seen.launches] == [
        ("serve-a", False, None),
        ("batch-a", True, "InsufficientInstanceCapacity"),
    ]
    assert seen.launches[1].at.isoformat() == "2023-11-14T22:14:20+00:00"


def test_a_cluster_that_does_not_answer_is_one_line_at_once():
    away = SimpleNamespace(
        ray_address="127.0.0.1:1", ray_host="127.0.0.1", ray_port=1,
        ray_auth_token=SimpleNamespace(get_secret_value=str),
    )  # fmt: skip
    with pytest.raises(
        PlatformError, match=r"no Ray cluster answers at 127\.0\.0\.1:1: `trii status`"
    ):
        Gcs(away).status()


class Cluster:
    """Three nodes of Ray in a process of their own, and `trii` beside them."""

    def __init__(self, folder):
        port, dashboard = free_port(), free_port()
        home, ray = folder / "home", folder / "ray"
        for made in (home, ray):
            made.mkdir()
        states.save(home, states.create(home, {"ray": port, "dashboard": dashboard}))
        self._environment = {
            **os.environ, "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": TOKEN,
            "RAY_USAGE_STATS_ENABLED": "0", "RAY_TMPDIR": str(folder), "PYTHONPATH": "",
            "TRII_HOME": str(home), "TRII_RAY_PORT": str(port), "TRII_RAY_AUTH_TOKEN": TOKEN,
            "TRII_DASHBOARD_PORT": str(dashboard), "TRII_POOLS": '["batch", "gpu"]',
            "PATH": f"{TRII.parent}:{os.environ['PATH']}",
        }  # fmt: skip
        with (folder / "log").open("w") as log:
            self._nodes = subprocess.Popen(
                [sys.executable, Path(__file__).with_name("three_nodes.py"), ray, str(port),
                 str(dashboard)],
                env=self._environment, stdin=subprocess.PIPE, stdout=log, stderr=log,
            )  # fmt: skip

    def trii(self, *words, **environment):
        """Exit status, output and errors of `trii cluster …`, in a process of its own."""
        done = subprocess.run(
            [TRII, "cluster", *words], env=self._environment | environment, capture_output=True,
            text=True, check=False,
        )  # fmt: skip
        return done.returncode, done.stdout, done.stderr

    def keep(self, text):
        """Keep a file with the cluster, as the steering does on a head."""
        told = "import sys; from cluster.fleet.live.kept import *; keep(sys.argv[1], FILE, sys.argv[2])"
        address = f"127.0.0.1:{self._environment['TRII_RAY_PORT']}"
        environment = self._environment | {"PYTHONPATH": str(ROOT)}
        subprocess.run([sys.executable, "-c", told, address, text], env=environment, check=True)

    def raylets(self):
        """The processes that are a node each, the head's first."""
        family = psutil.Process(self._nodes.pid).children(recursive=True)
        return sorted(
            (process for process in family if process.name() == "raylet"),
            key=lambda process: process.create_time(),
        )

    def ray(self):
        """A client of its REST interface."""
        names = {"TRII_DASHBOARD_PORT", "TRII_RAY_AUTH_TOKEN"}
        told = {name.removeprefix("TRII_").lower(): self._environment[name] for name in names}
        return RayApi(
            Settings(
                home=self._environment["TRII_HOME"],
                **{
                    key: int(value) if key.endswith("port") else value
                    for key, value in told.items()
                },
            )
        )

    def nodes(self):
        """What `status` tells of them; none while the head has not begun to answer."""
        code, out, _ = self.trii("status", "--json")
        return json.loads(out)["nodes"] if code == 0 else []

    def stop(self):
        family = psutil.Process(self._nodes.pid).children(recursive=True)
        self._nodes.stdin.close()  # which ends them
        self._nodes.wait(timeout=60)
        _, left = psutil.wait_procs(family, timeout=10)
        for process in left:
            process.kill()


@pytest.fixture
def cluster():
    folder = Path(tempfile.mkdtemp(prefix="tr"))
    running = Cluster(folder)
    try:
        yield running
    finally:
        running.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.long
def test_a_running_cluster_is_seen_by_pool_and_a_node_of_it_drains(cluster):
    assert wait_until(lambda: len(cluster.nodes()) == 3, timeout_s=120)
    head, *batch = cluster.nodes()
    assert head["is_head"]
    assert [(node["pools"], node["market"], node["total"]["CPU"]) for node in batch] == [
        (["batch"], "spot", 1.0)
    ] * 2

    code, out, _ = cluster.trii("status")
    assert code == 0
    assert "3 nodes run, 0 are coming; pieces of work that wait for a node: 0" in out

    code, _, err = cluster.trii("status", TRII_RAY_AUTH_TOKEN="f" * 64)
    assert code == 1
    assert "does not take this platform's token: TRII_RAY_AUTH_TOKEN" in err

    code, _, err = cluster.trii("drain", head["id"])
    assert (code, err.count("\n")) == (1, 1)
    assert "is the head" in err

    check_plans(cluster)

    leaving, staying = batch
    code, out, err = cluster.trii("drain", leaving["id"], "--deadline", "1", "--json")
    assert code == 0, err
    assert json.loads(out)["node"] == leaving["id"]
    assert wait_until(
        lambda: [node["id"] for node in cluster.nodes()[1:]] == [staying["id"]], timeout_s=60
    )

    code, _, err = cluster.trii("drain", staying["id"])
    assert code == 1
    assert "is the last node of batch" in err


def check_plans(cluster):
    """What `ray up` would change is asked of the cluster itself, once it has a file of its own."""
    file = ROOT / "cluster.yaml"
    code, _, err = cluster.trii("plan", str(file))
    assert (code, err.count("\n")) == (2, 1)
    assert (
        "keeps no file of `ray up`, as a laptop's: give the one that it was brought up with as --against"
        in err
    )

    # Each of its two workers is of the type that Ray gives to nodes without a launcher.
    cluster.keep(file.read_text().replace("InstanceType: m6i.2xlarge", "InstanceType: m6i.large"))
    code, out, _ = cluster.trii("plan", str(file), "--json")
    told = json.loads(out)
    assert code == 1
    assert sum(told["running"].values()) == 2
    assert [
        (change["of"], change["kind"]) for change in told["changes"] if change["destructive"]
    ] == [("head", "head")]

    cluster.keep(file.read_text())
    code, out, _ = cluster.trii("plan", str(file))
    assert code == 0
    assert out.startswith("~ head: Ray starts again on the head")


@pytest.mark.long
def test_the_doctor_looks_at_each_node_and_waits_for_no_lost_one(cluster):
    assert wait_until(lambda: len(cluster.nodes()) == 3, timeout_s=120)
    driver = "python -c 'import ray, time; ray.init(); time.sleep(600)'"
    with cluster.ray() as ray:
        assert ray.send("POST", "/api/jobs/", json={"entrypoint": driver}).status_code == 200
        running = lambda told: [job for job in told if job["driver_info"]]  # noqa: E731
        assert wait_until(lambda: ray.ask("/api/jobs/", running), timeout_s=60)

        code, out, err = cluster.trii("doctor", "--json")
        told = json.loads(out)
        assert (code, told["healthy"]) == (1, False), err
        # Started by hand, it keeps no state; nobody carries the pool `gpu`; somebody is on the head.
        assert {finding["name"] for finding in told["findings"]} == {
            "state-not-kept", "pool-without-node", "driver-on-head"
        }  # fmt: skip
        assert [node["cpus"] for node in told["cluster"]["nodes"]] == [0.0, 1.0, 1.0]
        assert all(node["clock_unsure_s"] < 5 for node in told["cluster"]["nodes"])
        # What it did is gone: the program on the head is the one job that Ray remembers.
        assert len(ray.ask("/api/jobs/", list)) == 1

    *_, lost = cluster.raylets()
    lost.suspend()
    try:
        code, out, err = cluster.trii("doctor")
    finally:
        lost.resume()
    assert code == 1, err
    assert out.count("✗ silent-node: ") == 1
    assert "no node shows a GPU" in out
