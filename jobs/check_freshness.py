"""python -m jobs.check_freshness --dataset NAME … [--behind N]: is each as current as its calendar?

Exit status 0 all are, 1 one is more than N sessions behind or absent.
"""

import argparse
import sys
from collections.abc import Sequence
from datetime import datetime

from cluster.clock import utc_now
from cluster.settings import load_settings
from cluster.stores.lake import Lake
from jobs.command import command, run_alone
from jobs.freshness import freshness


@command
def main(arguments: Sequence[str] | None = None) -> int:
    """The command; its last line says what is stale, which is what the job's reason shows."""
    options = _parser().parse_args(arguments)
    lake = Lake.of(load_settings())
    stale = stale_datasets(lake, options.dataset, behind=options.behind, now=utc_now())
    sys.stdout.write(f"stale: {'; '.join(stale)}\n" if stale else "all fresh\n")
    return 1 if stale else 0


def stale_datasets(lake: Lake, datasets: Sequence[str], *, behind: int, now: datetime) -> list[str]:
    """What is wrong with each dataset that is absent or more than `behind` sessions old."""
    held = [holding for holding in freshness(lake, now=now) if holding.dataset in datasets]
    wrong = [
        f"{holding.dataset} {holding.timeframe} is {holding.sessions_behind} sessions behind"
        for holding in held
        if holding.sessions_behind > behind
    ]
    missing = set(datasets) - {holding.dataset for holding in held}
    return wrong + [f"{name} is not in the lake" for name in sorted(missing)]


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="jobs.check_freshness", description="Are data current?")
    parser.add_argument("--dataset", action="append", required=True, help="repeatable")
    parser.add_argument("--behind", type=int, default=1, help="sessions that are still fine")
    return parser


if __name__ == "__main__":
    run_alone(main)
