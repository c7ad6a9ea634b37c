"""`python -m cluster.laptop.supervision.restart NAME`: start one component again, alone.

In a process of its own, since the supervisor, which always runs, loads as little as it can. The last
line on standard output says what came of it.
"""

import sys
from contextlib import redirect_stdout
from pathlib import Path

from cluster.environment import default_home
from cluster.errors import PlatformError, TriiError
from cluster.laptop import processes, ray_parts
from cluster.laptop import state as states
from cluster.laptop.context import Platform
from cluster.laptop.restarts import BUSY
from cluster.settings import keep_loopback_direct, load_settings


def restart(home: Path, name: str) -> str:
    """Start the component or part again unless it runs; says what was done. Raises TriiError."""
    if name == ray_parts.OF:
        return _node(home)
    with states.exclusive(home):
        state = states.load(home)
        if state is None:
            return "the platform is gone"
        platform = Platform(load_settings(home), state)
        return _part(platform, name) if name in state.parts else _component(platform, name)


# Each loads what it needs: a GCS that died is not to wait for the libraries of other components.


def _node(home: Path) -> str:
    """All that ran on the node is gone with it, applications too: as `trii up` heals it."""
    from cluster.clock import utc_now  # noqa: PLC0415
    from cluster.laptop import lifecycle  # noqa: PLC0415
    from cluster.laptop.progress import StepLines  # noqa: PLC0415

    lifecycle.up(home, clock=utc_now, progress=StepLines())
    return "the node and all that ran on it started again"


def _component(platform: Platform, name: str) -> str:
    from cluster.laptop.components import COMPONENTS  # noqa: PLC0415
    from cluster.laptop.ensuring import ensure  # noqa: PLC0415

    if name not in platform.state.processes:
        return "it was ended on purpose"
    return ensure(next(c for c in COMPONENTS if c.name == name), platform)


def _part(platform: Platform, name: str) -> str:
    if processes.is_alive(platform.state.parts[name].process):
        return f"{name} runs already"
    if not ray_parts.revive(platform, name):
        raise platform.failed(ray_parts.OF, f"({name}) did not start")
    return f"{name} started again alone"


def main() -> int:
    home = default_home()
    keep_loopback_direct()
    if states.is_at_work(home):
        return BUSY
    try:
        with redirect_stdout(sys.stderr):  # steps may print
            done = restart(home, sys.argv[1])
    except TriiError as exc:
        sys.stdout.write(f"{' '.join(str(exc).split())}\n")
        return PlatformError.exit_code
    sys.stdout.write(f"{done}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
