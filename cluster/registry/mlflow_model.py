"""An artifact as a folder that MLflow's own commands can load."""

import warnings
from pathlib import Path

from mlflow import pyfunc
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, Schema

from cluster.registry import artifact
from cluster.registry.artifact import Arrays
from cluster.registry.manifest import Manifest
from market.features import feature_set

DATA = "data/artifact"
"""Where MLflow puts the artifact, a folder named so, inside the model's folder."""


def save_model(folder: Path, manifest: Manifest, arrays: Arrays) -> str:
    """Write ``folder/model``: MLflow's files, and the artifact in ``DATA``. Gives its sha256.

    Requirements are given, because inferring them takes seconds and imports the model.
    """
    source = folder / Path(DATA).name
    sha256 = artifact.write(source, manifest, arrays)
    with warnings.catch_warnings():
        # MLflow warns about its own types when pyfunc is first used (loaded here, lazily), and
        # that no example was given: it would run the model on it.
        warnings.simplefilter("ignore", UserWarning)
        pyfunc.save_model(
            folder / "model",
            loader_module="cluster.registry.pyfunc",
            data_path=str(source),
            signature=signature(manifest),
            pip_requirements=["trii"],
        )
    return sha256


def signature(manifest: Manifest) -> ModelSignature:
    """Features by name in, the probability or the quantiles out."""
    outputs = [f"q{level:g}" for level in manifest.quantile_levels] or ["probability"]
    return ModelSignature(
        _doubles(feature_set(manifest.feature_set).names), _doubles(tuple(outputs))
    )


def _doubles(names: tuple[str, ...]) -> Schema:
    return Schema([ColSpec("double", name) for name in names])
