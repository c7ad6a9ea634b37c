"""Whether a universe's data can carry a request: its mode, what its strategy reads, its actions."""

from collections.abc import Iterable
from datetime import date

from cluster.errors import BadInput, Fault
from cluster.requests.backtest import BacktestRequest
from market.actions import Action
from market.actions.adjustment import KINDS, check_currency
from market.actions.standing import ever_counted, standing
from market.backtest import Mode, choose_mode, require_inputs, require_mode
from market.errors import DataNotFit
from market.instruments import Fields, Instrument
from market.strategies import Strategy


def settle_mode(request: BacktestRequest, instruments: Iterable[Instrument]) -> Mode:
    """The mode asked for, or the one that the data can carry. Raises `BadInput` with the remedy."""
    try:
        kinds = _kinds(instruments)
        modes = {request.mode or choose_mode(fields, adjusted=adj) for fields, adj in kinds}
        for fields, adjusted in kinds:
            for mode in modes:
                require_mode(mode, fields=fields, adjusted=adjusted)
    except DataNotFit as exc:
        raise _bad("mode", request, exc) from exc
    return modes.pop()


def check_inputs(
    request: BacktestRequest, strategy: Strategy, instruments: Iterable[Instrument]
) -> None:
    """Raise `BadInput`, with the remedy, where an instrument lacks what the strategy reads."""
    try:
        for fields, adjusted in sorted(_kinds(instruments)):
            require_inputs(strategy, fields=fields, adjusted=adjusted)
    except DataNotFit as exc:
        raise _bad("strategy", request, exc) from exc


def check_actions(
    request: BacktestRequest, instruments: Iterable[Instrument], tellings: Iterable[Action]
) -> frozenset[str]:
    """The instruments with raw prices that had splits or payments until the end.

    Raises `BadInput` for a payment in another currency than that of the prices, also where it was
    told so for a while only: signals of those days are of what was known then.
    """
    raw = {
        instrument.instrument_id: instrument.currency
        for instrument in instruments
        if not instrument.adjusted
    }
    end = request.end or date.max
    told = [
        action
        for action in tellings
        if action.instrument_id in raw and isinstance(action, KINDS["all"])
    ]
    try:
        for action in _until(end, ever_counted(told)):
            check_currency([action], KINDS["all"], raw[action.instrument_id])
    except DataNotFit as exc:
        raise _bad("universe", request, exc) from exc
    return frozenset(action.instrument_id for action in _until(end, standing(told)))


def _until(end: date, actions: Iterable[Action]) -> list[Action]:
    return [action for action in actions if action.ex_date <= end]


def _kinds(instruments: Iterable[Instrument]) -> set[tuple[Fields, bool]]:
    return {(instrument.fields, instrument.adjusted) for instrument in instruments}


def _bad(loc: str, request: BacktestRequest, exc: DataNotFit) -> BadInput:
    message = f"universe {request.universe_name!r}: {exc}"
    return BadInput(message, faults=[Fault(loc, message)])
