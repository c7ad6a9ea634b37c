"""Quotes while jobs fill the batch pool, against quotes of the same platform when nothing else runs.

    PYTHONPATH=. python bench/beside_jobs.py

Of the platform at TRII_HOME: four clients that never retry ask for a quote every 20 ms, first alone,
then while a small ingest is submitted each time that the one before has ended, two of them at a time.
"""

import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from cluster.clock import utc_now
from cluster.laptop.identity import running_settings
from cluster.security.local import issue_local
from cluster.settings import Settings

CLIENTS = 4
EVERY_S = 0.02
WARM_S, MEASURED_S = 10.0, 60.0
JOBS_AT_ONCE = 2
GOAL = 3.0
TRII = str(Path(sys.executable).with_name("trii"))
JOB = (TRII, "jobs", "submit", "jobs.ingest", "--dataset", "sample")


def main() -> None:
    settings = running_settings()
    quotes(settings, WARM_S)
    alone = told("alone", quotes(settings, MEASURED_S))
    with jobs() as ended:
        time.sleep(WARM_S)
        beside = told("beside jobs", quotes(settings, MEASURED_S))
    print(f"{len(ended)} jobs ended meanwhile, {sum(ended)} of them failed")
    print(f"p50 beside jobs / alone: {beside / alone:.2f} (goal: at most {GOAL:g})")


def quotes(settings: Settings, seconds: float) -> list[float | None]:
    """Seconds of each answer; None for one that failed."""
    took: list[float | None] = []
    headers = {"Authorization": f"Bearer {issue_local(settings, role='viewer', clock=utc_now)}"}

    def ask() -> None:
        end = time.monotonic() + seconds
        with httpx.Client(base_url=settings.api_url, headers=headers, timeout=30) as client:
            while (began := time.monotonic()) < end:
                try:
                    good = client.get("/v1/quotes/SYN001").is_success
                except httpx.TransportError:
                    good = False
                took.append(time.monotonic() - began if good else None)
                time.sleep(EVERY_S)

    clients = [threading.Thread(target=ask) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    for client in clients:
        client.join()
    return took


def told(name: str, took: list[float | None]) -> float:
    """The median in milliseconds, and a line of it."""
    good = sorted(second * 1000 for second in took if second is not None)
    median, slow = good[len(good) // 2], good[int(len(good) * 0.99)]
    failed = len(took) - len(good)
    print(
        f"{name:12} {len(took):6,} requests, {failed} failed, p50 {median:.2f} ms, p99 {slow:.1f} ms"
    )
    return median


@contextmanager
def jobs() -> Iterator[list[bool]]:
    """Jobs one after another, so many at a time; for each that ended whether it failed."""
    ended: list[bool] = []
    over = threading.Event()

    def submit() -> None:
        while not over.is_set():
            done = subprocess.run(JOB, capture_output=True, check=False)
            ended.append(done.returncode != 0)

    submitters = [threading.Thread(target=submit) for _ in range(JOBS_AT_ONCE)]
    for submitter in submitters:
        submitter.start()
    try:
        yield ended
    finally:
        over.set()
        for submitter in submitters:
            submitter.join()


if __name__ == "__main__":
    main()
