"""Replicas follow a latency that a real Prometheus tells, and stay as they are while it tells nothing."""

import json
import shutil

import pytest
import ray

from tests.cluster.fleet.conftest import marked, start  # noqa: F401 - fixtures
from tests.servers import free_port

pytestmark = [
    pytest.mark.long,
    pytest.mark.services,
    pytest.mark.skipif(shutil.which("prometheus") is None, reason="prometheus is not installed"),
]


def test_replicas_follow_a_latency_and_hold_while_prometheus_is_away(marked, start, tmp_path):  # noqa: F811
    port, metrics, prometheus = free_port(), free_port(), free_port()
    goals = {"Quotes": {"p95_ms": 110, "max_replicas": 3}}
    told = {
        "TRII_LATENCY_GOALS": json.dumps(goals),
        "TRII_PROMETHEUS_URL": f"http://127.0.0.1:{prometheus}",
        "RAY_metrics_report_interval_ms": "1000",
    }
    begun = start(
        "-m", "ray.scripts.scripts", "start", "--head", "--num-cpus=4", f"--port={port}",
        f"--temp-dir={marked['RAY_TMPDIR']}", f"--metrics-export-port={metrics}",
        f"--dashboard-agent-listen-port={free_port()}", f"--ray-client-server-port={free_port()}",
        "--include-dashboard=false", "--min-worker-port=0", "--max-worker-port=0", **told,
    )  # fmt: skip
    assert begun.wait(timeout=120) == 0
    asked = {
        "address": f"{ray.util.get_node_ip_address()}:{port}", "port": free_port(),
        "folder": str(tmp_path), "prometheus_port": prometheus, "target": f"127.0.0.1:{metrics}",
        "holds_s": 30, "limit_s": 180,
    }  # fmt: skip
    driver = start("-m", "tests.deployments.scaling.keeps", json.dumps(asked), **told)
    out, _ = driver.communicate(timeout=500)
    assert driver.returncode == 0
    assert json.loads(out.splitlines()[-1]) == {"without": 1, "with": 3, "gone": 3, "back": 1}
