"""A simulated day: nothing is lost, no limit is passed, and more room never makes anybody wait longer."""

import dataclasses
import logging
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cluster.errors import BadInput
from cluster.fleet.planning.cost import cost
from cluster.fleet.planning.demand import Demand
from cluster.fleet.planning.node_types import node_types
from cluster.fleet.simulate.engine import Simulation
from cluster.fleet.simulate.jobs_file import read_jobs
from cluster.fleet.simulate.nodes import Fleet
from cluster.fleet.simulate.ray_scheduler import RayScheduler
from cluster.fleet.simulate.timing import Timing
from cluster.fleet.simulate.work import Curve, Job, Service, market_day, opening_floors
from cluster.fleet.source.cluster import ClusterSource, OpeningSource

logging.getLogger("ray.autoscaler").setLevel(logging.WARNING)
ZONES = ("eu-central-1a", "eu-central-1b")
HOUR = 3600.0
QUIET = Curve((0.0,), (0.0,))


def types_of(*, serve=(1, 4), batch=(0, 6), fallback=0):
    source = ClusterSource.model_validate(
        {
            "name": "x",
            "environment": "dev",
            "head": {"machine": "m6i.large"},
            "pools": {
                "serve": {
                    "machines": ["m6i.xlarge"],
                    "min_nodes": serve[0],
                    "max_nodes": serve[1],
                },
                "batch": {
                    "machines": ["m6i.large"],
                    "min_nodes": batch[0],
                    "max_nodes": batch[1],
                    "on_demand_nodes": fallback,
                },
            },
        }
    )
    return source, node_types(source, ZONES)


def batch(cpus=1.0, name="task"):
    return Demand(name, {"CPU": cpus}, {"trii/pool-batch": "true"})


def serve(cpus=0.5):
    return Demand("quotes", {"CPU": cpus}, {"trii/pool-serve": "true"})


def play(
    types, *, services=(), curve=QUIET, jobs=(), timing=None, until=24 * HOUR, seed=7, floors=()
):
    simulation = Simulation(types, RayScheduler(types), timing or Timing(), seed=seed)
    return simulation.run(services, curve, jobs, until, floors)


jobs_strategy = st.lists(
    st.builds(
        Job,
        name=st.just("job"),
        at=st.integers(0, 7200).map(float),
        demand=st.sampled_from([batch(1.0), batch(0.5, "half"), batch(2.0, "two")]),
        tasks=st.integers(1, 30),
        seconds=st.integers(1, 2000).map(float),
    ),
    max_size=6,
)


@settings(max_examples=25)
@given(jobs_strategy, st.integers(1, 8), st.floats(0, 2), st.integers(0, 3))
def test_every_task_ends_once_whatever_is_taken_back_and_no_limit_is_passed(
    jobs, most, losses, fallback
):
    _, types = types_of(batch=(0, most), fallback=fallback)
    day = play(types, jobs=jobs, timing=Timing(spot_losses_per_hour=losses), until=200 * HOUR)

    asked = sum(job.tasks for job in jobs)
    assert day.ended == asked
    assert day.placed >= asked
    assert len(day.waits) == day.placed
    assert all(wait >= 0 for wait in day.waits)
    assert day.most("batch") <= most + fallback
    assert all(0 <= sample.running["serve"] <= 4 for sample in day.samples if sample.running)
    assert day.samples[-1].waiting == 0


@settings(max_examples=15)
@given(jobs_strategy, st.integers(1, 4))
def test_with_more_nodes_allowed_nobody_waits_longer(jobs, most):
    _, few = types_of(batch=(0, most))
    _, many = types_of(batch=(0, most * 3))
    assert play(many, jobs=jobs).longest_wait() <= play(few, jobs=jobs).longest_wait() + 1e-6


