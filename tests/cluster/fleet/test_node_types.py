"""A pool's bounds, whatever machines and zones it is cut over."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cluster.errors import BadInput
from cluster.fleet.machines.catalogue import machines
from cluster.fleet.planning.node_types import node_types
from cluster.fleet.pools import POOLS
from cluster.fleet.source.cluster import ClusterSource

ZONES = ("eu-central-1a", "eu-central-1b", "eu-central-1c")
CPU = [kind.name for kind in machines().values() if not kind.gpus]
GPU = [kind.name for kind in machines().values() if kind.gpus]


@st.composite
def pools(draw, name):
    kinds = draw(
        st.lists(st.sampled_from(GPU if POOLS[name].gpu else CPU), min_size=1, unique=True)
    )
    zones = draw(st.integers(1, len(ZONES)))
    least = draw(st.integers(0, 12))
    most = draw(st.integers(max(1, least, len(kinds) * zones), 90))
    on_demand = draw(st.integers(0, 5)) if POOLS[name].spot else 0
    return {
        "machines": kinds,
        "min_nodes": least,
        "max_nodes": most,
        "on_demand_nodes": on_demand,
        "zones": zones,
    }


@st.composite
def sources(draw):
    chosen = {"serve"} | set(draw(st.lists(st.sampled_from([*POOLS]))))
    return ClusterSource.model_validate(
        {
            "name": "x",
            "environment": "dev",
            "head": {"machine": "m6i.large"},
            "pools": {name: draw(pools(name)) for name in sorted(chosen)},
        }
    )


@given(sources())
def test_node_types_keep_the_bounds_of_their_pool_and_never_exceed_them(source):
    found = node_types(source, ZONES).values()

    for name, pool in source.pools.items():
        own = [kind for kind in found if kind.pool == name]
        bought = [kind for kind in own if kind.market == "on-demand" or not POOLS[name].spot]
        spot = [kind for kind in own if kind.market == "spot"]
        main = spot if POOLS[name].spot else bought
        assert sum(kind.min_nodes for kind in main) == pool.min_nodes
        assert sum(kind.max_nodes for kind in main) == pool.max_nodes
        if POOLS[name].spot:
            assert sum(kind.max_nodes for kind in bought) == pool.on_demand_nodes
        assert all(0 <= kind.min_nodes <= kind.max_nodes for kind in own)


@given(sources())
def test_what_always_runs_stands_in_as_many_zones_as_the_pool_asks_for(source):
    found = node_types(source, ZONES).values()

    for name, pool in source.pools.items():
        running = [kind for kind in found if kind.pool == name and kind.min_nodes]
        if pool.zones > 1:
            assert len({kind.zones for kind in running}) == min(pool.zones, pool.min_nodes)


@given(sources())
def test_a_node_type_carries_the_label_of_its_pool_alone_and_a_gpu_node_offers_no_cpu(source):
    for kind in node_types(source, ZONES).values():
        carried = {name for name, pool in POOLS.items() if pool.label in kind.labels}
        assert carried == {kind.pool}
        assert (kind.resources["CPU"] == 0) == bool(kind.machine.gpus)
        assert ("GPU" in kind.resources) == POOLS[kind.pool].gpu


def source_of(**pools):
    return ClusterSource.model_validate(
        {"name": "x", "environment": "dev", "head": {"machine": "m6i.large"}, "pools": pools}
    )


@pytest.mark.parametrize(
    ("pools", "said"),
    [
        ({"serve": {"machines": ["m6i.2xlrage"], "max_nodes": 1}}, "did you mean 'm6i.2xlarge'"),
        ({"serve": {"machines": ["g5.xlarge"], "max_nodes": 1}}, "has a GPU, which no work"),
        (
            {
                "serve": {"machines": ["m6i.large"], "max_nodes": 1},
                "gpu": {"machines": ["m6i.large"], "max_nodes": 1},
            },
            "pools.gpu.machines: m6i.large has no GPU",
        ),
        (
            {"serve": {"machines": ["m6i.large"], "max_nodes": 9, "zones": 4}},
            "pools.serve.zones=4: the ground has 3",
        ),
    ],
)
def test_a_pool_that_cannot_be_bought_is_refused_with_its_place(pools, said):
    with pytest.raises(BadInput, match=said):
        node_types(source_of(**pools), ZONES)


@pytest.mark.parametrize(
    ("pool", "said"),
    [
        ({"machines": ["m6i.large"], "min_nodes": 3, "max_nodes": 2}, "min_nodes=3 is above"),
        ({"machines": ["m6i.large"], "max_nodes": 1, "zones": 2}, "below one node for each"),
        ({"machines": [], "max_nodes": 1}, "at least 1"),
        ({"machines": ["m6i.large"], "max_nodes": 1, "on_demand_nodes": 1}, "on demand already"),
    ],
)
def test_a_source_whose_numbers_contradict_each_other_is_refused(pool, said):
    with pytest.raises(ValueError, match=said):
        source_of(serve=pool)
