"""Knocking at ports as a stranger would, and which ports there are."""

import http.client
import ipaddress
from pathlib import Path

import grpc
import psutil

# Title of the process → why its sockets on every interface stand. Each must really occur, so that
# the list never holds more than is needed.
EXCEPTIONS = {
    "ray::ServeReplica": (
        "Serve opens one gRPC port per replica on [::] and has no setting for the address; it runs "
        "nothing without Ray's token, which test_doors.py shows"
    ),
}


def sockets(process: psutil.Process):
    """Addresses at which a process takes TCP connections or UDP packets from others."""
    try:
        connections = process.net_connections(kind="inet")
    except psutil.NoSuchProcess:  # it ended since it was listed
        return
    for one in connections:
        takes = one.status == psutil.CONN_LISTEN or (one.type == 2 and not one.raddr)
        if takes and one.laddr:
            yield one.laddr.ip, one.laddr.port


def is_loopback(address: str) -> bool:
    ip = ipaddress.ip_address(address)
    mapped = getattr(ip, "ipv4_mapped", None)
    return (mapped or ip).is_loopback


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
