"""Nothing of the platform listens to the network, but for a list of exceptions with reasons."""

import pytest

from tests.risks.knocking import EXCEPTIONS, is_loopback, sockets
from tests.risks.probing import title

pytestmark = pytest.mark.long


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
