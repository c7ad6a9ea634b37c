"""Every bench, one after another, each in a process of its own; says why one could not run.

    make bench                  # all of them, about ten minutes on two quiet cores
    PYTHONPATH=. python bench/all.py features lake      # some of them

Figures go into docs/benchmarks.md, with the date and the machine.
"""

import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from cluster.errors import TriiError
from cluster.laptop.identity import running_settings

HERE = Path(__file__).parent


def libraries(*names: str) -> str:
    """Why not: peers that are not installed."""
    absent = [name for name in names if find_spec(name) is None]
    return f"no {', '.join(absent)}: pip install -r bench/requirements.txt" if absent else ""


def platform_and_wrk() -> str:
    """Why not: HTTP is measured with a tool that no package carries."""
    if shutil.which("wrk") is None:
        return "wrk is not installed: apt install wrk"
    return platform()


def platform() -> str:
    """Why not: it is measured on the platform that runs."""
    try:
        running_settings()
    except TriiError as exc:
        return str(exc)
    return ""


def nothing() -> str:
    return ""


@dataclass(frozen=True)
class Bench:
    """A file of this folder, and what keeps it from running."""

    name: str
    why_not: Callable[[], str] = nothing


BENCHES = (
    Bench("indicators", why_not=lambda: libraries("talib", "talipp")),
    Bench("features"),
    Bench("metrics", why_not=lambda: libraries("empyrical", "quantstats")),
    Bench("forward"),
    Bench("encodings"),
    Bench("lake"),
    Bench("ingest"),
    Bench("http_peers", why_not=platform_and_wrk),
    Bench("beside_jobs", why_not=platform),
    Bench("job_queue"),
    Bench("faults"),
    Bench("interactive"),
    Bench("capacity"),
    Bench("fleet"),
)


def main(chosen: list[str]) -> int:
    """The number of benches that failed; one that could not run has not failed."""
    failed = 0
    for bench in BENCHES:
        if chosen and bench.name not in chosen:
            continue
        print(f"== {bench.name}", flush=True)
        if reason := bench.why_not():
            print(f"not run: {reason}", flush=True)
            continue
        command = [sys.executable, HERE / f"{bench.name}.py"]
        failed += subprocess.run(command, check=False).returncode != 0
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
