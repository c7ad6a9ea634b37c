"""What a job's token may ask of MLflow: look, and write runs; no versions, aliases or deletions.

Nor artifacts of a run that a version came of: those are the version's own.

A list of what is allowed: what a later MLflow adds is refused until it is put here.
"""

import re
from typing import Final

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


_RUN: Final = re.compile(r"[0-9a-f]{32}")


def runs_written(method: str, path: str) -> tuple[str, ...]:
    """The runs among whose artifacts a request would write; wherever in its path they are named."""
    if method in _LOOKS or "mlflow-artifacts" not in path.split("/"):
        return ()
    return tuple(part for part in path.split("/") if _RUN.fullmatch(part))


def job_may(method: str, path: str) -> bool:
    """Whether a job's token is enough for this request."""
    if ".." in path.split("/"):
        return False
    allowed = _ALLOWED.get(method)
    return method in _LOOKS or (allowed is not None and allowed.fullmatch(path) is not None)
