"""Whether a universe's data can carry a request: its mode, and what its strategy reads."""

from collections.abc import Iterable

from cluster.errors import BadInput, Fault
from cluster.requests.backtest import BacktestRequest
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


def _kinds(instruments: Iterable[Instrument]) -> set[tuple[Fields, bool]]:
    return {(instrument.fields, instrument.adjusted) for instrument in instruments}


def _bad(loc: str, request: BacktestRequest, exc: DataNotFit) -> BadInput:
    message = f"universe {request.universe!r}: {exc}"
    return BadInput(message, faults=[Fault(loc, message)])
