"""Code that came over HTTP as a zip of somebody's making: checked, and packed anew as a bundle."""

import io
import stat
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Final

from cluster.bundles.bundle import Bundle, Content, check_sizes, pack_contents
from cluster.bundles.files import no_code
from cluster.errors import BadInput

_MOST_FILES: Final = 10_000
# What a damaged, encrypted or strangely packed zip raises when it is read.
_UNREADABLE: Final = (
    *(zipfile.BadZipFile, RuntimeError, NotImplementedError),
    *(EOFError, UnicodeDecodeError, ValueError),
)


def pack_zip(data: bytes, *, limit_bytes: int) -> Bundle:
    """The bundle of a zip's files: links, environments and caches are left out.

    Raises BadInput for what is no zip, names places outside of itself, is larger than `limit_bytes`
    when it is unpacked, or holds what looks like secrets.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = list(_files(archive))
            check_sizes({entry.filename: entry.file_size for entry in entries}, limit_bytes)
            contents = {entry.filename: _content(archive, entry) for entry in entries}
    except _UNREADABLE as exc:
        raise BadInput("package: expected a zip that can be read") from exc
    if not contents:
        raise BadInput("package: no file is in it")
    return replace(pack_contents(contents), left_out={})


def _files(archive: zipfile.ZipFile) -> Iterator[zipfile.ZipInfo]:
    """Those that are code. A name that comes twice would be two files in one place."""
    entries = archive.infolist()
    if len(entries) > _MOST_FILES:
        raise BadInput(f"package: {len(entries):,} files, at most {_MOST_FILES:,} are taken")
    seen: set[str] = set()
    for entry in entries:
        if entry.is_dir() or _is_link(entry):
            continue
        if entry.filename in seen or not _is_inside(entry.filename):
            raise BadInput("package: a name in it comes twice or leads out of it")
        seen.add(entry.filename)
        if not no_code(PurePosixPath(entry.filename)):
            yield entry


def _is_link(entry: zipfile.ZipInfo) -> bool:
    return stat.S_ISLNK(entry.external_attr >> 16)


def _is_inside(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and "\\" not in name


def _content(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Content:
    # No more than is declared is ever unpacked: the limit was held against that.
    executable = bool((entry.external_attr >> 16) & stat.S_IXUSR)
    return Content(archive.read(entry), executable=executable)
