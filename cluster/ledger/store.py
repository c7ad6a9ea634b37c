"""The research ledger: every trial of a family of ideas, so that luck can be told from skill.

PostgreSQL holds what was tried, `cluster.ledger.returns` the daily returns of it. Rows are added and
never changed.
"""

import hashlib
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Final

import orjson
from psycopg.types.json import Jsonb

from cluster.errors import NotFound
from cluster.stores.postgres import Connection, sql

TOLD: Final = "told"
"""The snapshot of a trial that was told over HTTP: its bars are in no lake, its returns a word."""


@dataclass(frozen=True, kw_only=True)
class Trial:
    """One thing that was tried, and the figures of its daily returns.

    `sessions` counts the returns. `sharpe` is per session, `kurtosis` not excess (3 for a normal);
    None where returns are too few or never varied. `source_hash` is the sha256 of the strategy's
    source, `data_hash` that of the bars it read. `snapshot` names the versions of the lake's tables
    to read them from again, `sessions_per_year` the calendar's year. `run_id` names the backtest or
    job that recorded it. Times are aware.
    """

    family: str
    strategy: str
    source_hash: str
    parameters: Mapping[str, float]
    universe: str
    costs: Mapping[str, float]
    span_start: date
    span_end: date
    snapshot: str
    data_hash: str | None
    sessions: int
    sessions_per_year: int | None
    sharpe: float | None
    skew: float | None
    kurtosis: float | None
    run_id: str
    user_id: str
    recorded_at: datetime

    @property
    def id(self) -> str:
        """The sha256 of all that decides the numbers: who ran it and when does not, unless it was told.

        Nor does the snapshot where the bars are hashed: its versions move with every commit to a
        table, whatever was committed.
        """
        decisive = {name: getattr(self, name) for name in _DECISIVE}
        decisive |= {name: _numbers(decisive[name]) for name in ("parameters", "costs")}
        decisive["data"] = self.data_hash or self.snapshot
        if self.snapshot == TOLD:
            # Anybody can say anything of any bars: a name space of each teller's own, so that no
            # word stands where a run of the platform, or what another tells, would come to stand.
            decisive["told_by"] = self.user_id
        # Sorted: parameters in another order are the same trial.
        options = orjson.OPT_SORT_KEYS
        return hashlib.sha256(orjson.dumps(decisive, option=options)).hexdigest()

    @property
    def annual_sharpe(self) -> float | None:
        """The Sharpe ratio times the root of the calendar's sessions a year, where both are known."""
        if self.sharpe is None or self.sessions_per_year is None:
            return None
        return self.sharpe * math.sqrt(self.sessions_per_year)

    def document(self) -> dict[str, Any]:
        """All of it as plain values, with its id and its annual Sharpe ratio."""
        told = {name: _told(getattr(self, name)) for name in ("parameters", "costs")}
        return {"id": self.id, **asdict(self), **told, "annual_sharpe": self.annual_sharpe}


_WHOLE_TO: Final = 2.0**53  # beyond it not every whole number is a double
_DECISIVE = (
    *("family", "strategy", "source_hash", "parameters", "universe", "costs"),
    *("span_start", "span_end"),
)


def _told(values: Mapping[str, float]) -> dict[str, float]:
    """A large number as it was given: PostgreSQL writes 1e300 out, which reads as a whole number."""
    return {
        name: float(value) if abs(value) > _WHOLE_TO else value for name, value in values.items()
    }


def _numbers(values: Mapping[str, float]) -> dict[str, float]:
    """2, 2.0 and what PostgreSQL makes of them are one number; so are 0.0 and -0.0."""
    return {name: float(value) + 0.0 for name, value in values.items()}


@dataclass(frozen=True, kw_only=True)
class Family:
    """A family of ideas: what is tried under one name is judged together."""

    name: str
    description: str
    user_id: str
    created_at: datetime
    trials: int


@dataclass(frozen=True, kw_only=True)
class Opening:
    """A look into the closed part of a universe's span, and why."""

    family: str
    universe: str
    span_start: date
    span_end: date
    trial_id: str
    reason: str
    user_id: str
    opened_at: datetime


def begin_family(
    connection: Connection, name: str, *, description: str, user_id: str, created_at: datetime
) -> None:
    """Name a family, unless there is one of this name: its first description stays."""
    row = {"name": name, "description": description, "user_id": user_id, "created_at": created_at}
    connection.execute(sql("insert_family"), row)


def record(connection: Connection, trials: Iterable[Trial]) -> int:
    """Record trials of families that were begun; returns how many are new."""
    rows = [_row(trial) for trial in trials]
    return sum(connection.execute(sql("insert_trial"), row).rowcount for row in rows)


def get_trial(connection: Connection, trial_id: str) -> Trial:
    """A trial as it was entered. Raises NotFound."""
    row = connection.execute(sql("get_trial"), {"id": trial_id}).fetchone()
    if row is None:
        raise NotFound(f"trial {trial_id[:64]!r} is not in the research ledger")
    return Trial(**row)


def trials_of(connection: Connection, family: str) -> list[Trial]:
    """The trials of a family, in the order in which they were tried."""
    rows = connection.execute(sql("list_trials"), {"family": family}).fetchall()
    return [Trial(**row) for row in rows]


def find_trials(
    connection: Connection, *, family: str | None = None, limit: int = 50, before: str | None = None
) -> list[Trial]:
    """Trials of all families or one, newest first; `before` is the last id of the page before."""
    wanted = {"family": family, "limit": limit, "before": before}
    return [Trial(**row) for row in connection.execute(sql("find_trials"), wanted).fetchall()]


def families(connection: Connection) -> list[Family]:
    """All families by name, with the number of their trials."""
    return [Family(**row) for row in connection.execute(sql("list_families")).fetchall()]


def open_lockbox(connection: Connection, opening: Opening) -> None:
    """Write down that somebody looks; it is written before anything is shown."""
    connection.execute(sql("insert_opening"), asdict(opening))


def openings(connection: Connection, universe: str) -> list[Opening]:
    """Every look into the closed part of a universe, oldest first."""
    rows = connection.execute(sql("list_openings"), {"universe": universe}).fetchall()
    return [Opening(**row) for row in rows]


def _row(trial: Trial) -> dict[str, Any]:
    row = asdict(trial)
    documents = {name: Jsonb(row[name]) for name in ("parameters", "costs")}
    return {**row, **documents, "id": trial.id}
