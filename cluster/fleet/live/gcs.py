"""Ray's control service (GCS), asked by Ray's own library: its state, and to drain a node."""

import socket
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from cluster.environment import show_ray_token
from cluster.errors import Conflict, NotFound, PlatformError
from cluster.fleet.live.prewarmed import Prewarmed, parsed, written
from cluster.fleet.live.view import ClusterView, view
from cluster.settings import Settings

_TIMEOUT_S: Final = 10
_CONNECT_S: Final = 3.0


class Gcs:
    """One cluster's control service. Every method may raise PlatformError."""

    def __init__(self, settings: Settings) -> None:
        self._address = settings.ray_address
        self._host, self._port = settings.ray_host, settings.ray_port
        show_ray_token(settings.ray_auth_token.get_secret_value())

    def status(self) -> ClusterView:
        """Nodes, what waits for one, and what the autoscaler asked of the cloud."""
        with self._asked():
            # Ray takes seconds to load, which a cluster that is away need not cost.
            from ray.autoscaler.v2.sdk import get_cluster_status  # noqa: PLC0415

            return view(get_cluster_status(self._address, timeout=_TIMEOUT_S))

    def kept_file(self, *, remedy: str) -> str:
        """The file that `ray up` last handed to the head. Raises NotFound, with the remedy, without one."""
        with self._asked():
            from cluster.fleet.live.kept import FILE, read  # noqa: PLC0415 - as above

            found = read(self._address, FILE)
        if found is None:
            raise NotFound(
                f"the cluster at {self._address} keeps no file of `ray up`, as a laptop's: {remedy}"
            )
        return found

    def prewarmed(self) -> tuple[Prewarmed, ...]:
        """Which pools are held at more nodes than they have to have, ended or not."""
        with self._asked():
            from cluster.fleet.live.kept import PREWARMED, read  # noqa: PLC0415 - as above

            return parsed(read(self._address, PREWARMED))

    def keep_prewarmed(self, held: Iterable[Prewarmed]) -> None:
        """Hold these in place of the earlier ones; the head's steering takes it up at its next turn."""
        with self._asked():
            from cluster.fleet.live.kept import PREWARMED, keep  # noqa: PLC0415 - as above

            keep(self._address, PREWARMED, written(held))

    def drain(self, node_id: str, *, reason: str, until: datetime) -> None:
        """Have a node take nothing more, hand on what it serves, and end by that time.

        Raises Conflict where Ray refuses.
        """
        with self._asked():
            from ray._raylet import GcsClient  # type: ignore[attr-defined]  # noqa: PLC0415 - compiled
            from ray.core.generated import autoscaler_pb2  # noqa: PLC0415

            # The other reason that Ray knows is refused by a node that works.
            preemption = vars(autoscaler_pb2)["DRAIN_NODE_REASON_PREEMPTION"]
            taken, why = GcsClient(self._address).drain_node(
                node_id, preemption, reason, int(until.timestamp() * 1000)
            )
        if not taken:
            raise Conflict(f"Ray does not drain the node {node_id[:12]}: {why}")

    @contextmanager
    def _asked(self) -> Iterator[None]:
        """What the GCS does not answer is told as every method here tells it."""
        self._require()
        from ray.exceptions import AuthenticationError, RpcError  # noqa: PLC0415

        try:
            yield
        except AuthenticationError as exc:
            raise self._locked() from exc
        except RpcError as exc:
            raise self._away() from exc

    def _require(self) -> None:
        """Ray's library itself waits for minutes where nothing listens."""
        try:
            socket.create_connection((self._host, self._port), timeout=_CONNECT_S).close()
        except OSError as exc:
            raise self._away() from exc

    def _locked(self) -> PlatformError:
        return PlatformError(
            f"Ray at {self._address} does not take this platform's token: TRII_RAY_AUTH_TOKEN, else "
            "secrets/trii_ray_auth_token below TRII_HOME, must be the cluster's"
        )

    def _away(self) -> PlatformError:
        return PlatformError(
            f"no Ray cluster answers at {self._address}: `trii status` says more, `trii up` starts it"
        )
