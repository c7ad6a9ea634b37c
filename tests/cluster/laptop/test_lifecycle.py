"""Up and down without their servers."""

import io
import shutil
import sys
from contextlib import contextmanager
from types import SimpleNamespace

import psutil
import pytest

from cluster.clock import utc_now
from cluster.errors import BadInput, PlatformError
from cluster.laptop import lifecycle, processes
from cluster.laptop import state as states
from cluster.laptop.components import COMPONENTS
from cluster.laptop.context import Platform
from cluster.laptop.processes import ProcessRecord
from cluster.laptop.progress import StepLines
from cluster.laptop.restarts import RESTART, SUPERVISOR
from cluster.laptop.steps import STEPS
from cluster.laptop.supervisor import interrupt
from cluster.settings import load_settings
from cluster.waiting import wait_until


@pytest.fixture
def home(tmp_path):
    state = states.create(tmp_path, {})
    state.steps = dict.fromkeys((step.name for step in STEPS), "2026-01-01T00:00:00+00:00")
    states.save(tmp_path, state)
    yield tmp_path
    shutil.rmtree(state.runtime_dir, ignore_errors=True)


@pytest.fixture
def progress():
    return StepLines(io.StringIO())


def test_a_platform_that_is_being_healed_is_not_ready_before_every_step_is_done_again(
    home, progress, monkeypatch
):
    def fail(*_):
        raise PlatformError("no memory")

    monkeypatch.setattr(lifecycle, "_start_components", fail)
    with pytest.raises(PlatformError, match="no memory"):
        lifecycle.up(home, clock=utc_now, progress=progress)
    assert states.load(home).steps == {}


def test_down_ends_what_an_up_recorded_until_down_got_the_lock(home, progress, monkeypatch):
    hold = states.exclusive

    @contextmanager
    def after_an_up(folder, **_):
        state = states.load(folder)
        state.processes["valkey"] = ProcessRecord(2**22 + 1, 0.0)
        states.save(folder, state)
        with hold(folder):
            yield

    monkeypatch.setattr(states, "exclusive", after_an_up)
    assert lifecycle.down(home, progress=progress) == ["valkey"]
    assert states.load(home).processes == {}


def begun(platform, component, count):
    """Until the kernel shows the environments of what was started, a moment behind its start."""
    known = platform.state.platform_id
    assert wait_until(lambda: len(processes.marked(known, component)) == count, timeout_s=10)


@pytest.mark.parametrize("component", COMPONENTS, ids=lambda component: component.name)
def test_what_a_killed_up_had_started_and_not_recorded_is_ended_too(home, component):
    platform = Platform(load_settings(home), states.load(home))
    orphan = processes.spawn(
        [sys.executable, "-c", "import time; time.sleep(60)"],
        environment=platform.environment(component.name),
        log=home / "log",
    )
    begun(platform, component.name, 1)
    component.stop(platform)
    assert not processes.is_alive(orphan)


def test_a_start_that_the_supervisor_is_at_gives_way_to_a_down(home, progress):
    platform = Platform(load_settings(home), states.load(home))
    sleeping = [sys.executable, "-c", "import time; time.sleep(60)"]
    at_work, watching = (
        processes.spawn(
            [*sleeping, argument],
            environment=platform.environment(SUPERVISOR),
            log=home / "log",
        )
        for argument in (RESTART, "watch")
    )
    begun(platform, SUPERVISOR, 2)
    interrupt(platform.state)
    assert not processes.is_alive(at_work)
    assert processes.is_alive(watching)
    lifecycle.down(home, progress=progress)
    assert not processes.is_alive(watching)


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize("stream", [io.StringIO, Terminal])
def test_what_starts_is_told_from_the_first_second_and_who_is_still_waited_for(
    home, monkeypatch, stream
):
    shown = StepLines(stream())
    platform = Platform(load_settings(home), states.load(home))
    monkeypatch.setattr(Platform, "port", lambda _, name: len(name))

    def it_alone_is_waited_for():
        if stream is io.StringIO:
            return "    waiting for mlflow on port 6\n" in shown.stream.getvalue()
        return shown.outcome == "ray runs"

    def ensure(component, _):
        said = shown.stream.getvalue()
        if stream is io.StringIO and component.port:
            assert f"waiting for {'mlflow' if component.name == 'ray' else component.name}" in said
        if component.name == "mlflow":
            assert wait_until(it_alone_is_waited_for, timeout_s=10)
        return f"{component.name} runs"

    monkeypatch.setattr(lifecycle, "ensure", ensure)
    lifecycle._start_components(platform, shown)
    lines = shown.stream.getvalue()
    assert "✓ mlflow and ray" in lines
    assert "ray runs, mlflow runs" in lines
    if stream is io.StringIO:
        assert "    waiting for mlflow on port 6 and ray on port" in lines


@pytest.fixture
def nothing_starts(monkeypatch):
    monkeypatch.setattr(lifecycle, "_start_components", lambda *_: None)
    monkeypatch.setattr(lifecycle, "STEPS", ())


@pytest.fixture
def at_work(home):
    """A component that runs: this very process stands in for it."""
    state = states.load(home)
    state.processes["valkey"] = processes.seen(psutil.Process())
    states.save(home, state)
    return state


@pytest.mark.usefixtures("nothing_starts")
def test_where_data_lie_is_kept_for_later_shells_and_all_processes(home, progress, monkeypatch):
    elsewhere = (home / "else where").as_uri()
    monkeypatch.setenv("TRII_LAKE_URL", elsewhere)
    assert lifecycle.up(home, clock=utc_now, progress=progress).lake_url == elsewhere
    monkeypatch.delenv("TRII_LAKE_URL")
    assert load_settings(home).lake_url == elsewhere
    assert lifecycle.up(home, clock=utc_now, progress=progress).lake_url == elsewhere


@pytest.mark.usefixtures("nothing_starts", "at_work")
def test_a_platform_that_runs_is_not_given_another_lake(home, progress, monkeypatch):
    monkeypatch.setenv("TRII_LAKE_URL", (home / "other").as_uri())
    with pytest.raises(BadInput, match=r"TRII_LAKE_URL: .*`trii down`, then `trii up`"):
        lifecycle.up(home, clock=utc_now, progress=progress)
    monkeypatch.delenv("TRII_LAKE_URL")
    assert load_settings(home).lake_url == (home / "lake").as_uri()


@pytest.mark.usefixtures("nothing_starts")
def test_an_older_version_that_runs_is_not_migrated_under(home, at_work, progress):
    del at_work.steps["control"]
    states.save(home, at_work)
    with pytest.raises(BadInput, match=r"older version .*`trii down`, then `trii up`"):
        lifecycle.up(home, clock=utc_now, progress=progress)


@pytest.mark.usefixtures("nothing_starts")
def test_a_platform_that_runs_and_does_not_follow_is_brought_up_again(home, progress, monkeypatch):
    monkeypatch.setattr(lifecycle, "status", lambda _: SimpleNamespace(ready=True))
    monkeypatch.setattr(lifecycle, "unmoved", lambda *_: iter(["Serve refused it"]))
    lifecycle.up(home, clock=utc_now, progress=progress)
    assert states.load(home).steps == {}, "a platform that is ready is left alone"
    monkeypatch.setattr(lifecycle, "unmoved", lambda *_: iter([]))
    kept = {"control": "2026-01-01T00:00:00+00:00"}
    state = states.load(home)
    state.steps = dict(kept)
    states.save(home, state)
    lifecycle.up(home, clock=utc_now, progress=progress)
    assert states.load(home).steps == kept
