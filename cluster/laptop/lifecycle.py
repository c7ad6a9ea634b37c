"""Up and down: start what is not running, end exactly what was started."""

import shutil
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path

from cluster.clock import Clock
from cluster.errors import BadInput
from cluster.fleet import elsewhere
from cluster.laptop import credentials, identity, ports, processes
from cluster.laptop import state as states
from cluster.laptop.components import COMPONENTS
from cluster.laptop.context import Component, Platform
from cluster.laptop.doctor import unmoved
from cluster.laptop.ensuring import ensure, where
from cluster.laptop.progress import StepLines
from cluster.laptop.state import PlatformState
from cluster.laptop.status import status
from cluster.laptop.steps import STEPS, Report
from cluster.laptop.supervisor import interrupt
from cluster.security import keys
from cluster.settings import Settings, chosen_settings, load_settings, pinned_ports
from cluster.stores import places

_END_TIMEOUT_S = 15.0
_GIVE_WAY_S = 1.0  # the supervisor holds the lock for a moment, to see whether it is free


def up(home: Path, *, clock: Clock, progress: StepLines) -> Settings:
    """Bring the platform at `home` up, or heal it; returns its settings.

    Where settings name one elsewhere, and none was ever started here, that one is deployed to.

    Safe to repeat and to interrupt: the next call goes on where this one ended. What already runs
    is left alone. Raises PlatformError that names the component or step and the remedy.
    """
    told = load_settings(home)
    places.check(told)  # before anything is written
    if identity.is_elsewhere(told):
        return _deploy(told, progress)
    with _alone(home):
        platform = _platform(home)
        settings = platform.settings
        # What was refused, or is led by nobody, only looks ready: the steps below try it again.
        if status(settings).ready and not any(unmoved(home, platform.state)):
            return settings
        platform.state.steps.clear()  # ready again when all of them are done again
        states.save(home, platform.state)
        _start_components(platform, progress)
        for step in STEPS:
            with progress.step(step.title) as report:
                progress.outcome = step.load()(settings, report)
            platform.state.steps[step.name] = clock().astimezone(UTC).isoformat()
            states.save(home, platform.state)
        return settings


def _deploy(settings: Settings, progress: StepLines) -> Settings:
    """The schema and the applications of a platform whose services and nodes run elsewhere.

    Nothing is started or kept here, so that any machine that is told the same may do it again.
    """
    elsewhere.require(settings, to_deploy=True)
    for step in STEPS:
        if step.deploys:
            with progress.step(step.title) as report:
                progress.outcome = step.load()(settings, report)
    return settings


def down(home: Path, *, progress: StepLines) -> list[str]:
    """End every process of the platform, nothing else; data stay. Returns the components that ran."""
    if states.load(home) is None:
        return []
    with _alone(home):
        state = states.load(home)  # as whoever held the lock before left it
        if state is None:
            return []
        platform = Platform(load_settings(home), state)
        # In reverse: what writes to PostgreSQL ends before it does.
        running = [c for c in reversed(COMPONENTS) if c.name in state.processes]
        for component in running:
            with progress.step(component.name):
                component.stop(platform)
            del state.processes[component.name]
            states.save(home, state)
        # What outlived its component, or was started by an `up` that was killed half-way.
        processes.end_marked(state.platform_id, timeout_s=_END_TIMEOUT_S)
        shutil.rmtree(state.runtime_dir, ignore_errors=True)
        return [component.name for component in running]


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """Hold the platform's lock. What the supervisor is at gives way to whoever calls."""
    state = states.load(home)
    if state is not None:
        interrupt(state)
    with states.exclusive(home, wait_s=_GIVE_WAY_S):
        yield


def _platform(home: Path) -> Platform:
    """The platform at `home` with its ports, secrets and keys in place."""
    state = states.load(home) or states.create(home, pinned_ports())
    _refuse_moves(state, pinned_ports())
    _refuse_other_settings(state, chosen_settings())
    _refuse_older(state)
    state.settings |= chosen_settings()
    state.ports = ports.choose({**state.ports, **pinned_ports()})  # a newer version has more names
    if not states.is_private(Path(state.runtime_dir)):  # temp folders are swept
        state.runtime_dir = states.new_runtime_dir()
    states.save(home, state)
    credentials.ensure(home / "secrets")
    keys.generate(home / "secrets")
    return Platform(load_settings(home), state)


def _refuse_moves(state: PlatformState, pinned: Mapping[str, int]) -> None:
    """A running component keeps its port: whoever wants another one ends the platform first."""
    moved = [name for name, port in pinned.items() if state.ports.get(name, port) != port]
    if moved and _runs(state):
        names = ", ".join(f"TRII_{name.upper()}_PORT" for name in moved)
        raise BadInput(f"{names}: the platform runs on other ports; `trii down`, then `trii up`")


def _refuse_other_settings(state: PlatformState, chosen: Mapping[str, str]) -> None:
    """What runs keeps its settings: half of it with others would read one lake and write another."""
    other = [name for name, value in chosen.items() if state.settings.get(name) != value]
    if other and _runs(state):
        raise BadInput(
            f"{', '.join(other)}: the platform runs without; `trii down`, then `trii up`"
        )


def _refuse_older(state: PlatformState) -> None:
    """An older version's applications can't write what a newer one migrates under them."""
    if "deploy" in state.steps and "control" not in state.steps and _runs(state):
        raise BadInput("an older version runs here; `trii down`, then `trii up`")


def _runs(state: PlatformState) -> bool:
    return any(map(processes.is_alive, state.processes.values()))


def _start_components(platform: Platform, progress: StepLines) -> None:
    """PostgreSQL and Valkey first; MLflow needs the one, and starts beside Ray."""
    postgres, valkey, mlflow, ray, supervisor = COMPONENTS
    for component in (postgres, valkey):
        _start(component, platform, progress)
    with progress.step("mlflow and ray") as report, ThreadPoolExecutor() as pool:
        _tell_waiting((mlflow, ray), platform, report)
        started = {pool.submit(ensure, c, platform): c for c in (mlflow, ray)}
        for done in as_completed(started):
            progress.outcome += f"{', ' * bool(progress.outcome)}{done.result()}"
            _tell_waiting([c for f, c in started.items() if not f.done()], platform, report)
    # Last: it begins to watch what runs, and waits for the lock that this holds.
    _start(supervisor, platform, progress)


def _start(component: Component, platform: Platform, progress: StepLines) -> None:
    with progress.step(component.name) as report:
        _tell_waiting([component], platform, report)
        progress.outcome = ensure(component, platform)


def _tell_waiting(components: Iterable[Component], platform: Platform, report: Report) -> None:
    waited = [f"{c.name} {where(c, platform)}" for c in components if c.port]
    if waited:
        report(f"waiting for {' and '.join(waited)}")
