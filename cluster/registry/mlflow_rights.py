"""What a job's token may ask of MLflow: look, and write runs; no versions, aliases or deletions.

Nor artifacts of a run or a logged model that a version came of: those are the version's own.

A list of what is allowed: what a later MLflow adds is refused until it is put here.
"""

import re
from typing import Final
from urllib.parse import unquote, urlparse, urlunparse

_LOOKS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_ID: Final = r"[A-Za-z0-9_-]+"
_RUNS: Final = (
    "create|update|search|log-metric|log-parameter|log-batch|log-model|log-inputs|outputs|set-tag"
)
_WRITES: Final = {
    "POST": (
        rf"/mlflow/runs/({_RUNS})",
        r"/mlflow/experiments/(create|search|search-datasets)",
        rf"/mlflow/logged-models(/search|/{_ID}/params)?",
        r"/mlflow/(registered-models|model-versions)/search",
        r"/mlflow-artifacts/mpu/(create|complete|abort)/.+",
    ),
    "PUT": (r"/mlflow-artifacts/artifacts/.+",),
    # A logged model is a run's output; what may serve is a version, which is none of these.
    "PATCH": (rf"/mlflow/logged-models/{_ID}(/tags)?",),
}
_ALLOWED: Final = {
    method: re.compile(rf"/(ajax-)?api/[23]\.0({'|'.join(paths)})")
    for method, paths in _WRITES.items()
}


_KEPT: Final = {"mlflow-artifacts", "logged-models"}
_OUTPUT: Final = re.compile(r"(m-)?[0-9a-f]{32}")
_DECODED_AT_MOST: Final = 10


def outputs_written(method: str, path: str) -> tuple[str, ...]:
    """The runs and logged models that a request would write to; wherever in its path they are named.

    For a run that is its artifacts alone.
    """
    parts = (_as_read(path) or "").split("/")
    if method in _LOOKS or not _KEPT & {*parts}:
        return ()
    return tuple(part for part in parts if _OUTPUT.fullmatch(part))


def made_of(output: str) -> tuple[str, ...]:
    """What MLflow's search finds versions by that came of a run or of a logged model."""
    return f"run_id = '{output}'", f"source_path LIKE '%{output}%'"


def _as_read(path: str) -> str | None:
    """The path as MLflow reads those of artifacts: decoded until nothing is left; None without an end.

    It takes a tab in the middle of a name out as well.
    """
    for _ in range(_DECODED_AT_MOST):
        try:
            decoded = urlunparse(urlparse(unquote(path)))
        except ValueError:  # a host that is none
            return None
        if decoded == path:
            return path
        path = decoded
    return None


def job_may(method: str, path: str) -> bool:
    """Whether a job's token is enough for this request."""
    read = _as_read(path)
    if read is None or ".." in read.split("/"):
        return False
    allowed = _ALLOWED.get(method)
    return method in _LOOKS or (allowed is not None and allowed.fullmatch(path) is not None)
