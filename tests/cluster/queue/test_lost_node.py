"""A node is lost with the driver of a job: the next attempt runs on another and goes on from the store.

The real queue and PostgreSQL, and a real Ray of three nodes: a head without processors, two of a pool.
"""

import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from secrets import token_hex

import pytest
from pydantic import SecretStr

from cluster.clock import utc_now
from cluster.control import leases
from cluster.control.loop import Term
from cluster.queue import commands as queue
from cluster.queue import folder
from cluster.queue.mover import Mover
from cluster.queue.ray_jobs import RayJobs
from cluster.requests.job import JobRequest
from cluster.stores.postgres import connect
from cluster.waiting import wait_until
from tests.servers import free_port

pytestmark = pytest.mark.long
WAIT_S = 180.0  # a bound, not a promise
STEPS = 6
NODES = Path(__file__).parent / "nodes.py"

# Each step is stored before the next; behind the third the job waits until it may go on.
JOB = f"""
import os, time
from pathlib import Path
folder = Path(os.environ["TRII_JOB_FOLDER"])
print("begins behind", len(list(folder.glob("step-*"))), flush=True)
for step in range({STEPS}):
    stored = folder / f"step-{{step}}"
    if stored.exists():
        continue
    while step == 3 and not (folder / "go").exists():
        time.sleep(0.05)
    stored.write_text(os.environ["TRII_JOB_ATTEMPT"])
"""


@pytest.fixture
def settings(clean):
    token = SecretStr(token_hex(32))
    return clean.model_copy(update={"dashboard_port": free_port(), "ray_auth_token": token})


@pytest.fixture
def kill(settings):
    """Kill a node of the cluster, by its id."""
    secret = settings.ray_auth_token.get_secret_value()
    own = {
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": secret,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",  # `python` of the jobs
    }
    with subprocess.Popen(
        [sys.executable, str(NODES), str(settings.dashboard_port)],
        env=os.environ | own, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as nodes:  # fmt: skip
        assert "ready\n" in iter(nodes.stdout.readline, "")
        yield lambda node_id: print(node_id, file=nodes.stdin, flush=True)
        nodes.stdin.close()  # all of them end


@pytest.fixture
def moved(settings, kill):
    """The loop that moves the queue on this cluster, and Ray as it is asked."""
    with ExitStack() as open_:
        connection = open_.enter_context(connect(settings, "serve"))
        connection.autocommit = True
        lease = leases.take(connection, leases.CONTROL, holder="it", seconds=900)
        ray = open_.enter_context(RayJobs(settings))
        yield Mover(Term(settings, connection, lease, utc_now), ray), ray


def test_a_job_whose_node_is_lost_goes_on_elsewhere_from_what_it_has_stored(settings, kill, moved):
    mover, ray = moved
    request = JobRequest(
        module="timeit", arguments=("-n1", "-r1", JOB), cpus=1.0, resumable=True, max_attempts=3
    )
    job = queue.submit(settings, request, user_id="ada", now=utc_now())
    place = folder.folder(settings, job.id)

    def until(check):
        def turned():
            mover.turn()
            return check()

        assert wait_until(turned, timeout_s=WAIT_S), queue.get(settings, job.id)

    until((place / "step-2").exists)
    until(lambda: queue.get(settings, job.id).state == "running")
    lost = _node_of(ray, job.id)
    kill(lost)
    until(lambda: queue.get(settings, job.id).attempt == 2)
    (place / "go").write_bytes(b"")
    until(lambda: queue.get(settings, job.id).ended)

    done = queue.get(settings, job.id)
    assert (done.state, done.attempt) == ("succeeded", 2)
    assert _node_of(ray, done.submission_id) != lost
    by = [(place / f"step-{step}").read_bytes().decode() for step in range(STEPS)]
    assert by == [job.id] * 3 + [done.submission_id] * 3
    assert "begins behind 3" in folder.kept_log(settings, job.id).text
    first, _ = queue.attempts(settings, job.id)
    assert "its node was lost" in first.outcome


def _node_of(ray, submission_id):
    return ray.ask(f"/api/jobs/{submission_id}", lambda told: told["driver_node_id"])
