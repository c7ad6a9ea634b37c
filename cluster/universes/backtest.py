"""What a backtest means by its universe, and whether the lake can carry it: asked before anything runs."""

from dataclasses import dataclass, replace

from cluster.errors import BadInput, Fault
from cluster.own_code.references import is_own
from cluster.requests.backtest import BacktestRequest
from cluster.stores.lake import Lake
from cluster.stores.lake.extent import Extent
from cluster.stores.lake.known_prices import PRICE_TABLES
from cluster.stores.lake.member_days import member_days
from cluster.stores.lake.snapshots import Snapshot
from cluster.stores.lake.tables import MEMBERS
from cluster.stores.lake.universes import Chosen
from cluster.universes.carries import check_actions, check_inputs, settle_mode
from market.backtest import Mode
from market.instruments import Instrument
from market.strategies import make_strategy


@dataclass(frozen=True)
class Settled:
    """What the lake settles of a request. `stored` is the universe whose days of membership count.

    `snapshot` names the tables that the backtest reads and no others; `acted` are the instruments
    whose raw prices had splits or payments.
    """

    snapshot: str
    instruments: tuple[Instrument, ...]
    mode: Mode
    calendar: str
    stored: str | None
    acted: frozenset[str]

    @property
    def instrument_ids(self) -> tuple[str, ...]:
        return tuple(instrument.instrument_id for instrument in self.instruments)


def settle(request: BacktestRequest, lake: Lake) -> Settled:
    """Settle a request against the lake as it stands; no price is read, and no strategy made.

    Raises `BadInput`: an unknown or empty universe, unknown members, several calendars or
    currencies, a mode that the data can't carry, payments in another currency, a span without two
    sessions.
    """
    chosen, snapshot = _chosen(request, lake)
    instruments = chosen.instruments
    if not instruments or snapshot is None:
        raise _bad("universe", f"universe {request.universe_name!r} has no instruments {_WHY}")
    calendar = _only(request, "calendar", {instrument.calendar for instrument in instruments})
    _only(request, "currency", {instrument.currency for instrument in instruments})
    mode = settle_mode(request, instruments)
    ids = [instrument.instrument_id for instrument in instruments]
    acted = check_actions(request, instruments, lake.tellings(ids, snapshot=snapshot))
    settled = Settled(snapshot, instruments, mode, calendar, chosen.stored, acted)
    _check_span(request, settled, lake)
    return settled


def check(request: BacktestRequest, lake: Lake) -> None:
    """Raise `BadInput` for what the lake cannot carry; one's own code is not loaded for it."""
    settled = settle(request, lake)
    if not is_own(request.strategy):
        strategy = make_strategy(request.strategy, request.parameters)
        check_inputs(request, strategy, settled.instruments)


_WHY = "in the span: run `trii data ingest`, or widen the span"


def _chosen(request: BacktestRequest, lake: Lake) -> tuple[Chosen, str | None]:
    """The members, and the snapshot of what is read: memberships only where their days count.

    No snapshot of an empty lake, in which what is unknown is so as in any other.
    """
    snapshot = lake.standing((*PRICE_TABLES, MEMBERS))
    chosen = lake.choose(request.universe, request.members, snapshot=snapshot)
    if snapshot is None:
        return chosen, None
    if chosen.stored is None:
        return chosen, Snapshot.parse(snapshot).only(*(spec.name for spec in PRICE_TABLES))
    days = member_days(lake, chosen.stored, snapshot=snapshot)
    inside = tuple(
        instrument
        for instrument in chosen.instruments
        if days.any_between(instrument.instrument_id, request.start, request.end)
    )
    return Chosen(inside, chosen.stored), snapshot


def _check_span(request: BacktestRequest, settled: Settled, lake: Lake) -> None:
    """At least two sessions: one to decide at and one to be filled in."""
    whole = Extent(lake, settled.instrument_ids, settled.snapshot)
    if replace(whole, start=request.start, end=request.end).holds_sessions(2):
        return
    held = whole.sessions()
    told = f"it has {held[0]} to {held[1]}" if held else "it has none at all"
    asked = f"{request.start or 'the first'} to {request.end or 'the last'}"
    name = request.universe_name
    # Without any bar no other span would help: the universe is at fault.
    place = "start" if held else "universe"
    raise _bad(place, f"universe {name!r} has no two sessions in {asked}; {told}")


def _only(request: BacktestRequest, what: str, values: set[str]) -> str:
    if len(values) > 1:
        name = request.universe_name
        mixed = ", ".join(sorted(values))
        message = f"universe {name!r} mixes {mixed}: one {what} a backtest; take fewer instruments"
        raise _bad("universe", message)
    return values.pop()


def _bad(loc: str, message: str) -> BadInput:
    return BadInput(message, faults=[Fault(loc, message)])
