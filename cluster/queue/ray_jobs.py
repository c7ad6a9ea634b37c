"""Ray's job API over HTTP, with time limits: what the queue asks of Ray, and nothing else asks it.

Ray's own client waits without limit and takes seconds to import; its REST interface is as public.
"""

import shlex
from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import Any, Final, Self, TypeVar

import httpx

from cluster.bundles import bundle as bundles
from cluster.errors import BadInput, PlatformError
from cluster.fleet import pools
from cluster.queue.rules.admission import Node
from cluster.queue.rules.job import Job, RayJob, printable
from cluster.runtime_env import as_environment, driver_variables
from cluster.settings import Settings
from cluster.stores import places

T = TypeVar("T")
JOB_KEY: Final = "trii_job"  # in the metadata of every attempt that the queue hands to Ray
# In the dashboard's answer where the agent behind it found the request itself wrong. Every other
# failure, such as an agent that has just gone, may be over at the next attempt.
_REFUSED: Final = "Request failed with status code 400"
_TIMEOUT = httpx.Timeout(10.0, connect=2.0)


class RayAway(PlatformError):
    """Ray does not answer, or not in words that can be read.

    `sent` is False where it is certain that it never got the request.
    """

    def __init__(self, message: str, *, sent: bool = True) -> None:
        super().__init__(message)
        self.sent = sent


class RayRefused(PlatformError):
    """This job can't be handed over, now or later: Ray will not take it, or its bundle is not there."""


