"""The doors of the platform as it runs, tried by somebody without identity; all of them: tests/risks."""

import pickle

import grpc
import pytest
from ray.serve.generated.serve_pb2 import ASGIRequest

from cluster.laptop import state
from cluster.laptop.context import Platform
from tests.risks.knocking import EXCEPTIONS, Touch, ask, call, is_loopback, sockets
from tests.risks.probing import Probe, listening, title

pytestmark = pytest.mark.platform


@pytest.fixture
def parts(platform) -> Probe:
    return Probe(Platform(platform, state.load(platform.home)), headers={})


def ports(parts, address):
    return [
        port for replica in parts.replicas() for ip, port in listening(replica) if ip == address
    ]


def test_no_replica_answers_a_stranger(parts):
    block = parts.platform.port("replicas")
    ours = [port for port in ports(parts, "127.0.0.1") if block <= port < block + 800]
    assert len(ours) == len(parts.replicas()) > 1
    paths = ("/", "/v1/quotes/SYN001", "/v1/jobs", "/metrics", "/-/routes/")
    asked = {
        ask(port, method, path)[0] for port in ours for path in paths for method in ("GET", "POST")
    }
    assert asked == {401}


def test_no_port_between_replicas_runs_anything_without_rays_token(parts, tmp_path):
    mark = tmp_path / "touched"
    request = ASGIRequest(pickled_request_metadata=pickle.dumps(Touch(mark))).SerializeToString()
    answers = {
        call(port, "HandleRequest", request, token)
        for port in ports(parts, "::")
        for token in (None, "Bearer 0000")
    }
    assert answers == {grpc.StatusCode.UNAUTHENTICATED}
    assert not mark.exists()


def test_nothing_but_these_ports_listens_beyond_loopback(parts):
    beyond = {title(p) for p in parts.marked() for ip, _ in sockets(p) if not is_loopback(ip)}
    assert all(name.startswith(tuple(EXCEPTIONS)) for name in beyond), beyond
