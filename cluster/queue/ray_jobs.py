"""Ray's job API: what the queue asks of Ray, and nothing else asks it."""

import shlex
from collections.abc import Iterator, Mapping
from typing import Any, Final

import httpx

from cluster.bundles import bundle as bundles
from cluster.errors import BadInput, PlatformError, StoreError
from cluster.fleet import pools
from cluster.fleet.ray_api import RayApi, RayAway, amounts, read_answer
from cluster.queue.behind import HOOK
from cluster.queue.rules.job import Job, RayJob, printable
from cluster.queue.rules.kinds import SHELL
from cluster.queue.rules.limits import Holder
from cluster.runtime_env import as_environment, driver_variables
from cluster.security.local import issue_for_job
from cluster.settings import Settings
from cluster.stores import places

JOB_KEY: Final = "trii_job"  # in the metadata of every attempt that the queue hands to Ray
# Ray's own names: of Serve's actors, and of those that supervise drivers.
_SERVE: Final = "serve"
_DRIVERS: Final = "SUPERVISOR_ACTOR_RAY_NAMESPACE"
_DRIVER_NAME: Final = "_ray_internal_job_actor_"
# In the dashboard's answer where the agent behind it found the request itself wrong. Every other
# failure, such as an agent that has just gone, may be over at the next attempt.
_REFUSED: Final = "Request failed with status code 400"


class RayRefused(PlatformError):
    """This job can't be handed over, now or later: Ray will not take it, or its bundle is not there."""


class NotNow(RayAway):
    """Of this job alone something can't be had now, and so nothing is done; others may go on."""

    def __init__(self, message: str) -> None:
        super().__init__(message, sent=False)


class RayJobs(RayApi):
    """The jobs of one Ray cluster. Every method may raise RayAway."""

    def __init__(self, settings: Settings, *, transport: httpx.BaseTransport | None = None) -> None:
        super().__init__(settings, transport=transport)
        self._settings = settings

    def jobs(self) -> dict[str, RayJob]:
        """Every submitted job that Ray remembers, by submission id."""
        return self.ask("/api/jobs/", _jobs)

    def holders(self) -> list[Holder]:
        """Every replica and every driver that has its place on a node.

        What their tasks hold is not told: those come and go, and Ray has new drivers take turns with
        them.
        """
        alive = {"filter_keys": "state", "filter_predicates": "=", "filter_values": "ALIVE"}
        return self.ask("/api/v0/actors", _holders, detail="1", limit="10000", **alive)

    def submit(self, job: Job, submission_id: str) -> None:
        """Hand an attempt over; a second time does nothing. Raises RayRefused, NotNow.

        The entrypoint always has resources and a selector: without them Ray runs it on the head.
        """
        body = _request(self._settings, job, submission_id)
        answer = self.send("POST", "/api/jobs/", json=body)
        # An id that is there already: an earlier request arrived, only its answer got lost.
        if answer.status_code == httpx.codes.OK or "already exists" in answer.text:
            return
        last = printable((answer.text.strip(". \n").splitlines() or ["no reason given"])[-1])[:300]
        if answer.status_code == httpx.codes.BAD_REQUEST or _REFUSED in answer.text:
            raise RayRefused(f"Ray refused the job: {last}")
        raise RayAway(f"Ray took no job: {last}")

    def stop(self, submission_id: str) -> None:
        """Ask a job to stop; Ray kills it after three seconds. Nothing where it is unknown."""
        self.send("POST", f"/api/jobs/{submission_id}/stop")

    def log(self, submission_id: str) -> Iterator[str] | None:
        """All that the job has written, in pieces; None where Ray or the job's node can't say.

        Ray's own page of a job's log holds all of it in memory, and has none where it is not UTF-8.
        """
        told = self.send("GET", f"/api/jobs/{submission_id}")
        if told.status_code != httpx.codes.OK:
            return None
        # -1 is every line; without it Ray sends the last thousand.
        file = {"filename": f"job-driver-{submission_id}.log", "lines": "-1"}
        node = read_answer(told, lambda job: job["driver_node_id"])
        if node is None:
            return None
        answer = self.send(
            "GET", "/api/v0/logs/file", stream=True, params={"node_id": node, **file}
        )
        if answer.status_code != httpx.codes.OK:
            answer.close()
            return None
        return _pieces(answer)