@settings(max_examples=15)
@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 3)), min_size=1, max_size=12),
    st.lists(st.sampled_from([1.0, 2.0]), max_size=8),
)
def test_nodes_that_work_change_no_decision_by_being_told_as_a_number(placed, waiting):
    # Once with every node told in full, as the autoscaler does, once as the simulation asks.
    _, types = types_of(batch=(1, 9))
    fleet = Fleet(types)
    for i, (idle_hours, tasks) in enumerate(placed[:9]):
        node = fleet.add("batch-m6i.large")
        fleet.joined(node, now=-idle_hours * HOUR)
        for task in range(min(tasks, 2)):
            node.take(i * 10 + task, batch())
    demands = [batch(cpus) for cpus in waiting]
    fits = any(node.has_room(demand) for node in fleet for demand in demands)
    if fits:
        return  # such a demand would have been placed before anybody is asked

    ours = RayScheduler(types).decide(fleet, Counter(demands), 0.0)
    told = [dataclasses.replace(node) for node in fleet]
    for node in told:
        # Nothing is known of what runs, so none of them counts as busy.
        node.held = {}
    full = RayScheduler(types).decide(told, Counter(demands), 0.0)

    assert ours.launch == full.launch
    assert len(ours.end) == len(full.end)


@settings(max_examples=25)
@given(
    st.lists(
        st.tuples(st.sampled_from(["serve-m6i.xlarge", "batch-m6i.large"]), st.floats(0, 2)),
        max_size=9,
    ),
    st.dictionaries(
        st.sampled_from(
            [
                serve(0.5),
                serve(3.0),
                batch(2.0),
                batch(64.0, "huge"),
                Demand("anywhere", {"CPU": 2}),
                Demand("nowhere", {"CPU": 1}, {"trii/pool-gpu": "true"}),
            ]
        ),
        st.integers(1, 30),
    ),
)
def test_pools_asked_about_apart_come_to_what_they_do_together(standing, waiting):
    _, types = types_of(serve=(1, 4), batch=(1, 5), fallback=3)
    fleet = Fleet(types)
    for name, idle_hours in standing:
        if fleet.numbers[name] < types[name].max_nodes:
            fleet.joined(fleet.add(name), now=-idle_hours * HOUR)
    if any(node.has_room(demand) and demand.matches(node.type.labels)
           for node in fleet for demand in waiting):  # fmt: skip
        return  # such a demand would have been placed before anybody is asked

    apart = RayScheduler(types).decide(fleet, waiting, 0.0)
    of_type = {name: [node for node in fleet if node.type.name == name] for name in types}
    whole = RayScheduler(types)._ask(of_type, waiting, 0.0)
    assert apart.launch == whole.launch
    assert sorted(apart.end) == sorted(whole.end)


def test_replicas_follow_a_market_day_and_their_nodes_go_when_it_is_over():
    _, types = types_of(serve=(1, 20))
    day = play(types, services=[Service(serve(), 2, 200, 100.0)], curve=market_day(10_000.0))

    at_open = max(s.running["serve"] for s in day.samples if 14.5 * HOUR < s.at < 16 * HOUR)
    at_night = [s.running["serve"] for s in day.samples if 3 * HOUR < s.at < 14 * HOUR]
    assert at_open == 13  # 100 replicas of half a CPU on nodes of four: 12.5
    assert set(at_night) <= {1}
    assert day.samples[-1].running["serve"] < at_open


def test_a_node_is_paid_from_when_it_was_asked_for_until_it_idled_long_enough():
    source, types = types_of(serve=(0, 1))
    timing = Timing(interval=5.0, allocate=3.0, boot=60.0)
    day = play(types, jobs=[Job("a", 5.0, batch(), 1, 1000.0)], timing=timing)

    # Asked at 5 s, there at 68 s, done at 1,068 s, idle for more than 300 s at the look of 1,370 s.
    assert day.waits == [63.0]
    assert day.node_hours == {"batch-m6i.large": pytest.approx((1370 - 5) / HOUR)}
    told = cost(source, types, "eu-central-1")
    assert day.dollars(told) == pytest.approx((1370 - 5) / HOUR * 0.0466)


