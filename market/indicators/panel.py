"""Several indicators over many instruments in one call, without a Python step for each bar."""

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from market.arrays import Floats
from market.errors import DataNotFit
from market.indicators.core.drive import tame_rows
from market.indicators.core.indicator import Indicator, plain
from market.indicators.core.over import over_panel
from market.indicators.registry import parse


def batch_panel(names: Iterable[str], /, **fields: Floats) -> dict[str, Floats]:
    """Values of each indicator over panels of shape (m, n), by its full name.

    Shape (m, n), or (m, n, c) where there are c columns: row by row the same bits as ``batch``.
    Fields are named as there; all have one shape. The results share one block of memory.
    """
    shapes = {name: np.shape(panel) for name, panel in fields.items()}
    if len(set(shapes.values())) != 1 or any(len(shape) != 2 for shape in shapes.values()):
        raise DataNotFit(f"expected panels of one shape (m, n), got {shapes}")
    indicators = [parse(name) for name in names]
    needed = {name for indicator in indicators for name in indicator.inputs} & set(fields)
    panels = {name: plain(fields[name]) for name in needed}
    # Each field is looked through once, however many indicators read it.
    calm = {name: tame_rows(panel) for name, panel in panels.items()}
    m, n = next(iter(shapes.values()))
    # One allocation for all: TA-Lib spends over half of its time on new memory for 900 small ones.
    block = np.empty(m * n * sum(len(indicator.columns) for indicator in indicators))
    values = {}
    for indicator in indicators:
        size = m * n * len(indicator.columns)
        rows, block = block[:size].reshape(m, len(indicator.columns), n), block[size:]
        _over(indicator, panels, calm, rows)
        values[indicator.name] = (
            rows[:, 0] if len(indicator.columns) == 1 else rows.transpose(0, 2, 1)
        )
    return values


def _over(
    indicator: Indicator,
    panels: Mapping[str, Floats],
    calm: Mapping[str, NDArray[np.bool_]],
    rows: Floats,
) -> None:
    missing = [name for name in indicator.inputs if name not in panels]
    if missing:
        raise DataNotFit(
            f"{indicator.name} needs {', '.join(indicator.inputs)}: {', '.join(missing)} not given"
        )
    given = [panels[name] for name in indicator.inputs]
    tame = np.logical_and.reduce([calm[name] for name in indicator.inputs])
    form = indicator.definition.mechanism.over_panel(indicator.params)
    over_panel(form, indicator.numbers, tuple([panel.reshape(-1) for panel in given]), rows, tame)
    for i in np.flatnonzero(~tame):
        indicator.fill(tuple([panel[i] for panel in given]), rows[i])
