"""A scientist's own code on its way to a job: one zip by its hash, limited in size, without secrets.

The zip holds what git does not ignore, without environments, caches and data. Its bytes depend on
names, contents and the executable bit alone (stored, not compressed; sorted; one fixed time), so
that the same code has the same hash on every machine, and the hash is that of the file itself.
"""

import hashlib
import io
import os
import stat
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from cluster.bundles.files import chosen_files
from cluster.bundles.secrets import find_secrets
from cluster.errors import BadInput, Fault, NotFound
from cluster.settings import Settings
from cluster.stores import places
from cluster.stores.place import Place

# Ray strips a lone folder at the top of a zip; with this file beside it there never is one.
MARKER: Final = ".trii-bundle"
_MARK: Final = b"1\n"
# The earliest that a zip can say.
_TIME: Final = (1980, 1, 1, 0, 0, 0)
_SHOWN: Final = 5


@dataclass(frozen=True)
class Content:
    """What a file holds, and whether it may be run."""

    data: bytes
    executable: bool


@dataclass(frozen=True)
class Bundle:
    """Packed code: the SHA-256 of `data`, and its files. `left_out` maps names to the reason."""

    sha256: str
    data: bytes
    files: tuple[str, ...]
    left_out: dict[str, str]

    def has_module(self, module: str) -> bool:
        """Whether `python -m module` finds it among these files."""
        path = module.replace(".", "/")
        return not {f"{path}.py", f"{path}/__main__.py"}.isdisjoint(self.files)


def pack(folder: Path, *, limit_bytes: int) -> Bundle:
    """The bundle of a folder.

    Raises BadInput where it is no folder, holds nothing, is larger than `limit_bytes`, or holds what
    looks like secrets: each with its file and line, never with what stands there.
    """
    if not folder.is_dir():
        raise BadInput(f"bundle {folder}: expected a folder")
    names, left_out = chosen_files(folder)
    if not names:
        raise BadInput(f"bundle {folder}: no file is left to pack")
    return replace(pack_files(folder, names, limit_bytes=limit_bytes), left_out=left_out)


def pack_files(folder: Path, names: Sequence[str], *, limit_bytes: int) -> Bundle:
    """The bundle of some of a folder's files, by their names below it. Raises BadInput as `pack`."""
    names = sorted(names)
    # By the sizes on disk, before a folder full of data is read into memory.
    check_sizes({name: (folder / name).stat().st_size for name in names}, limit_bytes)
    return pack_contents({name: _read(folder / name) for name in names})


def _read(path: Path) -> Content:
    return Content(path.read_bytes(), executable=bool(path.stat().st_mode & stat.S_IXUSR))


def pack_contents(contents: Mapping[str, Content]) -> Bundle:
    """The bundle of files by name. Raises BadInput where one holds what looks like a secret."""
    _refuse_secrets(contents)
    data = _zipped(contents)
    return Bundle(hashlib.sha256(data).hexdigest(), data, tuple(sorted(contents)), {})


def store(settings: Settings, bundle: Bundle) -> Place:
    """Put it beside the results, whole or not at all; one that is there stays."""
    place = _place(settings, bundle.sha256)
    if not place.exists():
        with place.writing() as file:
            file.write(bundle.data)
            file.flush()
            os.fsync(file.fileno())
    return place


def is_stored(settings: Settings, sha256: str) -> bool:
    return _place(settings, sha256).exists()


def stored_files(settings: Settings, sha256: str) -> tuple[str, ...]:
    """The files of a stored bundle, by their names. Raises as `runtime_env`."""
    _, data = _whole(settings, sha256)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return tuple(name for name in archive.namelist() if name != MARKER)


def runtime_env(settings: Settings, sha256: str) -> dict[str, str]:
    """What Ray's `runtime_env` needs for a job to run in the bundle, and all its tasks with it.

    Each node fetches and unpacks the zip once, makes it the working directory and puts it first on
    the path. Raises NotFound where it is not stored, BadInput where the file is not what its name
    says, OSError and StoreError where it can't be read.
    """
    place, _ = _whole(settings, sha256)
    return {"working_dir": place.url}


def _whole(settings: Settings, sha256: str) -> tuple[Place, bytes]:
    place = _place(settings, sha256)
    try:
        data = place.read_bytes()
    except FileNotFoundError as exc:
        raise NotFound(f"no bundle {sha256} is stored; pack it again") from exc
    if hashlib.sha256(data).hexdigest() != sha256:
        raise BadInput(f"bundle {place} was changed: remove it and pack it again")
    return place, data


def _place(settings: Settings, sha256: str) -> Place:
    return places.results(settings) / "bundles" / f"{sha256}.zip"


def check_sizes(sizes: Mapping[str, int], limit_bytes: int) -> None:
    """Raise BadInput that names the largest files, where all together are over the limit."""
    total = sum(sizes.values())
    if total <= limit_bytes:
        return
    largest = sorted(sizes, key=lambda name: -sizes[name])[:_SHOWN]
    raise BadInput(
        f"bundle: {total:,} bytes, at most {limit_bytes:,} are taken; leave data out by "
        f".gitignore. The largest: {', '.join(f'{name} ({sizes[name]:,})' for name in largest)}"
    )


def _refuse_secrets(contents: Mapping[str, Content]) -> None:
    found = [secret for name, held in contents.items() for secret in find_secrets(name, held.data)]
    if found:
        faults = [
            Fault(f"{secret.file}:{secret.line}", f"looks like {secret.what}", "secret")
            for secret in found
        ]
        places = "; ".join(f"{fault.loc} {fault.msg}" for fault in faults)
        raise BadInput(f"bundle: secrets do not travel with code: {places}", faults=faults)


def _zipped(contents: Mapping[str, Content]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(_entry(MARKER, executable=False), _MARK)
        for name, held in sorted(contents.items()):
            archive.writestr(_entry(name, executable=held.executable), held.data)
    return buffer.getvalue()


def _entry(name: str, *, executable: bool) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _TIME)
    entry.create_system = 3  # Unix, whatever packs it
    entry.external_attr = (stat.S_IFREG | (0o755 if executable else 0o644)) << 16
    return entry