def command(job: Job, submission_id: str) -> str:
    """The shell command of an attempt; the attempt's id stands where its arguments ask for it.

    `driving` runs the program, and tells of it what Ray may not know.
    """
    arguments = [text.replace("{submission_id}", submission_id) for text in job.arguments]
    program = ["/bin/sh", "-c"] if job.module == SHELL else ["python", "-m", job.module]
    return shlex.join(["python", "-I", "-m", "cluster.queue.driving", *program, *arguments])


def _request(settings: Settings, job: Job, submission_id: str) -> dict[str, Any]:
    variables = {
        **as_environment(driver_variables()),
        "PYTHONUNBUFFERED": "1",  # the log has its lines in the order in which they were written
        "TRII_JOB_ID": job.id,
        "TRII_JOB_USER": job.user_id,
        "TRII_JOB_ATTEMPT": submission_id,
        "TRII_JOB_FOLDER": str(places.jobs(settings) / job.id),
    }
    if token := issue_for_job(settings, job.user_id):
        variables["TRII_TOKEN"] = token
    return {
        "entrypoint": command(job, submission_id),
        "submission_id": submission_id,
        "metadata": {JOB_KEY: job.id, "kind": job.kind, "user_id": job.user_id},
        "runtime_env": {
            "env_vars": variables,
            "worker_process_setup_hook": HOOK,
            **_own_code(settings, job),
        },
        "entrypoint_num_cpus": job.cpus,
        "entrypoint_num_gpus": job.gpus,
        "entrypoint_memory": job.memory_bytes,
        "entrypoint_label_selector": pools.drivers(job.pool),
    }


def _own_code(settings: Settings, job: Job) -> dict[str, str]:
    """The part of the runtime environment that unpacks the job's bundle; raises RayRefused.

    A disk that fails counts as a bundle that is not there: one job must not stop the whole queue.
    Object storage that is away may be back at the next turn: NotNow.
    """
    if job.bundle is None:
        return {}
    try:
        return bundles.runtime_env(settings, job.bundle)
    except BadInput as exc:
        raise RayRefused(str(exc)) from exc
    except OSError as exc:
        raise RayRefused(f"bundle {job.bundle} can't be read: {exc.strerror}") from exc
    except StoreError as exc:
        raise NotNow(f"bundle {job.bundle} can't be read: {exc}") from exc


def _pieces(answer: httpx.Response) -> Iterator[str]:
    """The text of an answer as it comes. Raises RayAway where it breaks off."""
    answer.encoding = "utf-8"
    try:
        yield from answer.iter_text()
    except httpx.RequestError as exc:
        raise RayAway("Ray went away in the midst of a log") from exc
    finally:
        answer.close()


def _holders(told: Any) -> list[Holder]:
    actors = told["data"]["result"]["result"]
    return [_holder(actor) for actor in actors if actor["ray_namespace"] in {_SERVE, _DRIVERS}]


def _holder(told: Mapping[str, Any]) -> Holder:
    driver = told["ray_namespace"] == _DRIVERS
    attempt = str(told["name"]).removeprefix(_DRIVER_NAME) if driver else None
    return Holder(told["node_id"], *amounts(told["required_resources"]), attempt=attempt)


def _jobs(told: Any) -> dict[str, RayJob]:
    # The other type is DRIVER: a script that connected by itself, and has no submission id.
    return {entry["submission_id"]: _job(entry) for entry in told if entry["type"] == "SUBMISSION"}


def _job(told: Mapping[str, Any]) -> RayJob:
    return RayJob(
        submission_id=told["submission_id"],
        status=told["status"],
        entrypoint=told["entrypoint"],
        job_id=(told["metadata"] or {}).get(JOB_KEY),
        error_type=told["error_type"],
        exit_code=told["driver_exit_code"],
        message=told["message"] or "",
        started_ms=told["start_time"],
    )
