"""What every component of the platform is handed: settings, state, and how to start a process."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock
from typing import Protocol

from cluster.errors import PlatformError
from cluster.laptop import processes, state
from cluster.laptop.processes import COMPONENT, MARKER, ProcessRecord
from cluster.laptop.state import Part, PlatformState
from cluster.settings import Settings, inherited_environment

_SAVING = Lock()  # components start side by side, and share the state


@dataclass(frozen=True)
class Platform:
    """One platform at `settings.home`."""

    settings: Settings
    state: PlatformState

    @property
    def home(self) -> Path:
        return self.settings.home

    @property
    def runtime_dir(self) -> Path:
        return Path(self.state.runtime_dir)

    def port(self, name: str) -> int:
        return self.state.ports[name]

    def log(self, component: str) -> Path:
        return self.settings.logs_path / f"{component}.log"

    def environment(self, component: str) -> dict[str, str]:
        """The caller's environment plus our marker; our interpreter's programs come first."""
        base = inherited_environment()
        path = f"{Path(sys.executable).parent}:{base.get('PATH', '')}"
        return base | {
            "PATH": path,
            "TRII_HOME": str(self.home),
            MARKER: self.state.platform_id,
            COMPONENT: component,
            "NO_PROXY": "127.0.0.1,localhost",
            "no_proxy": "127.0.0.1,localhost",
        }

    def spawn(
        self,
        component: str,
        command: Sequence[str | Path],
        *,
        environment: dict[str, str] | None = None,
        user: int | None = None,
    ) -> None:
        """Start a component's process and remember it before anything else can fail."""
        with _SAVING:
            self.state.processes[component] = processes.spawn(
                command,
                environment=self.environment(component) | (environment or {}),
                log=self.log(component),
                user=user,
                folder=self.home,
            )
            state.save(self.home, self.state)

    def spawn_part(self, name: str, environment: dict[str, str]) -> None:
        """Start a part of Ray's head again, and remember it as `spawn` does."""
        with _SAVING:
            part = self.state.parts[name]
            process = processes.spawn(
                part.command,
                environment=self.environment("ray") | environment,
                log=self.log("ray"),
                folder=self.home,
            )
            self.state.parts[name] = replace(part, process=process)
            state.save(self.home, self.state)

    def remember(self, component: str, process: ProcessRecord, parts: Mapping[str, Part]) -> None:
        """A component whose launcher has ended: the process that stands for it, and its parts."""
        with _SAVING:
            self.state.processes[component] = process
            self.state.parts |= parts
            state.save(self.home, self.state)

    def record(self, component: str) -> ProcessRecord | None:
        return self.state.processes.get(component)

    def is_alive(self, component: str) -> bool:
        return processes.is_alive(self.record(component))

    def failed(self, component: str, what: str) -> PlatformError:
        """An error that ends with the component's own last words."""
        log = self.log(component)
        lines = log.read_text(errors="replace").strip().splitlines() if log.exists() else []
        last = lines[-1][:300] if lines else "its log is empty"
        return PlatformError(f"{component} {what}: {last} (log: {log})")


class Component(Protocol):
    """A part of the platform with one process of its own."""

    @property
    def name(self) -> str:
        """The component's name."""

    @property
    def port(self) -> str | None:
        """The name of the port that it answers on; None where it answers on none."""

    def prepare(self, platform: Platform) -> None:
        """Do what must stand before the first start; safe to repeat."""

    def start(self, platform: Platform) -> None:
        """Start the process; raises PlatformError when it does not come up."""

    def stop(self, platform: Platform) -> None:
        """End the process and all that it started."""
