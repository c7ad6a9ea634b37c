"""The head of a cluster is lost and replaced under clients that never retry: what serves goes on."""

import pytest

from tests.cloudbox import NEEDED, Network
from tests.cloudbox.small_cluster import SmallCluster

pytestmark = NEEDED


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with Network() as network:
        made = SmallCluster(network, tmp_path_factory.mktemp("cluster"))
        made.start_head()
        made.until(lambda: made.nodes() == ["head"], "the head")
        made.one = made.worker("one", "serve", "batch")
        made.two = made.worker("two", "serve")
        made.until(lambda: len(made.nodes()) == 3, "three nodes")
        made.deploy()
        for machine in (made.one, made.two):
            made.until(lambda machine=machine: made.serves(machine), f"{machine.name} serves")
        yield made


def tell(record, fault, *answers, **figures):
    """Into the report, so that a run says what it saw."""
    figures = {name: round(value, 1) for name, value in figures.items()}
    print(f"CHAOS {fault}: {' | '.join(map(str, answers))} {figures}")  # noqa: T201
    record(fault, {"answers": [str(found) for found in answers], **figures})


def test_a_head_that_is_replaced_loses_no_request_and_nothing_that_runs(
    cluster, record_property, tmp_path
):
    before = cluster.step()
    with cluster.load(cluster.one) as one, cluster.load(cluster.two) as two:
        cluster.until(lambda: len(one.replicas | two.replicas) == 4, "every replica answers")
        serving = one.replicas | two.replicas
        cluster.head.kill()
        # Another instance at its address whose volume was not mounted, or is another's.
        empty = tmp_path / "empty"
        empty.mkdir()
        cluster.head = cluster.new_head(empty)
        refused = cluster.mount()
        assert refused.returncode == 1
        assert "Ray is not started" in refused.stderr
        cluster.head.kill()
        cluster.head = cluster.new_head(cluster.volume)
        cluster.start_head()
        took = cluster.until(lambda: len(cluster.nodes()) == 3, "three nodes")
        assert cluster.step() == before + 1
        seen = len(one.heard)
        cluster.until(lambda: len(one.heard) > seen + 50, "more answers")
    tell(record_property, "head replaced", one, two, back_s=took)
    assert (one.lost, two.lost) == ([], [])
    assert one.replicas | two.replicas == serving
