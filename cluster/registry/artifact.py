"""A model on disk: `model.npz` (arrays, never pickles) and `manifest.json`, under one sha256."""

import hashlib
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from cluster.errors import StoreError
from cluster.registry.manifest import Manifest
from cluster.stores.place import Place

Arrays = Mapping[str, NDArray[Any]]
ARRAYS, MANIFEST = "model.npz", "manifest.json"


class ArtifactError(StoreError):
    """An artifact is missing, is not the one that was registered, or cannot be read."""

    code = "artifact"
    title = "Model artifact refused"


def write(folder: Path, manifest: Manifest, arrays: Arrays) -> str:
    """Write both files into ``folder`` (made if missing) and give their sha256 in hex.

    The same manifest and arrays give the same bytes. Raises ArtifactError for arrays of objects,
    which only a pickle could hold.
    """
    objects = sorted(name for name, array in arrays.items() if array.dtype.hasobject)
    if objects:
        raise ArtifactError(f"arrays {objects} hold Python objects: only numbers can be written")
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(folder / ARRAYS, allow_pickle=False, **arrays)
    (folder / MANIFEST).write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return digest(folder)


def digest(folder: Path | Place) -> str:
    """sha256 over both files, each with its name and length before it."""
    return _digest(_contents(folder))


def read(folder: Path | Place, *, sha256: str) -> tuple[Manifest, dict[str, NDArray[Any]]]:
    """The manifest and arrays in ``folder``, read once and checked before anything is parsed."""
    contents = _contents(folder)
    found = _digest(contents)
    if found != sha256:
        raise ArtifactError(
            f"model in {folder} has sha256 {found[:12]}…, registered was {sha256[:12]}…: "
            "fetch the version again"
        )
    try:
        manifest = Manifest.model_validate_json(contents[MANIFEST])
        with np.load(io.BytesIO(contents[ARRAYS]), allow_pickle=False) as stored:
            return manifest, {name: stored[name] for name in stored.files}
    except (ValidationError, BadZipFile, ValueError) as exc:
        raise ArtifactError(f"model in {folder} cannot be read: {exc}") from exc


def _contents(folder: Path | Place) -> dict[str, bytes]:
    try:
        return {name: (folder / name).read_bytes() for name in (ARRAYS, MANIFEST)}
    except (OSError, StoreError) as exc:
        raise ArtifactError(f"model in {folder} cannot be read: {exc}") from exc


def _digest(contents: Mapping[str, bytes]) -> str:
    total = hashlib.sha256()
    for name, content in contents.items():
        # Name and length first: no bytes can move from one file to the other under the same hash.
        total.update(f"{name}\0{len(content)}\0".encode())
        total.update(content)
    return total.hexdigest()
