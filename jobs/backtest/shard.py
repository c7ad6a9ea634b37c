"""One shard: a block of instruments, read, run and written by whoever is handed its descriptor."""

import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from functools import lru_cache, partial

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict

from cluster.errors import BadInput, TriiError
from cluster.own_code.strategies import make
from cluster.stores.disk import Disk
from cluster.stores.lake import Lake
from cluster.stores.lake.extent import Extent
from cluster.stores.lake.known_prices import recorded
from cluster.stores.lake.member_days import member_days
from cluster.stores.lake.times import after
from cluster.stores.place import Place
from cluster.stores.places import at
from jobs.backtest import tables
from jobs.backtest.account import simulate
from jobs.backtest.plan import TIMEFRAME, BacktestPlan
from market.actions import Action, Delisting
from market.actions.standing import once_by
from market.arrays import Mask
from market.backtest import Costs, Mode, Panel, Sleeves, booked
from market.bars import Bars
from market.calendar import get_calendar
from market.errors import MarketError
from market.strategies import BASELINE, Strategy, make_strategy

UNDERWAY = ".underway"
"""How the file of a shard ends that is being computed."""
_KEPT_S = 7 * 86_400
_BARS_KEY = b"bars"


class Descriptor(BaseModel):
    """All that a shard needs, as plain values. Finished shards of a definition lie at the URL `folder`.

    `universe` is the stored one whose days of membership count, None where every day does. `delisted_by`
    is the last day of which a delisting has come, None where nobody is delisted.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    definition: str
    lake: str
    snapshot: str
    instrument_ids: tuple[str, ...]
    strategy: str
    source_hash: str
    parameters: dict[str, int | float]
    mode: Mode
    costs: Costs
    sleeve_cash: float
    calendar: str
    start: date | None
    end: date | None
    folder: str
    universe: str | None = None
    delisted_by: date | None = None

    @property
    def key(self) -> str:
        """sha256 of definition and members: the name of the shard's file."""
        text = "\0".join((self.definition, *self.instrument_ids))
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def equity_file(self) -> Place:
        """Written last: where it is, the shard is finished."""
        return at(self.folder) / f"{self.key}.parquet"

    @property
    def trades_file(self) -> Place:
        return at(self.folder) / f"{self.key}.trades.parquet"

    @property
    def mark(self) -> Place:
        """There while the shard is computed: whoever follows the run sees that it has begun."""
        return at(self.folder) / f"{self.key}{UNDERWAY}"


