"""The two mechanisms of indicators: functions of a window of bars, and recursions over all bars."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from market.arrays import Floats
from market.indicators.core.drive import Kernel, join
from market.indicators.core.kernels import Params, Series, State
from market.indicators.core.over import Four, PanelKernel

_NOTHING = np.zeros(0)


@dataclass(frozen=True, slots=True)
class Window:
    """Rows that are pure functions of the last ``bars(*params)`` bars: one bad tick leaves no trace.

    ``kernel`` is given no state.
    """

    bars: Callable[..., int]
    kernel: Kernel

    def size(self, inputs: int, params: tuple[float, ...]) -> int:
        """Numbers in the state: a count, and the bars that the next window still needs."""
        return 1 + inputs * (self.bars(*params) - 1)

    def warm_up(self, params: tuple[float, ...]) -> int:
        """Series without a value at the start."""
        return self.bars(*params) - 1

    def advance(self, state: State, params: Params, bars: Series, rows: Floats) -> None:
        """Continue the state over n bars; writes ``rows`` (c, n)."""
        joined = join(state, bars, (len(state) - 1) // len(bars))
        longer = np.empty((len(rows), joined.shape[1]))
        self.kernel(_NOTHING, params, tuple(joined), longer)
        # The rows before belong to bars that the state held: they were given then.
        rows[:] = longer[:, longer.shape[1] - rows.shape[1] :]

    def blank(self, _params: tuple[float, ...]) -> State:
        """What ``kernel`` starts from."""
        return _NOTHING

    def over_panel(self, _params: tuple[float, ...]) -> PanelKernel:
        """What goes over a panel."""
        return PanelKernel(self.kernel, 0)


@dataclass(frozen=True, slots=True)
class Recursion:
    """Rows that depend on all bars from the anchor on, through a state that ``kernel`` continues."""

    state_size: Callable[..., int]
    before: Callable[..., int]
    kernel: Kernel
    four: Four | None = None

    def size(self, _inputs: int, params: tuple[float, ...]) -> int:
        """Numbers in the state."""
        return self.state_size(*params)

    def warm_up(self, params: tuple[float, ...]) -> int:
        """Series without a value at the start."""
        return self.before(*params)

    def advance(self, state: State, params: Params, bars: Series, rows: Floats) -> None:
        """Continue the state over n bars; writes ``rows`` (c, n)."""
        self.kernel(state, params, bars, rows)

    def blank(self, params: tuple[float, ...]) -> State:
        """What ``kernel`` starts from."""
        return np.zeros(self.state_size(*params))

    def over_panel(self, params: tuple[float, ...]) -> PanelKernel:
        """What goes over a panel."""
        return PanelKernel(
            self.kernel, self.state_size(*params), self.four, self.before(*params) + 1
        )
