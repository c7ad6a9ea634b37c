"""Requests lost while replicas are killed and replaced, with 48 connections that never retry.

    PYTHONPATH=. python bench/faults.py [--retry-on "conn-failure"] [--only kill]

Starts a platform of its own with the test application, prints a line for each event, and ends it.
`--retry-on` sets what HAProxy tries again; without it the platform's own setting holds.
"""

import argparse
import asyncio
import shutil
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

from cluster import runtime_env
from cluster.clock import utc_now
from cluster.laptop import lifecycle, processes, state
from cluster.laptop.context import Platform
from cluster.laptop.progress import StepLines
from cluster.security.local import issue_local
from tests.risks.load import Load, under_load, until
from tests.risks.probing import Probe
from tests.risks.test_redeploys import all_say

CONNECTIONS = 16  # of each of the three kinds
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


async def measure(probe: Probe, name: str, time: int) -> None:
    """One event under load of three kinds."""

    def load(path: str, method: str = "GET"):  # noqa: ANN202 -- a context manager
        url = f"{probe.url}{path}"
        return under_load(url, headers=probe.headers, connections=CONNECTIONS, method=method)

    started = asyncio.get_running_loop().time()
    async with load("") as quick, load("slow?seconds=0.5") as slow, load("echo", "POST") as posts:
        await EVENTS[name](probe, quick, time)
    spent = asyncio.get_running_loop().time() - started
    loads = (quick, slow, posts)
    print(
        f"{name:10} {spent:5.1f} s  requests {sum(len(one.answers) for one in loads):6}  "
        f"lost {sum(one.failures().total() for one in loads):4}  "
        f"slowest quick one {max(a.seconds for a in quick.answers):.2f} s  "
        f"{[dict(one.failures()) for one in loads if one.failures()] or ''}",
        flush=True,
    )


def main() -> None:
    """Start, measure, end."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--retry-on")
    parser.add_argument("--only", choices=EVENTS)
    arguments = parser.parse_args()
    if arguments.retry_on:
        runtime_env._SERVE = tuple(  # noqa: SLF001 -- the very variable that is measured
            replace(v, value=arguments.retry_on) if v.name.endswith("RETRY_ON") else v
            for v in runtime_env._SERVE  # noqa: SLF001
        )
    lifecycle.STEPS = ()  # no data, no models, no applications of ours
    home = Path(tempfile.mkdtemp(prefix="trii-bench-"))
    home.chmod(0o711)
    try:
        settings = lifecycle.up(home, clock=utc_now, progress=StepLines())
        remembered = state.load(home)
        token = issue_local(settings, role="scientist", clock=utc_now)
        probe = Probe(Platform(settings, remembered), {"Authorization": f"Bearer {token}"})
        probe.deploy()
        processes.wait_until(probe.serves, timeout_s=120)
        for name in [arguments.only] if arguments.only else EVENTS:
            for time in range(TIMES):
                asyncio.run(measure(probe, name, time))
    finally:
        lifecycle.down(home, progress=StepLines())
        shutil.rmtree(home)


if __name__ == "__main__":
    main()
