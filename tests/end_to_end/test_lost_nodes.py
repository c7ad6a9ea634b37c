"""Machines of a cluster are hurt under clients that never retry: what is lost is counted, what stays goes on.

Ray runs as on our nodes, with one small application; each test says what a fault may cost at most.
"""

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


def tell(fault, *answers, **figures):
    """A run says what it saw, with `-s`."""
    figures = {name: round(value, 1) for name, value in figures.items()}
    print(f"{fault}: {' | '.join(map(str, answers))} {figures}")  # noqa: T201


def test_a_head_that_is_replaced_loses_no_request_and_nothing_that_runs(cluster, tmp_path):
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
        cluster.more(one, 50)
    tell("head replaced", one, two, back_s=took)
    assert (one.lost, two.lost) == ([], [])
    assert one.replicas | two.replicas == serving


def test_a_node_that_its_cloud_takes_back_hands_on_what_it_serves(cluster):
    three = cluster.worker("three", "serve")  # Serve has no proxy where it has no replica
    cluster.until(lambda: "three" in cluster.nodes(), "a third node")
    with cluster.load(cluster.one) as one:
        cluster.take_back(cluster.two, 45)
        took = cluster.until(lambda: "two" not in cluster.nodes(), "the drained node's end")
        cluster.two.kill()
        cluster.until(lambda: cluster.serves(three), "the other node")
    tell("spot notice", one, gone_s=took)
    assert one.lost == []
    cluster.three = three


def test_a_node_that_is_cut_off_costs_what_was_under_way(cluster):
    cluster.four = cluster.worker("four", "serve")
    cluster.until(lambda: "four" in cluster.nodes(), "a fourth node")
    with cluster.load(cluster.one) as one:
        cluster.until(lambda: "three" in {node for node, _ in one.replicas}, "both serve")
        cluster.three.cut()
        took = cluster.until(lambda: "three" not in cluster.nodes(), "the node's end")
        cluster.more(one, 100)
    tell("cut off", one, noticed_s=took)
    assert one.lost == [] or one.lost[-1][0] - one.lost[0][0] < 30
    assert len(one.lost) < 30
    cluster.three.kill()
    cluster.until(lambda: cluster.serves(cluster.four), "another node in its place")


def test_a_node_that_is_killed_costs_what_it_had_in_hand(cluster):
    with cluster.load(cluster.one) as one:
        cluster.until(lambda: "four" in {node for node, _ in one.replicas}, "both serve")
        cluster.four.kill()
        took = cluster.until(lambda: "four" not in cluster.nodes(), "the node's end")
        cluster.more(one, 100)
    tell("killed", one, noticed_s=took)
    assert len(one.lost) < 30
    assert one.heard[-1][1] is None


def test_a_gcs_that_is_killed_loses_no_request_of_the_workers(cluster):
    before = cluster.step()
    old = cluster.head.run(["pgrep", "-x", "gcs_server"]).stdout
    with cluster.load(cluster.one) as one:
        cluster.head.run(["kill", "-9", *old.split()])
        cluster.until(lambda: cluster.nodes() == [], "its end")
        took = cluster.until(lambda: "head" in cluster.nodes(), "the head")
    tell("GCS killed", one, back_s=took)
    assert one.lost == []
    assert cluster.step() == before + 1
