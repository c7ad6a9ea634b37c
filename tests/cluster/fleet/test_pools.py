import pytest

from cluster.errors import ConfigError
from cluster.fleet import pools


def test_a_pool_that_no_node_carries_is_refused_instead_of_waiting_for_ever():
    with pytest.raises(ConfigError, match="'gpu' has no nodes here"):
        pools.placement("gpu", available=pools.LAPTOP_POOLS)


def test_a_misspelt_pool_is_answered_with_the_known_ones():
    with pytest.raises(ConfigError, match="expected one of serve, batch, gpu"):
        pools.placement("bacth", available=pools.LAPTOP_POOLS)


def test_the_laptops_node_satisfies_the_selectors_of_all_its_pools():
    node = pools.labels(pools.LAPTOP_POOLS)
    for name in pools.LAPTOP_POOLS:
        assert pools.placement(name, available=pools.LAPTOP_POOLS).items() <= node.items()
