"""A kernel run over a panel of series in one compiled call, four abreast where it can."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numba import types
from numba.core.dispatcher import Dispatcher
from numpy.typing import NDArray

from market.arrays import Floats
from market.compiled import compiled
from market.indicators.core.drive import Kernel
from market.indicators.core.kernels import Params, Series

Four = Callable[[Floats, Params, Series, tuple[int, int], Floats], None]
"""Continues four series that are warm, so that their chains of dependent steps overlap.

Takes states (4, s), parameters, panels each as one row, (where the first of the four series begins
in it, bars that lie behind), and rows (4, c, n), which it writes from there on."""
_ROW, _TABLE = types.Array(types.float64, 1, "C"), types.Array(types.float64, 2, "C")
_CUBE = types.Array(types.float64, 3, "C")


@dataclass(frozen=True, slots=True)
class PanelKernel:
    """A kernel, the size of its blank state, and its form for four with the bars until it is warm."""

    kernel: Kernel
    size: int
    four: Four | None = None
    head: int = 0


def over_panel(
    form: PanelKernel, params: Params, fields: Series, rows: Floats, tame: NDArray[np.bool_]
) -> None:
    """Runs over each series that is ``tame`` (m,), from a blank state.

    ``fields`` are k panels (m, n), each as one row of m * n; writes ``rows`` (m, c, n), but not
    those of the other series.
    """
    # A copy, in which series that went abreast are struck out.
    kernel, left = _address(form.kernel, len(fields)), tame.copy()
    # A series that ends within its head leaves nothing for four to go on with.
    if form.four is not None and form.head < rows.shape[2]:
        four = _address_of_four(form.four, len(fields))
        _over_fours(kernel, four, (form.size, form.head), params, fields, left, rows)
    _over(kernel, form.size, params, fields, left, rows)


@compiled
def quarters(panel: Floats, span: tuple[int, int], n: int) -> tuple[Floats, Floats, Floats, Floats]:
    """What is left of four series of n values that follow one another in ``panel``."""
    first, head = span
    a, b, c, d = first + n, first + 2 * n, first + 3 * n, first + 4 * n
    return panel[first + head : a], panel[a + head : b], panel[b + head : c], panel[c + head : d]


@compiled
def _cut(f: Series, first: int, end: int) -> Series:
    """The bars from ``first`` to before ``end``; compiled, one branch is left."""
    if len(f) == 1:
        return (f[0][first:end],)
    if len(f) == 2:
        return f[0][first:end], f[1][first:end]
    if len(f) == 3:
        return f[0][first:end], f[1][first:end], f[2][first:end]
    return f[0][first:end], f[1][first:end], f[2][first:end], f[3][first:end]


@compiled
def _over_fours(  # noqa: PLR0917 -- no keywords in numba
    kernel: Kernel, four: Four, sizes: tuple[int, int], params: Params, fields: Series,
    left: NDArray[np.bool_], rows: Floats,
) -> None:  # fmt: skip
    (size, head), n = sizes, rows.shape[2]
    # The head of a series goes alone: until it is warm a kernel branches, and a form for four has
    # no branches.
    part = np.empty((rows.shape[1], head))
    for i in range(0, len(rows) - 3, 4):
        if left[i] and left[i + 1] and left[i + 2] and left[i + 3]:
            states = np.zeros((4, size))
            for lane in range(4):
                start = (i + lane) * n
                # Into memory of its own: kernels are compiled for C order, and a cut of columns
                # has another.
                kernel(states[lane], params, _cut(fields, start, start + head), part)
                rows[i + lane, :, :head] = part
            four(states, params, fields, (i * n, head), rows[i : i + 4])
            left[i : i + 4] = False


@compiled
def _over(  # noqa: PLR0917 -- no keywords in numba
    kernel: Kernel, size: int, params: Params, fields: Series, left: NDArray[np.bool_], rows: Floats
) -> None:
    n = rows.shape[2]
    for i in range(len(rows)):
        if left[i]:
            kernel(np.zeros(size), params, _cut(fields, i * n, i * n + n), rows[i])


class _Address(types.WrapperAddressProtocol):
    """A compiled function as a value, so that one compiled loop serves all of a signature.

    Its type and address are found once: numba would look for both at every call.
    """

    def __init__(self, kernel: Any, signature: Any) -> None:
        self._signature = signature
        self._numba_type_ = types.FunctionType(signature)
        self._compiled = kernel.get_compile_result(signature)
        name = self._compiled.fndesc.llvm_cfunc_wrapper_name
        self._address = int(self._compiled.library.get_pointer_to_function(name))

    def __wrapper_address__(self) -> int:
        return self._address

    def signature(self) -> Any:
        """What numba asks for beside the address."""
        return self._signature


@cache
def _address(kernel: Kernel, inputs: int) -> Any:
    """Compiled at the first use, or read from numba's cache on disk.

    The kernel itself where NUMBA_DISABLE_JIT asks for plain Python.
    """
    # Without compilation there is no address to take.
    if not isinstance(kernel, Dispatcher):
        return kernel
    return _Address(kernel, types.void(_ROW, _ROW, _bars(inputs), _TABLE))


@cache
def _address_of_four(four: Four, inputs: int) -> Any:
    if not isinstance(four, Dispatcher):
        return four
    span = types.UniTuple(types.int64, 2)  # type: ignore[no-untyped-call]
    return _Address(four, types.void(_TABLE, _ROW, _bars(inputs), span, _CUBE))


def _bars(inputs: int) -> Any:
    return types.UniTuple(_ROW, inputs)  # type: ignore[no-untyped-call]
