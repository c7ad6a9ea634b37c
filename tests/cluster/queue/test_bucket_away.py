"""Object storage that does not answer holds up one job's start and nothing else."""

import httpx
import pytest

from cluster.clock import utc_now
from cluster.errors import StoreError
from cluster.queue import folder
from cluster.queue.keeper import Keeper
from cluster.queue.ray_jobs import NotNow, RayJobs
from cluster.settings import Settings
from cluster.stores import bucket
from tests.job_rows import make_job
from tests.servers import free_port


@pytest.fixture
def settings(tmp_path, monkeypatch):
    """A home whose data lie in a bucket that nobody answers for."""
    for name in ("AWS_ENDPOINT_URL", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ALLOW_HTTP"):
        monkeypatch.setenv(name, "")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "x")
    bucket.client.cache_clear()
    yield Settings(
        home=tmp_path, results_url="s3://nobody/results", s3_region="us-east-1",
        s3_endpoint=f"http://127.0.0.1:{free_port()}",
    )  # fmt: skip
    bucket.client.cache_clear()


@pytest.fixture
def ray(settings):
    """A Ray that takes every job, and has its log."""
    asked = []

    def answer(request):
        asked.append(request.url.path)
        return httpx.Response(200, json={"driver_node_id": "n"})

    with RayJobs(settings, transport=httpx.MockTransport(answer)) as jobs:
        jobs.asked = asked
        yield jobs


def test_a_job_whose_bundle_cannot_be_read_now_is_handed_over_later(ray):
    with pytest.raises(NotNow, match="s3://nobody/results/bundles") as failure:
        ray.submit(make_job(bundle="ab" * 32), "j-1")
    assert not failure.value.sent
    assert ray.asked == []
    ray.submit(make_job(), "j-1")
    assert ray.asked == ["/api/jobs/"]


def test_a_log_that_cannot_be_kept_ends_no_turn_and_readers_are_told(settings, ray):
    keeper = Keeper(settings, ray, utc_now)
    keeper.make_folder(make_job())
    keeper.keep(make_job(submission_id="j-1"), aside=True)
    assert len(ray.asked) == 2
    for read in (folder.kept_log, folder.artifacts):
        with pytest.raises(StoreError, match="s3://nobody/results/jobs/j-1"):
            read(settings, "j-1")
