"""The steps of `trii up` that fill the platform: data, models, a first backtest.

Each finds out what is left to do, so that a second call does only that.
"""

from collections.abc import Sequence

from cluster.backtests.store import list_backtests
from cluster.clock import utc_now
from cluster.desired import store as desired
from cluster.errors import PlatformError
from cluster.laptop.steps import Report
from cluster.providers import DATASETS
from cluster.queue import commands as queue
from cluster.queue.following import follow
from cluster.queue.progress import readable
from cluster.queue.rules.job import Job
from cluster.queue.rules.states import OPEN
from cluster.requests.job import JobRequest
from cluster.settings import Settings
from cluster.stores.postgres import connect
from jobs.ingest.run import ingest

MODELS = ("volatility-regime", "return-quantiles")
FIRST_BACKTEST = ("--strategy", "sma-cross", "--universe", "synthetic")


def load_data(settings: Settings, report: Report) -> str:
    """Bring every dataset up to its last closed session."""
    written = refused = 0
    for dataset in DATASETS:
        done = ingest(settings, dataset=dataset, clock=utc_now, progress=report)
        written += sum(timeframe.written for timeframe in done.timeframes)
        refused += done.refused
    news = f"{written:,} new bars in {len(DATASETS)} datasets"
    return f"{news}; {refused:,} refused, see `trii data ingest`" if refused else news


def train_models(settings: Settings, report: Report) -> str:
    """Sweep, register and promote, unless every model has a version that serves."""
    serving = _serving(settings)
    if set(MODELS) <= serving.keys():
        return ", ".join(f"{name} version {serving[name]} serves" for name in MODELS)
    few = settings.first_sweep_trials
    last = _run(settings, "jobs.sweep", [] if few is None else [f"--trials={few}"], report)
    serving = _serving(settings)
    versions = ", ".join(f"{name} version {version}" for name, version in serving.items())
    return f"{versions} serve; {last}"


def run_backtest(settings: Settings, report: Report) -> str:
    """Run the first backtest, unless there is one."""
    with connect(settings, "jobs") as connection:
        done = any(run.state == "done" for run in list_backtests(connection))
    if done:
        return "there is one already"
    return _run(settings, "jobs.backtest", FIRST_BACKTEST, report)


def _serving(settings: Settings) -> dict[str, str]:
    with connect(settings, "jobs") as connection:
        models = desired.read(connection, settings.cluster_id).models
    return {model.name: model.version for model in models}


def _run(settings: Settings, module: str, arguments: Sequence[str], report: Report) -> str:
    """Run a job to its end; its state and output are the step's news, its last line the outcome."""
    lines: list[str] = []

    def hear(line: str) -> None:
        if line.strip():
            lines.append(readable(line.strip()))
            report(lines[-1])

    request = JobRequest(module=module, arguments=tuple(arguments))
    # An `up` that was killed left its job at work: that one is followed, not doubled.
    left = queue.list_jobs(settings, user_id=queue.LOCAL_USER, states=OPEN)
    same = (
        job for job in left if (job.module, tuple(job.arguments)) == (module, request.arguments)
    )
    job = next(same, None) or queue.submit(
        settings, request, user_id=queue.LOCAL_USER, now=utc_now()
    )
    job = follow(settings, job.id, on_log=hear, on_change=lambda job: report(_state_of(job)))
    if job.state != "succeeded":
        detail = lines[-1] if lines else job.reason
        raise PlatformError(f"job {job.id} {job.state}: {detail}")
    return lines[-1] if lines else "done"


def _state_of(job: Job) -> str:
    waits = "waiting until its process is up" if job.state == "running" else job.reason
    return f"job {job.id} is {job.state}" + (f": {waits}" if waits else "")
