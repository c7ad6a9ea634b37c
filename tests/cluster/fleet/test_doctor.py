"""What `trii cluster doctor` says of clusters as they are seen; one is real, and one a head by its unit."""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cluster.fleet.doctor.facts import (
    Asked,
    ClusterFacts,
    Driver,
    Gpu,
    Listener,
    Node,
    NodeFacts,
    Store,
)
from cluster.fleet.doctor.rules import judge
from cluster.fleet.render import ports
from tests.cloudbox.units import head_script

ROOT = Path(__file__).parents[3]
UNITS = ROOT / "infra/node"
RESERVED = "40000-41000,44217,44227,52365"
MARKER = "/var/lib/trii-gcs/.trii-production"
GPU = Gpu(index=0, name="NVIDIA L4", driver="570.1", memory_mib=23034, used_mib=1)


def facts(**told):
    usual = {
        "python": "3.11.9", "ray": "2.60.0", "trii": "1.0 abc", "of_a_cluster": True,
        "token_mode": True, "head_dialled": "10.0.0.1:6379", "files_limit": {"raylet": 1_048_576},
        "listeners": (Listener(address="0.0.0.0", port=8000, program="haproxy"),),
        "public_addresses": (), "client_ports": (32768, 60999), "reserved_ports": RESERVED,
        "gpus": (), "gpu_trouble": "no nvidia-smi here", "store": None,
    }  # fmt: skip
    return NodeFacts(**usual | told)


def node(name, *pools, **told):
    usual = {
        "id": f"{name}aaaaaaaaaaaaaa", "address": f"10.0.0.{name}", "is_head": False, "cpus": 4.0,
        "gpus": 0.0, "labels": {f"trii/pool-{pool}": "true" for pool in pools}, "facts": facts(),
    }  # fmt: skip
    return Node(**usual | told)


def head(**told):
    store = Store(kind="rocksdb", path="/var/lib/trii-gcs/gcs", present=True, marker=MARKER)
    limits = {"raylet": 1_048_576, "gcs_server": 1_048_576}
    own = facts(**{"store": store, "files_limit": limits} | told)
    return node(1, is_head=True, cpus=0.0, facts=own)


def seen(*nodes, **told):
    usual = {
        "nodes": nodes or (head(), node(2, "serve"), node(3, "batch")), "drivers": (), "asked": (),
        "on_gpus": (), "pools": ("serve", "batch"), "growing": (), "answers_without_token": False,
    }  # fmt: skip
    return ClusterFacts(**usual | told)


def names(cluster):
    return [finding.name for finding in judge(cluster)]


def test_nothing_is_said_of_a_cluster_that_is_as_it_should_be():
    assert judge(seen()) == []


def test_a_node_that_does_not_answer_is_named_with_what_to_do():
    silent = node(3, "batch", facts=None, trouble="no answer in 30 s")
    (finding,) = judge(seen(head(), node(2, "serve"), silent))
    assert finding.name == "silent-node"
    assert "10.0.0.3" in finding.what
    assert "trii cluster drain 3aaaaaaaaaaa" in finding.remedy


@pytest.mark.parametrize("what", ["python", "ray", "trii"])
def test_the_few_that_run_another_version_are_named(what):
    nodes = (head(), node(2, "serve"), node(3, "batch", facts=facts(**{what: "0.1"})))
    (finding,) = judge(seen(*nodes))
    assert finding.name == "version-skew"
    assert finding.what.endswith("10.0.0.3 0.1")


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ({"public_addresses": ("3.3.3.3",)}, "public-address"),
        ({"token_mode": False}, "no-token"),
        ({"files_limit": {"raylet": 1024}}, "few-files"),
        ({"reserved_ports": "40000-41000"}, "ports-not-reserved"),
        ({"head_dialled": "10.0.0.9:6379"}, "head-address"),
        ({"listeners": (Listener(address="::", port=8888, program=None),)}, "open-port"),
        ({"listeners": (Listener(address="::", port=8404, program="haproxy"),)}, "open-port"),
    ],
)
def test_what_is_wrong_with_one_node_is_one_finding(told, name):
    assert names(seen(head(), node(2, "serve"), node(3, "batch", facts=facts(**told)))) == [name]


