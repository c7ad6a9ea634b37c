"""`python -m cluster.fleet.live.notice`: on a node, hand on what runs before its cloud takes it back.

AWS tells a spot instance two minutes before it ends it. Ray does not ask: this does, and drains the
node that it runs on by then, so that replicas stand elsewhere before they end here.
"""

import sys
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, Protocol

import click
import httpx

from cluster import logs
from cluster.clock import utc_now
from cluster.errors import PlatformError, TriiError
from cluster.fleet.live.gcs import Gcs
from cluster.fleet.live.view import ClusterView, find
from cluster.logs import get_logger
from cluster.settings import load_settings

IMDS: Final = "http://169.254.169.254"
# As AWS advises: of two minutes none is to be lost.
_EVERY_S: Final = 5.0
# Ray ends a drained node at its deadline: before the machine goes.
_EARLIER: Final = timedelta(seconds=10)
_LEAST: Final = timedelta(seconds=1)


class Draining(Protocol):
    """What is asked of the cluster."""

    def status(self) -> ClusterView: ...
    def drain(self, node_id: str, *, reason: str, until: datetime) -> None: ...


class Metadata:
    """What the cloud tells this instance of itself (IMDSv2). Every method may raise PlatformError."""

    def __init__(self, url: str = IMDS) -> None:
        self._url = url

    def ends_at(self) -> datetime | None:
        """When the cloud takes this instance back; None while it has no such plan."""
        answer = self._ask("spot/instance-action")
        if answer.status_code == httpx.codes.NOT_FOUND:
            return None
        try:
            return datetime.fromisoformat(answer.json()["time"])
        except (ValueError, LookupError, TypeError) as exc:
            raise PlatformError(f"the notice can't be read: {answer.text[:200]}") from exc

    def address(self) -> str:
        """Its own, by which the cluster knows its node."""
        return self._ask("local-ipv4").text.strip()

    def _ask(self, path: str) -> httpx.Response:
        try:
            with httpx.Client(base_url=self._url, timeout=2.0, trust_env=False) as http:
                shortly = {"X-aws-ec2-metadata-token-ttl-seconds": "60"}
                token = http.put("/latest/api/token", headers=shortly).raise_for_status().text
                allowed = {"X-aws-ec2-metadata-token": token}
                answer = http.get(f"/latest/meta-data/{path}", headers=allowed)
                return (
                    answer
                    if answer.status_code == httpx.codes.NOT_FOUND
                    else answer.raise_for_status()
                )
        except httpx.HTTPError as exc:
            raise PlatformError(f"the instance's metadata at {self._url}: {exc}") from exc


def heed(metadata: Metadata, cluster: Callable[[], Draining], *, now: datetime) -> datetime | None:
    """Drain this node where it is to end; by when, None where it goes on.

    Raises PlatformError, and NotFound before it has joined.
    """
    ends_at = metadata.ends_at()
    if ends_at is None:
        return None
    until = max(ends_at - _EARLIER, now + _LEAST)
    ray = cluster()
    own = find(ray.status().nodes, metadata.address())
    ray.drain(str(own.id), reason="spot: taken back by the cloud", until=until)
    return until


@click.command()
@click.option("--metadata", "url", default=IMDS, show_default=True, help="Where the cloud tells.")
def main(*, url: str) -> None:
    """Watch for the notice that this instance is taken back, and drain its node; then end."""
    logs.configure(service="notice", console=False)
    metadata, away = Metadata(url), ""
    while True:
        try:
            if until := heed(metadata, lambda: Gcs(load_settings()), now=utc_now()):
                get_logger().warning("spot: this node is taken back and drains", until=until)
                sys.exit(0)
            away = ""
        except TriiError as exc:
            if str(exc) != away:
                get_logger().warning("no notice could be heeded", reason=str(exc))
            away = str(exc)
        time.sleep(_EVERY_S)


if __name__ == "__main__":
    main()
