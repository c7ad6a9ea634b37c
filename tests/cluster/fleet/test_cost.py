"""Dollars: what is summed, and that more nodes never cost less."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cluster.errors import BadInput
from cluster.fleet.machines.catalogue import price
from cluster.fleet.planning.cost import cost
from cluster.fleet.planning.node_types import HEAD, node_types
from cluster.fleet.source import reading

GROUND = reading.ground(None)


def told(environment="production", region="eu-central-1"):
    source = reading.cluster_source(environment)
    return cost(source, node_types(source, list(GROUND.subnets)), region)


def test_a_cluster_costs_its_head_and_its_least_nodes_at_their_own_prices():
    head = price("m6i.2xlarge", "eu-central-1").on_demand
    serve = price("m6i.2xlarge", "eu-central-1").on_demand

    assert told().per_hour("minimum") == pytest.approx(head + 2 * serve, abs=1e-12)


def test_spot_is_priced_as_spot_and_its_fallback_on_demand():
    lines = {line.node_type: line for line in told().lines}

    assert lines["batch-c6i.4xlarge"].usd_per_hour == price("c6i.4xlarge", "eu-central-1").spot
    fallback = lines["batch-c6i.4xlarge-on-demand"]
    assert fallback.usd_per_hour == price("c6i.4xlarge", "eu-central-1").on_demand


@pytest.mark.parametrize("environment", ["dev", "staging", "production"])
@given(data=st.data())
def test_more_node_hours_never_cost_less_and_nothing_runs_above_the_maximum(environment, data):
    known = told(environment)
    hours = {
        line.node_type: data.draw(st.floats(0, line.most), label=line.node_type)
        for line in known.lines
    }
    more = {name: data.draw(st.floats(least, 10**6)) for name, least in hours.items()}

    assert known.of(hours) <= known.of(more) + 1e-9
    assert known.of(hours) <= known.per_hour("maximum") + 1e-9
    assert known.per_hour("minimum") <= known.per_hour("maximum")
    assert known.of(dict.fromkeys(hours, 0.0)) == 0.0
    assert known.of({HEAD: 1.0}) > 0


def test_a_node_type_of_another_cluster_has_no_price_here():
    with pytest.raises(BadInput, match="node type 'gpu-h100': expected one of head, serve"):
        told().of({"gpu-h100": 1.0})


def test_a_region_that_lacks_a_machine_is_refused_before_anything_is_summed():
    with pytest.raises(BadInput, match=r"machine='g6.xlarge': no price in eu-west-1"):
        told(region="eu-west-1")
