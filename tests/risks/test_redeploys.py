"""Redeploys under load: connections that never retry see 200 and nothing else."""

import asyncio

import orjson
import pytest

from tests.risks.load import Answer, under_load
from tests.waiting import until

pytestmark = pytest.mark.long


FULL_SWEEP = 200  # answers in a row that must agree before a change counts as done


def said(answers: list[Answer], key: str) -> set[object]:
    return {orjson.loads(answer.body)[key] for answer in answers if answer.status == 200}


def all_say(key: str, value: str):
    """A condition: the last answers agree on the new value."""
    return lambda answers: (
        len(answers) >= FULL_SWEEP and said(answers[-FULL_SWEEP:], key) == {value}
    )


async def test_a_change_of_user_config_restarts_nobody_and_fails_no_request(probe, measured):
    before = {p.pid for p in probe.replicas("probe")}
    async with under_load(probe.url, headers=probe.headers) as load:
        await asyncio.to_thread(probe.deploy, greeting="changed")
        seconds = await load.until(all_say("greeting", "changed"), timeout_s=30)
    assert load.failures() == {}
    assert said(load.answers, "pid") == before == {p.pid for p in probe.replicas("probe")}
    measured(
        f"user_config changed in {seconds:.1f} s, 0 of {len(load.answers)} requests failed, "
        f"longest gap {load.longest_gap_s():.2f} s"
    )


async def test_a_change_of_code_replaces_every_replica_and_fails_no_request(probe, measured):
    before = {p.pid for p in probe.replicas("probe")}
    async with (
        under_load(probe.url, headers=probe.headers) as load,
        under_load(f"{probe.url}slow?seconds=1", headers=probe.headers) as slow,
    ):
        await asyncio.to_thread(probe.deploy, version="2", greeting="changed")
        seconds = await load.until(all_say("version", "2"), timeout_s=90)
        await until(lambda: before.isdisjoint(p.pid for p in probe.replicas("probe")), timeout_s=60)
    assert load.failures() == {}
    assert slow.failures() == {}, "what was in flight must end in peace"
    measured(
        f"code replaced in {seconds:.1f} s, 0 of {len(load.answers)} requests and 0 of "
        f"{len(slow.answers)} of a second's length failed, longest gap {load.longest_gap_s():.2f} s"
    )
