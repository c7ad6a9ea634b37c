"""Jobs whose Ray goes away; a stand-in for Ray's client raises what it raises then."""

from types import SimpleNamespace

import aiohttp
import pytest
import requests

from cluster.errors import PlatformError
from cluster.jobs import submission
from cluster.settings import Settings


@pytest.fixture
def settings(tmp_path):
    return Settings(home=tmp_path)


@pytest.mark.parametrize(
    "failure",
    [RuntimeError("closed unexpectedly"), aiohttp.ClientPayloadError("cut"), ConnectionError("no")],
)
def test_a_job_whose_ray_goes_away_is_an_error_that_says_so(settings, monkeypatch, failure):
    async def tail(_id):
        yield "one line\npart"
        raise failure

    ray = SimpleNamespace(tail_job_logs=tail)
    monkeypatch.setattr(submission, "client", lambda _: ray)
    lines = []
    with pytest.raises(PlatformError, match="Ray went away while job j-1 ran"):
        submission.follow(settings, "j-1", on_log=lines.append)
    assert lines == ["one line"]


def test_a_ray_that_goes_away_as_a_job_is_submitted_is_named(settings, monkeypatch):
    def submit_job(**_):
        raise requests.exceptions.ConnectionError("refused")

    monkeypatch.setattr(submission, "client", lambda _: SimpleNamespace(submit_job=submit_job))
    with pytest.raises(PlatformError, match="Ray does not answer at http"):
        submission.submit(settings, module="jobs.backtest", arguments=[])
