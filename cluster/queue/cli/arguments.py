"""A module of ours with its arguments, checked as the module and HTTP would, before anything is queued."""

import shlex

from cluster.bundles.bundle import Bundle
from cluster.errors import BadInput, Fault
from cluster.own_code.bundled import require_bundled
from cluster.own_code.references import is_own, parse_reference
from cluster.queue.cli.request import require_module
from cluster.queue.commands import Check
from cluster.queue.rules.kinds import KINDS
from cluster.queue.rules.words import parser_of
from cluster.requests.job import JobRequest
from cluster.requests.options import request_data
from cluster.settings import Settings


def checked(job: JobRequest, bundle: Bundle | None, settings: Settings) -> Check:
    """What is left to ask of the lake when it is queued. Raises BadInput for the arguments themselves.

    Arguments of a module that is not ours are its own matter. What waits for other jobs may need
    what these bring, so the lake is not asked of it.
    """
    kind = KINDS.get(job.module)
    if kind is None or (bundle and bundle.has_module(job.module)):
        return lambda: None
    given = vars(parser_of(kind).parse_args(job.arguments))
    if given.get("provider"):  # whose dataset its class alone can tell
        return lambda: None
    request = kind.parse(request_data(kind.model(), given))
    if kind.takes_code:
        _require_code(given["strategy"], bundle)

    def check() -> None:
        from cluster.stores.lake import Lake  # noqa: PLC0415  # most jobs are no kind of ours

        kind.check(request, Lake.of(settings))

    return (lambda: None) if job.after else check


def _require_code(strategy: str, bundle: Bundle | None) -> None:
    if not is_own(strategy):
        return
    if bundle is not None:
        require_bundled(strategy, bundle.files)
    elif (reference := parse_reference(strategy)).is_file:
        message = (
            "strategy: a job finds a file of your own in its bundle alone: --bundle DIR, or "
            f"`trii backtest run --on cluster --strategy {shlex.quote(strategy)}`, which takes it along"
        )
        raise BadInput(message, faults=[Fault("strategy", message, "bundle")])
    else:
        require_module(reference.place)
