"""`python -m jobs.sweep`: sweep, validate, register and, if the gates hold, promote a model."""

from collections.abc import Sequence

from cluster.queue.rules.kinds import SWEEP
from cluster.queue.rules.words import parser_of
from cluster.requests.options import request_data
from cluster.requests.sweep import SweepRequest, parse_sweep
from cluster.settings import load_settings
from jobs.command import command, print_outcome, run_alone, stopwatch
from jobs.sweep.run import run


@command
def main(arguments: Sequence[str] | None = None) -> int:
    """The command. A candidate that stays a challenger is no failure."""
    given = parser_of(SWEEP).parse_args(arguments)
    request = parse_sweep(request_data(SweepRequest, vars(given)))
    report = run(load_settings(), request, say=stopwatch())
    print_outcome(report.to_json(), str(report), as_json=given.json)
    return 0


if __name__ == "__main__":
    run_alone(main)
