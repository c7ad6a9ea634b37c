"""Nodes that were bought and never joined are told apart from those that did."""

from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st

from cluster.fleet.steering.joining import Joining


def test_a_node_that_came_and_joined_did_not_fail():
    joining = Joining()
    assert joining.failed({"i-1": "gpu"}, {}) == set()
    # Ray knows the node before its autoscaler stops telling that it comes.
    assert joining.failed({"i-1": "gpu"}, {"a": "gpu"}) == set()
    assert joining.failed({}, {"a": "gpu"}) == set()


def test_a_node_that_came_and_went_failed_and_so_does_each_one_after_it():
    joining = Joining()
    assert joining.failed({"i-1": "gpu"}, {}) == set()
    assert joining.failed({"i-2": "gpu"}, {}) == {"gpu"}
    assert joining.failed({"i-2": "gpu"}, {}) == set()
    assert joining.failed({}, {}) == {"gpu"}


def test_a_node_of_another_type_that_joined_hides_no_failure():
    joining = Joining()
    joining.failed({"i-1": "gpu", "i-2": "batch"}, {})
    assert joining.failed({}, {"b": "batch"}) == {"gpu"}


def test_nodes_that_ran_before_the_first_look_stand_for_none_that_comes():
    joining = Joining()
    joining.failed({"i-3": "gpu"}, {"a": "gpu", "b": "gpu"})
    assert joining.failed({}, {"a": "gpu", "b": "gpu"}) == {"gpu"}


def test_a_node_that_was_never_seen_to_come_stands_for_none_that_comes_later():
    joining = Joining()
    joining.failed({}, {})
    joining.failed({}, {"a": "gpu"})
    joining.failed({"i-2": "gpu"}, {"a": "gpu"})
    assert joining.failed({}, {"a": "gpu"}) == {"gpu"}


@settings(max_examples=200)
@given(
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 6), st.integers(1, 6)), max_size=12)
)
def test_where_every_node_joins_none_failed_in_whatever_order_they_come(nodes):
    # Each is told to come from its time on, has joined a while later, and is told so one look after.
    joining, end = Joining(), 20
    for look in range(end):
        coming = {
            f"i-{i}": kind for i, (kind, at, boot) in enumerate(nodes) if at <= look <= at + boot
        }
        running = {f"{i}": kind for i, (kind, at, boot) in enumerate(nodes) if look >= at + boot}
        assert joining.failed(coming, running) == set()


@settings(max_examples=200)
@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 8)), max_size=8))
def test_where_none_joins_every_type_that_came_failed(nodes):
    joining = Joining()
    told: Counter[str] = Counter()
    for look in range(12):
        coming = {f"i-{i}": kind for i, (kind, at) in enumerate(nodes) if at <= look <= at + 2}
        told.update(joining.failed(coming, {}))
    assert set(told) == {kind for kind, _ in nodes}


def test_a_node_that_ran_before_it_was_told_as_coming_has_joined():
    joining = Joining()
    joining.failed({}, {})
    assert not joining.failed({}, {"n1": "spot"}, launching={"spot"})
    assert not joining.failed({"i1": "spot"}, {"n1": "spot"})
    assert not joining.failed({}, {"n1": "spot"})
    # It stood for that one alone.
    assert not joining.failed({"i2": "spot"}, {"n1": "spot"})
    assert joining.failed({}, {"n1": "spot"}) == {"spot"}
