"""Where data lie: the URLs of the settings as places to read and write, taken literally."""

import os
import re
from pathlib import Path
from typing import Final
from urllib.parse import unquote_to_bytes, urlsplit

from cluster.environment import reach_s3
from cluster.errors import ConfigError
from cluster.files import as_typed
from cluster.settings import Settings
from cluster.stores.disk import Disk
from cluster.stores.place import Place

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*://|file:")
_S3: Final = "s3://"
# Delta's library makes a host's name of a folder's, and decodes it once more than it was encoded,
# whatever it is given: a path, also a relative one or of a descriptor, a URL quoted once, twice or
# more (it writes into one folder and reads another), an option of its own. Links are followed first.
_UNUSABLE: Final = re.compile(r"[\[\]|^\\\x00-\x1f\x7f]|%[0-9A-Fa-f]{2}")


def results(settings: Settings) -> Place:
    """The folder of results, a folder a run, and of bundles. Raises ConfigError."""
    return _of(settings, settings.results_url, "TRII_RESULTS_URL")


def models(settings: Settings) -> Place:
    """The folder of models that serve or were read. Raises ConfigError."""
    return _of(settings, settings.models_url, "TRII_MODELS_URL")


def jobs(settings: Settings) -> Place:
    """The folder of job folders. Raises ConfigError."""
    return _of(settings, settings.jobs_url, "TRII_JOBS_URL")


def artifacts(settings: Settings) -> Place:
    """The folder in which MLflow's server keeps what runs leave. Raises ConfigError."""
    return _of(settings, settings.artifacts_url, "TRII_ARTIFACTS_URL")


def lake_root(root: str | Path) -> str:
    """What a lake's tables lie below: a folder (given as a path or a file: URL), or an s3: URL.

    Raises ConfigError, also for a folder whose name Delta's library can't open.
    """
    place = at(root, "TRII_LAKE_URL")
    text = str(place)
    if isinstance(place, Disk) and (found := _UNUSABLE.search(os.path.realpath(text))):
        raise ConfigError(
            f"lake {text}: Delta's library can't open a folder with {found[0]!r} in its path; "
            f"put it elsewhere, such as TRII_LAKE_URL={_elsewhere()}, or choose another TRII_HOME"
        )
    return text


def _elsewhere() -> str:
    """Where a lake may lie whose home has no place for it: beside this user's own files."""
    own = as_typed("~")
    usable = own.is_absolute() and not _UNUSABLE.search(os.path.realpath(own))
    return ((own if usable else Path("/srv")) / "trii-lake").as_uri()


def check(settings: Settings) -> None:
    """Raises ConfigError where one of the places can't be used."""
    lake_root(settings.lake_url)
    for place in (results, models, jobs, artifacts):
        place(settings)


def at(address: str | Path, called: str = "place") -> Place:
    """What lies at a path of this machine, a file: URL or an s3: URL.

    Raises ConfigError, with what the address is `called`.
    """
    text = str(address)
    if text.startswith(_S3):
        return _in_bucket(text, called)
    if text.startswith("file:"):
        return _on_disk(text, called)
    if _SCHEME.match(text):
        raise ConfigError(f"{called}={text}: expected a file: or s3: URL")
    return Disk(Path(text))


def _of(settings: Settings, url: str, variable: str) -> Place:
    if not _SCHEME.match(url):
        raise ConfigError(f"{variable}={url}: expected a file: or s3: URL")
    if url.startswith(_S3):
        reach_s3(settings.s3_variables())
    return at(url, variable)


def _in_bucket(url: str, called: str) -> Place:
    key = url.removeprefix(_S3).rstrip("/")
    # Else Arrow and Delta would mean two objects by it.
    if "" in key.split("/") or set("?#%") & set(key):
        raise ConfigError(
            f"{called}={url}: expected a bucket and names, such as s3://bucket/trii, "
            "without ?, # and %"
        )
    # Arrow's client of S3, a tenth of a second that only who needs it pays.
    from cluster.stores.bucket import Bucket  # noqa: PLC0415

    return Bucket(key)


def _on_disk(url: str, called: str) -> Place:
    parts = urlsplit(url)
    # A bare ? or # would end the path unseen.
    if parts.netloc not in {"", "localhost"} or parts.path[:1] != "/" or set("?#") & set(url):
        raise ConfigError(
            f"{called}={url}: expected an absolute path, such as file:///srv/trii; "
            "? is written %3F in it, and # %23"
        )
    return Disk(Path(os.fsdecode(unquote_to_bytes(parts.path))))
