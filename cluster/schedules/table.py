"""What runs by itself, when, and what happens to an occurrence that was missed."""

from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Final

from cluster.errors import NotFound
from cluster.requests.job import JobRequest
from cluster.schedules.rules import CatchUp
from cluster.schedules.times import AfterClose, AtHour, When
from cluster.settings import Settings

USER: Final = "schedules"
"""Whom the jobs of schedules belong to: a quota can be given to it like to any user."""
_SUNDAY = (6,)
_EVERY_DAY = tuple(range(7))


@dataclass(frozen=True)
class Schedule:
    """A job that runs by itself. `why` says what makes its catch-up policy right."""

    name: str
    purpose: str
    when: When
    module: str
    arguments: tuple[str, ...]
    catch_up: CatchUp
    why: str

    def request(self, due_at: datetime) -> JobRequest:
        """The job of one occurrence; its key makes a second submission the first one's job.

        All of them may be run again after a kill: each writes what is lacking and no more.
        """
        return JobRequest(
            module=self.module,
            arguments=self.arguments,
            resumable=True,
            idempotency_key=self.key(due_at),
        )

    def key(self, due_at: datetime) -> str:
        return f"{self.name}@{due_at:%Y-%m-%dT%H:%M:%SZ}"


def schedules(settings: Settings) -> dict[str, Schedule]:
    """Every schedule of this platform, by name."""
    calendars = _calendars(settings)
    delay = timedelta(minutes=settings.ingest_delay_min)
    found = [_ingest(dataset, calendar, delay) for dataset, calendar in calendars.items()]
    found += [_freshness(tuple(calendars)), _COMPACTION, _RETENTION]
    return {schedule.name: schedule for schedule in found}


def find_schedule(settings: Settings, name: str) -> Schedule:
    """Raises NotFound that names those there are."""
    known = schedules(settings)
    if name not in known:
        raise NotFound(f"no schedule {name!r}: expected one of {', '.join(known)}")
    return known[name]


def _calendars(settings: Settings) -> dict[str, str]:
    """The calendar of each dataset that is taken in; Alpaca's where there are keys for it."""
    alpaca = {"alpaca": "XNYS"} if settings.alpaca_api_key.get_secret_value() else {}
    # The settings last: they may say otherwise of Alpaca too.
    return alpaca | settings.ingest_calendars


def _ingest(dataset: str, calendar: str, delay: timedelta) -> Schedule:
    return Schedule(
        f"ingest-{dataset}",
        f"take {dataset} in up to its last closed session",
        AfterClose(calendar, delay),
        "jobs.ingest",
        ("--dataset", dataset),
        "newest",
        "an ingest takes every session that the lake lacks",
    )


def _freshness(datasets: tuple[str, ...]) -> Schedule:
    return Schedule(
        "freshness-check",
        "fail, and so tell, when a dataset is behind its calendar",
        AtHour(_EVERY_DAY, time(6)),
        "jobs.check_freshness",
        tuple(part for name in datasets for part in ("--dataset", name)),
        "skip",
        "a check of yesterday says nothing that the next one does not",
    )


_COMPACTION = Schedule(
    "compaction",
    "join the lake's small files",
    AtHour(_SUNDAY, time(3)),
    "jobs.compact",
    (),
    "newest",
    "one compaction joins whatever has gathered",
)
_RETENTION = Schedule(
    "retention",
    "remove files that no snapshot within seven years reads",
    AtHour(_SUNDAY, time(4)),
    "jobs.expire",
    (),
    "newest",
    "one run removes whatever is too old by then",
)