class RayJobs:
    """A connection to one Ray cluster. Every method may raise RayAway."""

    def __init__(self, settings: Settings, *, transport: httpx.BaseTransport | None = None) -> None:
        token = settings.ray_auth_token.get_secret_value()
        self._url = settings.dashboard_url
        self._settings = settings
        self._http = httpx.Client(
            base_url=self._url,
            headers={"Authorization": f"Bearer {token}"},
            timeout=_TIMEOUT,
            trust_env=False,  # the machine's proxies are not for our own addresses
            transport=transport,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()

    def session(self) -> str:
        """The life of the cluster: another name after its memory of jobs was lost."""
        return self._ask("/api/version", lambda told: str(told["session_name"]))

    def nodes(self) -> dict[str, tuple[Node, ...]]:
        """The living nodes of each pool with all that they have."""
        return self._ask("/api/v0/nodes", _pools, detail="1", limit="10000")

    def jobs(self) -> dict[str, RayJob]:
        """Every submitted job that Ray remembers, by submission id."""
        return self._ask("/api/jobs/", _jobs)

    def submit(self, job: Job, submission_id: str) -> None:
        """Hand an attempt over; a second time does nothing. Raises RayRefused.

        The entrypoint always has resources and a selector: without them Ray runs it on the head.
        """
        body = _request(self._settings, job, submission_id)
        answer = self._send("POST", "/api/jobs/", json=body)
        if answer.status_code == httpx.codes.OK or "already exists" in answer.text:
            return
        last = printable((answer.text.strip(". \n").splitlines() or ["no reason given"])[-1])[:300]
        if answer.status_code == httpx.codes.BAD_REQUEST or _REFUSED in answer.text:
            raise RayRefused(f"Ray refused the job: {last}")
        raise RayAway(f"Ray took no job: {last}")

    def stop(self, submission_id: str) -> None:
        """Ask a job to stop; Ray kills it after three seconds. Nothing where it is unknown."""
        self._send("POST", f"/api/jobs/{submission_id}/stop")

    def log(self, submission_id: str) -> Iterator[str] | None:
        """All that the job has written, in pieces; None where Ray or the job's node can't say.

        Ray's own page of a job's log holds all of it in memory, and has none where it is not UTF-8.
        """
        told = self._send("GET", f"/api/jobs/{submission_id}")
        if told.status_code != httpx.codes.OK:
            return None
        file = {"filename": f"job-driver-{submission_id}.log", "lines": "-1"}
        node = _read(told, lambda job: job["driver_node_id"])
        if node is None:
            return None
        answer = self._send(
            "GET", "/api/v0/logs/file", stream=True, params={"node_id": node, **file}
        )
        if answer.status_code != httpx.codes.OK:
            answer.close()
            return None
        return _pieces(answer)

    def _ask(self, path: str, read: Callable[[Any], T], **params: str) -> T:
        answer = self._send("GET", path, params=params)
        if answer.status_code != httpx.codes.OK:
            raise RayAway(f"Ray at {self._url} answered {answer.status_code} to {path}")
        return _read(answer, read)

    def _send(
        self, method: str, path: str, *, stream: bool = False, **given: Any
    ) -> httpx.Response:
        try:
            return self._http.send(self._http.build_request(method, path, **given), stream=stream)
        except httpx.RequestError as exc:
            never = isinstance(exc, httpx.ConnectError | httpx.ConnectTimeout)
            raise RayAway(f"Ray does not answer at {self._url}", sent=not never) from exc


def command(job: Job, submission_id: str) -> str:
    """The shell command of an attempt; the attempt's id stands where its arguments ask for it."""
    arguments = [text.replace("{submission_id}", submission_id) for text in job.arguments]
    return shlex.join(["python", "-m", job.module, *arguments])


def _request(settings: Settings, job: Job, submission_id: str) -> dict[str, Any]:
    variables = {
        **as_environment(driver_variables()),
        "TRII_JOB_ID": job.id,
        "TRII_JOB_USER": job.user_id,
        "TRII_JOB_ATTEMPT": submission_id,
        "TRII_JOB_FOLDER": str(places.jobs(settings) / job.id),
    }
    return {
        "entrypoint": command(job, submission_id),
        "submission_id": submission_id,
        "metadata": {JOB_KEY: job.id, "kind": job.kind, "user_id": job.user_id},
        "runtime_env": {"env_vars": variables, **_own_code(settings, job)},
        "entrypoint_num_cpus": job.cpus,
        "entrypoint_num_gpus": job.gpus,
        "entrypoint_memory": job.memory_bytes,
        "entrypoint_label_selector": {pools.POOLS[job.pool].label: "true"},
    }


def _own_code(settings: Settings, job: Job) -> dict[str, str]:
    """The part of the runtime environment that unpacks the job's bundle; raises RayRefused.

    A disk that fails counts as a bundle that is not there: one job must not stop the whole queue.
    """
    if job.bundle is None:
        return {}
    try:
        return bundles.runtime_env(settings, job.bundle)
    except BadInput as exc:
        raise RayRefused(str(exc)) from exc
    except OSError as exc:
        raise RayRefused(f"bundle {job.bundle} can't be read: {exc.strerror}") from exc


def _read(answer: httpx.Response, read: Callable[[Any], T]) -> T:
    """What a JSON answer tells. Raises RayAway where it is cut off or tells something else."""
    try:
        return read(answer.json())
    except (ValueError, LookupError, TypeError, AttributeError) as exc:
        raise RayAway(f"Ray's answer to {answer.url.path} can't be read") from exc


def _pieces(answer: httpx.Response) -> Iterator[str]:
    """The text of an answer as it comes. Raises RayAway where it breaks off."""
    answer.encoding = "utf-8"
    try:
        yield from answer.iter_text()
    except httpx.RequestError as exc:
        raise RayAway("Ray went away in the midst of a log") from exc
    finally:
        answer.close()


def _jobs(told: Any) -> dict[str, RayJob]:
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


def _pools(told: Any) -> dict[str, tuple[Node, ...]]:
    alive = [node for node in told["data"]["result"]["result"] if node["state"] == "ALIVE"]
    return {
        pool.name: tuple(_node(node) for node in alive if node["labels"].get(pool.label) == "true")
        for pool in pools.POOLS.values()
    }


def _node(told: Mapping[str, Any]) -> Node:
    total = told["resources_total"]
    return Node(total.get("CPU", 0.0), total.get("GPU", 0.0), int(total.get("memory", 0)))
