"""What `trii data ingest --files` is told about the files."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from cluster.providers.files.figures import Marks


@dataclass(frozen=True)
class FilesRequest:
    """Files of bars and what they do not say themselves.

    `timezone` is that of stamps without an offset, `stamped` the end of a minute that they name. `adjusted` is None where the prices are not
    said to be either. `columns` maps headers to fields or `ignore`, `header` are the names of files
    without any. `symbol` is that of a file without such a column, by default the file's name.
    `actions` is a file of corporate actions, a row each.
    `date_format`, `separator` and `marks` say how files are written whose rows leave that open.
    """

    dataset: str
    paths: tuple[Path, ...]
    timeframe: str | None = None
    timezone: str | None = None
    stamped: Literal["start", "end"] | None = None
    calendar: str = "XNYS"
    currency: str = "USD"
    adjusted: bool | None = None
    symbol: str | None = None
    instruments: Path | None = None
    actions: Path | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    header: tuple[str, ...] = ()
    date_format: str | None = None
    separator: str | None = None
    marks: Marks | None = None
