"""The ingest as a job: `python -m jobs.ingest --dataset NAME` or `--provider MODULE:CLASS`.

Safe to repeat, to race and to kill: what stands is not written again, and a commit is whole or
not there. Exit status 0 done, 1 failed or some bars refused (the good ones are in), 2 bad input.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date

from cluster.providers import BUILT_IN, from_class
from cluster.settings import load_settings
from jobs.command import command, print_outcome
from jobs.ingest.report import describe
from jobs.ingest.run import ingest


@command
def main(arguments: Sequence[str] | None = None) -> int:
    """The command; returns the exit status."""
    options = _parser().parse_args(arguments)
    provider = from_class(options.provider) if options.provider else None
    report = ingest(
        load_settings(),
        dataset=provider.dataset if provider else options.dataset,
        progress=say,
        provider=provider,
        symbols=tuple(filter(None, options.symbols.split(","))),
        since=options.since,
    )
    print_outcome(asdict(report), describe(report), as_json=options.json)
    return 1 if report.refused else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="jobs.ingest", description="Take a dataset into the lake."
    )
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--dataset", help=f"{', '.join(BUILT_IN)}, or one that a package offers")
    source.add_argument("--provider", metavar="MODULE:CLASS", help="a provider of your own")
    parser.add_argument("--symbols", default="", help="take these, separated by commas")
    parser.add_argument("--since", type=date.fromisoformat, help="read again from this session on")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    return parser


def say(text: str) -> None:
    """Progress goes to standard error, so that standard output stays one document."""
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
