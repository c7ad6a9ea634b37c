"""Quotas as users see them: what they have running counts, and a change holds from the next turn."""

import pytest
from pydantic import SecretStr

from cluster.errors import StoreError
from cluster.fleet.pools import Node
from cluster.queue import quotas
from cluster.queue.quotas import Amount
from cluster.stores.postgres import connect
from tests.cluster.queue.conftest import Bench


def test_what_is_submitting_or_running_is_in_use_in_all_pools_and_what_waits_is_not(bench):
    bench.to_running(bench.submit(cpus=2.0).id, bench.submit(cpus=0.1, gpus=0.0).id)
    bench.submit(cpus=4.0)
    bench.submit("bob")
    found = {one.user_id: one for one in quotas.usages(bench.settings)}
    assert list(found) == ["*", "ada", "bob"]
    assert found["ada"].running == Amount(8, 2, 6)
    assert found["ada"].cpus == Amount(32.0, 2.1, 29.9)
    assert found["ada"].gpus == Amount(4.0, 0.0, 4.0)
    assert found["bob"].running == Amount(8, 0, 8)


def test_parts_of_gpus_add_up(clean):
    bench = Bench(clean.model_copy(update={"pools": ("batch", "gpu"), "pools_that_grow": ("gpu",)}))
    bench.ray.pools |= {"gpu": (Node(0.0, 1.0),)}
    bench.to_running(*(bench.submit(pool="gpu", gpus=0.5).id for _ in range(2)))
    assert quotas.usage(bench.settings, "ada").gpus == Amount(4.0, 1.0, 3.0)
    bench.close()


def test_who_holds_more_than_a_new_limit_has_nothing_free(bench):
    bench.to_running(bench.submit(cpus=2.0).id)
    quotas.change(bench.settings, "ada", {"cpus": 1.0})
    assert quotas.usage(bench.settings, "ada").cpus == Amount(1.0, 2.0, 0)


def test_a_job_that_waits_for_its_quota_starts_with_the_turn_after_it_was_raised(bench):
    job = bench.submit()
    quotas.change(bench.settings, "ada", {"running": 0})
    bench.mover.turn()
    assert bench.job(job.id).reason == "quota: ada may run no jobs"
    quotas.change(bench.settings, "ada", {"running": 1})
    bench.mover.turn()
    assert bench.state(job.id) == "submitting"


def test_where_there_is_no_quota_at_all_nothing_is_limited(bench):
    with connect(bench.settings, "owner") as connection:
        connection.execute("TRUNCATE quotas")
    assert quotas.usage(bench.settings, "ada").running == Amount(None, 0, None)


def test_removing_a_quota_says_whether_there_was_one(bench):
    quotas.change(bench.settings, "ada", {"running": 1})
    assert quotas.remove(bench.settings, "ada")
    assert not quotas.remove(bench.settings, "ada")


def test_who_has_not_the_owners_password_sets_none(bench):
    serving = bench.settings.model_copy(update={"postgres_owner_password": SecretStr("")})
    with pytest.raises(StoreError, match="PostgreSQL as owner"):
        quotas.change(serving, "ada", {"running": 99})
