"""Who starts next: never over quota, nobody starved, always the same answer, always a reason."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cluster.fleet.pools import JOINS_WITHIN, Node
from cluster.fleet.simulate.timing import Timing
from cluster.queue.rules.admission import plan
from cluster.queue.rules.limits import Holder, PoolNodes, Quota, Together
from tests.job_rows import make_job

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)
POOLS = {"batch": PoolNodes((Node(4.0, 0.0, 2**33), Node(2.0, 0.0, 2**33)))}
FREE = {"*": Quota(None, None, None)}


def job(number, user="ada", **changes):
    fields = {
        "id": f"j{number}", "number": number, "user_id": user, "pool": "batch", "cpus": 1.0,
        "gpus": 0.0, "memory_bytes": 0, "priority": "normal", "deadline": None, "depends_on": [],
        "queued_at": NOW,
    }  # fmt: skip
    return make_job(state="queued", **{**fields, **changes})


def decide(
    queued, active=(), *, quotas=FREE, pools=POOLS, states=None, served=None, now=NOW, **more
):
    return plan(
        queued, list(active), quotas=quotas, pools=pools, states=states or {}, served=served or {},
        now=now, **more,
    )  # fmt: skip


demands = st.lists(
    st.tuples(
        st.sampled_from("abc"),
        st.sampled_from([0.1, 0.5, 1.0, 2.0, 3.0, 4.0, 9.0]),
        st.sampled_from(["high", "normal", "low"]),
        st.sampled_from(["batch", "gpu"]),
    ),
    max_size=14,
).map(
    lambda rows: [
        job(i, user, cpus=cpus, priority=priority, pool=pool)
        for i, (user, cpus, priority, pool) in enumerate(rows)
    ]
)
limits = st.builds(
    Quota, st.none() | st.integers(0, 4), st.none() | st.floats(0, 6), st.none() | st.just(1.0)
)


@given(demands, st.dictionaries(st.sampled_from(["a", "b", "*"]), limits), st.integers(0, 6))
def test_a_plan_never_breaks_a_quota_or_a_node_and_gives_every_other_job_a_reason(
    jobs, quotas, running
):
    active = [one for one in jobs[:running] if one.pool == "batch" and one.cpus <= 1.0]
    queued = [one for one in jobs if one not in active]
    made = decide(queued, active, quotas=quotas)
    assert sorted([*made.start, *made.wait]) == sorted(one.id for one in queued)
    assert all(made.wait.values())
    started = [one for one in queued if one.id in made.start]
    assert all(one.pool == "batch" for one in started)
    assert sum(one.cpus for one in started) <= 6.0 + 1e-6
    for user in {one.user_id for one in started}:
        quota = quotas.get(user) or quotas.get("*") or Quota(None, None, None)
        mine = [one for one in [*active, *started] if one.user_id == user]
        assert quota.running is None or len(mine) <= quota.running
        assert quota.cpus is None or sum(one.cpus for one in mine) <= quota.cpus + 1e-5


@given(demands, st.randoms(use_true_random=False))
def test_the_same_queue_gives_the_same_plan_in_whatever_order_it_is_read(jobs, random):
    shuffled = random.sample(jobs, len(jobs))
    assert decide(jobs) == decide(shuffled)


@given(demands)
def test_nothing_of_a_class_starts_that_would_not_start_without_the_classes_below(jobs):
    made = decide(jobs)
    high = [one for one in jobs if one.priority == "high"]
    assert [i for i in made.start if i in {one.id for one in high}] == decide(high).start


@given(demands)
def test_a_queue_that_is_worked_off_is_worked_off_whole(jobs):
    fits = [one for one in jobs if one.pool == "batch" and one.cpus <= 4.0]
    queued, active, rounds = list(fits), [], 0
    while queued:
        made = decide(queued, active)
        active = [*active, *(one for one in queued if one.id in made.start)]
        assert active, "nothing runs and nothing starts"
        queued = [one for one in queued if one.id not in made.start]
        active.pop(0)
        rounds += 1
    assert rounds <= len(fits)


@given(st.integers(1, 5), st.sampled_from([1.0, 3.0, 4.0]))
def test_a_stream_of_new_jobs_of_others_does_not_starve_one_that_waits(before, cpus):
    """Each round the oldest running job ends and two small ones of new users arrive."""
    mine = job(before, "me", cpus=cpus)
    queued = [*(job(i, f"u{i}") for i in range(before)), mine]
    active, number = [job(1000 + i, f"v{i}") for i in range(6)], before + 1
    for _ in range(before + 12):
        made = decide(queued, active)
        if mine.id in made.start:
            return
        active = [*active, *(one for one in queued if one.id in made.start)][1:]
        queued = [one for one in queued if one.id not in made.start]
        queued += [job(number + i, f"w{number + i}") for i in range(2)]
        number += 2
    pytest.fail(f"still waits: {made.wait[mine.id]}")


def test_the_user_who_uses_least_goes_first_then_who_came_first():
    pools = {"batch": PoolNodes((Node(4.0),))}
    active = [job(100, "ada"), job(101, "bob", cpus=0.5)]
    queued = [job(1, "ada"), job(2, "bob"), job(3, "cy"), job(4, "dan")]
    assert decide(queued, active, pools=pools).start == ["j3", "j4"]
    assert decide(queued, active[:1], pools=pools).start == ["j2", "j3", "j4"]


def test_no_more_jobs_run_at_once_than_may_whoever_they_are_of():
    made = decide(
        [job(1, cpus=0.1), job(2, "bob", cpus=0.1)], [job(0, cpus=0.1)], together=Together(jobs=2)
    )
    assert made.start == ["j2"]
    assert made.wait == {"j1": "2 jobs run, as many as may at once (TRII_JOBS_AT_ONCE)"}


def test_users_take_turns():
    queued = [job(i, "ada" if i < 4 else "bob") for i in range(8)]
    assert decide(queued).start == ["j0", "j4", "j1", "j5", "j2", "j6"]


@pytest.mark.parametrize(
    ("quota", "changes", "why"),
    [
        (Quota(2, None, None), {}, "quota: ada runs 2 of 2 jobs; free when j8 or j9 ends"),
        (
            Quota(None, 3.0, None),
            {"cpus": 2.0},
            "quota: ada uses 2 of 3 CPUs and the job asks for 2; free when j8 or j9 ends",
        ),
        (Quota(0, None, None), {}, "quota: ada may run no jobs"),
        (Quota(9, 9, 9), {"pool": "gpu"}, "pool gpu has no node"),
        (Quota(9, 9, 9), {"cpus": 4.5}, "pool batch has no node with 4.5 CPUs"),
        (
            Quota(9, 9, 9),
            {"cpus": 4.0},
            "pool batch has no 4 CPUs free before j8 or j9 ends",
        ),
    ],
)
def test_a_waiting_job_says_which_limit_holds_it_and_when_it_is_free(quota, changes, why):
    active = [job(8), job(9)]
    assert decide([job(1, **changes)], active, quotas={"ada": quota}).wait == {"j1": why}


def test_nobody_overtakes_a_job_that_waits_for_room_or_quota():
    big, small = job(1, cpus=4.0), job(2, "bob")
    made = decide([big, small], [job(8, "cy", cpus=2.0), job(9, "cy")])
    assert made.wait["j2"] == "behind j1, which waits for room in pool batch"
    mine = [job(1, cpus=3.0), job(2, cpus=0.1)]
    made = decide(mine, [job(9)], quotas={"*": Quota(None, 3.0, None)})
    assert made.wait["j2"] == "behind j1, which waits for the quota of ada"


def test_a_job_that_can_never_start_lets_the_others_pass():
    made = decide([job(1, cpus=64.0), job(2)])
    assert made.start == ["j2"]


def test_where_the_pool_grows_ray_makes_the_room():
    pools = {"gpu": PoolNodes((), grows=True)}
    made = decide([job(1, pool="gpu", cpus=0.0, gpus=1.0)], pools=pools)
    assert made.start == ["j1"]
    assert made.awaits["j1"] == (
        "pool gpu has no 1 GPU free; a further node mostly joins within 2 minutes "
        "(`trii cluster status` says what the cloud refuses)"
    )


def test_where_the_pool_grows_only_what_has_no_room_now_awaits_a_node():
    pools = {"batch": PoolNodes((Node(2.0),), grows=True)}
    made = decide([job(number) for number in range(1, 4)], pools=pools)
    assert (made.start, list(made.awaits)) == (["j1", "j2", "j3"], ["j3"])


def test_a_job_is_told_no_less_time_than_a_simulated_node_takes():
    timing = Timing()
    assert timing.interval + timing.allocate + timing.boot <= JOINS_WITHIN.total_seconds()


def test_halves_of_a_gpu_fill_it_and_a_quota_of_one():
    pools = {"gpu": PoolNodes((Node(0.0, 2.0, 2**33),))}
    halves = [job(i, pool="gpu", cpus=0.0, gpus=0.5) for i in range(1, 6)]
    made = decide(halves, pools=pools)
    assert made.start == ["j1", "j2", "j3", "j4"]
    made = decide(halves, pools=pools, quotas={"*": Quota(None, None, 1.0)})
    assert made.start == ["j1", "j2"]
    assert "quota" in made.wait["j3"]


def test_dependencies_hold_a_job_back_and_take_it_along():
    states = {"a": "succeeded", "b": "running", "c": "cancelled"}
    queued = [
        job(1, depends_on=["a"]),
        job(2, depends_on=["a", "b"]),
        job(3, depends_on=["b", "c"]),
    ]
    made = decide(queued, states=states)
    assert made.start == ["j1"]
    assert made.wait == {"j2": "depends on b (running)"}
    assert made.fail == {"j3": "depends on c, which was cancelled"}


def test_a_deadline_is_the_latest_start():
    queued = [job(1, deadline=NOW), job(2, deadline=NOW + timedelta(seconds=1))]
    made = decide(queued)
    assert made.start == ["j2"]
    assert made.expire == {"j1": "did not start by its deadline 2026-01-05 12:00:00 UTC"}


def test_tenths_of_processors_add_up():
    queued = [job(i, cpus=0.1) for i in range(60)]
    assert Counter(len(decide(queued).start) for _ in range(2)) == {60: 2}
    assert len(decide([*queued, replace(queued[0], id="x", number=99)]).start) == 60


class Days:
    """A pool of some processors whose oldest running job ends each minute; `started` is by minute."""

    def __init__(self, cpus, queued):
        self.pools = {"batch": PoolNodes((Node(cpus),))}
        self.queued, self.active, self.stays = list(queued), [], set()
        self.now, self.served, self.started = NOW, {}, []

    def minute(self):
        found = decide(
            self.queued, self.active, pools=self.pools, served=self.served, now=self.now
        ).start
        begun = [one for name in found for one in self.queued if one.id == name]
        self.served |= {one.user_id: self.now for one in begun}
        self.started += begun
        self.active += begun
        self.queued = [one for one in self.queued if one not in begun]
        self.now += timedelta(minutes=1)
        ends = next((one for one in self.active if one.id not in self.stays), None)
        self.active = [one for one in self.active if one is not ends]


@pytest.mark.parametrize("cpus", [1.0, 2.0])
def test_users_take_turns_where_there_is_room_for_fewer_jobs_than_users(cpus):
    days = Days(cpus, [job(100 * i + n, user) for i, user in enumerate("abc") for n in range(20)])
    while len(days.started) < 9:
        days.minute()
    assert Counter(one.user_id for one in days.started[:9]) == {"a": 3, "b": 3, "c": 3}


def test_long_jobs_of_one_user_do_not_keep_out_another_who_came_later():
    """With an hour between two starts everybody has waited for long."""
    days = Days(2.0, [job(100 * i + n, user) for i, user in enumerate("ab") for n in range(20)])
    while len(days.started) < 10:
        days.minute()
        days.now += timedelta(hours=1)
    counts = Counter(one.user_id for one in days.started[:10])
    assert abs(counts["a"] - counts["b"]) <= 1


def test_a_big_job_beside_a_long_one_of_the_same_user_is_not_starved_by_users_who_use_less():
    """Two users always have a small job at hand."""
    days = Days(4.0, [job(0, "me", cpus=2.0)])
    days.minute()
    days.stays, days.active = {"j0"}, list(days.started)
    mine = job(1, "me", cpus=2.0, queued_at=days.now)
    days.queued = [mine]
    for minute in range(30):
        days.queued += [
            job(2 + 2 * minute + i, user, queued_at=days.now) for i, user in enumerate("ab")
        ]
        days.minute()
    assert mine in days.started
    assert days.started.index(mine) > 15, "who uses least goes first until then"


def test_patience_is_over_with_the_first_start():
    late = NOW + timedelta(hours=1)
    queued = [job(1, "ada"), job(2, "ada"), job(3, "bob", queued_at=late), job(4, "ada")]
    pools = {"batch": PoolNodes((Node(3.5),))}
    active = [job(100, "ada"), job(101, "bob", cpus=0.5)]
    made = decide(queued, active, pools=pools, served={"ada": NOW, "bob": NOW}, now=late)
    assert made.start == ["j1", "j3"]


NODES = {"batch": PoolNodes((Node(4.0, id="n1"), Node(4.0, id="n2")))}


def test_what_replicas_hold_is_not_given_to_jobs():
    held = [Holder("n1", 3.0), Holder("n2", 2.0)]
    made = decide([job(1, cpus=1.5), job(2, cpus=1.0)], pools=NODES, holders=held)
    assert made.start == ["j1", "j2"]
    made = decide([job(1, cpus=2.0), job(2, cpus=1.5)], pools=NODES, holders=held)
    assert (made.start, made.wait["j2"]) == (
        ["j1"],
        "pool batch has no 1.5 CPUs free before j1 ends",
    )


def test_what_no_end_of_a_job_makes_room_for_lets_others_pass():
    held = [Holder("n1", 3.0), Holder("n2", 2.0)]
    made = decide([job(1, cpus=3.0), job(2, cpus=0.5)], pools=NODES, holders=held)
    assert made.start == ["j2"]
    assert made.wait["j1"] == (
        "pool batch has no node with 3 CPUs beside what applications and jobs from outside of the "
        "queue hold"
    )


def test_a_driver_counts_on_the_node_where_ray_has_put_it_and_once():
    running = job(1, cpus=3.0, submission_id="j1")
    held = [Holder("n2", 3.0, attempt="j1")]
    made = decide([job(2, cpus=4.0), job(3, cpus=1.0)], [running], pools=NODES, holders=held)
    assert made.start == ["j2", "j3"]


def test_a_driver_from_outside_of_the_queue_holds_its_place():
    held = [Holder("n1", 4.0, attempt="theirs"), Holder("n2", 4.0, attempt="raysubmit_1")]
    assert decide([job(1)], pools=NODES, holders=held).start == []


def test_a_node_of_two_pools_is_given_once():
    both = PoolNodes((Node(2.0, id="n1"),))
    made = decide(
        [job(1, cpus=2.0), job(2, cpus=1.0, pool="serve")], pools={"batch": both, "serve": both}
    )
    assert made.start == ["j1"]


def test_what_a_node_holds_that_is_in_no_pool_of_jobs_counts_nowhere():
    assert decide([job(1)], pools=NODES, holders=[Holder("head", 9.0)]).start == ["j1"]
