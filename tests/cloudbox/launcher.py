"""Ray's launcher against a cloud in a box, from this machine, each step with its time."""

import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

from tests.cloudbox.cloud import Cloud

_RAY: Final = Path(sys.executable).with_name("ray")


class Launcher:
    """`ray up`, `ray exec`, … of one cluster's file."""

    def __init__(self, cloud: Cloud, folder: Path, text: str) -> None:
        self.file = folder / "cluster.yaml"
        self.file.write_text(text)
        # Its caches are the box's own: another one has other instances by the same names.
        own = {"HOME": str(folder), "RAY_TMPDIR": str(folder), "TMPDIR": str(folder)}
        self._environment = {**os.environ, **cloud.environment, **own}

    def ray(self, command: str, *options: str | Path, after: tuple[str | Path, ...] = ()) -> str:
        """What a command of the launcher printed. Raises AssertionError with it where it failed."""
        begun = time.monotonic()
        done = subprocess.run(
            [_RAY, command, *options, self.file, *after],
            env=self._environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stdout
        print(f"ray {command}: {time.monotonic() - begun:.1f} s")
        return done.stdout

    def up(self) -> None:
        self.ray("up", "-y", "--no-config-cache")

    def exec(self, command: str) -> str:
        return self.ray("exec", after=(command,))

    def submit(self, script: Path) -> str:
        return self.ray("submit", after=(script,))

    def down(self) -> None:
        self.ray("down", "-y")
