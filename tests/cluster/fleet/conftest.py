"""A cluster that buys its nodes on this machine: Ray's own head and autoscaler, on a cloud of ours."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import psutil
import pytest
import yaml

from tests.servers import free_port

ROOT = Path(__file__).parents[3]
HEAD_ID = "f" * 51 + "00000"
STEER = ("-m", "cluster.fleet.steering")


def document(address, refuses, types, idle_s):
    """The file of a cluster of these node types on a cloud that is this machine."""
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
        "cluster_name": "here",
        "max_workers": sum(entry["max_workers"] for entry in types.values()),
        "idle_timeout_minutes": idle_s / 60,
        "upscaling_speed": 1.0,
        "provider": cloud,
        "head_node_type": "ray.head.default",
        "available_node_types": {"ray.head.default": head, **types},
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
        # A machine that does other work as well.
        "RAY_raylet_start_wait_time_s": "120",
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
def bring_up(marked, start, tmp_path, refuse):
    """Start a head that buys nodes of these types by a steered file.

    Gives its address, the file given and the steered one.
    """
    return partial(_bring_up, marked, start, tmp_path, refuse)


def _bring_up(marked, start, tmp_path, refuse, types, *, idle_s=6):
    import ray

    port = free_port()
    address = f"{ray.util.get_node_ip_address()}:{port}"
    source, target = tmp_path / "cluster.yaml", tmp_path / "steered.yaml"
    source.write_text(yaml.safe_dump(document(address, refuse.place, types, idle_s)))
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
