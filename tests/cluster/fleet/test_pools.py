from typing import get_args

import pytest

from cluster.errors import ConfigError
from cluster.fleet import pools
from cluster.fleet.planning.demand import Demand
from cluster.fleet.settings import PoolName
from cluster.laptop.state import POOLS


def test_a_pool_that_no_node_carries_is_refused_instead_of_waiting_for_ever():
    with pytest.raises(ConfigError, match="'gpu' has no nodes here"):
        pools.placement("gpu", available=POOLS)


def test_a_misspelt_pool_is_answered_with_the_known_ones():
    with pytest.raises(ConfigError, match="expected one of serve, batch, gpu"):
        pools.placement("bacth", available=POOLS)


def test_the_laptops_node_satisfies_the_selectors_of_all_its_pools():
    node = pools.labels(POOLS)
    for name in POOLS:
        assert pools.placement(name, available=POOLS).items() <= node.items()


def test_the_pools_of_a_cluster_are_those_of_its_nodes_that_live():
    def node(*names, alive=True):
        return {"Alive": alive, "Labels": {"ray.io/node-id": "f0", **pools.labels(names)}}

    assert pools.carried([node("serve", "batch"), node("gpu", alive=False)]) == ("serve", "batch")
    assert pools.carried([node(), node("gpu-spot"), node("batch")]) == ("batch", "gpu-spot")
    assert pools.carried([]) == ()


def test_a_jobs_driver_finds_its_pools_nodes_but_never_one_on_spot():
    own = Demand("driver", {}, pools.drivers("batch"))
    bought = {pools.MARKET_LABEL: "on-demand"}, {pools.MARKET_LABEL: "spot"}
    laptop, on_demand, spot = (pools.labels(POOLS) | labels for labels in ({}, *bought))
    held = (laptop, on_demand, spot, {**on_demand, "trii/pool-batch": "false"})
    assert [own.matches(labels) for labels in held] == [True, True, False, False]
    assert [pools.takes_drivers(labels) for labels in (laptop, on_demand, spot)] == [
        True,
        True,
        False,
    ]


def test_every_pool_that_settings_may_name_is_declared():
    assert set(get_args(PoolName)) == set(pools.POOLS)
