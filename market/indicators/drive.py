"""What surrounds every kernel: the check of its bars, the memory of windows, the run over a panel."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numba import types
from numpy.typing import NDArray

from market.arrays import Floats
from market.compiled import compiled
from market.indicators.kernels import NAN, Bars, Params, State

Kernel = Callable[[State, Params, Bars, Floats], None]
"""Takes a state, parameters and bars, writes all rows (c, n), and leaves the state after them.

The bars miss nothing; NaN is written where there is no value."""
_MOST = 1e60  # no kernel multiplies more than four prices and volumes


@compiled
def _wild(x: Floats) -> int:
    wild = 0
    for t in range(len(x)):
        wild += 0 if abs(x[t]) < _MOST else 1
    return wild


@compiled
def tame(fields: Bars, first: int, end: int) -> bool:
    """Whether the bars from ``first`` to before ``end`` miss nothing and are too small to overflow.

    Then every NaN that a kernel writes is ours, and none needs settling.
    """
    wild = 0
    for r in range(len(fields)):
        wild += _wild(fields[r][first:end])
    return wild == 0


@compiled
def settle(rows: Floats) -> None:
    """One pattern of bits for every NaN, whatever the processor's own is."""
    for r in range(len(rows)):
        row = rows[r]
        for t in range(len(row)):
            row[t] = row[t] if row[t] == row[t] else NAN


@compiled
def lengthen(past: Floats, held: int, x: Floats) -> Floats:
    """The ``held`` values in ``past`` and then ``x``; afterwards ``past`` holds the last of them."""
    whole = x
    if held > 0:
        whole = np.empty(held + len(x))
        for t in range(held):
            whole[t] = past[t]
        for t in range(len(x)):
            whole[held + t] = x[t]
    kept = min(len(whole), len(past))
    for t in range(kept):
        past[t] = whole[len(whole) - kept + t]
    return whole


@compiled
def join(state: State, bars: Bars, keep: int) -> Floats:
    """The bars held in the state and then ``bars``, as (k, m).

    Afterwards the state holds the last ``keep`` of them: (count, then each series' values).
    """
    held = int(state[0])
    joined = np.empty((len(bars), held + len(bars[0])))
    for r in range(len(bars)):
        whole, row = lengthen(state[1 + r * keep : 1 + r * keep + keep], held, bars[r]), joined[r]
        for t in range(len(whole)):
            row[t] = whole[t]
    state[0] = min(held + len(bars[0]), keep)
    return joined


@compiled
def _cut(f: Bars, first: int, end: int) -> Bars:
    """The bars from ``first`` to before ``end``; compiled, one branch is left."""
    if len(f) == 1:
        return (f[0][first:end],)
    if len(f) == 2:
        return f[0][first:end], f[1][first:end]
    if len(f) == 3:
        return f[0][first:end], f[1][first:end], f[2][first:end]
    return f[0][first:end], f[1][first:end], f[2][first:end], f[3][first:end]


@compiled
def _over(
    kernel: Kernel, size: int, params: Params, fields: Bars, rows: Floats
) -> NDArray[np.bool_]:
    n, wild = rows.shape[2], np.zeros(len(rows), dtype=np.bool_)
    for i in range(len(rows)):
        wild[i] = not tame(fields, i * n, i * n + n)
        if not wild[i]:
            kernel(np.zeros(size), params, _cut(fields, i * n, i * n + n), rows[i])
    return wild


def over_panel(
    kernel: Kernel, size: int, params: Params, fields: Bars, rows: Floats
) -> NDArray[np.bool_]:
    """Runs a kernel from a blank state of ``size`` over each series that is tame, in one call.

    ``fields`` are k panels (m, n), each as one row of m * n; writes ``rows`` (m, c, n). Gives which
    of the m are not tame, whose rows are left as they were.
    """
    return _over(_address(kernel, len(fields)), size, params, fields, rows)


class _Address(types.WrapperAddressProtocol):
    """A kernel of ``inputs`` series as a value, so that one compiled loop serves them all."""

    def __init__(self, kernel: Any, inputs: int) -> None:
        row, table = types.Array(types.float64, 1, "C"), types.Array(types.float64, 2, "C")
        self._signature = types.void(row, row, types.Tuple([row] * inputs), table)  # type: ignore[no-untyped-call]
        self._compiled = kernel.get_compile_result(self._signature)

    def __wrapper_address__(self) -> int:
        name = self._compiled.fndesc.llvm_cfunc_wrapper_name
        return int(self._compiled.library.get_pointer_to_function(name))

    def signature(self) -> Any:
        """What numba asks for beside the address."""
        return self._signature


@cache
def _address(kernel: Kernel, inputs: int) -> Any:
    """Compiled at the first use, or read from numba's cache on disk."""
    return _Address(kernel, inputs)
