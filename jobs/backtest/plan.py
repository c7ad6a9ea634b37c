"""From a request to a plan: members, mode, snapshot, all settled and checked before anything runs."""

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from cluster.errors import BadInput, Fault
from cluster.own_code.records import FOLDER as LEAK_CHECKS
from cluster.own_code.sources import source_hash
from cluster.own_code.strategies import Chosen, choose
from cluster.requests.backtest import BacktestRequest
from cluster.requests.job import check_job_id
from cluster.stores.lake import Lake
from cluster.stores.lake.extent import Extent
from cluster.universes.backtest import settle
from cluster.universes.carries import check_inputs
from market.backtest import Mode
from market.calendar import get_calendar
from market.errors import MarketError
from market.instruments import Instrument
from market.strategies import Strategy
from market.strategies.core.base import Scope

TIMEFRAME = "1Day"
SHARDS = "shards"
"""The folder of finished shards, beside those of the runs."""
_TAKEN = frozenset(
    {SHARDS, LEAK_CHECKS, "jobs", "bundles"}
)  # folders of the results that are no run
_MOST_SHARDS, _LEAST_INSTRUMENTS = 16, 4
# On one core, reading and report included.
_BARS_A_SECOND = 150_000
_IN_PROCESS_S = 6.0
# Each shard opens files of its own, reads row groups that others read too, and is gathered again.
_LEAST_BARS = _BARS_A_SECOND // 2


@dataclass(frozen=True)
class BacktestPlan:
    """A request with everything settled that it left open.

    `snapshot` names the tables that a backtest reads and no others: what runs write themselves
    does not move it. `source_hash` is that of the strategy's source as it was planned. `universe` is
    the stored universe whose days of membership count, None where every day does. `bars` are all that
    the members have in the span, every vintage counted, `acted` those of them whose raw prices had
    splits or payments.
    """

    request: BacktestRequest
    chosen: Chosen
    mode: Mode
    lake_id: str
    snapshot: str
    instruments: tuple[Instrument, ...]
    calendar: str
    sessions_per_year: int
    source_hash: str
    code: Mapping[str, str]
    universe: str | None = None
    bars: int = 0
    leak_check: Mapping[str, Any] | None = None
    acted: frozenset[str] = frozenset()

    @property
    def is_small(self) -> bool:
        """Six seconds of work or less: on Ray its workers would take longer to start."""
        return self.bars <= _IN_PROCESS_S * _BARS_A_SECOND

    @property
    def instrument_ids(self) -> tuple[str, ...]:
        return tuple(instrument.instrument_id for instrument in self.instruments)

    @property
    def universe_name(self) -> str:
        """What the universe is called where results are shown."""
        return self.request.universe_name

    @property
    def family(self) -> str:
        """The family of ideas that the run is judged with."""
        return self.request.family or self.chosen.strategy.name

    @property
    def parameters(self) -> dict[str, float]:
        """Every parameter of the strategy with the value it runs with."""
        return {**self.chosen.strategy.defaults(), **self.request.parameters}

    @property
    def scope(self) -> Scope:
        """Whether each instrument has a sleeve of its own, or all share one account."""
        return self.chosen.strategy.scope()

    @property
    def sleeve_cash(self) -> float:
        """What each instrument starts with: an equal part of the cash."""
        return float(self.request.initial_cash) / len(self.instruments)

    def blocks(self) -> list[tuple[str, ...]]:
        """The shards' members: 16 blocks or fewer, of four consecutive instruments or more.

        Fewer where they would be of less than half a second each. One of all where they share an
        account.
        """
        ids = self.instrument_ids
        if self.scope == "portfolio":
            return [ids]
        most = min(_MOST_SHARDS, max(1, self.bars // _LEAST_BARS))
        size = max(_LEAST_INSTRUMENTS, -(-len(ids) // most))
        return [ids[first : first + size] for first in range(0, len(ids), size)]

    def settled_request(self) -> dict[str, Any]:
        """The request as JSON, with the family, the mode and every parameter filled in."""
        filled = {
            "strategy": self.chosen.name,
            "family": self.family,
            "mode": self.mode,
            "parameters": self.parameters,
        }
        return {**self.request.model_dump(mode="json"), **filled}

    @property
    def definition(self) -> str:
        """sha256 of all that decides the result: equal definitions give equal bytes.

        The family does not: it says what the result is judged with.
        """
        request = self.settled_request()
        del request["family"]
        parts = {
            "request": request,
            "lake": self.lake_id,
            "snapshot": self.snapshot,
            "instruments": self.instrument_ids,
            "code": dict(self.code),
        }
        if self.chosen.code:
            # Of what is shipped the code's versions tell.
            parts["source"] = self.source_hash
        text = json.dumps(parts, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def make_plan(request: BacktestRequest, *, lake: Lake, code: Mapping[str, str]) -> BacktestPlan:
    """Settle a request against the lake as it stands.

    Raises `BadInput` as `cluster.universes.backtest.settle`, and for a strategy of one's own that
    can't be used, one that refuses its parameters, or one that reads what the data lack.
    """
    chosen = choose(request.strategy)
    settled = settle(request, lake)
    check_inputs(request, _made(chosen.strategy, request), settled.instruments)
    bars = Extent(lake, settled.instrument_ids, settled.snapshot, request.start, request.end)
    return BacktestPlan(
        request=request,
        chosen=chosen,
        mode=settled.mode,
        lake_id=lake.identity() or "",
        snapshot=settled.snapshot,
        instruments=settled.instruments,
        calendar=settled.calendar,
        sessions_per_year=get_calendar(settled.calendar).sessions_per_year,
        source_hash=source_hash(chosen.strategy, chosen.code),
        code=code,
        universe=settled.stored,
        bars=bars.count(),
        acted=settled.acted,
    )


def new_run_id(plan: BacktestPlan, *, now: datetime) -> str:
    """An id that sorts by time, names its definition and is unique.

    Such as bt-20260102t030405678-3f9a1c2b-7e10.
    """
    moment = now.astimezone(UTC)
    # In small letters, as every id of the queue.
    stamp = f"{moment:%Y%m%dt%H%M%S}{moment.microsecond // 1000:03d}"
    return f"bt-{stamp}-{plan.definition[:8]}-{secrets.token_hex(2)}"


def check_run_id(run_id: str) -> str:
    """The id itself, any that the queue makes. Raises `BadInput` for another.

    It names a folder among the results, where finished shards, jobs and bundles lie too.
    """
    if run_id in _TAKEN:
        raise _bad("id", f"id: {run_id} is a folder of the results that is no run; choose another")
    return check_job_id(run_id)


def _made(kind: type[Strategy], request: BacktestRequest) -> Strategy:
    """With the request's parameters, which only its own class can refuse. Raises `BadInput`."""
    if refusals := kind.refusals(request.parameters):
        faults = [Fault(f"parameters.{refusal.parameter}", refusal.clause) for refusal in refusals]
        raise BadInput(
            f"backtest: {'; '.join(refusal.clause for refusal in refusals)}", faults=faults
        )
    try:
        strategy = kind(**request.parameters)
        strategy.reads()
    except MarketError as exc:
        raise _bad("strategy", str(exc)) from exc
    return strategy


def _bad(loc: str, message: str) -> BadInput:
    return BadInput(message, faults=[Fault(loc, message)])
