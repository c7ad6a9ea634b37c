"""Whether any strategy of a family beats the benchmark, and which ones: SPA and StepM, from arch."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from market.arrays import Floats
from market.errors import BadParameter, DataNotFit, MarketError
from market.inference.resampling import automatic_block, check_replications
from market.inference.trials import trial_matrix
from market.moments import varies


@dataclass(frozen=True, slots=True)
class Superiority:
    """``p_value`` that no strategy is better than the benchmark, Hansen's consistent one.

    ``lower`` and ``upper`` bound it (the upper is White's Reality Check). ``superior`` are the
    columns that are better at family-wise error ``size``; ``idle`` those that never differed from
    the benchmark in any other way than by a constant, which were not tested.
    """

    p_value: float
    lower: float
    upper: float
    superior: tuple[int, ...]
    idle: tuple[int, ...]
    size: float
    block: int


def superior_strategies(
    returns: ArrayLike,
    benchmark: ArrayLike | None = None,
    *,
    seed: int,
    size: float = 0.05,
    replications: int = 1000,
    block: int | None = None,
) -> Superiority:
    """Tests strategies (n, k) against a benchmark (n,), the null being cash, which earns 0.

    SPA: Hansen (2005); StepM: Romano and Wolf (2005); stationary bootstrap through arch, blocks of
    ``automatic_block`` sessions rounded up unless given. Differences are put in units of their own
    deviation first: arch leaves its statistic unscaled, so that a volatile strategy would drown
    the others. Raises MarketError with the remedy where arch is not installed.
    """
    better = _differences(returns, benchmark)
    check_replications(replications)
    if not 0.0 < size < 1.0:
        raise BadParameter(f"size={size}: expected between 0 and 1", parameter="size")
    spread, tested = better.std(axis=0, ddof=1), np.flatnonzero(varies(better))
    if not len(tested):
        raise DataNotFit("no strategy ever differed from the benchmark: there is nothing to test")
    # One that never differed has no deviation to be measured in.
    scaled = better[:, tested] / spread[tested]
    length = math.ceil(automatic_block(scaled)) if block is None else block
    test = _spa(scaled, length, replications, seed)
    test.compute()
    p_values = test.pvalues
    return Superiority(
        p_value=float(p_values["consistent"]),
        lower=float(p_values["lower"]),
        upper=float(p_values["upper"]),
        superior=tuple(int(tested[place]) for place in _stepwise(test, len(tested), size)),
        idle=tuple(np.setdiff1d(np.arange(better.shape[1]), tested).tolist()),
        size=size,
        block=length,
    )


def _differences(returns: ArrayLike, benchmark: ArrayLike | None) -> Floats:
    matrix = trial_matrix(returns)
    if benchmark is None:
        return matrix
    base = np.asarray(benchmark, dtype=np.float64)
    if base.shape != matrix.shape[:1] or not np.isfinite(base).all():
        raise DataNotFit(f"expected a finite benchmark of shape ({len(matrix)},)")
    return matrix - base[:, None]


def _spa(better: Floats, block: int, replications: int, seed: int) -> Any:
    if not 1 <= block <= len(better):
        raise BadParameter(f"block={block}: expected 1 to {len(better)}", parameter="block")
    try:
        from arch.bootstrap import SPA
    except ImportError as exc:
        raise MarketError("arch is not installed: install trii[laptop]") from exc
    # arch compares losses: what the benchmark loses beyond a strategy is the strategy's gain.
    return SPA(np.zeros(len(better)), -better, block_size=block, reps=replications, seed=seed)


def _stepwise(test: Any, count: int, size: float) -> list[int]:
    """StepM on a computed SPA: those found better are set aside, the rest are tested again.

    arch's own StepM fails where the last strategy is found better in a later step.
    """
    left: NDArray[np.bool_] = np.ones(count, dtype=np.bool_)
    better = test.better_models(size)
    while len(better):
        # Places are those of the whole family, also after ``subset``.
        left[better] = False
        if not left.any():
            break
        test.subset(left)
        test.compute()
        better = test.better_models(size)
    return np.flatnonzero(~left).tolist()
