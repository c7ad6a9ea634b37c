"""The report of a run, from wherever results lie."""

from typing import BinaryIO, Final

from cluster.backtests.store import Backtest
from cluster.errors import Conflict, NotFound
from cluster.settings import Settings
from cluster.stores import places

_FILE: Final = "report.html"


def tearsheet(settings: Settings, run: Backtest) -> BinaryIO:
    """The report, one page of HTML, opened for reading; the caller closes it.

    Raises Conflict for a run that is not done, NotFound where its result is not kept any more,
    ConfigError and StoreError.
    """
    if run.state != "done":
        why = f": {run.error}" if run.error else ""
        raise Conflict(f"backtest {run.id} has no tear sheet: it is {run.state}{why}")
    # By its id, not by the path in its row, which a job wrote: nothing but results is read here.
    folder = places.results(settings) / run.id
    try:
        return folder.inside(_FILE)
    except FileNotFoundError as exc:
        raise NotFound(
            f"the result of backtest {run.id} is not kept in TRII_RESULTS_URL any more: run it again"
        ) from exc
