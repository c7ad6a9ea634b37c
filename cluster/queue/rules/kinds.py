"""The kinds of jobs: what each is asked to do, how it runs, and what it may be put through."""

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Any, Final, cast

from pydantic import BaseModel, ValidationError

from cluster.requests.faults import bad_input
from cluster.requests.job import DRIVER_CPUS, JobRequest
from cluster.requests.options import options

if TYPE_CHECKING:  # whoever lists jobs needs no lake, which takes a while to load
    from cluster.stores.lake import Lake

_OWN_ID: Final = "--id={submission_id}"


@dataclass(frozen=True)
class Kind:
    """One kind. `request` is its model, as `module:name` in `cluster.requests`.

    `resumable`: a second attempt goes on where the first ended, or does nothing twice. `cpus` are
    kept for the driver. `named_by_attempt`: it stores its result under the attempt's id, so that
    whoever knows the job finds it. `takes_code`: it runs a strategy of the user's own from a bundle.
    `takes_providers`: `--provider MODULE:CLASS` of the user's own may stand for its dataset.
    `refusals`, as `module:name`, is asked with a request and the lake, and raises BadInput for what
    the lake as it stands cannot carry; "" where none can be known beforehand.
    """

    name: str
    module: str
    purpose: str
    request: str
    resumable: bool
    cpus: float = DRIVER_CPUS
    named_by_attempt: bool = False
    takes_code: bool = False
    takes_providers: bool = False
    refusals: str = ""

    def model(self) -> type[BaseModel]:
        """Loaded when it is asked for: a backtest's knows all strategies, which takes a second."""
        module, name = self.request.split(":")
        return cast(type[BaseModel], getattr(import_module(f"cluster.requests.{module}"), name))

    def parse(self, data: Mapping[str, object]) -> BaseModel:
        """A checked request. Raises BadInput that lists every fault."""
        try:
            return self.model().model_validate(data)
        except ValidationError as exc:
            raise bad_input(self.name, exc) from exc

    def check(self, request: BaseModel, lake: "Lake") -> None:
        """Raise BadInput, placed within the request, for what the lake cannot carry. Reads the disk."""
        if self.refusals:
            resolve_name(self.refusals)(request, lake)

    def job(self, request: BaseModel, **queued: Any) -> JobRequest:
        """The queue's request for it; `queued` are fields of its own, such as `priority`."""
        own = (_OWN_ID,) if self.named_by_attempt else ()
        fields = {"cpus": self.cpus, **queued}
        return JobRequest(module=self.module, arguments=(*options(request), *own), **fields)


INGEST: Final = Kind(
    "ingest",
    "jobs.ingest",
    "Take a dataset into the lake.",
    "ingest:IngestRequest",
    resumable=True,  # writes only what the lake lacks
    takes_providers=True,
)
BACKTEST: Final = Kind(
    "backtest",
    "jobs.backtest",
    "Run a backtest; its result is `/v1/backtests/{id}`, by the attempt's `submission_id`.",
    "backtest:BacktestRequest",
    resumable=True,  # finished shards are found again
    named_by_attempt=True,
    takes_code=True,
    refusals="cluster.universes.backtest:check",
)
SWEEP: Final = Kind(
    "sweep",
    "jobs.sweep",
    "Sweep, validate, register and, if the gates hold, promote a model.",
    "sweep:SweepRequest",
    resumable=False,  # would register a second version
    refusals="cluster.universes.training:check",
)
TRAIN: Final = Kind(
    "train",
    "jobs.train",
    "Train one network, validate, register and, if the gates hold, promote it.",
    "train:TrainRequest",
    resumable=False,  # as a sweep
    refusals="cluster.universes.training:check",
    cpus=1.0,  # its driver waits for nobody: it does all the work itself
)
SCORE: Final = Kind(
    "score",
    "jobs.score",
    "Score a universe with a model version.",
    "score:ScoreRequest",
    resumable=True,  # scores that stand are not written again
    named_by_attempt=True,
    refusals="cluster.universes.score:check",
)
KINDS: Final = {kind.module: kind for kind in (INGEST, BACKTEST, SWEEP, TRAIN, SCORE)}


SHELL: Final = "shell"
"""In place of a module: the one argument is a line for the shell, as `ray job submit` sends it."""


def name_of(module: str) -> str:
    """The kind's name of a module; one that nobody knows is of kind `module`."""
    if module == SHELL:
        return SHELL
    return KINDS[module].name if module in KINDS else "module"


def is_resumable(module: str) -> bool:
    """Whether a job of this module may be run again; never one that nobody knows."""
    return module in KINDS and KINDS[module].resumable


def default_attempts(*, resumable: bool) -> int:
    """How often a job is tried where its user has not said: once where a second try may do harm."""
    return 3 if resumable else 1
