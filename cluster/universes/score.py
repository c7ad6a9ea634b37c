"""What a scoring means by its universe or symbols, and whether the lake can carry it."""

from datetime import UTC, date, datetime, time

from cluster.clock import utc_now
from cluster.errors import BadInput, Fault
from cluster.requests.score import ScoreRequest
from cluster.stores.lake import Lake
from cluster.stores.lake.extent import Extent
from cluster.stores.lake.tables import BARS, INSTRUMENTS, MEMBERS
from cluster.stores.lake.universes import Chosen


def members(request: ScoreRequest, lake: Lake, *, snapshot: str | None, today: date) -> Chosen:
    """The instruments; of a stored universe all that ever were in it. An empty lake has no snapshot.

    Raises BadInput for an unknown or empty universe, and one that lists every symbol that is none.
    """
    if request.symbols:
        return _named(request, lake, snapshot=snapshot, today=today)
    chosen = lake.choose(request.universe, request.members, snapshot=snapshot)
    if not chosen.instruments:
        message = f"universe {request.universe!r} has no instruments yet: run `trii data ingest`"
        raise BadInput(message, faults=[Fault("universe", message, "empty")])
    return chosen


def check(request: ScoreRequest, lake: Lake) -> None:
    """Raise BadInput for what the lake as it stands cannot carry; no price is read."""
    snapshot = lake.standing((BARS, INSTRUMENTS, MEMBERS))
    chosen = members(request, lake, snapshot=snapshot, today=utc_now().date())
    ids = tuple(instrument.instrument_id for instrument in chosen.instruments)
    held = snapshot and Extent(lake, ids, snapshot, request.start, request.end)
    if not (held and held.holds_sessions(1)):
        place = "start" if request.start or request.end else "universe"
        asked = f"{request.start or 'the first'} to {request.end or 'the last'}"
        message = f"no session of these instruments from {asked}"
        raise BadInput(message, faults=[Fault(place, message, "empty")])


def _named(request: ScoreRequest, lake: Lake, *, snapshot: str | None, today: date) -> Chosen:
    directory = lake.directory(snapshot=snapshot)
    at = datetime.combine(min(request.end or today, today), time(), UTC)
    found, faults = {}, []
    for place, symbol in enumerate(request.symbols):
        try:
            instrument = directory.resolve(symbol, at=at)
            found[instrument.instrument_id] = instrument
        except BadInput as exc:
            faults.append(Fault(f"symbols.{place}", str(exc), "unknown_symbol"))
    if faults:
        raise BadInput("; ".join(fault.msg for fault in faults), faults=faults)
    return Chosen(tuple(found[name] for name in sorted(found)))
