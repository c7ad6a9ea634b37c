"""The ingest as a job: `python -m jobs.ingest --dataset NAME` or `--provider MODULE:CLASS`.

Safe to repeat, to race and to kill: what stands is not written again, and a commit is whole or
not there. Exit status 1 also where some bars are refused (the good ones are in).
"""

import sys
from collections.abc import Sequence
from dataclasses import asdict

from cluster.providers import from_class
from cluster.queue.rules.kinds import INGEST
from cluster.queue.rules.words import parser_of
from cluster.requests.ingest import IngestRequest, parse_ingest
from cluster.requests.options import request_data
from cluster.settings import load_settings
from jobs.command import command, print_outcome, run_alone
from jobs.ingest.report import describe
from jobs.ingest.run import ingest


@command
def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    given = parser_of(INGEST).parse_args(arguments)
    provider = from_class(given.provider) if given.provider else None
    if provider:
        given.dataset = provider.dataset
    data = request_data(IngestRequest, vars(given))
    request = parse_ingest(data, own=provider.dataset if provider else "")
    report = ingest(
        load_settings(),
        dataset=request.dataset,
        progress=say,
        provider=provider,
        symbols=request.symbols,
        since=request.since,
    )
    print_outcome(asdict(report), describe(report), as_json=given.json)
    return 0 if report.is_clean else 1


def say(text: str) -> None:
    """Progress goes to standard error, so that standard output stays one document."""
    sys.stderr.write(f"{text}\n")


if __name__ == "__main__":
    run_alone(main)