def test_what_serve_opens_by_itself_is_known():
    own = Listener(address="::", port=35_123, program="ray::ServeReplica:api:Api")
    other = Listener(address="::", port=35_123, program="jupyter-lab")
    assert names(seen(head(), node(2, "serve", "batch", facts=facts(listeners=(own,))))) == []
    nodes = (head(), node(2, "serve", "batch", facts=facts(listeners=(other,))))
    (finding,) = judge(seen(*nodes))
    assert "jupyter-lab listens at :::35123" in finding.what


def test_a_laptop_is_not_held_to_what_a_clusters_units_set():
    own = facts(of_a_cluster=False, files_limit={"raylet": 8192}, reserved_ports="", listeners=())
    store = Store(kind="rocksdb", path="/run/gcs", present=True, marker=None)
    laptop = node(1, "serve", "batch", is_head=True, facts=own.model_copy(update={"store": store}))
    driver = Driver(node="10.0.0.1", command="python x.py")
    assert judge(seen(laptop, drivers=(driver,), answers_without_token=False)) == []


def test_a_clock_is_off_only_by_more_than_the_way_there_may_explain():
    assert (
        names(seen(head(), node(2, "serve", "batch", clock_ahead_s=3.0, clock_unsure_s=2.5))) == []
    )
    (finding,) = judge(seen(head(), node(2, "serve", "batch", clock_ahead_s=-3.0)))
    assert "10.0.0.2 is 3.0 s behind" in finding.what


def test_a_driver_on_a_head_that_does_no_work_is_named():
    drivers = (Driver(node="10.0.0.1", command="python x.py"), Driver(node="10.0.0.3", command="y"))
    (finding,) = judge(seen(drivers=drivers))
    assert (finding.name, "`python x.py`" in finding.what) == ("driver-on-head", True)


def test_an_application_that_no_node_may_hold_is_named_unless_its_pool_grows():
    asked = Asked(application="a", deployment="A", selector={"trii/pool-gpu": "true"})
    (finding,) = judge(seen(asked=(asked,)))
    assert "trii/pool-gpu=true, which a:A asks for" in finding.what
    assert names(seen(asked=(asked,), growing=("gpu",), pools=("serve", "batch", "gpu"))) == []
    assert names(seen(pools=("serve", "batch", "gpu"))) == ["pool-without-node"]


def test_gpus_that_ray_counts_and_the_driver_does_not_show_are_named():
    blind = node(4, "gpu", gpus=1.0)
    (finding,) = judge(seen(head(), node(2, "serve", "batch"), blind))
    assert "Ray counts 1 GPUs on 10.0.0.4, its driver shows 0: no nvidia-smi here" in finding.what
    old = Gpu(**GPU.model_dump() | {"driver": "560.3"})
    nodes = [
        node(4, gpus=1.0, facts=facts(gpus=(GPU,))),
        node(5, gpus=1.0, facts=facts(gpus=(old,))),
    ]
    assert names(seen(head(), node(2, "serve", "batch"), *nodes)) == ["gpu-driver-skew"]


@pytest.mark.parametrize(
    ("store", "name"),
    [
        (None, "no-gcs"),
        (Store(kind="memory", path="", present=False, marker=None), "state-not-kept"),
        (Store(kind="rocksdb", path="/x/gcs", present=False, marker="/x/.trii-a"), "state-lost"),
        (Store(kind="redis", path="10.0.0.7:6379", present=True, marker=None), None),
    ],
)
def test_a_head_whose_state_is_not_kept_or_not_there_is_named(store, name):
    found = names(seen(head(store=store), node(2, "serve", "batch")))
    assert found == ([name] if name else [])


