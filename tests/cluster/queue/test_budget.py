"""Dollars as a quota: a day never costs more than it may, and who waits or is refused knows why."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cluster.errors import BadInput
from cluster.fleet.pools import Node
from cluster.fleet.settings import MachineRate
from cluster.queue import spending
from cluster.queue.mover import Mover
from cluster.queue.rules.admission import plan
from cluster.queue.rules.budget import Budget, Run
from cluster.queue.rules.limits import PoolNodes, Quota, Together
from cluster.stores.postgres import connect
from tests.job_rows import NOW, make_job

SPOT = MachineRate(usd_per_hour=0.32, cpus=16, memory_bytes=2**34)
BOUGHT = MachineRate(usd_per_hour=0.8, cpus=16, memory_bytes=2**34)
GPU = MachineRate(usd_per_hour=1.2, cpus=4, gpus=1)
RATES = {"batch": (SPOT, BOUGHT), "gpu": (GPU,)}
ROOMY = {name: PoolNodes((Node(10**6, 10**6, 2**60),)) for name in ("batch", "gpu", "serve")}


def job(number, **changes):
    given = {"id": f"j{number}", "number": number, "state": "queued", "kind": "sweep", "cpus": 8.0}
    return make_job(**{**given, **changes})


def budget(usd=10.0, **hours):
    return Budget(usd, RATES, hours)


def decide(queued, allowed, bound=0.0):
    return plan(
        queued, [], quotas={"*": Quota(None, None, None)}, pools=ROOMY, states={}, served={},
        together=Together(budget=allowed, bound=bound), now=NOW,
    )  # fmt: skip


jobs = st.lists(
    st.tuples(st.sampled_from([0.1, 4.0, 16.0, 64.0]), st.sampled_from(["batch", "gpu", "serve"])),
    max_size=12,
).map(lambda rows: [job(i, cpus=cpus, pool=pool) for i, (cpus, pool) in enumerate(rows)])


@given(jobs, st.floats(0.1, 40), st.floats(0, 40))
def test_what_starts_costs_no_more_than_is_left_and_every_other_has_a_reason(queued, usd, bound):
    allowed = budget(usd, sweep=2.0)
    made = decide(queued, allowed, bound)
    started = [job for job in queued if job.id in made.start]
    assert sum(map(allowed.cost, started)) <= max(0.0, usd - bound) + 1e-5
    assert sorted([*made.start, *made.wait]) == sorted(job.id for job in queued)
    # A pool without prices is nobody's cost.
    assert {job.id for job in queued if job.pool == "serve"} <= set(made.start)


@pytest.mark.parametrize(
    ("changes", "dollars"),
    [
        ({"cpus": 8.0}, 0.4),  # half of the dearest machine of the pool
        ({"cpus": 1.0, "memory_bytes": 2**33}, 0.4),  # half of its memory
        ({"cpus": 32.0}, 1.6),
        ({"pool": "gpu", "cpus": 0.1, "gpus": 1.0}, 1.2),
        ({"pool": "serve"}, 0.0),
    ],
)
def test_a_job_costs_its_share_of_the_dearest_machine_of_its_pool(changes, dollars):
    assert budget(sweep=1.0).cost(job(1, **changes)) == pytest.approx(dollars)
    assert budget(sweep=3.0).cost(job(1, **changes)) == pytest.approx(3 * dollars)


def test_one_that_waits_for_dollars_is_not_overtaken_and_one_that_never_can_stops_nobody():
    queued = [job(1, cpus=32.0), job(2, cpus=16.0), job(3, cpus=1.0), job(4, pool="serve")]
    made = decide(queued, budget(1.0, sweep=1.0), bound=0.5)
    assert made.start == ["j4"]
    assert made.wait["j1"].startswith(
        "budget: the job is reckoned at 1.60 USD (1 h in pool batch) and 1.00 USD a day may be spent"
    )
    assert made.wait["j2"] == (
        "budget: the job is reckoned at 0.80 USD, and less is left of this day's 1.00 USD; it may "
        "start after 00:00 UTC, or once TRII_BUDGET_USD_PER_DAY is raised"
    )
    assert made.wait["j3"] == "behind j2, which waits for the budget"


def test_what_runs_is_bound_until_it_is_expected_to_end_and_yesterday_is_forgotten():
    day, now = datetime.fromisoformat("2026-01-05T00Z"), datetime.fromisoformat("2026-01-05T12Z")
    sized = {"kind": "sweep", "pool": "batch", "cpus": 16.0, "gpus": 0.0, "memory_bytes": 0}

    def bound(begun, ended=None):
        begins = None if begun is None else day + timedelta(hours=begun)
        run = Run(**sized, running_at=begins, ended_at=ended and day + timedelta(hours=ended))
        return budget(sweep=4.0).bound([run], day=day, now=now) / BOUGHT.usd_per_hour

    assert bound(None) == pytest.approx(4)  # it has not begun: all that it may take
    assert bound(11.0) == pytest.approx(4)  # one hour of four is over
    assert bound(2.0) == pytest.approx(10)  # longer than expected
    assert bound(2.0, 3.0) == pytest.approx(1)
    assert bound(-2.0, 3.0) == pytest.approx(3)
    assert bound(-5.0, -1.0) == 0.0


@pytest.fixture
def dear(bench):
    """A queue on a cluster whose day may cost a dollar."""
    small = {"batch": (MachineRate(usd_per_hour=0.8, cpus=2),)}
    limits = {"budget_usd_per_day": 1.0, "pool_rates": small}
    bench.settings = bench.settings.model_copy(update=limits)
    with connect(bench.settings, "serve") as connection:
        connection.execute("UPDATE leases SET expires_at = '-infinity'")
    bench.mover = bench.new_mover("one with a budget")
    assert isinstance(bench.mover, Mover)
    return bench


def test_jobs_start_until_the_day_is_spent_and_again_when_the_next_begins(dear):
    for name in ("a", "b", "c"):
        dear.submit(job_id=name, cpus=1.0)  # 0.40 USD for the hour of an unknown kind
    dear.to_running("a", "b")
    assert dear.state("c") == "queued"
    assert "less is left of this day's 1.00 USD" in dear.job("c").reason

    dear.later(hours=12, minutes=6)  # the next day: both still run, and are reckoned anew
    dear.mover.turn()
    assert dear.state("c") == "submitting"


def test_what_no_day_could_pay_is_refused_and_fits_once_it_asks_for_less(dear):
    with pytest.raises(BadInput, match=r"reckoned at 1\.60 USD .* it could never start") as refused:
        dear.submit(cpus=4.0)
    assert [fault.loc for fault in refused.value.faults] == ["cpus"]
    assert dear.submit(cpus=2.0).state == "queued"


def test_without_a_budget_nothing_is_reckoned(bench):
    with connect(bench.settings, "serve") as connection:
        assert spending.together(connection, bench.settings, now=NOW) == Together(jobs=50)
