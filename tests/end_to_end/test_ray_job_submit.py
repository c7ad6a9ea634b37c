"""`ray job submit` from outside: the real command against the API, by a scientist's token alone."""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from cluster.waiting import wait_until

pytestmark = [pytest.mark.platform, pytest.mark.long]
RAY = Path(sys.executable).with_name("ray")
STUDY = """
import sys
import ray

ray.init()
twice = ray.remote(num_cpus=0.1)(lambda n: 2 * n)
print("study of", sys.argv[1], "is", sum(ray.get([twice.remote(n) for n in range(4)])))
print(open("notes.txt").read().strip())
"""


@pytest.fixture
def folder():
    with tempfile.TemporaryDirectory(prefix="study") as name:
        path = Path(name)
        (path / "study.py").write_text(STUDY)
        (path / "notes.txt").write_text("what came along\n")
        yield path


@pytest.fixture
def ray_job(platform, token, tmp_path):
    """`ray_job("submit", …)` as somebody elsewhere runs it: no token of Ray, no home of ours."""

    def run(word, *arguments, role="scientist"):
        headers = ["--headers", json.dumps(token(role))] if role else []
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("RAY_", "TRII_", "AWS_", "MLFLOW_"))
        }
        done = subprocess.run(
            [RAY, "job", word, "--address", platform.api_url, *headers, *arguments],
            env=environment | {"HOME": str(tmp_path), "NO_PROXY": "127.0.0.1"},
            cwd=tmp_path, capture_output=True, text=True, check=False, timeout=180,
        )  # fmt: skip
        return done.returncode, done.stdout + done.stderr

    return run


def test_a_study_runs_in_its_folder_and_its_log_comes_to_the_terminal(ray_job, folder, trii):
    code, said = ray_job(
        "submit", "--submission-id", "my-study", "--working-dir", str(folder), "--",
        "python", "study.py", "rates and prices",
    )  # fmt: skip
    assert code == 0, said
    assert "study of rates and prices is 12" in said
    assert "what came along" in said
    assert "Job 'my-study' succeeded" in said

    assert "succeeded" in ray_job("status", "my-study")[1]
    assert "study of rates and prices is 12" in ray_job("logs", "my-study")[1]
    assert "study of rates and prices is 12" in ray_job("logs", "--follow", "my-study")[1]
    assert "my-study" in ray_job("list")[1]
    jobs = json.loads(trii("jobs", "list", "--json").stdout)
    (job,) = [entry for entry in jobs if entry["module"] == "shell"]
    assert (job["kind"], job["state"], job["pool"]) == ("shell", "succeeded", "batch")


def test_a_command_that_fails_ends_with_its_status(ray_job):
    code, said = ray_job("submit", "--", "sh", "-c", "echo before; exit 3")
    assert code == 1, said
    assert "before" in said
    assert "failed" in said


def test_a_job_is_stopped(ray_job):
    _, said = ray_job("submit", "--no-wait", "--", "sleep", "600")
    (name,) = set(re.findall(r"Job '(\S+)' submitted", said))
    assert wait_until(lambda: "RUNNING" in ray_job("status", name)[1], timeout_s=90)
    code, said = ray_job("stop", name)
    assert code == 0, said
    assert "was stopped" in said


def test_who_may_not_and_what_may_not_travel_is_refused_in_words(ray_job, folder):
    submit = ("submit", "--working-dir", str(folder), "--", "python", "study.py")
    code, said = ray_job(*submit, role=None)
    assert code != 0
    assert "a bearer token is needed" in said
    code, said = ray_job(*submit, role="viewer")
    assert code != 0
    assert "the role scientist has it" in said

    (folder / "keys.py").write_text("k = 'AKIA" + "ABCDEFGHIJKLMNOP'\n")
    code, said = ray_job(*submit)
    assert code != 0
    assert "keys.py:1 looks like an AWS access key" in said

    (folder / "keys.py").write_bytes(os.urandom(21 * 2**20))
    code, said = ray_job(*submit)
    assert code != 0
    assert "the body is over" in said
