"""Where data lie: the URLs of the settings as folders of this machine, taken literally."""

import os
import re
from pathlib import Path
from typing import Final
from urllib.parse import unquote_to_bytes, urlsplit

from cluster.errors import ConfigError
from cluster.settings import Settings

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://|file:")
# Delta's library makes a host's name of a folder's, and decodes it once more than it was encoded,
# whatever path or URL it is given; links are followed first.
_UNUSABLE: Final = re.compile(r"[\[\]|^\\\x00-\x1f\x7f]|%[0-9A-Fa-f]{2}")


def results(settings: Settings) -> Path:
    """The folder of results, a folder a run, and of bundles. Raises ConfigError."""
    return _folder(settings.results_url, "TRII_RESULTS_URL")


def models(settings: Settings) -> Path:
    """The folder of fetched models. Raises ConfigError."""
    return _folder(settings.models_url, "TRII_MODELS_URL")


def jobs(settings: Settings) -> Path:
    """The folder of job folders. Raises ConfigError."""
    return _folder(settings.jobs_url, "TRII_JOBS_URL")


def lake_root(root: str | Path) -> str:
    """What a lake's tables lie below: a folder (given as a path or a file: URL), or an s3: URL.

    Raises ConfigError, also for a folder whose name Delta's library can't open.
    """
    text = str(root)
    if text.startswith("s3://"):
        return text.rstrip("/")
    if text.startswith("file:"):
        text = str(_folder(text, "TRII_LAKE_URL"))
    elif _SCHEME.match(text):
        raise ConfigError(f"TRII_LAKE_URL={text}: expected a file: or s3: URL")
    if found := _UNUSABLE.search(os.path.realpath(text)):
        raise ConfigError(
            f"lake {text}: Delta's library can't open a folder with {found[0]!r} in its path; "
            "choose another TRII_LAKE_URL, or another TRII_HOME"
        )
    return text


def check(settings: Settings) -> None:
    """Raises ConfigError where one of the places can't be used."""
    lake_root(settings.lake_url)
    for place in (results, models, jobs):
        place(settings)


def _folder(url: str, variable: str) -> Path:
    parts = urlsplit(url)
    if parts.scheme != "file":
        raise ConfigError(f"{variable}={url}: expected a file: URL; object storage follows")
    # A bare ? or # would end the path unseen.
    if parts.netloc not in {"", "localhost"} or parts.path[:1] != "/" or set("?#") & set(url):
        raise ConfigError(
            f"{variable}={url}: expected an absolute path, such as file:///srv/trii; "
            "? is written %3F in it, and # %23"
        )
    return Path(os.fsdecode(unquote_to_bytes(parts.path)))
