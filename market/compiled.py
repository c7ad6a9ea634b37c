"""How numeric kernels are compiled: numba without fast math, cached on disk, the GIL released."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar, cast

from numba import njit

P = ParamSpec("P")
R = TypeVar("R")


def compiled(kernel: Callable[P, R]) -> Callable[P, R]:
    """``numba.njit`` with the project's options; keeps the kernel's types for the checker.

    No fast math: sums keep their order and nothing is contracted, so that the same input gives
    the same bits on every processor. Kernels add in plain loops and never use np.sum or np.dot.
    """
    return cast("Callable[P, R]", njit(cache=True, nogil=True)(kernel))
