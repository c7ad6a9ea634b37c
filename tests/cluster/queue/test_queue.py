"""Submitting against the real PostgreSQL: what is refused, what is the same, who may what."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from cluster.control import leases
from cluster.errors import BadInput, Conflict, NotFound, StoreError
from cluster.queue import commands as queue
from cluster.queue.commands import find_cycle
from cluster.queue.overview import overview
from cluster.requests.job import JobRequest
from cluster.stores.postgres import connect


def test_the_same_key_and_request_give_the_first_job(bench):
    first = bench.submit(idempotency_key="k", arguments=("--x",))
    assert bench.submit(idempotency_key="k", arguments=("--x",)).id == first.id
    assert bench.submit("bob", idempotency_key="k", arguments=("--x",)).id != first.id
    with pytest.raises(Conflict, match=f"'k' was used for another request, job {first.id}"):
        bench.submit(idempotency_key="k", arguments=("--y",))
    assert len(queue.list_jobs(bench.settings)) == 2


def test_twenty_at_once_with_one_key_make_one_job(bench):
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: bench.submit(idempotency_key="k").id, range(20)))
    assert len(set(made)) == 1


@pytest.mark.parametrize(
    ("changes", "error", "says"),
    [
        ({"pool": "gpu"}, BadInput, "pool='gpu' has no nodes here; this cluster has serve, batch"),
        ({"pool": "moon"}, BadInput, "pool='moon': expected one of serve, batch"),
        ({"after": ("nobody",)}, NotFound, "after: no job has the id 'nobody'"),
        ({"cpus": 33.0}, BadInput, "quota: ada may use 32 CPUs and the job asks for 33; it could"),
        ({"gpus": 5.0}, BadInput, "quota: ada may use 4 GPUs"),
        ({"job_id": "me", "after": ("me",)}, BadInput, "after: a cycle, me needs me"),
    ],
)
def test_bad_input_is_refused_and_nothing_is_written(bench, changes, error, says):
    with pytest.raises(error, match=says):
        bench.submit(**changes)
    assert queue.list_jobs(bench.settings) == []


@pytest.mark.parametrize(("field", "value"), [("cpus", 33.0), ("gpus", 5.0)])
def test_a_refusal_names_the_field_that_is_over_the_quota(bench, field, value):
    with pytest.raises(BadInput) as refused:
        bench.submit(**{field: value})
    assert [fault.loc for fault in refused.value.faults] == [field]


def test_the_cpus_that_a_gpu_pool_does_not_offer_break_no_quota(bench, set_quota):
    set_quota("ada", cpus=1.0, gpus=1.0)
    grows = bench.settings.model_copy(update={"pools": ("gpu",), "pools_that_grow": ("gpu",)})
    request = JobRequest(module="some.module", pool="gpu", cpus=4.0, gpus=1.0)
    assert queue.submit(grows, request, user_id="ada", now=bench.now).cpus == 0


def test_a_job_of_a_gpu_pool_keeps_no_cpus(bench):
    grown = bench.settings.model_copy(
        update={"pools": ("batch", "gpu"), "pools_that_grow": ("gpu",)}
    )
    request = JobRequest(module="this", pool="gpu", gpus=1.0)
    job = queue.submit(grown, request, user_id="ada", now=bench.now)
    assert (queue.get(grown, job.id).cpus, job.gpus) == (0.0, 1.0)


def test_an_id_is_used_once(bench):
    bench.submit(job_id="bt-1")
    with pytest.raises(Conflict, match="a job bt-1 exists already"):
        bench.submit(job_id="bt-1")


def test_a_cycle_is_found_along_the_whole_way():
    needs = {"a": ["b", "c"], "b": [], "c": ["d"], "d": ["a"]}
    assert find_cycle("a", needs) == ["a", "c", "d", "a"]
    assert find_cycle("b", needs) is None


def test_lists_are_newest_first_and_continue_where_a_page_ended(bench):
    ids = [bench.submit().id for _ in range(5)][::-1]
    page = queue.list_jobs(bench.settings, limit=2)
    assert [one.id for one in page] == ids[:2]
    rest = queue.list_jobs(bench.settings, before=page[-1].id)
    assert [one.id for one in rest] == ids[2:]


def test_an_unknown_id_is_not_found(bench):
    for what in (queue.get, queue.cancel, queue.retry):
        given = {} if what is queue.get else {"now": bench.now}
        with pytest.raises(NotFound, match="no job has the id 'none'"):
            what(bench.settings, "none", **given)


def test_the_overview_counts_by_user_and_pool(bench):
    bench.to_running(bench.submit().id, bench.submit(cpus=2.0).id)
    bench.submit("bob")
    told = overview(bench.settings)
    assert [(s.user_id, s.queued, s.running, s.cpus) for s in told.shares] == [
        ("ada", 0, 2, 2.1),
        ("bob", 1, 0, 0.0),
    ]
    assert told.moves


def test_the_code_of_a_job_can_neither_see_nor_change_the_queue(bench):
    bench.submit()
    for statement in ("SELECT * FROM jobs", "UPDATE jobs SET priority = 'high'", "TABLE leases"):
        with (
            pytest.raises(StoreError, match="permission denied"),
            connect(bench.settings, "jobs") as connection,
        ):
            connection.execute(statement)


def test_the_serving_side_can_neither_delete_jobs_nor_raise_a_quota(bench):
    for statement in ("DELETE FROM jobs", "UPDATE quotas SET running = 99"):
        with (
            pytest.raises(StoreError, match="permission denied"),
            connect(bench.settings, "serve") as connection,
        ):
            connection.execute(statement)


def test_a_row_that_contradicts_itself_is_refused_by_the_database(bench):
    job = bench.submit()
    with (
        pytest.raises(StoreError, match="check constraint"),
        connect(bench.settings, "serve") as connection,
    ):
        connection.execute("UPDATE jobs SET state = 'succeeded' WHERE id = %s", [job.id])


def test_a_lease_has_one_holder_and_tokens_only_grow(clean):
    with connect(clean, "serve") as connection:
        first = leases.take(connection, "x", holder="a", seconds=60)
        assert leases.take(connection, "x", holder="b", seconds=60) is None
        again = leases.take(connection, "x", holder="a", seconds=60)
        assert again.token > first.token
        leases.release(connection, first)  # lost already: nothing happens
        assert leases.is_held(connection, "x")
        leases.release(connection, again)
        assert not leases.is_held(connection, "x")
        later = leases.take(connection, "x", holder="b", seconds=60)
        assert later.token > again.token
        with pytest.raises(leases.LostLease):
            leases.hold(connection, again)


def test_a_lease_that_is_over_can_be_taken(clean):
    with connect(clean, "serve") as connection:
        leases.take(connection, "x", holder="a", seconds=-1)
        assert leases.take(connection, "x", holder="b", seconds=60)
