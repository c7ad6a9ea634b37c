"""Every port of the serving path, tried by somebody without identity."""

import http.client
import pickle
from pathlib import Path

import grpc
import orjson
import pytest
from ray.serve.generated.serve_pb2 import ASGIRequest

from tests.risks.probing import listening

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


def ask(port: int, method: str, target: str, headers: dict[str, str] | None = None):
    """One request whose target goes out as it stands: clients tidy paths, attackers don't."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
        for name, value in {"Host": "127.0.0.1", "Content-Length": "0", **(headers or {})}.items():
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


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


class Touch:
    """Unpickled, it leaves a file: the proof that a port runs what it is sent."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return (Path.touch, (self.path,))


def call(port: int, method: str, payload: bytes, token: str | None) -> grpc.StatusCode:
    """Call a replica as Serve's own handles do, and say how it ended."""
    metadata = [] if token is None else [("authorization", token)]
    with grpc.insecure_channel(
        f"127.0.0.1:{port}", options=[("grpc.enable_http_proxy", 0)]
    ) as channel:
        kind = channel.unary_stream if "Streaming" in method else channel.unary_unary
        remote = kind(f"/ray.serve.ASGIService/{method}", response_deserializer=bytes)
        try:
            answer = remote(payload, metadata=metadata, timeout=10)
            list(answer) if "Streaming" in method else None
        except grpc.RpcError as exc:
            return exc.code()
    return grpc.StatusCode.OK


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
