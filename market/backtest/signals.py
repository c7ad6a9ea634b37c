"""From closes to wanted shares: the indicators a strategy names, its rule, and a check on both."""

import numpy as np

from market.arrays import Floats
from market.errors import DataNotFit
from market.indicators import parse
from market.strategies.base import Strategy


def inputs(close: Floats, names: tuple[str, ...]) -> Floats:
    """Indicator values, shape (k, m, n), of closes (m, n); NaN until warm and without a bar."""
    x = np.empty((len(names), *close.shape))
    for k, name in enumerate(names):
        indicator = parse(name)
        for row in range(close.shape[0]):
            x[k, row] = indicator.batch(close[row])
    return x


def targets(strategy: Strategy, close: Floats) -> Floats:
    """Wanted shares of equity in [0, 1], shape (m, n); 0 while an input is NaN.

    Raises `DataNotFit` if the rule gives something else, or looks beyond its own bar.
    """
    x = inputs(close, strategy.input_names())
    wanted = _evaluate(strategy, x)
    if not np.array_equal(wanted, _in_pieces(strategy, x)):
        raise DataNotFit(
            f"strategy {strategy.name!r} is not elementwise: its target at a bar depends on other "
            "bars or instruments; remedy: read x at the same place only, and declare what it needs "
            "as inputs"
        )
    return wanted


def _evaluate(strategy: Strategy, x: Floats) -> Floats:
    raw = np.asarray(strategy.target(x), dtype=np.float64)
    if raw.shape != x.shape[1:]:
        raise DataNotFit(
            f"strategy {strategy.name!r} gave a target of shape {raw.shape}, expected {x.shape[1:]}"
        )
    wanted = np.where(np.isnan(x).any(axis=0), 0.0, raw)
    if not np.all((wanted >= 0.0) & (wanted <= 1.0)):
        raise DataNotFit(f"strategy {strategy.name!r} gave a target outside 0 to 1")
    return wanted


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
