"""Parts of the serving path killed under load: what is lost, and how it comes back."""

import signal

import pytest

from tests.risks.load import under_load

pytestmark = pytest.mark.long


RECOVERY_S = 60.0  # a bound for waiting, not a promise; the figures are in the decision page


async def test_a_killed_replica_loses_no_request_and_is_replaced(probe, measured):
    before = {p.pid for p in probe.replicas("probe")}
    victim = probe.replicas("probe")[0]
    async with (
        under_load(probe.url, headers=probe.headers) as quick,
        under_load(f"{probe.url}slow?seconds=0.5", headers=probe.headers) as slow,
        under_load(f"{probe.url}echo", headers=probe.headers, method="POST") as posts,
    ):
        victim.send_signal(signal.SIGKILL)
        seconds = await quick.until(
            lambda _: len({p.pid for p in probe.replicas("probe")} - {victim.pid}) == len(before),
            timeout_s=RECOVERY_S,
        )
    loads = (quick, slow, posts)
    assert [load.failures() for load in loads] == [{}, {}, {}]
    assert len({p.pid for p in probe.replicas("probe")} & before) == len(before) - 1
    measured(
        f"replica killed: 0 of {[len(load.answers) for load in loads]} requests lost (GET, GET of "
        f"0.5 s, POST), slowest {max(a.seconds for a in quick.answers):.2f} s, "
        f"replaced in {seconds:.1f} s"
    )


async def test_a_killed_haproxy_comes_back_by_itself_and_no_replica_restarts(probe, measured):
    before = {p.pid for p in probe.replicas("probe")}
    async with under_load(probe.url, headers=probe.headers) as load:
        for process in probe.haproxies():
            process.send_signal(signal.SIGKILL)
        await load.until(lambda answers: any(not a.status for a in answers), timeout_s=10)
        await load.until(
            lambda answers: len(answers) > 100 and all(a.status == 200 for a in answers[-100:]),
            timeout_s=RECOVERY_S,
        )
    assert {p.pid for p in probe.replicas("probe")} == before
    statuses = {a.status for a in load.answers} - {200}
    measured(f"HAProxy killed: dark for {load.longest_gap_s():.1f} s, {dict(load.failures())}")
    assert statuses <= {0, 503}, "while it starts it says so, never that a path does not exist"
