import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import httpx
import orjson
import pytest

TRII = Path(sys.executable).with_name("trii")


@pytest.fixture(scope="session")
def trii(platform):
    """Run the real command against this run's platform."""

    def run(*arguments, timeout=300):
        return subprocess.run(
            [TRII, *arguments],
            env={**os.environ, "TRII_HOME": str(platform.home)},
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    return run


class Events:
    """The events of a stream, read as they come; `beats` counts heartbeats."""

    def __init__(self, answer):
        assert answer.status_code == 200, answer.read()
        self.beats = 0
        self.last_id = None
        self._lines = answer.iter_lines()

    def __iter__(self):
        for line in self._lines:
            self.beats += line.startswith(": ")
            if line.startswith("id: "):
                self.last_id = line.removeprefix("id: ")
            if line.startswith("data: "):
                yield orjson.loads(line.removeprefix("data: "))

    def until_beats(self, count):
        for line in self._lines:
            self.beats += line.startswith(": ")
            if self.beats == count:
                return


@pytest.fixture
def follow(api):
    @contextmanager
    def opened(job_id, **headers):
        url = f"/v1/stream/jobs/{job_id}"
        with api.stream("GET", url, headers=headers, timeout=httpx.Timeout(60.0)) as answer:
            yield Events(answer)

    return opened
