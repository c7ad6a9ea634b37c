"""The ingest: window by window from the provider, through the screen, into the lake."""

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import pyarrow as pa

from cluster.clock import Clock, utc_now
from cluster.providers import Provider, get_provider
from cluster.providers.kit.patience import Patience
from cluster.settings import Settings
from cluster.stores.lake import Lake
from cluster.stores.lake.actions import id_of
from jobs.freshness import last_sessions
from jobs.ingest.quarantine import hold
from jobs.ingest.report import IngestReport, Meter, Tally, TimeframeReport
from jobs.ingest.screening import REFUSED_SCHEMA, Screen, by_id
from jobs.ingest.standing import Window, check_adjustment, held_ids, windows
from market.actions import Action
from market.bars import BAR_SCHEMA
from market.instruments import Instrument

Tell = Callable[[str], None]
"""Told each step as it begins or gets on, in words."""


def ingest(
    settings: Settings,
    *,
    dataset: str,
    clock: Clock = utc_now,
    progress: Tell = lambda _: None,
    provider: Provider | None = None,
    symbols: Sequence[str] = (),
    since: date | None = None,
    patience: Patience | None = None,
) -> IngestReport:
    """Bring a dataset up to the last session closed at `clock()`.

    Bars that validation refuses go to quarantine with their reason; the good ones are committed,
    one window a commit. `provider` takes the place of the one that `dataset` names. `symbols` are
    the ones to take where a source has too many; without, those that the lake holds already.
    `since` reads again from that session on, and from an earlier one where the lake holds no more:
    no gap is left.

    Raises BadInput for what is wrong with the input (nothing is written), ProviderError for a
    source that fails and StoreError for a store: then the commits before it stand, and a rerun
    goes on from there.
    """
    began = time.perf_counter()
    progress(f"{dataset}: opening the source")
    lake = Lake.of(settings)
    if provider is None:
        wanted = symbols or held_ids(lake, dataset)
        provider = get_provider(dataset, settings=settings, symbols=wanted)
    patience = patience or Patience()
    instruments = patience.run(provider.instruments, told=progress)
    check_adjustment(lake, instruments)
    run = _Run(provider, lake, instruments, clock(), progress, patience, since)
    reports = tuple(run.take(timeframe) for timeframe in provider.timeframes)
    return IngestReport(
        dataset=dataset,
        actions=run.take_actions(),
        snapshot=lake.snapshot(),
        instruments=len(by_id(instruments)),
        timeframes=reports,
        seconds=round(time.perf_counter() - began, 3),
        notes=provider.remarks(),
        findings=provider.findings(),
    )


@dataclass
class _Run:
    """One ingest on its way: instruments are written with the first bars, and once."""

    provider: Provider
    lake: Lake
    instruments: list[Instrument]
    now: datetime
    progress: Tell
    patience: Patience
    since: date | None
    listed: bool = False

    @property
    def dataset(self) -> str:
        return self.provider.dataset

    def take(self, timeframe: str) -> TimeframeReport:
        began = time.perf_counter()
        first, last = self.provider.span(timeframe, now=self.now)
        pieces = self._pieces(timeframe, first, last)
        self.progress(f"{self.dataset} {timeframe}: reading {first} to {last}")
        meter = Meter(sum(len(by_id(piece.instruments)) for piece in pieces))
        tally = Tally()
        for piece in pieces:
            good, refused = self.patience.run(
                lambda piece=piece: self._screened(timeframe, piece, meter),  # type: ignore[misc]  # the default only binds it
                told=self.progress,
            )
            self._commit(timeframe, good, refused, tally)
        if not pieces:  # nothing is due: the tables are there all the same
            self._commit(timeframe, BAR_SCHEMA.empty_table(), REFUSED_SCHEMA.empty_table(), tally)
        return TimeframeReport(
            timeframe=timeframe,
            first_session=first,
            last_session=last,
            written=tally.written,
            restated=tally.restated,
            unchanged=tally.unchanged,
            refused=dict(tally.refused),
            seconds=round(time.perf_counter() - began, 3),
        )

    def take_actions(self) -> int:
        """Commit the corporate actions of the whole span; returns how many are new or changed."""
        first, last = self.provider.span(self.provider.timeframes[0], now=self.now)
        actions = self.patience.run(
            lambda: list(self.provider.actions(self.instruments, start=first, end=last)),
            told=self.progress,
        )
        known = self._to_commit(action for action in actions if action.available_at <= self.now)
        if not known:
            return 0
        self.progress(f"{self.dataset}: committing {len(known):,} corporate actions")
        return self.lake.append_actions(self.dataset, known, recorded_at=self.now).written

    def _to_commit(self, actions: Iterable[Action]) -> list[Action]:
        """Without those that prices only show, where the lake was told: what was declared stands.

        So does what was called off.
        """
        found = list(actions)
        shown = {id_of(action) for action in self.provider.shown_actions()}
        held = self.lake.action_ids({action.instrument_id for action in found}) if shown else set()
        return [action for action in found if id_of(action) not in shown & held]

    def _pieces(self, timeframe: str, first: date, last: date) -> list[Window]:
        length = self.provider.window(timeframe)
        held: dict[str, date] = {}
        if length is not None:
            held = last_sessions(self.lake, self.dataset, timeframe)
        if self.since is not None:
            first = max(first, self.since)
            held = {name: min(day, first) for name, day in held.items()}
        return windows(self.instruments, first=first, last=last, length=length, held=held)

    def _screened(self, timeframe: str, piece: Window, meter: Meter) -> tuple[pa.Table, pa.Table]:
        """Good and refused bars of a window, all of it: a part of one is never committed."""
        screen = Screen(
            timeframe,
            by_id(piece.instruments),
            piece.start,
            piece.end,
            self.now,
            thinly_traded=self.provider.thinly_traded,
        )
        good, refused = [BAR_SCHEMA.empty_table()], [REFUSED_SCHEMA.empty_table()]
        tables = self.provider.bars(
            timeframe, piece.instruments, start=piece.start, end=piece.end, recorded_at=self.now
        )
        for table in tables:
            fit, unfit = screen.apply(table)
            good.append(fit)
            refused.append(unfit)
            meter.add(table.num_rows)
            if meter.due():
                self.progress(f"{self.dataset} {timeframe}: {meter}")
        return pa.concat_tables(good), pa.concat_tables(refused)

    def _commit(self, timeframe: str, good: pa.Table, refused: pa.Table, tally: Tally) -> None:
        # Before the first bars: whoever finds those finds their instruments.
        if not self.listed:
            self.lake.append_instruments(self.dataset, self.instruments, recorded_at=self.now)
            self.listed = True
        self.progress(
            f"{self.dataset} {timeframe}: committing what is new in {good.num_rows:,} bars"
        )
        # Refused bars first: the next run begins at the last bar that stands, so where this one
        # dies after the others were committed it would not be given these again.
        held = hold(self.lake, self.dataset, timeframe, refused, recorded_at=self.now)
        result = self.lake.append_bars(self.dataset, timeframe, good, recorded_at=self.now)
        tally.add(result, held)