class ShardSummary(BaseModel):
    """What a shard tells its driver: counts, never data."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    instruments: int
    bars: int
    trades: int
    reused: bool


def describe(plan: BacktestPlan, *, lake: Lake, folder: Place) -> list[Descriptor]:
    """One descriptor a block of the plan."""
    delisted_by = _delisted_by(plan, lake)
    return [
        Descriptor(
            definition=plan.definition,
            lake=lake.root,
            snapshot=plan.snapshot,
            instrument_ids=block,
            strategy=plan.request.strategy,
            source_hash=plan.source_hash,
            parameters=plan.parameters,
            mode=plan.mode,
            costs=plan.request.costs,
            sleeve_cash=plan.sleeve_cash,
            calendar=plan.calendar,
            start=plan.request.start,
            end=plan.request.end,
            folder=folder.url,
            universe=plan.universe,
            delisted_by=delisted_by,
        )
        for block in plan.blocks()
    ]


def _delisted_by(plan: BacktestPlan, lake: Lake) -> date | None:
    """The end, or the session after the last that the lake holds, of whomever: a halt ends unseen."""
    told = lake.actions(plan.instrument_ids, snapshot=plan.snapshot)
    if not any(isinstance(action, Delisting) for action in told):
        return None
    listed = lake.directory(snapshot=plan.snapshot).instruments
    ids = tuple(instrument.instrument_id for instrument in listed)
    held, end = Extent(lake, ids, plan.snapshot).sessions(), plan.request.end or date.max
    return min(end, get_calendar(plan.calendar).next_session(held[1])) if held else end


def run_shard(descriptor: Descriptor) -> ShardSummary:
    """Read the lake at the pinned snapshot, run, write the shard's files; a finished one is kept.

    Safe to kill and to run twice: files appear whole, under names that say what they hold.
    """
    reused = descriptor.equity_file.exists()
    if not reused:
        with _marked(descriptor):
            _compute(descriptor)
    return ShardSummary(
        key=descriptor.key,
        instruments=len(descriptor.instrument_ids),
        bars=_rows(descriptor.equity_file),
        trades=_rows(descriptor.trades_file),
        reused=reused,
    )


@contextmanager
def _marked(descriptor: Descriptor) -> Iterator[None]:
    descriptor.mark.write_bytes(b"")
    try:
        yield
    finally:
        descriptor.mark.remove()


def _compute(descriptor: Descriptor) -> None:
    found, member = _read(descriptor), None
    equity, trades = tables.EQUITY_SCHEMA.empty_table(), tables.TRADES_SCHEMA.empty_table()
    if found:
        told = [action for _, actions in found.values() for action in actions]
        bars = [one for one, _ in found.values()]
        panel = Panel.from_bars(bars, actions=told, end=descriptor.delisted_by)
        member = _member(descriptor, panel)
        strategy, baseline = _simulate(descriptor, panel, member)
        equity = tables.equity(strategy, baseline)
        trades = tables.trades(strategy, mode=descriptor.mode)
    # Trades first: where the equity's file stands the shard counts as finished.
    _write(descriptor.trades_file, trades)
    hashes = {
        name: read_hash(*read, None if member is None else member[row])
        for row, (name, read) in enumerate(found.items())
    }
    _write(descriptor.equity_file, equity.replace_schema_metadata({_BARS_KEY: json.dumps(hashes)}))


def _read(descriptor: Descriptor) -> dict[str, tuple[Bars, list[Action]]]:
    """Bars up to the end and what is told of actions that were once to happen by it, by instrument."""
    lake, members = _opened(descriptor.lake), set(descriptor.instrument_ids)
    listed = lake.directory(snapshot=descriptor.snapshot).instruments
    # From the first bar of each, whatever the start: by then the strategy's inputs must be defined.
    found = recorded(
        lake,
        [instrument for instrument in listed if instrument.instrument_id in members],
        timeframe=TIMEFRAME,
        end=after(descriptor.end),
        snapshot=descriptor.snapshot,
    )
    end = descriptor.end or date.max
    return {
        name: (
            bars,
            [action for action in once_by(actions, end) if booked(action, bars)],
        )
        for name, (whole, actions) in found.items()
        # A session after the end may open before its midnight, as those of CMES do.
        if len(bars := whole.take(whole.session <= np.datetime64(end)))
    }


@lru_cache(maxsize=1)
def _opened(root: str) -> Lake:
    """One lake for all shards of a process: its tables are opened and its directory is read once."""
    return Lake(root)


def read_hash(bars: Bars, actions: list[Action], member: Mask | None = None) -> str:
    """The SHA-256 of bars, of all that is told of what is booked, and of the days on which they count.

    That of the bars alone where nothing is booked and every day counts.
    """
    told = "".join(sorted(f"\0{action}" for action in actions)).encode()
    if member is not None:
        told += b"\0" + member.tobytes()
    if not told:
        return bars.sha256()
    return hashlib.sha256(bars.sha256().encode() + told).hexdigest()


def bar_hashes(descriptor: Descriptor) -> dict[str, str]:
    """The SHA-256 of the bars and actions that a finished shard has read, by instrument."""
    with descriptor.equity_file.open() as file:
        found: dict[str, str] = json.loads(pq.read_schema(file).metadata[_BARS_KEY])
        return found


def _simulate(descriptor: Descriptor, panel: Panel, member: Mask | None) -> tuple[Sleeves, Sleeves]:
    """The strategy and, on the same bars at the same costs, the baseline. Raises BadInput."""
    chosen = make(descriptor.strategy, descriptor.parameters, source=descriptor.source_hash)
    try:
        strategy = _run(descriptor, panel, chosen, member)
    except (TriiError, MarketError):
        raise
    except Exception as exc:  # one's own code may raise anything
        raise BadInput(f"strategy {descriptor.strategy}: {type(exc).__name__}: {exc}") from exc
    return strategy, _run(descriptor, panel, make_strategy(BASELINE, {}), member)


def _run(descriptor: Descriptor, panel: Panel, strategy: Strategy, member: Mask | None) -> Sleeves:
    return simulate(
        panel,
        strategy,
        mode=descriptor.mode,
        costs=descriptor.costs,
        sleeve_cash=descriptor.sleeve_cash,
        instruments=len(descriptor.instrument_ids),
        calendar=partial(get_calendar, descriptor.calendar),
        start=descriptor.start,
        member=member,
    )


def _member(descriptor: Descriptor, panel: Panel) -> Mask | None:
    """Who was a member at each session, as known at its close (m, n); None where everybody was."""
    if descriptor.universe is None:
        return None
    lake = _opened(descriptor.lake)
    days = member_days(lake, descriptor.universe, snapshot=descriptor.snapshot)
    # Without a bar of its own, as of the latest close of the others.
    closed = np.where(np.isnat(panel.closed), np.fmax.reduce(panel.closed, axis=0), panel.closed)
    rows = [
        days.mask(name, panel.session, closed[row]) for row, name in enumerate(panel.instrument_ids)
    ]
    return np.array(rows)


def sweep_shards(root: Place, *, now: datetime) -> None:
    """Remove shards that nothing has written to for a week: nobody will resume them.

    On a disk alone: a bucket removes old objects by a rule of its own, and would be asked for all
    names there are.
    """
    if not isinstance(root, Disk):
        return
    for folder in root.path.glob("*"):
        if now.timestamp() - folder.stat().st_mtime > _KEPT_S:
            shutil.rmtree(folder, ignore_errors=True)


def _rows(place: Place) -> int:
    with place.open() as file:
        return int(pq.read_metadata(file).num_rows)


def _write(place: Place, table: pa.Table) -> None:
    with place.writing() as file:
        pq.write_table(table, file, compression="zstd")
