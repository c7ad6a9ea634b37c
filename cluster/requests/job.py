"""What a job is asked to be: which module, where, with what, when, and what else has to end first."""

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal

import orjson
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)
from pydantic_core import PydanticCustomError

from cluster.errors import BadInput, Fault
from cluster.requests.faults import bad_input
from cluster.requests.spelling import Spelled

Priority = Literal["high", "normal", "low"]
_FIRST_YEAR, _LAST_YEAR = 1900, 2199  # Python can't hold the last of all in every zone
_JOB_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,79}")
DRIVER_CPUS = 0.1  # a driver waits; its tasks ask for their own processors


def _aware(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise PydanticCustomError("zone", "expected a time with its zone, such as …T12:00:00Z")
    if not _FIRST_YEAR <= value.year <= _LAST_YEAR:
        raise PydanticCustomError("time_range", "expected a year from 1900 to 2199")
    return value


def _printable(value: str) -> str:
    if "\0" in value:
        raise PydanticCustomError("zero", "expected no zero byte")
    return value


def check_job_id(text: str) -> str:
    """The id itself. It names folders and rows, so `BadInput` for one that the queue never makes."""
    if not _JOB_ID.fullmatch(text):
        message = "id: expected lower-case letters, digits and '-', up to 80"
        raise BadInput(message, faults=[Fault("id", message)])
    return text


def _job_id(value: str) -> str:
    if not _JOB_ID.fullmatch(value):
        raise PydanticCustomError("job", "after: expected ids of jobs, such as sweep-3f9a1c2b7e10")
    return value


def _whole_or_part(value: float) -> float:
    """Ray gives a part of one GPU, or several whole ones; anything else it refuses."""
    if value > 1 and not value.is_integer():
        raise PydanticCustomError(
            "gpus", "gpus: expected a part of one such as 0.5, or a whole number"
        )
    return value


Gpus = Annotated[float, AfterValidator(_whole_or_part)]
Module = Annotated[
    str,
    Spelled(
        r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$", "a module's name, such as jobs.ingest", max_length=200
    ),
]
Argument = Annotated[str, StringConstraints(max_length=65_536), AfterValidator(_printable)]
JobId = Annotated[str, AfterValidator(_job_id)]
BundleHash = Annotated[str, Spelled(r"^[0-9a-f]{64}$", "64 hexadecimal digits")]
Key = Annotated[
    str, Spelled(r"^[\x21-\x7e]{1,200}$", "1 to 200 printable ASCII characters without blanks")
]


class JobRequest(BaseModel):
    """A module with arguments, run as `python -m module arguments…` on a node of `pool`.

    Tasks that its driver starts on the cluster ask for processors and memory of their own.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    module: Module = Field(description="Module to run, such as jobs.backtest.")
    arguments: tuple[Argument, ...] = Field(
        default=(),
        max_length=200,
        description="Arguments of the module; {submission_id} stands for the attempt's id.",
    )
    pool: str = Field(default="batch", description="Kind of node to run on.")
    cpus: float = Field(
        default=DRIVER_CPUS,
        ge=0.01,
        le=1024,
        allow_inf_nan=False,
        description="CPUs kept for the driver alone; none in a GPU pool.",
    )
    gpus: Gpus = Field(
        default=0.0,
        ge=0,
        le=64,
        allow_inf_nan=False,
        description="GPUs kept for the driver alone, or a part of one such as 0.5.",
    )
    memory_bytes: int = Field(
        default=0, ge=0, le=2**46, description="Memory kept for the driver alone, in bytes."
    )
    priority: Priority = Field(
        default="normal", description="Whether it starts before or after others that wait."
    )
    deadline: Annotated[datetime, AfterValidator(_aware)] | None = Field(
        default=None, description="Latest start, with its zone, such as 2026-01-31T18:00:00Z."
    )
    after: tuple[JobId, ...] = Field(
        default=(), max_length=50, description="Jobs that must succeed before it starts."
    )
    max_attempts: int | None = Field(
        default=None,
        ge=1,
        le=20,
        description="How often it is tried at most; by default 3 times if resumable, else once.",
    )
    resumable: bool | None = Field(
        default=None,
        description="Whether a lost one may be run again; by default as its kind of job says.",
    )
    bundle: BundleHash | None = Field(
        default=None, description="Hash of stored code of the user's own that it runs in."
    )
    idempotency_key: Key | None = Field(
        default=None, description="The same key again gives the first job."
    )

    def hash(self) -> str:
        """SHA-256 over all but the idempotency key: equal requests have equal ones."""
        values = self.model_dump(mode="json", exclude={"idempotency_key"})
        text = orjson.dumps(values, option=orjson.OPT_SORT_KEYS)
        return hashlib.sha256(text).hexdigest()


def parse_job(data: Mapping[str, object]) -> JobRequest:
    """A checked request. Raises `BadInput` that lists every fault."""
    try:
        return JobRequest.model_validate(data)
    except ValidationError as exc:
        raise bad_input("job", exc) from exc
