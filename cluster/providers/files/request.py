"""What `trii data ingest --files` is told about the files."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class FilesRequest:
    """Files of bars and what they do not say themselves.

    `timezone` is that of stamps without an offset. `adjusted` is None where the prices are not
    said to be either; they are then taken as raw. `columns` maps headers to fields or `ignore`.
    `symbol` is that of a file without such a column, by default the file's name.
    """

    dataset: str
    paths: tuple[Path, ...]
    timeframe: str | None = None
    timezone: str | None = None
    calendar: str = "XNYS"
    currency: str = "USD"
    adjusted: bool | None = None
    symbol: str | None = None
    instruments: Path | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
