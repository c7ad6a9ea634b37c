"""One file, read and understood: its rows by symbol, at dates or instants."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from cluster.errors import BadInput
from cluster.providers.files.columns import BESIDE, NUMBERS
from cluster.providers.files.reading import read_bars
from cluster.providers.files.request import FilesRequest
from cluster.providers.files.stamps import are_days, kind_of, to_days, to_stamps
from market.arrays import Days, Floats, Stamps
from market.instruments import SYMBOL_IN_WORDS, is_symbol

_SLOWEST = np.timedelta64(1, "m")


@dataclass(frozen=True, eq=False)
class Series:
    """Rows of one symbol in the order of the file; `times` are days or stamps (UTC), shape (n,).

    `adjusted` says that the prices are; `beside` are the columns that tell of actions.
    """

    symbol: str
    timeframe: str
    times: Days | Stamps
    numbers: dict[str, Floats]
    source: str
    adjusted: bool
    beside: dict[str, Floats]


def parse(path: Path, request: FilesRequest) -> list[Series]:
    """The series of a file. Raises BadInput that names the file and what is wrong with it."""
    table, adjusted = read_bars(path, request)
    kind = kind_of(table["time"], source=path.name)
    daily = kind == "date" or are_days(table["time"], source=path.name)
    timeframe = request.timeframe or ("1Day" if daily else "1Min")
    if timeframe == "1Day":
        times = to_days(table["time"], source=path.name)
    elif kind == "date":
        raise BadInput(f"{path.name}: dates alone are no stamps of minute bars")
    else:
        times = to_stamps(table["time"], kind=kind, timezone=request.timezone, source=path.name)
        # The lake stamps a bar with its open.
        times = times - _SLOWEST if request.stamped == "end" else times
    symbols = _symbols(table, path, request)
    series = list(_split(table, symbols, times, timeframe, path.name, adjusted=adjusted))
    if timeframe == "1Min":
        for history in series:
            _check_step(history)
    return series


def _symbols(table: pa.Table, path: Path, request: FilesRequest) -> pa.Array:
    """Of each row, in capitals, as symbols are told apart. Raises BadInput where there is none."""
    if "symbol" in table.column_names:
        symbols = pc.utf8_trim_whitespace(table["symbol"].cast(pa.string())).combine_chunks()
        if symbols.null_count or pc.any(pc.equal(symbols, "")).as_py():
            raise BadInput(f"{path.name}: a row has no symbol")
        return pc.utf8_upper(symbols)
    symbol = (request.symbol or path.stem).upper()
    if is_symbol(symbol):
        return pa.repeat(symbol, table.num_rows)
    if request.symbol:
        raise BadInput(f"--symbol {symbol[:30]!r}: expected {SYMBOL_IN_WORDS}")
    raise BadInput(
        f"{path.name}: no column symbol, and {symbol[:30]!r} is none: say --symbol, or name the "
        "file after it (AAPL.csv)"
    )


def _split(
    table: pa.Table,
    symbols: pa.Array,
    times: Days | Stamps,
    timeframe: str,
    source: str,
    *,
    adjusted: bool,
) -> Iterator[Series]:
    numbers, beside = _columns(table, NUMBERS), {} if adjusted else _columns(table, BESIDE)
    encoded = symbols.dictionary_encode()
    codes = encoded.indices.to_numpy()
    for code, symbol in enumerate(encoded.dictionary.to_pylist()):
        rows = np.flatnonzero(codes == code)
        parts = ({name: values[rows] for name, values in of.items()} for of in (numbers, beside))
        yield Series(symbol, timeframe, times[rows], next(parts), source, adjusted, next(parts))


def _columns(table: pa.Table, names: tuple[str, ...]) -> dict[str, Floats]:
    return {
        name: table[name].to_numpy().astype(np.float64)
        for name in names
        if name in table.column_names
    }


def _check_step(series: Series) -> None:
    """Raise BadInput for bars that are longer than a minute: the lake keeps none of those."""
    # Sorted and each once: disorder and repeats are for validation to name.
    steps = np.diff(np.unique(series.times))
    if len(steps) >= 20 and steps.min() > _SLOWEST:
        minutes = int(steps.min() / _SLOWEST)
        raise BadInput(
            f"{series.source}: {series.symbol} has a bar every {minutes} minutes: the lake keeps "
            "1Min and 1Day; give minutes, or say --timeframe 1Day for daily bars"
        )
