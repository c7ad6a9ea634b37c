"""The tags that a version carries in MLflow, by name, for those who do not import MLflow."""

from typing import Final

PREFIX: Final = "trii."
SHA256: Final = "trii.sha256"
"""An artifact's checksum, set when the artifact is complete: a version without it does not exist."""
