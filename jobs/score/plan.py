"""From a request to a plan: model, snapshot, members and span, settled before anything is scored."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np

from cluster.errors import BadInput, Fault
from cluster.requests.score import ScoreRequest
from cluster.stores.lake import Lake
from cluster.stores.lake.announced import announced
from cluster.stores.lake.blocks import blocks
from cluster.stores.lake.known import sessions
from cluster.stores.lake.tables import ACTIONS, BARS, INSTRUMENTS, MEMBERS
from cluster.universes.score import members
from jobs.score.model import Model
from jobs.score.task import Task
from market.arrays import Days, from_day

# The slower of the shipped feature sets on one core, reading included: docs/scoring.md.
_SESSIONS_A_SECOND = 100_000
_IN_PROCESS_S = 2.0


@dataclass(frozen=True)
class ScorePlan:
    """What will be scored: sessions from `start` to `end`, both of which exist, of these instruments.

    `sessions` counts them over all instruments. `skipped` says, by instrument, why it is left out.
    `snapshot` names the tables that are read, so that the same data have the same one. `universe` is
    the stored one whose days of membership count, None where every day does.
    """

    model: Model
    snapshot: str
    instrument_ids: tuple[str, ...]
    start: date
    end: date
    sessions: int
    skipped: Mapping[str, str]
    universe: str | None = None

    @property
    def is_small(self) -> bool:
        """Less than two seconds of work: Ray would cost more than it gives."""
        return self.sessions < _IN_PROCESS_S * _SESSIONS_A_SECOND

    def tasks(self, lake: Lake) -> list[Task]:
        """One task a block of instruments."""
        parts = blocks(lake, self.instrument_ids, timeframe="1Day", snapshot=self.snapshot)
        folder, sha256 = self.model.folder.url, self.model.sha256
        return [Task(part, folder, sha256, self.start, self.end, self.universe) for part in parts]


def make_plan(request: ScoreRequest, *, lake: Lake, model: Model, now: datetime) -> ScorePlan:
    """Settle a request against the lake as it stands.

    Raises BadInput: unknown or empty universe, unknown symbols, a span without sessions, and a span
    before whose end no instrument has the closes that the model reads.
    """
    snapshot = lake.snapshot((BARS, INSTRUMENTS, ACTIONS, MEMBERS))
    chosen = members(request, lake, snapshot=snapshot, today=now.date())
    ids = tuple(instrument.instrument_id for instrument in chosen.instruments)
    held = sessions(lake, ids, snapshot=snapshot)
    start, end = _span(request, held)
    asked = {name: _between(held.get(name, _NONE), start, end) for name in ids}
    faults = {
        name: f"has prices that cannot be adjusted: {fault}"
        for name, told in announced(lake, ids, snapshot=snapshot).items()
        if (fault := told.fault())
    }
    skipped = {
        name: text
        for name in ids
        if (text := faults.get(name) or _reason(asked[name], model.lookback))
    }
    if len(skipped) == len(ids):
        message = f"nothing to score: {ids[0]} {skipped[ids[0]]}"
        raise _bad("start", f"{message}, and no other instrument has more")
    return ScorePlan(
        model=model,
        snapshot=snapshot,
        instrument_ids=tuple(name for name in ids if name not in skipped),
        start=start,
        end=end,
        sessions=sum(len(range(*asked[name])) for name in ids if name not in skipped),
        skipped=skipped,
        universe=chosen.stored,
    )


_NONE: Days = np.array([], dtype="datetime64[D]")


def _span(request: ScoreRequest, held: Mapping[str, Days]) -> tuple[date, date]:
    """The first and the last session in the span. Raises BadInput where there is none."""
    every = np.unique(np.concatenate([_NONE, *held.values()]))
    first, last = _between(every, request.start, request.end)
    if first == last:
        has = f"they have {every[0]} to {every[-1]}" if len(every) else "they have none at all"
        asked = f"{request.start or 'the first'} to {request.end or 'the last'}"
        raise _bad("start", f"no session of these instruments from {asked}; {has}")
    return from_day(every[first]), from_day(every[last - 1])


def _between(days: Days, start: date | None, end: date | None) -> tuple[int, int]:
    """The rows of sorted days from start to end, both included, half-open."""
    first = 0 if start is None else np.searchsorted(days, np.datetime64(start, "D"))
    last = len(days) if end is None else np.searchsorted(days, np.datetime64(end, "D"), "right")
    return int(first), int(last)


def _reason(asked: tuple[int, int], lookback: int) -> str:
    """Why an instrument cannot be scored in the span; empty where it can."""
    first, last = asked
    if first == last:
        return "has no bars in the span"
    if last < lookback:
        return f"has {last} sessions up to the end of the span, and one answer reads {lookback}"
    return ""


def _bad(loc: str, message: str) -> BadInput:
    return BadInput(message, faults=[Fault(loc, message)])
