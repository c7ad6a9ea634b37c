"""What is kept with a cluster itself: in its GCS, beside what Ray knows."""

from typing import Final

from ray._raylet import GcsClient  # type: ignore[attr-defined]  # compiled

FILE: Final = "cluster.yaml"
"""The file of `ray up`."""
PREWARMED: Final = "prewarmed"
"""What an engineer holds ready (`prewarmed.py`)."""
_NAMESPACE: Final = b"trii"


def keep(gcs_address: str, name: str, text: str) -> None:
    """Put the text in place of an earlier one. Raises RpcError and AuthenticationError of Ray."""
    gcs = GcsClient(gcs_address)
    gcs.internal_kv_put(name.encode(), text.encode(), True, _NAMESPACE)  # noqa: FBT003


def read(gcs_address: str, name: str) -> str | None:
    """What was kept last. Raises RpcError and AuthenticationError of Ray."""
    found = GcsClient(gcs_address).internal_kv_get(name.encode(), _NAMESPACE)
    return None if found is None else found.decode()
