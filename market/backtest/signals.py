"""From bars to wanted shares: a strategy's inputs, its rule, and a check on both."""

from collections.abc import Callable
from functools import cache
from typing import cast

import numpy as np
from numba import njit
from numba.core.errors import NumbaError

from market.arrays import Floats
from market.errors import BadParameter, DataNotFit
from market.strategies.core.base import Strategy
from market.strategies.core.inputs import inputs

Step = Callable[[Floats, Floats, Floats], float]
Replay = Callable[[Floats, Floats, int], Floats]


def targets(strategy: Strategy, /, **fields: Floats) -> Floats:
    """Wanted shares of equity in [0, 1], shape (m, n); 0 while an input is NaN.

    Of fields of bars (m, n) by name: `close` and what else the strategy's inputs need.

    Raises `DataNotFit` for a field that is missing, if the rule gives something else, or a `target`
    looks beyond its own bar; `BadParameter` for a strategy of portfolio scope, and for a `step` that
    does not compile.
    """
    if strategy.scope() == "portfolio":
        raise BadParameter(
            f"strategy {strategy.name!r} decides over a whole portfolio, and targets are of one "
            "instrument; remedy: market.backtest.run_portfolio",
            parameter="strategy",
        )
    x = inputs(strategy.input_names(), **fields)
    if strategy.shape() == "step":
        return _replayed(strategy, x)
    wanted = _evaluate(strategy, x)
    if not np.array_equal(wanted, _in_pieces(strategy, x)):
        raise DataNotFit(
            f"strategy {strategy.name!r} is not elementwise: its target at a bar depends on other "
            "bars or instruments; remedy: read x at the same place only, and declare what it needs "
            "as inputs"
        )
    return wanted


def _replayed(strategy: Strategy, x: Floats) -> Floats:
    """A `step` run from each instrument's first bar on: no later bar can be reached."""
    replay, p = _replay(type(strategy).step), _read_only(strategy.vector())
    # A bar's inputs side by side, as a step is given them.
    series = [_read_only(np.ascontiguousarray(x[:, row].T)) for row in range(x.shape[1])]
    try:
        rows = [replay(bars, p, strategy.state_size) for bars in series]
    except IndexError as exc:
        raise BadParameter(
            f"strategy {strategy.name!r}: its step reaches beyond its arrays: s has "
            f"{strategy.state_size} numbers (state_size), x {x.shape[0]} (inputs), p {len(p)} "
            "(parameters); remedy: declare as many as it uses"
        ) from exc
    except (NumbaError, ValueError) as exc:
        raise BadParameter(
            f"strategy {strategy.name!r}: its step does not compile; remedy: a static method of "
            "s, x and p that uses numbers and arrays alone, and writes into s only"
        ) from exc
    wanted = np.array(rows).reshape(x.shape[1:])
    _check_range(strategy, wanted)
    return wanted


@cache
def _replay(step: Step) -> Replay:
    """The loop over bars around one step; compiled once a process and strategy.

    Not cached on disk: numba cannot tell from one process to the next that a function given to
    another is the same.
    """
    # Of others' code every index is checked: unchecked, one beyond the end reads and writes memory
    # of whatever lies there, another instrument's state among it.
    # numba refuses a function that is compiled already: its Python form is compiled anew.
    compiled_step = njit(nogil=True, boundscheck=True)(getattr(step, "py_func", step))

    @njit(nogil=True)
    def replay(x: Floats, p: Floats, size: int) -> Floats:
        s, out = np.zeros(size), np.zeros(x.shape[0])
        for t in range(x.shape[0]):
            if not np.isnan(x[t]).any():
                out[t] = compiled_step(s, x[t], p)
        return out

    return cast("Replay", replay)


def _read_only(values: Floats) -> Floats:
    """What a step writes there would be the next instrument's input."""
    values.flags.writeable = False
    return values


def _evaluate(strategy: Strategy, x: Floats) -> Floats:
    raw = np.asarray(strategy.target(x), dtype=np.float64)
    if raw.shape != x.shape[1:]:
        raise DataNotFit(
            f"strategy {strategy.name!r} gave a target of shape {raw.shape}, expected {x.shape[1:]}"
        )
    wanted = np.where(np.isnan(x).any(axis=0), 0.0, raw)
    _check_range(strategy, wanted)
    return wanted


def _check_range(strategy: Strategy, wanted: Floats) -> None:
    # Asked for what holds, not for what fails: comparisons with NaN are false, so NaN is refused.
    if not np.all((wanted >= 0.0) & (wanted <= 1.0)):
        raise DataNotFit(f"strategy {strategy.name!r} gave a target outside 0 to 1")


def _in_pieces(strategy: Strategy, x: Floats) -> Floats:
    """The same target from each quarter (half of the instruments, half of the bars) turned round.

    An elementwise rule gives the same bits. A shift, a cumulative sum, a mean over the span or a
    rank among the instruments does not: the order shows the first two, what is missing the others.
    """
    wanted = np.empty(x.shape[1:])
    for rows in _halves(x.shape[1]):
        for bars in _halves(x.shape[2]):
            wanted[rows, bars] = _evaluate(strategy, x[:, rows, bars][..., ::-1])[..., ::-1]
    return wanted


def _halves(size: int) -> list[slice]:
    """Two slices that cover ``size``; one where there is nothing to halve."""
    half = size // 2
    return [np.s_[:half], np.s_[half:]] if half else [np.s_[:]]
