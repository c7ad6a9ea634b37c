"""Spot that is refused, for real: Ray's own autoscaler on a cloud that has none left."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest
import yaml

from cluster.waiting import wait_until
from tests.servers import free_port

pytestmark = [pytest.mark.long, pytest.mark.services]
ROOT = Path(__file__).parents[4]
HEAD_ID = "f" * 51 + "00000"
BATCH = "trii/pool-batch"
STEER = ("-m", "cluster.fleet.steering")
# A task of the pool, by a driver of its own: it says how the node was bought that it ran on.
WORK = f"""
import os, ray
ray.init(address=os.environ["WHERE"], logging_level="ERROR", log_to_driver=False)

@ray.remote(num_cpus=1, label_selector={{"{BATCH}": "true"}})
def market():
    return ray.get_runtime_context().get_node_labels()["trii/market"]

print(ray.get(market.remote()))
"""
KEPT = """
import sys
from cluster.fleet.live.kept import read_kept
print(read_kept(sys.argv[1]), end="")
"""


def document(address, refuses):
    """The file of a cluster whose pool `batch` is spot, with two nodes on demand beside it."""

    def nodes(market, priority):
        labels = {BATCH: "true", "trii/market": market}
        bounds = {"min_workers": 0, "max_workers": 2, "priority": priority}
        return {"resources": {"CPU": 1}, "labels": labels, "node_config": {}, **bounds}

    cloud = {
        "type": "external",
        "module": "tests.cluster.fleet.steering.cloud.Cloud",
        "use_node_id_as_ip": True,
        "disable_node_updaters": True,
        "disable_launch_config_check": True,
        "launch_multiple": True,
        "head_node_id": HEAD_ID,
        "gcs_address": address,
        "refuses": str(refuses),
    }
    head = {"resources": {"CPU": 0}, "max_workers": 0, "node_config": {}}
    setup = ("setup", "head_setup", "worker_setup", "initialization")
    commands = (*setup, "head_start_ray", "worker_start_ray")
    # What Ray's autoscaler wants to find in any file, though nothing is set up here.
    empty = {
        **{f"{kind}_commands": [] for kind in commands},
        **{name: {} for name in ("auth", "docker", "file_mounts")},
        **{name: [] for name in ("cluster_synced_files", "rsync_exclude", "rsync_filter")},
        "file_mounts_sync_continuously": False,
    }
    return empty | {
        "cluster_name": "steered",
        "max_workers": 4,
        "idle_timeout_minutes": 0.1,
        "upscaling_speed": 1.0,
        "provider": cloud,
        "head_node_type": "ray.head.default",
        "available_node_types": {
            "ray.head.default": head,
            "spot": nodes("spot", 10),
            "on-demand": nodes("on-demand", 0),
        },
    }


@pytest.fixture
def refuse(tmp_path):
    """Say which node types the cloud has none of from now on."""
    place = tmp_path / "refuses.json"

    def say(*names):
        place.write_text(json.dumps(names))

    say()
    say.place = place
    return say


@pytest.fixture
def marked():
    """An environment for processes of Ray, and a short folder; who carries its mark ends with the test."""
    mark, folder = uuid.uuid4().hex, tempfile.mkdtemp(prefix="tr")
    yield {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "TRII_TEST_MARK": mark,
        "RAY_AUTH_MODE": "disabled",
        "RAY_TMPDIR": folder,
        "RAY_enable_autoscaler_v2": "1",
        "RAY_FAKE_CLUSTER": "1",
        "RAY_CLOUD_INSTANCE_ID": HEAD_ID,
        "RAY_OVERRIDE_NODE_ID_FOR_TESTING": HEAD_ID,
        "AUTOSCALER_UPDATE_INTERVAL_S": "1",
        "AUTOSCALER_METRIC_PORT": str(free_port()),
    }
    for process in psutil.process_iter():
        try:
            if process.environ().get("TRII_TEST_MARK") == mark:
                process.kill()
        except psutil.Error:
            continue
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def start(marked):
    """Start a Python with these arguments, which ends with the test at the latest."""
    with ExitStack() as started:

        def begin(*arguments, **variables):
            process = subprocess.Popen(
                [sys.executable, *map(str, arguments)],
                env=marked | variables,
                stdout=subprocess.PIPE,
                text=True,
            )
            started.enter_context(process)
            started.callback(process.kill)
            return process

        yield begin


@pytest.fixture
def head(marked, start, tmp_path, refuse):
    """A head that buys by a steered file; gives its address, the file given and the steered one."""
    import ray

    port = free_port()
    address = f"{ray.util.get_node_ip_address()}:{port}"
    source, target = tmp_path / "cluster.yaml", tmp_path / "steered.yaml"
    source.write_text(yaml.safe_dump(document(address, refuse.place)))
    assert start(*STEER, "--from", source, "--to", target).wait(timeout=60) == 0
    free = ("dashboard-agent-listen-port", "metrics-export-port", "ray-client-server-port")
    options = {
        "port": port,
        "autoscaling-config": target,
        "temp-dir": marked["RAY_TMPDIR"],
        "min-worker-port": 0,
        "max-worker-port": 0,
        "include-dashboard": "false",
        **{name: free_port() for name in free},
    }
    told = [f"--{name}={value}" for name, value in options.items()]
    ray_start = start("-m", "ray.scripts.scripts", "start", "--head", "--num-cpus=0", *told)
    assert ray_start.wait(timeout=120) == 0
    return address, source, target


@pytest.fixture
def work(start, head):
    """Start a task of the pool; it prints how the node was bought that it ran on."""
    return lambda: start("-c", WORK, WHERE=head[0])


def bound(target, name):
    return yaml.safe_load(target.read_text())["available_node_types"][name]["max_workers"]


def test_refused_spot_falls_back_to_on_demand_and_spot_is_tried_again_later(
    head, start, work, refuse, marked
):
    address, source, target = head
    refuse("spot")
    waiting = work()
    # Ray alone asks for spot for ever.
    with pytest.raises(subprocess.TimeoutExpired):
        waiting.communicate(timeout=25)
    start(*STEER, "--from", source, "--to", target, "--address", address, "--pause", 30)
    assert waiting.communicate(timeout=60)[0] == "on-demand\n"
    assert bound(target, "spot") == 0
    # A plan finds there what the cluster was brought up with, not what holds at the moment.
    kept = subprocess.run(
        [sys.executable, "-c", KEPT, address],
        env=marked,
        capture_output=True,
        text=True,
        check=True,
    )
    assert kept.stdout == source.read_text()
    refuse()
    assert wait_until(lambda: bound(target, "spot") == 2, timeout_s=60)
    # The node on demand goes when it idles, and the next work is bought where it is cheap.
    spot = wait_until(lambda: work().communicate()[0] == "spot\n", timeout_s=120, every_s=8)
    assert spot


def test_a_node_type_whose_nodes_never_join_is_left_alone_as_a_refused_one(
    head, start, work, refuse
):
    address, source, target = head
    refuse("dud:spot")
    start(*STEER, "--from", source, "--to", target, "--address", address, "--pause", 120)
    waiting = work()
    assert waiting.communicate(timeout=120)[0] == "on-demand\n"
    assert bound(target, "spot") == 0
