"""Several indicators over many instruments in one call, without a Python step for each bar."""

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from market.arrays import Floats
from market.errors import BadParameter, DataNotFit
from market.indicators.indicator import Indicator, plain
from market.indicators.over import over_panel
from market.indicators.registry import parse

_ABREAST = 4  # rows that a kernel may take together: parts of a panel are whole multiples


def batch_panel(
    names: Iterable[str], /, *, threads: int = 1, **fields: Floats
) -> dict[str, Floats]:
    """Values of each indicator over panels of shape (m, n), by its full name.

    Shape (m, n), or (m, n, c) where there are c columns: row by row the same bits as ``batch``,
    however many ``threads`` share the instruments. Fields are named as there; all have one shape.
    The results share one block of memory.
    """
    shapes = {name: np.shape(panel) for name, panel in fields.items()}
    if len(set(shapes.values())) != 1 or any(len(shape) != 2 for shape in shapes.values()):
        raise DataNotFit(f"expected panels of one shape (m, n), got {shapes}")
    if threads < 1:
        raise BadParameter(f"threads={threads}: expected 1 or more", parameter="threads")
    indicators = [parse(name) for name in names]
    needed = {name for one in indicators for name in one.inputs} & set(fields)
    m, n = next(iter(shapes.values()))
    series = {name: plain(fields[name]).reshape(m, n) for name in needed}
    found = _blocks(indicators, m, n)

    def fill(part: slice) -> None:
        own = {name: panel[part].reshape(-1) for name, panel in series.items()}
        for one, rows in zip(indicators, found, strict=True):
            _over(one, own, rows[part])

    parts = _parts(m, threads)
    if len(parts) == 1:
        fill(parts[0])
    else:  # compiled kernels release the interpreter's lock
        with ThreadPoolExecutor(len(parts)) as pool:
            list(pool.map(fill, parts))
    return {
        one.name: rows[:, 0] if len(one.columns) == 1 else rows.transpose(0, 2, 1)
        for one, rows in zip(indicators, found, strict=True)
    }


def _blocks(indicators: Iterable[Indicator], m: int, n: int) -> list[Floats]:
    """Room for the results of each, (m, c, n), cut from one block: fresh memory costs by the page."""
    columns = [len(one.columns) for one in indicators]
    ends = np.cumsum([0, *columns]) * m * n
    block = np.empty(ends[-1])
    starts = zip(ends[:-1], ends[1:], columns, strict=True)
    return [block[start:end].reshape(m, c, n) for start, end, c in starts]


def _parts(m: int, threads: int) -> list[slice]:
    size = max(_ABREAST, -(-m // (threads * _ABREAST)) * _ABREAST)
    return [slice(start, min(start + size, m)) for start in range(0, m, size)] or [slice(0, 0)]


def _over(one: Indicator, series: Mapping[str, Floats], rows: Floats) -> None:
    missing = [name for name in one.inputs if name not in series]
    if missing:
        raise DataNotFit(
            f"{one.name} needs {', '.join(one.inputs)}: {', '.join(missing)} not given"
        )
    given, n = tuple(series[name] for name in one.inputs), rows.shape[2]
    run = one.definition.mechanism.run(one.params)
    for i in np.flatnonzero(~over_panel(run, one.numbers, given, rows)):
        one.fill(tuple(panel[i * n : i * n + n] for panel in given), rows[i])
