"""What Ray's client asks for, as the queue's request: `POST /api/jobs/`."""

import re
import shlex
from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from cluster.errors import BadInput, Fault
from cluster.fleet import pools
from cluster.queue.rules.kinds import KINDS, SHELL
from cluster.requests.job import JobRequest, parse_job

SUBMISSION: Final = r"^[A-Za-z0-9_-]{1,100}$"
PACKAGE: Final = re.compile(r"gcs://([A-Za-z0-9_.-]{1,100}\.zip)")
# What a shell would read otherwise than a module that is handed the words.
_FOR_A_SHELL: Final = re.compile(r"[|&;<>()$`*?\[\]{}~#=%!\n]")
_METADATA: Final = ("pool", "priority")
# Ray's client has dealt with these before it sends them.
_DONE: Final = frozenset({"working_dir", "excludes", "config"})
_REMEDIES: Final = {
    "env_vars": "write them into the command, `env NAME=VALUE python …`: it is shown with the job",
    "py_modules": "put the modules into the folder of working_dir",
    "pip": "a node installs nothing: what a job needs is in the image",
}

SubmissionId = Annotated[str, StringConstraints(pattern=SUBMISSION)]


class SubmitBody(BaseModel):
    """Ray's `JobSubmitRequest`, as far as the queue has what it asks for."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    entrypoint: Annotated[str, StringConstraints(min_length=1, max_length=65_536)]
    submission_id: SubmissionId | None = None
    job_id: SubmissionId | None = Field(default=None, description="what it was called before")
    runtime_env: dict[str, Any] | None = None
    metadata: dict[str, str] | None = None
    entrypoint_num_cpus: float | None = None
    entrypoint_num_gpus: float | None = None
    entrypoint_memory: int | None = None
    entrypoint_resources: dict[str, float] | None = None
    entrypoint_label_selector: dict[str, str] | None = None


def package_of(asked: SubmitBody) -> str | None:
    """The name of the package that is the working folder; None for none.

    Raises BadInput, with the remedy, for whatever else a runtime environment may hold.
    """
    told = asked.runtime_env or {}
    faults = [
        _fault(f"runtime_env.{key}", _REMEDIES.get(key, _REMEDIES["pip"]))
        for key, value in told.items()
        if value and key not in _DONE and not key.startswith("_")
    ]
    named = told.get("working_dir")
    found = PACKAGE.fullmatch(named) if isinstance(named, str) else None
    if named and found is None:
        message = "expected a local folder, which the client sends: nodes fetch code from nowhere"
        faults.append(_fault("runtime_env.working_dir", message))
    _refuse(faults)
    return found[1] if found else None


def job_request(asked: SubmitBody, bundle: str | None) -> JobRequest:
    """The queue's request. Raises BadInput with every fault."""
    metadata = asked.metadata or {}
    faults = [
        _fault(f"metadata.{key}", f"expected {' or '.join(_METADATA)}, which the queue goes by")
        for key in metadata
        if key not in _METADATA
    ]
    if asked.entrypoint_resources:
        message = "nodes have no resources of other names: ask for a pool, CPUs, GPUs or memory"
        faults.append(_fault("entrypoint_resources", message))
    _refuse(faults)
    gpus = asked.entrypoint_num_gpus or 0.0
    usual = "gpu" if gpus else "batch"
    data = {
        **_words(asked.entrypoint),
        "bundle": bundle,
        "pool": metadata.get("pool") or _pool(asked.entrypoint_label_selector) or usual,
        "gpus": gpus,
        "memory_bytes": asked.entrypoint_memory or 0,
        "idempotency_key": asked.submission_id or asked.job_id,
    }
    if asked.entrypoint_num_cpus:
        data["cpus"] = asked.entrypoint_num_cpus
    if "priority" in metadata:
        data["priority"] = metadata["priority"]
    return parse_job(data)


def _words(entrypoint: str) -> Mapping[str, Any]:
    """A module of the platform's is a job of its kind; anything else is a line for the shell."""
    try:
        words = [] if _FOR_A_SHELL.search(entrypoint) else shlex.split(entrypoint)
    except ValueError:  # a quote without its end: the shell says so in the job's log
        words = []
    if words[:2] in (["python", "-m"], ["python3", "-m"]) and words[2:3] and words[2] in KINDS:
        return {"module": words[2], "arguments": tuple(words[3:])}
    return {"module": SHELL, "arguments": (entrypoint,)}


def _pool(selector: Mapping[str, str] | None) -> str | None:
    """The pool whose label is asked for."""
    if not selector:
        return None
    for name in pools.POOLS:
        if selector == pools.labels([name]):
            return name
    known = ", ".join(f'{{"{pool.label}": "true"}}' for pool in pools.POOLS.values())
    raise BadInput(
        "entrypoint_label_selector: expected the label of one pool",
        faults=[_fault("entrypoint_label_selector", f"expected one of {known}")],
    )


def _fault(place: str, message: str) -> Fault:
    return Fault(f"body.{place}", message)


def _refuse(faults: list[Fault]) -> None:
    if faults:
        raise BadInput("; ".join(f"{fault.loc}: {fault.msg}" for fault in faults), faults=faults)
