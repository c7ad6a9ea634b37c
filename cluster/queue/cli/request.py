"""What `trii jobs submit` was given, as a checked request."""

import math
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from importlib.util import find_spec
from typing import Any, Final

from cluster.bundles.bundle import Bundle
from cluster.clock import utc_now
from cluster.errors import BadInput
from cluster.requests.job import JobRequest, parse_job
from cluster.requests.options import request_data

SAID_HERE: Final = {
    *("module", "arguments", "bundle", "memory_bytes", "deadline", "after"),
    *("max_attempts", "resumable"),
}
"""Fields of the request that the command line says in a form of its own, such as GiB."""
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_SPAN = re.compile(r"([0-9]{1,6})([smhd])")


def job_request(module: str, given: Mapping[str, Any], bundle: Bundle | None = None) -> JobRequest:
    """Raises BadInput that lists every fault; a misspelt module is found here, not by a dying job."""
    if bundle is None or not bundle.has_module(module):
        require_module(module, bundled=bundle is not None)
    plain = {name: value for name, value in given.items() if name not in SAID_HERE}
    data = request_data(JobRequest, plain)
    data |= {name: value for name in SAID_HERE if (value := given.get(name)) is not None}
    data["memory_bytes"] = _bytes(given["memory_gib"])
    if given["deadline"] is not None:
        data["deadline"] = deadline(given["deadline"], now=utc_now())
    sha256 = None if bundle is None else bundle.sha256
    return parse_job({"module": module, "bundle": sha256, **data})


def _bytes(gib: float) -> int:
    found = gib * 2**30
    if not math.isfinite(found):
        raise BadInput("--memory: expected a finite number of GiB")
    return round(found)


def deadline(text: str, *, now: datetime) -> datetime:
    """A time with its zone, or a span from now such as 90m."""
    if span := _SPAN.fullmatch(text):
        return now + timedelta(seconds=int(span[1]) * _UNITS[span[2]])
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise BadInput(
            "--deadline: expected a time with its zone such as 2026-01-31T18:00:00Z, or 90m, 2h, 1d"
        )
    if found <= now:
        raise BadInput(f"--deadline: {found.isoformat()} has passed")
    return found


def require_module(module: str, *, bundled: bool = False) -> None:
    """Raises BadInput unless `python -m module` would find something here.

    `bundled`: it was looked for in a bundle before.
    """
    parts = module.split(".")
    if not all(part.isidentifier() for part in parts):
        raise BadInput("MODULE: expected a dotted module name such as jobs.backtest")
    try:
        found = find_spec(module)
    except (ImportError, ValueError):  # ValueError: `__main__` has no file
        found = None
    if found is None and bundled:
        path = module.replace(".", "/")
        raise BadInput(
            f"module {module} is neither in the bundle nor installed here; the bundle's folder has "
            f"to hold {path}.py or {path}/__main__.py where git does not ignore it"
        )
    if found is None:
        raise BadInput(
            f"module {module} is not installed here; jobs.ingest and jobs.backtest are, and "
            "`--bundle DIR` takes your own code along"
        )
