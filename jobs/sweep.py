"""`python -m jobs.sweep`: sweep, validate, register and, if the gates hold, promote volatility-regime."""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson

from cluster.errors import TriiError
from cluster.platform.steps import DEPLOY
from cluster.pools import LAPTOP_POOLS, placement
from cluster.registry.mlflow_client import Registry
from cluster.settings import Settings, load_settings
from cluster.stores import desired
from cluster.stores.desired import ServedModel
from cluster.stores.lake import Lake
from cluster.stores.postgres import connect
from jobs.connection import connected
from market.errors import MarketError
from training.dataset import sample_bars
from training.pipeline import Pipeline, Say
from training.promote import PromotionReport


def run(settings: Settings, *, say: Say) -> PromotionReport:
    """One pipeline run on the platform's cluster, over the sample equities as they stand now."""
    lake = Lake(settings.lake_path)
    snapshot = lake.snapshot()
    with connect(settings, "jobs") as connection:
        before = desired.read(connection)

    def publish(model: ServedModel) -> None:
        with connect(settings, "jobs") as connection:
            desired.set_model(connection, model)

    # Tune's notes are kept nowhere: the trials go to MLflow with the version.
    with connected(settings), TemporaryDirectory(prefix="trii-sweep-") as scratch:
        pipeline = Pipeline(
            registry=Registry.from_settings(settings),
            snapshot=snapshot,
            seed=settings.seed,
            scratch=Path(scratch),
            selector=placement("batch", available=LAPTOP_POOLS),
            serving={model.name for model in before.models},
            publish=publish,
            say=say,
        )
        report = pipeline.run(sample_bars(lake, snapshot=snapshot))
    if _epoch(settings) != before.epoch:
        roll_out(settings, say=say)
    return report


def roll_out(settings: Settings, *, say: Say) -> None:
    """Let Serve follow the control truth, where applications run already."""
    with connect(settings, "jobs") as connection:
        if not desired.read(connection).applications:
            return
    say("handing the version to the running applications")
    DEPLOY.load()(settings, say)


def _epoch(settings: Settings) -> int:
    """Moves with every version that is wanted, a baseline's too."""
    with connect(settings, "jobs") as connection:
        return desired.read(connection).epoch


def describe(report: PromotionReport) -> str:
    """The outcome in one line."""
    verdict = "promoted" if report.promoted else f"kept version {report.serving}, not promoted"
    return f"{report.model} version {report.version}: {verdict}: {report.reason}"


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns the exit status. A candidate that stays a challenger is no failure."""
    parser = argparse.ArgumentParser(prog="jobs.sweep", description=__doc__)
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    options = parser.parse_args(arguments)
    began = time.perf_counter()

    def say(text: str) -> None:
        sys.stderr.write(f"[{time.perf_counter() - began:5.1f} s] {text}\n")
        sys.stderr.flush()

    try:
        settings = load_settings()
        report = run(settings, say=say)
    except (TriiError, MarketError) as exc:
        say(f"error: {exc}")
        return exc.exit_code if isinstance(exc, TriiError) else 1
    text = orjson.dumps(report.to_json()).decode() if options.json else describe(report)
    sys.stdout.write(f"{text}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
