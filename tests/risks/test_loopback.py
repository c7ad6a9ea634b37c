"""Nothing of the platform listens to the network, but for a list of exceptions with reasons."""

import ipaddress

import psutil

from tests.risks.probing import title

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
    for one in process.net_connections(kind="inet"):
        takes = one.status == psutil.CONN_LISTEN or (one.type == 2 and not one.raddr)
        if takes and one.laddr:
            yield one.laddr.ip, one.laddr.port


def is_loopback(address: str) -> bool:
    ip = ipaddress.ip_address(address)
    mapped = getattr(ip, "ipv4_mapped", None)
    return (mapped or ip).is_loopback


def test_only_the_known_exceptions_listen_beyond_loopback(probe, measured):
    seen = [(title(p), ip, port) for p in probe.marked() for ip, port in sockets(p)]
    names = " ".join(name for name, _, _ in seen)
    for part in ("postgres", "valkey", "mlflow", "gcs_server", "raylet", "haproxy", "Replica"):
        assert part in names, f"{part} was not looked at"
    open_ones = {(name, ip) for name, ip, _ in seen if not is_loopback(ip)}
    owners = {name.partition(":probe")[0].partition(":narrow")[0] for name, _ in open_ones}
    assert owners == set(EXCEPTIONS), open_ones
    measured(
        f"{len(seen)} listening sockets, {len([s for s in seen if not is_loopback(s[1])])} of them "
        f"beyond loopback, all of {', '.join(owners)}"
    )
