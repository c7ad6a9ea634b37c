import os
import subprocess
import sys
from pathlib import Path

import pytest

TRII = Path(sys.executable).with_name("trii")


@pytest.fixture(scope="session")
def trii(platform):
    """Run the real command against this run's platform."""

    def run(*arguments, timeout=300):
        return subprocess.run(
            [TRII, *arguments],
            env={**os.environ, "TRII_HOME": str(platform.home)},
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    return run
