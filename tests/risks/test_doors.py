"""Every port of the serving path, tried by somebody without identity."""

import pickle

import grpc
import orjson
import pytest
from ray.serve.generated.serve_pb2 import ASGIRequest

from tests.risks.knocking import Touch, ask, call
from tests.risks.probing import listening

pytestmark = pytest.mark.long


METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")
CLOSED = (
    "/", "/probe", "/probe/", "/probe/slow?seconds=0", "/probe/echo", "/PROBE/", "//probe/",
    "/%70robe/", "/probe/../healthz", "/narrow/", "/-/", "/-/healthz/", "/-/routes/probe",
    "/healthz/", "/metrics", "/admin", "/api/serve/applications/", "/openapi.json/", "/docsx",
    "/probe/?path=/healthz", "/probe/#/docs/", "http://127.0.0.1/probe/",
)  # fmt: skip
# Where people and probes look without identity. The page of the API is asked of `api` alone; here,
# as for any path that only starts like it, no application has an answer.
OPEN = {"/healthz": {200}, "/readyz": {200}, "/-/healthz": {200}, "/-/routes": {200}}
NOBODYS = ("/openapi.json", "/docs", "/docs/", "/docs/../probe/", "/docs/%2e%2e/probe/")
GRPC_METHODS = (
    "HandleRequest",
    "HandleRequestStreaming",
    "HandleRequestWithRejection",
    "HandleRequestWithRejectionStreaming",
)


def replica_processes(probe):
    return probe.replicas("probe") + probe.replicas("narrow")


@pytest.fixture
def replica_ports(probe):
    """The HTTP port of each replica, found where the processes listen."""
    block = probe.platform.port("replicas")
    ports = [
        port
        for process in replica_processes(probe)
        for ip, port in listening(process)
        if ip == "127.0.0.1" and block <= port < block + 800
    ]
    assert len(ports) == len(replica_processes(probe)) == 3
    return ports


@pytest.fixture
def grpc_ports(probe):
    """The port by which replicas call each other: Serve opens it on every interface."""
    ports = [
        p for process in replica_processes(probe) for ip, p in listening(process) if ip == "::"
    ]
    assert len(ports) == 3
    return ports


def test_replicas_answer_no_path_and_no_method_without_identity(replica_ports):
    answered = {
        (method, path): status
        for port in replica_ports
        for method in METHODS
        for path in CLOSED
        if (status := ask(port, method, path)[0]) != 401
    }
    assert answered == {}


def test_replicas_tell_health_and_routes_and_nothing_more(replica_ports):
    for port in replica_ports:
        words = {path: ask(port, "GET", path) for path in OPEN}
        assert {path: {status} for path, (status, _) in words.items()} == OPEN
        assert orjson.loads(words["/healthz"][1]) == {"status": "ok"}
        assert orjson.loads(words["/readyz"][1]) == {"status": "ready"}
        assert words["/-/healthz"][1] == b"success"
        assert set(orjson.loads(words["/-/routes"][1]).values()) <= {"probe", "narrow"}
        assert {ask(port, "GET", path)[0] for path in NOBODYS} == {404}


@pytest.mark.parametrize("value", ["Bearer", "Bearer x.y.z", "Basic YTpi", "Bearer \xff", ""])
def test_replicas_refuse_made_up_identities(replica_ports, value):
    assert ask(replica_ports[0], "GET", "/probe/", {"Authorization": value})[0] == 401


def test_the_fallback_proxy_is_as_closed_as_the_replicas(probe):
    port = probe.platform.port("fallback_http")
    assert {ask(port, "GET", path)[0] for path in ("/probe/", "/narrow/", "/nowhere")} == {401}


@pytest.mark.parametrize("method", GRPC_METHODS)
@pytest.mark.parametrize("token", [None, "Bearer ", "Bearer 0000", "0000"])
def test_grpc_ports_run_nothing_without_rays_token(grpc_ports, tmp_path, method, token):
    mark = tmp_path / "touched"
    request = ASGIRequest(pickled_request_metadata=pickle.dumps(Touch(mark))).SerializeToString()
    codes = {call(port, method, request, token) for port in grpc_ports}
    assert codes == {grpc.StatusCode.UNAUTHENTICATED}
    assert not mark.exists()


def test_rays_token_opens_the_grpc_ports_so_the_test_above_knocks_at_the_right_door(
    probe, grpc_ports, tmp_path
):
    mark = tmp_path / "touched"
    request = ASGIRequest(pickled_request_metadata=pickle.dumps(Touch(mark))).SerializeToString()
    token = f"Bearer {probe.settings.ray_auth_token.get_secret_value()}"
    assert call(grpc_ports[0], "HandleRequest", request, token) != grpc.StatusCode.UNAUTHENTICATED
    assert mark.exists()
