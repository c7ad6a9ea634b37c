"""A node hears that its cloud takes it back, and hands on what runs there in time."""

import json
import threading
from datetime import UTC, datetime, timedelta

import pytest

from cluster.errors import NotFound, PlatformError
from cluster.fleet.live.notice import Metadata, heed
from cluster.fleet.live.view import ClusterView, LiveNode
from tests.cloudbox.metadata import server

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)


def node(name, address):
    return LiveNode(name, "batch", ("batch",), "spot", address, "running", False, {}, {})


class Cluster:
    """Two nodes, and what was asked of them."""

    def __init__(self):
        self.drained = []

    def status(self):
        return ClusterView((node("a" * 56, "10.0.0.4"), node("b" * 56, "10.0.0.5")), (), ())

    def drain(self, node_id, *, reason, until):
        self.drained.append((node_id, until))


@pytest.fixture
def notice(tmp_path):
    return tmp_path / "notice"


@pytest.fixture
def metadata(notice):
    serving = server(0, "10.0.0.5", notice)
    thread = threading.Thread(target=serving.serve_forever)
    thread.start()
    yield Metadata(f"http://127.0.0.1:{serving.server_port}")
    serving.shutdown()
    thread.join()
    serving.server_close()


def test_without_a_notice_nothing_is_asked_of_the_cluster(metadata):
    assert heed(metadata, lambda: pytest.fail("asked"), now=NOW) is None


@pytest.mark.parametrize(("left", "drains_for"), [(120, 110), (5, 1), (-60, 1)])
def test_the_node_of_this_instance_drains_and_ends_before_the_machine(
    metadata, notice, left, drains_for
):
    told = (NOW + timedelta(seconds=left)).strftime("%Y-%m-%dT%H:%M:%SZ")
    notice.write_text(json.dumps({"action": "terminate", "time": told}))
    cluster = Cluster()
    until = heed(metadata, lambda: cluster, now=NOW)
    assert until == NOW + timedelta(seconds=drains_for)
    assert cluster.drained == [("b" * 56, until)]


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"time": "soon"}', '{"time": 7}'])
def test_a_notice_that_can_not_be_read_is_said(metadata, notice, text):
    notice.write_text(text)
    with pytest.raises(PlatformError, match="can't be read"):
        heed(metadata, Cluster, now=NOW)


def test_a_node_that_has_not_joined_is_tried_again(metadata, notice):
    notice.write_text(json.dumps({"time": "2026-01-05T12:02:00Z"}))
    cluster = Cluster()
    cluster.status = lambda: ClusterView((), (), ())
    with pytest.raises(NotFound):
        heed(metadata, lambda: cluster, now=NOW)


def test_metadata_that_does_not_answer_are_said_with_their_address():
    with pytest.raises(PlatformError, match=r"metadata at http://127\.0\.0\.1:9"):
        Metadata("http://127.0.0.1:9").ends_at()
