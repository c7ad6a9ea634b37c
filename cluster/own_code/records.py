"""Where the records of leak checks lie."""

from typing import Final

FOLDER: Final = "leak-checks"
"""Beside the results: a document for each source that was found clean."""
