"""The instruments that a scoring means: of a universe, or by symbol."""

from datetime import UTC, date, datetime, time

from cluster.errors import BadInput, Fault
from cluster.requests.score import ScoreRequest
from cluster.stores.lake import Lake


def members(request: ScoreRequest, lake: Lake, *, snapshot: str, today: date) -> tuple[str, ...]:
    """Their ids, sorted; of a stored universe all that ever were in it.

    Raises BadInput for an unknown or empty universe, and one that lists every symbol that is none.
    """
    if request.universe is None:
        return _named(request, lake, snapshot=snapshot, today=today)
    rows = lake.universe(request.universe, snapshot=snapshot)
    if not rows:
        message = f"universe {request.universe!r} has no instruments yet: run `trii data ingest`"
        raise BadInput(message, faults=[Fault("universe", message, "empty")])
    return tuple(sorted({instrument.instrument_id for instrument in rows}))


def _named(request: ScoreRequest, lake: Lake, *, snapshot: str, today: date) -> tuple[str, ...]:
    directory = lake.directory(snapshot=snapshot)
    at = datetime.combine(min(request.end or today, today), time(), UTC)
    found, faults = set(), []
    for place, symbol in enumerate(request.symbols):
        try:
            found.add(directory.resolve(symbol, at=at).instrument_id)
        except BadInput as exc:
            faults.append(Fault(f"symbols.{place}", str(exc), "unknown_symbol"))
    if faults:
        raise BadInput("; ".join(fault.msg for fault in faults), faults=faults)
    return tuple(sorted(found))
