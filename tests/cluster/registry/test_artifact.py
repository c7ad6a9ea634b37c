"""An artifact is exactly what was registered, or it is refused; nothing in it is ever executed."""

import json
import pickle

import numpy as np
import pytest

from cluster.registry import artifact
from cluster.registry.artifact import ARRAYS, MANIFEST, ArtifactError


class Bomb:
    """Fails the test if anybody unpickles it."""

    def __reduce__(self):
        return pytest.fail, ("a pickle was loaded",)


def test_what_was_written_is_read(tmp_path, manifest, arrays):
    sha256 = artifact.write(tmp_path, manifest(), arrays)
    found, read = artifact.read(tmp_path, sha256=sha256)
    assert found == manifest()
    assert {name: one.tobytes() for name, one in read.items()} == {
        name: one.tobytes() for name, one in arrays.items()
    }


def test_the_same_model_has_the_same_checksum_everywhere(tmp_path, manifest, arrays):
    first = artifact.write(tmp_path / "a", manifest(), arrays)
    assert artifact.write(tmp_path / "b", manifest(), arrays) == first
    assert artifact.write(tmp_path / "c", manifest(version="2"), arrays) != first


@pytest.mark.parametrize("name", [ARRAYS, MANIFEST])
def test_one_flipped_bit_is_refused(tmp_path, manifest, arrays, name):
    sha256 = artifact.write(tmp_path, manifest(), arrays)
    content = bytearray((tmp_path / name).read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ArtifactError, match="fetch the version again"):
        artifact.read(tmp_path, sha256=sha256)


def test_a_missing_file_is_named(tmp_path, manifest, arrays):
    sha256 = artifact.write(tmp_path, manifest(), arrays)
    (tmp_path / MANIFEST).unlink()
    with pytest.raises(ArtifactError, match=r"manifest\.json"):
        artifact.read(tmp_path, sha256=sha256)


def test_objects_are_not_written(tmp_path, manifest):
    with pytest.raises(ArtifactError, match=r"arrays \['bad'\] hold Python objects"):
        artifact.write(tmp_path, manifest(), {"bad": np.array([Bomb()], dtype=object)})


def test_a_pickle_is_not_loaded_even_under_a_right_checksum(tmp_path, manifest, arrays):
    artifact.write(tmp_path, manifest(), arrays)
    np.savez(tmp_path / ARRAYS, sizes=np.array([Bomb()], dtype=object))
    with pytest.raises(ArtifactError, match="cannot be read"):
        artifact.read(tmp_path, sha256=artifact.digest(tmp_path))
    (tmp_path / ARRAYS).write_bytes(pickle.dumps(Bomb()))
    with pytest.raises(ArtifactError, match="cannot be read"):
        artifact.read(tmp_path, sha256=artifact.digest(tmp_path))


def test_a_manifest_with_unknown_fields_is_refused(tmp_path, manifest, arrays):
    artifact.write(tmp_path, manifest(), arrays)
    content = json.loads((tmp_path / MANIFEST).read_text())
    (tmp_path / MANIFEST).write_text(json.dumps({**content, "surprise": 1}))
    with pytest.raises(ArtifactError, match="surprise"):
        artifact.read(tmp_path, sha256=artifact.digest(tmp_path))