def test_ray_buys_ten_at_a_time_however_many_are_wanted():
    _, types = types_of(batch=(0, 40))
    day = play(types, jobs=[Job("a", 0.0, batch(2.0), 40, HOUR)], timing=Timing(allocate=20.0))
    bought = {s.at: s.bought["batch"] for s in day.samples if s.bought.get("batch")}
    steps = [
        later - earlier
        for earlier, later in zip([0, *bought.values()], bought.values(), strict=False)
    ]
    assert max(steps) == 10
    assert day.most("batch") == 40


def test_what_no_node_can_hold_is_counted_and_waits_for_ever():
    _, types = types_of()
    day = play(types, jobs=[Job("a", 0.0, batch(64.0), 3, 10.0)])
    assert (day.impossible, day.ended, day.samples[-1].waiting) == (3, 0, 3)


def test_the_same_seed_loses_the_same_nodes():
    _, types = types_of(batch=(0, 6))
    jobs = [Job("a", 0.0, batch(), 40, 2 * HOUR)]
    lossy = Timing(spot_losses_per_hour=1.0)
    first, again = (play(types, jobs=jobs, timing=lossy, until=16 * HOUR) for _ in range(2))
    assert first.lost > 0
    assert first == again
    assert play(types, jobs=jobs, timing=lossy, seed=8, until=16 * HOUR) != first


@pytest.mark.parametrize(
    ("times", "values", "said"),
    [
        ((0.0, 0.0), (1.0, 2.0), "times must rise"),
        ((), (), "one at least"),
        ((0.0,), (-1.0,), "zero or more"),
        ((0.0,), (float("nan"),), "zero or more"),
    ],
)
def test_a_curve_that_is_none_is_refused(times, values, said):
    with pytest.raises(BadInput, match=said):
        Curve(times, values)


HEADER = "at,name,pool,tasks,seconds,cpus,gpus\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the header is ; write at,name,pool"),
        ("at,name\n", "the header is at,name; write"),
        (HEADER, "no jobs"),
        (HEADER + "25:00,a,batch,1,1,1,0\n", "j.csv:2: at '25:00': a time of the day in UTC"),
        (HEADER + "1:00,a,batsh,1,1,1,0\n", "j.csv:2: pool 'batsh': expected one of serve, batch"),
        (HEADER + "1:00,a,batch,0,1,1,0\n", "j.csv:2: tasks '0': expected a number of 1 or more"),
        (HEADER + "1:00,a,batch,1,nan,1,0\n", "j.csv:2: seconds 'nan'"),
        (HEADER + "1:00,a,batch,1,1,1,0\n2:00,b,batch,1,1\n", "j.csv:3: cpus None"),
    ],
)
def test_a_list_of_jobs_that_cannot_be_is_refused_by_its_row(text, said, tmp_path):
    path = tmp_path / "j.csv"
    path.write_text(text)
    with pytest.raises(BadInput, match=said.replace("(", r"\(")):
        read_jobs(path)


def test_nodes_of_the_open_run_when_it_comes_and_go_when_it_is_over():
    _, types = types_of(batch=(0, 4))
    (name,) = [name for name, kind in types.items() if kind.pool == "batch"]
    opening = OpeningSource(
        calendar="XNYS", minutes_before=15, minutes_after=60, nodes={"batch": 3}
    )
    floors = opening_floors(opening, {name: 3}, {name: 0}, opens_h=14.5)
    day = play(types, floors=floors)

    def running(hour):
        return [sample for sample in day.samples if sample.at <= hour * HOUR][-1].running.get(
            "batch", 0
        )

    assert [running(hour) for hour in (14.2, 14.5, 15.4, 16)] == [0, 3, 3, 0]
    assert day.placed == 0
