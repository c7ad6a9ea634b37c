"""Real servers for tests, on free ports of loopback: Valkey in a folder of its own, any application."""

import contextlib
import socket
import subprocess
import threading
import time
from pathlib import Path

import redis
import uvicorn

from cluster.laptop.valkey import server_binary
from cluster.waiting import wait_until

PASSWORD = "for tests only: /@:"


def free_port() -> int:
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def serving(app):
    """The port on which an ASGI application answers meanwhile, in a thread."""
    port = free_port()
    config = uvicorn.Config(app, port=port, log_level="error", lifespan="off", loop="asyncio")
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run)
    thread.start()
    try:
        assert wait_until(lambda: running.started, timeout_s=30, every_s=0.02)
        yield port
    finally:
        running.should_exit = True
        thread.join()


class ValkeyServer:
    """Can be stopped and started again on the same port, to see who survives it."""

    def __init__(self, folder: Path, host: str = "127.0.0.1") -> None:
        self.host, self.port = host, free_port()
        self._folder = folder
        self._process: subprocess.Popen | None = None

    def start(self) -> None:
        config = self._folder / "valkey.conf"
        lines = f'bind {self.host}\nport {self.port}\nrequirepass "{PASSWORD}"\nsave ""\n'
        config.write_text(lines + f"dir {self._folder}\n")
        self._process = subprocess.Popen(
            [server_binary(), config], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        end = time.monotonic() + 10
        with redis.Redis(self.host, self.port, password=PASSWORD) as client:
            while time.monotonic() < end:
                with contextlib.suppress(redis.ConnectionError):
                    client.ping()
                    return
                time.sleep(0.01)
        raise RuntimeError("valkey did not start")

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None
