"""What one account over several instruments was ordered to hold, and when it came to that."""

import numpy as np
from numpy.typing import NDArray

from market.arrays import Floats, Mask

ORDER = np.dtype(
    [
        ("row", np.int64),
        ("decided", np.int64),  # the session at whose close
        (
            "filled",
            np.int64,
        ),  # the session of the fill; -1 where another order or the end came first
        ("share", np.float64),  # of the equity of all that it aims at
        ("change", np.float64),  # units bought, sold below 0; of what was never filled its sign
    ]
)
Orders = NDArray[np.void]


class Desk:
    """The order that stands, of `weights` (m,): `pending` (m,) are those it still has to bring there."""

    def __init__(self, instruments: int) -> None:
        self.weights = np.zeros(instruments)
        self.pending = np.zeros(instruments, dtype=bool)
        self._decided = -1
        self._way = np.zeros(instruments)
        self._parts: list[Orders] = []

    def place(self, weights: Floats, held: Floats, *, t: int) -> None:
        """A new order at the close of session `t`, where `held` (m,) are today's shares of equity.

        What was still pending is ordered no more.
        """
        self._drop()
        self.weights, self._decided = weights, t
        self._way = np.sign(weights - held)
        self.pending = (weights != 0.0) | (held != 0.0)

    def fill(self, due: Mask, change: Floats, *, t: int) -> None:
        """Those that are due have come to their weights in session `t` by a change (m,) of units."""
        self.pending &= ~due
        self._record(due & (change != 0.0), change, filled=t)

    def orders(self) -> Orders:
        """All of them (`ORDER`), by instrument and date."""
        self._drop()
        found = np.concatenate([np.empty(0, ORDER), *self._parts])
        return found[np.lexsort((found["decided"], found["row"]))]

    def _drop(self) -> None:
        self._record(self.pending & (self._way != 0.0), self._way, filled=-1)
        self.pending = np.zeros_like(self.pending)

    def _record(self, which: Mask, change: Floats, *, filled: int) -> None:
        rows = np.flatnonzero(which)
        part = np.empty(len(rows), ORDER)
        part["row"], part["decided"], part["filled"] = rows, self._decided, filled
        part["share"], part["change"] = self.weights[rows], change[rows]
        self._parts.append(part)
