"""Near-copies among the trials of a search: parameters apart, returns all but the same."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from market.errors import BadParameter, DataNotFit
from market.inference.trials import trial_matrix
from market.moments import varies


def near_copies(returns: ArrayLike, *, above: float = 0.95) -> NDArray[np.int64]:
    """The cluster (k,) of each trial, numbered from 0 in order of their first trials.

    Complete linkage on 1 - |correlation|: every two trials of a cluster correlate beyond ``above``,
    in either direction, for a strategy and its mirror are one idea. So a fine grid does not chain
    into one cluster whose ends have nothing in common. Raises DataNotFit for a trial whose returns
    never varied: it correlates with nothing.
    """
    if not 0.0 < above < 1.0:
        raise BadParameter(f"above={above}: expected between 0 and 1", parameter="above")
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    matrix = trial_matrix(returns)
    if not varies(matrix).all():
        raise DataNotFit("a trial's returns never varied: leave it out before clustering")
    if matrix.shape[1] == 1:
        return np.zeros(1, dtype=np.int64)
    apart = 1.0 - np.abs(np.corrcoef(matrix, rowvar=False))
    # Rounding takes the correlation of equals beyond 1.
    pairs = squareform(np.maximum(apart, 0.0), checks=False)
    label = fcluster(linkage(pairs, method="complete"), t=1.0 - above, criterion="distance")
    _, first, inverse = np.unique(label, return_index=True, return_inverse=True)
    # fcluster numbers as its tree falls; here the cluster of the first trial is 0.
    order: NDArray[np.int64] = np.argsort(np.argsort(first)).astype(np.int64)
    return order[inverse]
