"""The file of `ray up`, kept with the cluster itself: in the GCS, beside what Ray knows."""

from typing import Final

from ray._raylet import GcsClient  # type: ignore[attr-defined]  # compiled
from ray.exceptions import RpcError

from cluster.errors import PlatformError

_KEY: Final = b"cluster.yaml"
_NAMESPACE: Final = b"trii"


def keep(gcs_address: str, text: str) -> None:
    """Put the file in place of an earlier one. Raises PlatformError while the GCS is away."""
    try:
        GcsClient(gcs_address).internal_kv_put(_KEY, text.encode(), True, _NAMESPACE)  # noqa: FBT003
    except RpcError as exc:
        raise PlatformError(
            f"Ray at {gcs_address} does not keep the cluster's file: {exc}"
        ) from exc


def read_kept(gcs_address: str) -> str | None:
    """The file that was last kept. Raises RpcError and AuthenticationError of Ray."""
    found = GcsClient(gcs_address).internal_kv_get(_KEY, _NAMESPACE)
    return None if found is None else found.decode()
