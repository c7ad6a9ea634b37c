"""The environment of a process, before there are settings: its platform, its kernels, its garbage."""

import atexit
import gc
import os
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

from cluster.errors import ConfigError
from cluster.files import as_typed
from cluster.runtime_env import as_environment, static_variables


def default_home() -> Path:
    """Where this user's platform keeps its state: `TRII_HOME`, else `~/.trii`.

    For root `/var/lib/trii`: PostgreSQL refuses to run as root, and no other user enters /root.
    Raises ConfigError for a user without a home of its own, as in some containers.
    """
    if told := os.environ.get("TRII_HOME"):
        return as_typed(told).absolute()
    if os.geteuid() == 0:
        return Path("/var/lib/trii")
    try:
        return (Path.home() / ".trii").absolute()
    except RuntimeError as exc:
        raise ConfigError("this user has no home: say a folder by TRII_HOME") from exc


def kernels_of(home: Path) -> Path:
    """The folder of the platform's compiled kernels."""
    return home / "numba"


def api_told() -> tuple[str, str] | None:
    """Address and token of a platform elsewhere, if the environment says both."""
    address, token = os.environ.get("TRII_API_URL"), os.environ.get("TRII_TOKEN")
    return (address, token) if address and token else None


def reach_s3(variables: Mapping[str, str]) -> None:
    """Let this process and its children find the S3 of the settings, by what `s3_variables` gives.

    Delta, Arrow, Ray and MLflow have a client of S3 each, and look for it there.
    """
    os.environ.update(variables)


def become(command: list[str], variables: Mapping[str, str]) -> NoReturn:
    """Go on as another program, which finds these variables as well."""
    os.environ.update(variables)
    os.execvp(command[0], command)  # noqa: S606 - no shell


def own_attempt() -> tuple[str, str]:
    """The folder of the job that this process drives, a path or a URL, and its attempt's id."""
    return os.environ["TRII_JOB_FOLDER"], os.environ["TRII_JOB_ATTEMPT"]


def s3_endpoint() -> str | None:
    """Where S3 answers, if the environment says it."""
    return os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL")


def s3_certificates() -> str | None:
    """The file of certificates that S3's is checked against, if the environment says it."""
    return os.environ.get("AWS_CA_BUNDLE")


def show_ray_token(token: str) -> None:
    """Let Ray's own library in this process show a cluster's token; it reads it when it is imported."""
    if token:
        os.environ.update(RAY_AUTH_MODE="token", RAY_AUTH_TOKEN=token)


def kernels_told() -> Path | None:
    """Where this process keeps compiled kernels, if the environment says it."""
    told = os.environ.get("NUMBA_CACHE_DIR")
    return Path(told) if told else None


def share_kernels() -> None:
    """Compile as the platform does, into its folder: the same bits, and no kernel twice.

    For processes that start outside of it, before numba is imported. What the environment says stays.
    """
    os.environ.setdefault("NUMBA_CPU_NAME", as_environment(static_variables())["NUMBA_CPU_NAME"])
    try:
        home = default_home()
    except ConfigError:
        # No platform to share with; what needs one says so.
        return
    # Not before there is a platform: its home is made by `trii up`, in its own way.
    if home.is_dir():
        os.environ.setdefault("NUMBA_CACHE_DIR", str(kernels_of(home)))


def collect_rarely() -> None:
    """Look for garbage less often, in a process that is a command's or a job's own.

    Nearly all that it makes are modules, which stay: to look through them again and again, and once
    more at the end, took a command a sixth of its time and a backtest's job a quarter.
    """
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)
    atexit.register(gc.freeze)
