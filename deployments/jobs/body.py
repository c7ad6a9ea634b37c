"""The body of `POST /v1/jobs`: a request of one kind, and how the queue shall treat it."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, RootModel
from pydantic_core import PydanticCustomError

from cluster.requests.backtest import BacktestRequest
from cluster.requests.ingest import IngestRequest
from cluster.requests.job import DRIVER_CPUS, JobId, JobRequest, Priority
from cluster.requests.options import options
from cluster.requests.score import ScoreRequest
from cluster.requests.sweep import SweepRequest
from cluster.requests.train import TRAIN_CPUS, TrainRequest
from deployments.http.fields import Instant

# Such a job stores its result under the attempt's id, so that whoever knows the job finds it.
_ATTEMPT = "--id={submission_id}"
_POOL = r"^[a-z][a-z0-9-]{0,39}$"  # the queue names the one that it does not know

Cpus = Annotated[float, Field(ge=0.01, le=1024, description="kept for the driver")]


class _Queued(BaseModel):
    """What every kind may say of its place in the queue; see docs/jobs.md."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)

    pool: Annotated[str, Field(pattern=_POOL, description="kind of node")] = "batch"
    cpus: Cpus = DRIVER_CPUS
    gpus: Annotated[float, Field(ge=0, le=64, description="kept for the driver")] = 0.0
    priority: Priority = "normal"
    deadline: Annotated[Instant, Field(strict=False, description="latest start")] | None = None
    after: Annotated[list[JobId], Field(max_length=50, description="must succeed first")] = []
    max_attempts: Annotated[int, Field(ge=1, le=20)] | None = None


class IngestJob(_Queued):
    """Take a dataset into the lake."""

    kind: Literal["ingest"]
    request: IngestRequest


class BacktestJob(_Queued):
    """Run a backtest; its result is `/v1/backtests/{id}`, by the attempt's `submission_id`."""

    kind: Literal["backtest"]
    request: BacktestRequest


class SweepJob(_Queued):
    """Sweep, validate, register and, if the gates hold, promote a model."""

    kind: Literal["sweep"]
    request: SweepRequest = SweepRequest()


class TrainJob(_Queued):
    """Train one network, validate, register and, if the gates hold, promote it."""

    kind: Literal["train"]
    request: TrainRequest = TrainRequest()
    cpus: Cpus = TRAIN_CPUS


class ScoreJob(_Queued):
    """Score a universe with a model version."""

    kind: Literal["score"]
    request: ScoreRequest


_KINDS = ("ingest", "backtest", "sweep", "train", "score")


def _known_kind(body: object) -> object:
    """Pydantic's own message would repeat what was sent."""
    if isinstance(body, Mapping) and body.get("kind") not in _KINDS:
        raise PydanticCustomError("kind", f"kind: expected one of {', '.join(_KINDS)}")
    return body


_Job = IngestJob | BacktestJob | SweepJob | TrainJob | ScoreJob


class JobBody(
    RootModel[Annotated[_Job, Field(discriminator="kind"), BeforeValidator(_known_kind)]]
):
    """The body of `POST /v1/jobs`; `kind` says which request it holds."""


def job_request(asked: JobBody, *, key: str | None) -> JobRequest:
    """The queue's request: the module of the kind with its options."""
    body = asked.root
    own = [_ATTEMPT] if isinstance(body, BacktestJob | ScoreJob) else []
    queued = body.model_dump(include=set(_Queued.model_fields), exclude={"after"})
    return JobRequest(
        module=f"jobs.{body.kind}",
        arguments=(*options(body.request), *own),
        after=tuple(body.after),
        idempotency_key=key,
        **queued,
    )
