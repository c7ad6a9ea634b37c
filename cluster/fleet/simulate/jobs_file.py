"""A list of jobs for a simulated day, as a CSV: `at,name,pool,tasks,seconds,cpus,gpus`."""

import csv
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from cluster.errors import BadInput
from cluster.fleet.planning.demand import Demand
from cluster.fleet.pools import POOLS, labels
from cluster.fleet.simulate.work import Job
from market.errors import did_you_mean

COLUMNS: Final = ("at", "name", "pool", "tasks", "seconds", "cpus", "gpus")
_TIME: Final = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")


def read_jobs(path: Path) -> list[Job]:
    """The jobs of a file, by time. Raises BadInput with the row for what can't be."""
    try:
        with path.open(newline="") as file:
            rows = csv.DictReader(file)
            header = tuple(rows.fieldnames or ())
            if header != COLUMNS:
                raise BadInput(
                    f"{path}: the header is {','.join(header)}; write {','.join(COLUMNS)}"
                )
            jobs = list(_jobs(rows, path))
    except (OSError, UnicodeDecodeError, csv.Error) as exc:
        raise BadInput(f"{path}: can't be read ({exc})") from exc
    if not jobs:
        raise BadInput(f"{path}: no jobs")
    return sorted(jobs, key=lambda job: job.at)


def _jobs(rows: Iterator[dict[str, str]], path: Path) -> Iterator[Job]:
    for number, row in enumerate(rows, start=2):
        try:
            yield _job(row)
        except ValueError as exc:
            raise BadInput(f"{path}:{number}: {exc}") from exc


def _job(row: Mapping[str, str]) -> Job:
    pool = row["pool"]
    if pool not in POOLS:
        raise ValueError(
            f"pool {pool!r}: expected one of {', '.join(POOLS)}{did_you_mean(pool, POOLS)}"
        )
    told = _TIME.fullmatch(row["at"] or "")
    if told is None:
        raise ValueError(f"at {row['at']!r}: a time of the day in UTC, as 14:30")
    resources = {"CPU": _number(row, "cpus"), "GPU": _number(row, "gpus")}
    asked = {name: amount for name, amount in resources.items() if amount}
    return Job(
        name=row["name"],
        at=int(told[1]) * 3600.0 + int(told[2]) * 60.0,
        demand=Demand(f"{row['name']} on {pool}", asked, labels([pool])),
        tasks=int(_number(row, "tasks", least=1)),
        seconds=_number(row, "seconds", least=1),
    )


def _number(row: Mapping[str, str], column: str, *, least: float = 0) -> float:
    try:
        number = float(row[column] or "nan")
    except (TypeError, ValueError):
        number = float("nan")
    if not least <= number < float("inf"):
        raise ValueError(f"{column} {row[column]!r}: expected a number of {least:g} or more")
    return number
