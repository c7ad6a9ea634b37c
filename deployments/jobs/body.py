"""The body of `POST /v1/jobs`: a request of one kind, and how the queue shall treat it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal, Self, Union

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    RootModel,
    create_model,
    model_validator,
)
from pydantic_core import PydanticCustomError

from cluster.bundles import bundle as bundles
from cluster.errors import BadInput, Fault
from cluster.own_code.bundled import require_bundled
from cluster.own_code.references import is_own
from cluster.queue.rules.kinds import KINDS, Kind
from cluster.requests.job import DRIVER_CPUS, BundleHash, Gpus, JobId, JobRequest, Priority
from cluster.requests.spelling import Spelled
from cluster.settings import Settings
from cluster.stores.lake import Lake
from deployments.http.fields import Instant

# The queue names the one that it does not know.
_POOL = Spelled(r"^[a-z][a-z0-9-]{0,39}$", "a pool's name: small letters, digits and -, 40 at most")


def _told(name: str, **rules: Any) -> Any:
    """A field with the words of the queue's own request."""
    return Field(description=JobRequest.model_fields[name].description, **rules)


Cpus = Annotated[float, _told("cpus", ge=0.01, le=1024)]


class _Queued(BaseModel):
    """What every kind may say of its place in the queue; see docs/jobs.md."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)

    pool: Annotated[str, _POOL, _told("pool")] = "batch"
    cpus: Cpus = DRIVER_CPUS
    gpus: Annotated[Gpus, _told("gpus", ge=0, le=64)] = 0.0
    priority: Annotated[Priority, _told("priority")] = "normal"
    deadline: Annotated[Instant, _told("deadline", strict=False)] | None = None
    after: Annotated[list[JobId], _told("after", max_length=50)] = []
    max_attempts: Annotated[int, _told("max_attempts", ge=1, le=20)] | None = None


class _QueuedWithCode(_Queued):
    """What a kind may say besides that runs code of the user's own."""

    bundle: Annotated[BundleHash, _told("bundle")] | None = None

    @property
    def strategy(self) -> str:
        return str(getattr(self, "request").strategy)  # noqa: B009  # of each body made of this

    @model_validator(mode="after")
    def _code_that_is_there(self) -> Self:
        """Whether the bundle holds it is asked where bundles are stored: see `check_against`."""
        if is_own(self.strategy) and self.bundle is None:
            raise PydanticCustomError(
                "bundle",
                "bundle: expected that of the strategy: `trii strategy pack FILE` stores one",
            )
        return self


def _body(kind: Kind) -> type[_Queued]:
    """The body of one kind; its request may be left out where that has nothing that must be said."""
    request = kind.model()
    needed = any(field.is_required() for field in request.model_fields.values())
    fields: dict[str, Any] = {
        "kind": (Literal[kind.name], ...),
        "request": (request, ... if needed else request()),
    }
    if kind.cpus != DRIVER_CPUS:
        fields["cpus"] = (Cpus, kind.cpus)
    name = f"{kind.name.capitalize()}Job"
    base = _QueuedWithCode if kind.takes_code else _Queued
    return create_model(name, __base__=base, __doc__=kind.purpose, **fields)


_BY_NAME = {kind.name: kind for kind in KINDS.values()}
_NAMES = tuple(_BY_NAME)  # asked of whatever was sent, which may be no text at all


def _known_kind(body: object) -> object:
    """Pydantic's own message would repeat what was sent."""
    if isinstance(body, Mapping) and body.get("kind") not in _NAMES:
        raise PydanticCustomError("kind", f"kind: expected one of {', '.join(_NAMES)}")
    return body


_Job: Any = Union[tuple(map(_body, KINDS.values()))]  # noqa: UP007  # of a table, not of names


class JobBody(
    RootModel[Annotated[_Job, Field(discriminator="kind"), BeforeValidator(_known_kind)]]
):
    """The body of `POST /v1/jobs`; `kind` says which request it holds."""


def job_request(asked: JobBody, *, key: str | None) -> JobRequest:
    """The queue's request: the module of the kind with its options."""
    body = asked.root
    queued = body.model_dump(include=set(_QueuedWithCode.model_fields), exclude={"after"})
    after = tuple(body.after)
    return _BY_NAME[body.kind].job(body.request, after=after, idempotency_key=key, **queued)


def check_against(settings: Settings, lake: Lake, asked: JobBody) -> None:
    """Raise BadInput, by places of the body, for what bundle and lake as they stand cannot carry.

    That is a strategy that the bundle lacks, and whatever the lake cannot carry unless other jobs
    come first, which may bring it. Blocks on the disk, and reads no price.
    """
    body = asked.root
    try:
        if isinstance(body, _QueuedWithCode) and is_own(body.strategy):
            # Nothing of the caller's is loaded here.
            require_bundled(body.strategy, bundles.stored_files(settings, str(body.bundle)))
        if not body.after:
            _BY_NAME[body.kind].check(body.request, lake)
    except BadInput as exc:
        faults = exc.faults or [Fault("", str(exc))]
        placed = [replace(fault, loc=f"request.{fault.loc}".rstrip(".")) for fault in faults]
        raise BadInput(str(exc), faults=placed) from exc
