"""Whether the lake has what a training is asked to learn from."""

from cluster.errors import BadInput, Fault
from cluster.requests.train import TrainingRequest
from cluster.stores.lake import Lake
from cluster.stores.lake.extent import Extent
from cluster.stores.lake.tables import BARS, INSTRUMENTS, MEMBERS


def check(request: TrainingRequest, lake: Lake) -> None:
    """Raise BadInput for an unknown universe and for one without bars; no price is read.

    The platform's own universe, which is meant where none is named, is its administrator's matter.
    """
    if request.universe is None:
        return
    snapshot = lake.snapshot((BARS, INSTRUMENTS, MEMBERS))
    chosen = lake.choose(request.universe, snapshot=snapshot)
    ids = tuple(instrument.instrument_id for instrument in chosen.instruments)
    if not Extent(lake, ids, snapshot).holds_sessions(1):
        message = f"universe {request.universe!r} has no daily bars: run `trii data ingest`"
        raise BadInput(message, faults=[Fault("universe", message, "empty")])
