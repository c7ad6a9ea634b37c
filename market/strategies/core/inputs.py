"""What strategies read of bars, by name.

- `open`, `high`, `low`, `close`, `volume`: a field of the bar;
- `sma:20`, `atr:14`, `bbands:20:2#lower`: an indicator; of several columns, the one after `#`;
- `close-high:w`, `close-low:w`: the highest and lowest of the last w closes, this one included;
- `close-volatility:w`: root mean square of the last w log returns of closes;
- any of these with `@k` behind it: its value k bars before, such as `donchian:55#upper@1`.

Windows and lags count bars that are there, with all the fields that the input reads. An input is
NaN until it is warm, and without such a bar.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from market.arrays import Floats
from market.errors import BadParameter, DataNotFit
from market.strategies.core.sources import Panels, Source, find_source

_MOST_LAG = 1_000


@dataclass(frozen=True, slots=True)
class Input:
    """One series that a strategy reads: a column of a source, `lag` bars before."""

    name: str
    source: Source
    column: int
    lag: int

    @property
    def fields(self) -> tuple[str, ...]:
        """What it needs of a bar."""
        return self.source.fields

    @property
    def degree(self) -> int | None:
        """Its degree of homogeneity in price; None: it must be fed raw prices."""
        return self.source.degrees[self.column]


def parse_input(name: str) -> Input:
    """The input called `name`.

    Raises `UnknownIndicator`, or `BadParameter` for a parameter or a lag out of range, or for
    several columns of which none is named.
    """
    series, at, lag = name.partition("@")
    head, _, column = series.partition("#")
    source = find_source(head)
    return Input(name, source, _place(series, column, source), _lag(name, lag) if at else 0)


def inputs(names: Iterable[str], /, **fields: Floats) -> Floats:
    """Values of each input, shape (k, m, n), of fields of bars (m, n) by name, as `close=...`.

    Each source is computed once. Raises what `parse_input` does, and `DataNotFit` for a field that
    is not given or of another shape.
    """
    chosen = [parse_input(name) for name in names]
    shape = _shape(fields)
    for read in chosen:
        _require(read, fields)
    x = np.empty((len(chosen), *shape))
    made: dict[str, Floats] = {}
    for k, read in enumerate(chosen):
        if read.source.name not in made:
            made[read.source.name] = read.source.compute(fields)
        values = made[read.source.name][..., read.column]
        if read.lag:
            _move(values, _there(read, fields), read.lag, x[k])
        else:
            x[k] = values
    return x


def _shape(fields: Panels) -> tuple[int, ...]:
    shapes = {name: np.shape(panel) for name, panel in fields.items()}
    if len(set(shapes.values())) != 1 or any(len(shape) != 2 for shape in shapes.values()):
        raise DataNotFit(f"expected fields of bars of one shape (m, n), got {shapes}")
    return next(iter(shapes.values()))


def _require(read: Input, fields: Panels) -> None:
    missing = [name for name in read.fields if name not in fields]
    if missing:
        raise DataNotFit(
            f"input {read.name!r} needs {', '.join(read.fields)}: {', '.join(missing)} not given"
        )


def _place(series: str, column: str, source: Source) -> int:
    if len(source.columns) == 1 and "#" not in series:
        return 0
    if column not in source.columns:
        head = series.partition("#")[0]
        known = ", ".join(f"{head}#{name}" for name in source.columns)
        raise BadParameter(f"input {series!r} has columns of its own: expected one of {known}")
    return source.columns.index(column)


def _lag(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= _MOST_LAG):
        raise BadParameter(f"input {name!r}: expected a lag from 1 to {_MOST_LAG} bars after '@'")
    return int(text)


def _there(read: Input, fields: Panels) -> NDArray[np.bool_]:
    """Where a bar has all that the input reads, (m, n)."""
    there: NDArray[np.bool_] = np.isfinite(fields[read.fields[0]])
    for name in read.fields[1:]:
        there &= np.isfinite(fields[name])
    return there


def _move(values: Floats, there: NDArray[np.bool_], lag: int, out: Floats) -> None:
    """Write each row of values, `lag` places on over the bars that are there, into `out`."""
    if there.all():
        out[:, :lag], out[:, lag:] = np.nan, values[:, :-lag]
        return
    # By row: a lag counts bars that are there, which lie elsewhere in each instrument.
    out[:] = np.nan
    for row in range(len(values)):
        at = np.flatnonzero(there[row])
        out[row, at[lag:]] = values[row, at[:-lag]]
