"""Several indicators over many instruments in one call, without a Python step for each bar."""

from collections.abc import Iterable, Mapping

import numpy as np

from market.arrays import Floats
from market.errors import DataNotFit
from market.indicators.indicator import Indicator
from market.indicators.kernels import settle
from market.indicators.registry import parse


def batch_panel(names: Iterable[str], /, **fields: Floats) -> dict[str, Floats]:
    """Values of each indicator over panels of shape (m, n), by its full name.

    Shape (m, n), or (m, n, c) where there are c columns: row by row the same bits as ``batch``.
    Fields are named as there; all have one shape.
    """
    shapes = {name: np.shape(panel) for name, panel in fields.items()}
    if len(set(shapes.values())) != 1 or any(len(shape) != 2 for shape in shapes.values()):
        raise DataNotFit(f"expected panels of one shape (m, n), got {shapes}")
    indicators = [parse(name) for name in names]
    needed = {field for one in indicators for field in one.inputs} & set(fields)
    panels = {name: np.asarray(fields[name], dtype=np.float64) for name in needed}
    # A field with a hole sends those that read it down the row-by-row path.
    whole = {name: bool(np.isfinite(panel).all()) for name, panel in panels.items()}
    return {one.name: _over(one, panels, whole) for one in indicators}


def _over(one: Indicator, panels: Mapping[str, Floats], whole: Mapping[str, bool]) -> Floats:
    missing = [name for name in one.inputs if name not in panels]
    if missing:
        raise DataNotFit(
            f"{one.name} needs {', '.join(one.inputs)}: {', '.join(missing)} not given"
        )
    count, bars = next(iter(panels.values())).shape
    if all(whole[name] for name in one.inputs):
        rows = _whole(one, panels, count, bars)
    else:
        rows = np.empty((count, len(one.columns), bars))
        for row in range(count):
            values = one.batch(**{name: panels[name][row] for name in one.inputs})
            rows[row] = values.reshape(bars, len(one.columns)).T
    return rows[:, 0] if len(one.columns) == 1 else rows.transpose(0, 2, 1)


def _whole(one: Indicator, panels: Mapping[str, Floats], count: int, bars: int) -> Floats:
    """The kernel itself on each row: no missing value has to be looked for."""
    rows = np.full((count, len(one.columns), bars), np.nan)
    if len(one.inputs) == 1:
        given = np.ascontiguousarray(panels[one.inputs[0]]).reshape(count, 1, bars)
        given = given if given.flags.writeable else given.copy()
    else:
        given = np.stack([panels[name] for name in one.inputs], axis=1)
    params = np.array(one.params, dtype=np.float64)
    fresh = one.definition.mechanism.fresh
    for row in range(count):
        fresh(one.start(), params, given[row], rows[row])
    settle(rows.reshape(-1, bars))
    return rows
