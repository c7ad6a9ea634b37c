"""The verdict on a family of trials: the Sharpe ratio of its best, deflated by all that was tried."""

from collections.abc import Sequence

from cluster.errors import NotFound
from cluster.ledger import store as ledger
from cluster.stores.lake import Lake
from market.inference import Verdict, deflate, side_by_side


def judge(lake: Lake, trials: Sequence[ledger.Trial]) -> Verdict:
    """The best of the trials, deflated; `best` is its place among them.

    Raises `NotFound` where the lake lacks the returns of a trial, for all of them count, and
    `DataNotFit` where no trial's returns ever varied.
    """
    held = ledger.returns_of(lake, [one.id for one in trials])
    if lacking := len(trials) - len(held):
        raise NotFound(f"the lake has no returns of {lacking} of {len(trials)} trials")
    return deflate(side_by_side([held[one.id] for one in trials]))
