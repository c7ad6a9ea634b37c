"""Requests lost while replicas are killed and replaced, with 48 connections that never retry.

    PYTHONPATH=. python bench/faults.py [--only kill]

Starts a platform of its own with the test application, prints a line for each event, and ends it.
Then kills replicas once more where HAProxy tries again what Ray lets it try by default.
"""

import argparse
import asyncio
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from cluster import runtime_env
from cluster.clock import utc_now
from cluster.laptop import lifecycle, state
from cluster.laptop.context import Platform
from cluster.laptop.progress import StepLines
from cluster.security.local import issue_local
from cluster.waiting import wait_until
from tests.risks.load import Load, under_load, until
from tests.risks.probing import Probe
from tests.risks.test_redeploys import all_say

CONNECTIONS = 16  # of each of the three kinds
RAYS_DEFAULT = "conn-failure"  # what HAProxy tries again
TIMES = 3
Event = Callable[[Probe, Load, int], Awaitable[None]]


async def kill(probe: Probe, load: Load, _: int) -> None:
    """End one replica hard, and wait for its successor."""
    victim = probe.replicas("probe")[0]
    victim.kill()
    await until(
        lambda: len({p.pid for p in probe.replicas("probe")} - {victim.pid}) == 2, timeout_s=60
    )
    await load.until(lambda answers: len(answers) > 300, timeout_s=60)


async def configure(probe: Probe, load: Load, time: int) -> None:
    """Change `user_config`."""
    await asyncio.to_thread(probe.deploy, greeting=f"greeting {time}")
    await load.until(all_say("greeting", f"greeting {time}"), timeout_s=60)


async def redeploy(probe: Probe, load: Load, time: int) -> None:
    """Change the code's environment, which replaces every replica."""
    before = {p.pid for p in probe.replicas("probe")}
    await asyncio.to_thread(probe.deploy, version=f"code {time}")
    await load.until(all_say("version", f"code {time}"), timeout_s=90)
    await until(lambda: before.isdisjoint(p.pid for p in probe.replicas("probe")), timeout_s=60)


EVENTS: dict[str, Event] = {"kill": kill, "configure": configure, "redeploy": redeploy}


async def measure(probe: Probe, name: str, time: int) -> tuple[int, int]:
    """One event under load of three kinds: how many requests, and how many were lost."""

    def load(path: str, method: str = "GET"):  # noqa: ANN202 -- a context manager
        url = f"{probe.url}{path}"
        return under_load(url, headers=probe.headers, connections=CONNECTIONS, method=method)

    started = asyncio.get_running_loop().time()
    async with load("") as quick, load("slow?seconds=0.5") as slow, load("echo", "POST") as posts:
        await EVENTS[name](probe, quick, time)
    spent = asyncio.get_running_loop().time() - started
    loads = (quick, slow, posts)
    requests = sum(len(load.answers) for load in loads)
    lost = sum(load.failures().total() for load in loads)
    print(
        f"{name:10} {spent:5.1f} s  requests {requests:6}  lost {lost:4}  "
        f"slowest quick one {max(a.seconds for a in quick.answers):.2f} s  "
        f"{[dict(load.failures()) for load in loads if load.failures()] or ''}",
        flush=True,
    )
    return requests, lost


@contextmanager
def probed() -> Iterator[Probe]:
    """The test application on a platform of its own: no data, no models, no applications of ours."""
    home = Path(tempfile.mkdtemp(prefix="trii-bench-"))
    home.chmod(0o711)
    try:
        settings = lifecycle.up(home, clock=utc_now, progress=StepLines())
        token = issue_local(settings, role="scientist", clock=utc_now)
        headers = {"Authorization": f"Bearer {token}"}
        probe = Probe(Platform(settings, state.load(home)), headers)
        probe.deploy()
        wait_until(probe.serves, timeout_s=120)
        yield probe
    finally:
        lifecycle.down(home, progress=StepLines())
        shutil.rmtree(home)


def lost_of_10_000(probe: Probe, name: str) -> float:
    """Over all times that the event is made to happen."""
    counts = [asyncio.run(measure(probe, name, time)) for time in range(TIMES)]
    return 10_000 * sum(lost for _, lost in counts) / sum(requests for requests, _ in counts)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", choices=EVENTS)
    only = parser.parse_args().only
    lifecycle.STEPS = ()
    with probed() as probe:
        ours = {name: lost_of_10_000(probe, name) for name in ([only] if only else EVENTS)}
    if "kill" not in ours:
        return
    runtime_env._SERVE = tuple(  # noqa: SLF001 -- the very variable that is measured
        replace(v, value=RAYS_DEFAULT) if v.name.endswith("RETRY_ON") else v
        for v in runtime_env._SERVE  # noqa: SLF001
    )
    print(f"with Ray's default, HAProxy tries again on {RAYS_DEFAULT}")
    with probed() as probe:
        peer = lost_of_10_000(probe, "kill")
    ratio = f"ratio {ours['kill'] / peer:.2f}" if peer else "no ratio: nothing was lost there"
    print(
        f"kill: of 10,000 requests lost {ours['kill']:.1f}, with Ray's default {peer:.1f}; {ratio}"
    )


if __name__ == "__main__":
    main()
