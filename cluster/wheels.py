"""Where a wheel's programs lie; found without importing the wheel, whose code may do things."""

from importlib.util import find_spec
from pathlib import Path

from cluster.errors import PlatformError


def folder(package: str) -> Path:
    """The installed folder of a package. Raises PlatformError with the remedy when it is missing."""
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise PlatformError(f"{package} is not installed: pip install 'trii[laptop]'")
    return Path(spec.submodule_search_locations[0])
