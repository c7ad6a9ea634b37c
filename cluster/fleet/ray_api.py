"""Ray's REST interface, with time limits: the nodes that have joined, and what asks for more of it.

Ray's own client waits without limit and takes seconds to import; its REST interface is as public.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar

import httpx

from cluster.closing import Closing
from cluster.errors import PlatformError
from cluster.fleet import pools
from cluster.settings import Settings

T = TypeVar("T")
# A call without limits would outlive the lease of the loop that makes it.
_TIMEOUT: Final = httpx.Timeout(10.0, connect=2.0)


class RayAway(PlatformError):
    """Ray does not answer, or not in words that can be read.

    `sent` is False where it is certain that it never got the request.
    """

    def __init__(self, message: str, *, sent: bool = True) -> None:
        super().__init__(message)
        self.sent = sent


class RayApi(Closing):
    """A connection to one Ray cluster. Every method may raise RayAway."""

    def __init__(self, settings: Settings, *, transport: httpx.BaseTransport | None = None) -> None:
        token = settings.ray_auth_token.get_secret_value()
        self._url = settings.dashboard_url
        self._http = httpx.Client(
            base_url=self._url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=_TIMEOUT,
            trust_env=False,  # the machine's proxies are not for our own addresses
            transport=transport,
        )

    def close(self) -> None:
        """Close the connection."""
        self._http.close()

    def session(self) -> str:
        """The life of the cluster: another name after its memory of jobs was lost."""
        return self.ask("/api/version", lambda told: str(told["session_name"]))

    def nodes(self) -> dict[str, tuple[pools.Node, ...]]:
        """The living nodes of each pool that take drivers of jobs, with all that they have."""
        # Ray lists a hundred by default, and refuses a limit above ten thousand.
        return self.ask("/api/v0/nodes", _pools, detail="1", limit="10000")

    def ask(self, path: str, read: Callable[[Any], T], **params: str) -> T:
        """What `read` finds in the answer."""
        answer = self.send("GET", path, params=params)
        if answer.status_code != httpx.codes.OK:
            raise RayAway(f"Ray at {self._url} answered {answer.status_code} to {path}")
        return read_answer(answer, read)

    def send(self, method: str, path: str, *, stream: bool = False, **given: Any) -> httpx.Response:
        """Any answer, an error too."""
        try:
            return self._http.send(self._http.build_request(method, path, **given), stream=stream)
        except httpx.RequestError as exc:
            # Without a connection nothing was sent; whatever else fails, Ray may have taken it.
            never = isinstance(exc, httpx.ConnectError | httpx.ConnectTimeout)
            raise RayAway(f"Ray does not answer at {self._url}", sent=not never) from exc


def read_answer(answer: httpx.Response, read: Callable[[Any], T]) -> T:
    """What a JSON answer tells. Raises RayAway where it is cut off or tells something else."""
    try:
        return read(answer.json())
    except (ValueError, LookupError, TypeError, AttributeError) as exc:
        raise RayAway(f"Ray's answer to {answer.url.path} can't be read") from exc


def _pools(told: Any) -> dict[str, tuple[pools.Node, ...]]:
    alive = [
        node
        for node in told["data"]["result"]["result"]
        if node["state"] == "ALIVE" and pools.takes_drivers(node["labels"])
    ]
    return {
        name: tuple(_node(node) for node in alive if name in pools.of_labels(node["labels"]))
        for name in pools.POOLS
    }


def _node(told: Mapping[str, Any]) -> pools.Node:
    return pools.Node(*amounts(told["resources_total"]), id=told["node_id"])


def amounts(resources: Mapping[str, float]) -> tuple[float, float, int]:
    """CPUs, GPUs and bytes of memory of what Ray lists by name."""
    return resources.get("CPU", 0.0), resources.get("GPU", 0.0), int(resources.get("memory", 0))
