"""What the queue costs: from submit to running, beside plain `ray job submit` in the same run.

    PYTHONPATH=. python bench/job_queue.py [--jobs 20]

Starts a platform of its own with the application `control` and ends it. Jobs of both kinds take
turns, one at a time; each is `python -m this` with the same resources on the same pool.
"""

import argparse
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from cluster.clock import utc_now
from cluster.laptop import lifecycle
from cluster.laptop.progress import StepLines
from cluster.laptop.steps import STEPS
from cluster.queue import commands as queue
from cluster.queue.ray_jobs import RayJobs
from cluster.requests.job import JobRequest
from cluster.settings import Settings
from deployments import deploy

EVERY_S = 0.02
REQUEST = JobRequest(module="this")


def through_queue(settings: Settings, _ray: RayJobs) -> tuple[float, float, float]:
    """Seconds from submit to: the call's return, running, the end."""
    began = time.perf_counter()
    job = queue.submit(settings, REQUEST, user_id="bench", now=utc_now())
    returned = time.perf_counter() - began
    runs = until(began, lambda: queue.get(settings, job.id).state not in {"queued", "submitting"})
    return returned, runs, until(began, lambda: queue.get(settings, job.id).ended)


def plain(settings: Settings, ray: RayJobs) -> tuple[float, float, float]:
    """The same through Ray alone."""
    name = f"plain-{time.time_ns()}"
    job = queue.list_jobs(settings, limit=1)[0]
    began = time.perf_counter()
    ray.submit_plain(job, name)
    returned = time.perf_counter() - began
    runs = until(began, lambda: ray.jobs()[name].status != "PENDING")
    return returned, runs, until(began, lambda: ray.jobs()[name].status == "SUCCEEDED")


class Plain(RayJobs):
    """Jobs without the queue's mark: with it, the loop would stop them as strays."""

    def submit_plain(self, job, name) -> None:  # noqa: ANN001
        body = {
            "entrypoint": "python -m this",
            "submission_id": name,
            "entrypoint_num_cpus": job.cpus,
            "entrypoint_label_selector": {"trii/pool-batch": "true"},
        }
        self.send("POST", "/api/jobs/", json=body).raise_for_status()


def until(began: float, condition: Callable[[], bool]) -> float:
    while not condition():
        time.sleep(EVERY_S)
    return time.perf_counter() - began


def report(name: str, rows: list[tuple[float, float, float]]) -> None:
    for what, values in zip(
        ("submit returns", "running", "ended"), zip(*rows, strict=True), strict=True
    ):
        ranked = sorted(values)
        print(
            f"{name:<10} {what:<15} p50 {statistics.median(ranked):6.2f} s  "
            f"p99 {ranked[-1]:6.2f} s  least {ranked[0]:6.2f} s"
        )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--jobs", type=int, default=20)
    count = parser.parse_args().jobs
    lifecycle.STEPS = tuple(step for step in STEPS if step.name == "schema")
    home = Path(tempfile.mkdtemp(prefix="trii-bench-"))
    home.chmod(0o711)
    try:
        settings = lifecycle.up(home, clock=utc_now, progress=StepLines())
        deploy.start_control(settings, progress=print)
        with Plain(settings) as ray:
            through_queue(settings, ray)  # the first of all loads what later ones find loaded
            plain(settings, ray)
            rows = [(through_queue(settings, ray), plain(settings, ray)) for _ in range(count)]
        report("queue", [pair[0] for pair in rows])
        report("ray alone", [pair[1] for pair in rows])
        extra = statistics.median(a[1] - b[1] for a, b in rows)
        print(f"queue - ray alone, submit to running: median {extra:+.2f} s over {count} pairs")
        ratio = statistics.median(a[1] / b[1] for a, b in rows)
        print(f"queue / ray alone, submit to running: ratio {ratio:.2f}")
    finally:
        lifecycle.down(home, progress=StepLines())
        shutil.rmtree(home, ignore_errors=True)


if __name__ == "__main__":
    main()