@pytest.mark.parametrize("name", ["ray-head", "trii-ray-node.service"])
def test_rays_ports_are_told_to_it_as_the_table_has_them(name):
    told = dict(re.findall(r"--([a-z-]+-port)=(\d+)", (UNITS / name).read_text()))
    workers = {
        "min-worker-port": f"{ports.WORKERS.start}",
        "max-worker-port": f"{ports.WORKERS.stop - 1}",
    }
    wanted = {option: f"{port}" for option, port in ports.RAYLET.items()} | workers
    assert told == wanted
    assert all(ports.expected(port) for port in ports.RAYLET.values())


def test_the_image_keeps_from_clients_what_the_table_has_in_their_range():
    (line,) = [text for text in (UNITS / "90-trii.conf").read_text().splitlines() if "=" in text]
    reserved = line.partition("=")[2]
    assert all(ports.is_reserved(entry, reserved) for entry in ports.within((32_768, 60_999)))


HEAD = r"""
set -e
mount -t tmpfs tmpfs /var/tmp; mount -t tmpfs tmpfs /dev/shm
mount -t tmpfs tmpfs "$STATE"; mkdir "$STATE/gcs"; touch "$STATE/.trii-drill"
ip link set lo up; ip addr add 10.20.1.10/32 dev lo
sysctl -qw net.ipv4.ip_local_reserved_ports=$RESERVED
ulimit -n 1048576 2> /dev/null || true
"$SCRIPT" > "$LOG" 2>&1 &
until curl -sf -o /dev/null -H "Authorization: Bearer $RAY_AUTH_TOKEN" \
    http://10.20.1.10:8265/api/serve/applications/; do sleep 0.5; kill -0 $!; done
for round in first second; do
    trii cluster doctor --json || true
    echo "---"
    rm -f "$STATE/.trii-drill"
    "$PYTHON" -m http.server 8888 > /dev/null 2>&1 &
    until curl -sf -o /dev/null http://127.0.0.1:8888; do sleep 0.2; done
done
"""


@pytest.mark.long
def test_a_head_started_as_its_unit_does_is_well_and_what_goes_wrong_on_it_is_named(tmp_path):
    if os.geteuid() != 0 or not shutil.which("unshare") or not shutil.which("ip"):
        pytest.skip("a network of its own takes root, unshare and iproute2")
    programs = Path(sys.executable).parent
    script = tmp_path / "ray-head"
    script.write_text(head_script())
    script.chmod(0o755)
    (tmp_path / "home").mkdir()
    (tmp_path / "state").mkdir()
    told = {
        "PATH": f"{programs}:{os.environ['PATH']}", "SCRIPT": str(script), "LOG": f"{tmp_path}/log",
        "STATE": f"{tmp_path}/state", "RESERVED": RESERVED, "PYTHON": sys.executable,
        "RAY_gcs_storage": "rocksdb", "RAY_gcs_storage_path": f"{tmp_path}/state/gcs",
        "TRII_BIN": str(programs), "TRII_HOME": f"{tmp_path}/home", "TRII_GCS_MARKER": "drill",
        "TRII_RAY_HOST": "10.20.1.10", "TRII_RAY_PORT": "6379", "TRII_NODE_IP": "10.20.1.10",
        "TRII_HEAD_ADDRESS": "10.20.1.10:6379", "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": TOKEN, "TRII_RAY_AUTH_TOKEN": TOKEN, "RAY_USAGE_STATS_ENABLED": "0",
        "HOME": str(tmp_path), "TRII_POOLS": "[]",
    }  # fmt: skip
    done = subprocess.run(
        ["unshare", "--net", "--mount", "--pid", "--fork", "--mount-proc", "--kill-child",
         "bash", "-c", HEAD],
        env=told, capture_output=True, text=True, check=False, timeout=300,
    )  # fmt: skip
    answers = done.stdout.split("---\n")
    assert len(answers) == 3, done.stderr
    well, ill = (json.loads(text) for text in answers[:2])
    # A container may not let its root raise the limit as a unit does.
    limit = {"few-files"} & {finding["name"] for finding in well["findings"]}
    assert {finding["name"] for finding in well["findings"]} == limit
    assert {finding["name"] for finding in ill["findings"]} == {"open-port", "state-lost"} | limit
    assert any("http.server" in finding["what"] for finding in ill["findings"])


TOKEN = "0123456789abcdef" * 4
