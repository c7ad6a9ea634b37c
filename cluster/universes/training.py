"""Whether the lake has what a training is asked to learn from."""

from cluster.errors import BadInput, Fault
from cluster.requests.train import TrainingRequest
from cluster.requests.universe import called, lacks_both
from cluster.stores.lake import Lake
from cluster.stores.lake.extent import Extent
from cluster.stores.lake.tables import BARS, INSTRUMENTS, MEMBERS


def check(request: TrainingRequest, lake: Lake) -> None:
    """Raise BadInput for unknown universes and members, and for some without bars; no price is read.

    The platform's own universe, which is meant where none is named, is its administrator's matter.
    """
    if lacks_both(request.universe, request.members):
        return
    snapshot = lake.standing((BARS, INSTRUMENTS, MEMBERS))
    chosen = lake.choose(request.universe, request.members, snapshot=snapshot)
    ids = tuple(instrument.instrument_id for instrument in chosen.instruments)
    if snapshot is None or not Extent(lake, ids, snapshot).holds_sessions(1):
        name = called(request.universe, request.members)
        message = f"universe {name!r} has no daily bars: run `trii data ingest`"
        raise BadInput(
            message, faults=[Fault("universe" if request.universe else "members", message, "empty")]
        )
