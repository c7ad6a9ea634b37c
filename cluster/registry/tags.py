"""Names in MLflow: the experiment of our runs and the tags of versions, for who does not import it."""

from typing import Final

EXPERIMENT: Final = "trii"
"""Where the runs of registered versions are."""
PREFIX: Final = "trii."
SHA256: Final = "trii.sha256"
"""An artifact's checksum, set when the artifact is complete: a version without it does not exist."""
GATES: Final = "trii.gates"
"""The gates that the version was put to, as a JSON list; a version without had none to pass."""
