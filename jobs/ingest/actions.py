"""Corporate actions declared for what the lake holds already: a file of them, or a single one."""

import time
from datetime import datetime
from pathlib import Path

from cluster.errors import BadInput, NotFound
from cluster.providers.files import FilesRequest
from cluster.providers.files.actions import Declared
from cluster.providers.files.records import Value
from cluster.stores.lake import Lake
from cluster.stores.lake.actions import id_of
from jobs.ingest.report import IngestReport
from market.actions import Action, Rename
from market.arrays import Days, Floats


def take_actions(lake: Lake, path: Path, request: FilesRequest, *, now: datetime) -> IngestReport:
    """Commit the actions of a file for the instruments of a dataset. Raises BadInput by row."""
    began = time.perf_counter()
    actions = declared(lake, request.dataset).of_file(path, request)
    written = _commit(lake, request.dataset, actions, now=now, withdrawn=False)
    return IngestReport(
        dataset=request.dataset,
        snapshot=lake.snapshot(),
        instruments=len({action.instrument_id for action in actions}),
        timeframes=(),
        actions=written,
        seconds=round(time.perf_counter() - began, 3),
    )


def record(
    lake: Lake, dataset: str, row: dict[str, Value], *, now: datetime, withdrawn: bool
) -> tuple[Action, int]:
    """Commit one action, or call it off; with how many rows are new or changed. Raises BadInput."""
    action = declared(lake, dataset).of_row(row, at=f"{row['symbol']}", check=not withdrawn)
    if withdrawn and id_of(action) not in lake.action_ids([action.instrument_id]):
        what = f"{action.kind} of {action.instrument_id} on {action.ex_date}"
        raise NotFound(
            f"{what}: the lake has none to call off; say its kind and ex-date as recorded"
        )
    return action, _commit(lake, dataset, [action], now=now, withdrawn=withdrawn)


def declared(lake: Lake, dataset: str) -> Declared:
    """Reads actions of a dataset's instruments. Raises BadInput for one that the lake lacks."""
    instruments = [instrument for instrument in lake.instruments() if instrument.dataset == dataset]
    if not instruments:
        known = (
            ", ".join(sorted({instrument.dataset for instrument in lake.instruments()}))
            or "none yet"
        )
        raise BadInput(f"dataset {dataset[:40]!r}: the lake has no such: {known}")

    def closes(instrument_id: str) -> tuple[Days, Floats] | None:
        bars = lake.histories([instrument_id], timeframe="1Day").get(instrument_id)
        return None if bars is None else (bars.session, bars.close)

    return Declared(dataset, instruments, closes)


def _commit(
    lake: Lake, dataset: str, actions: list[Action], *, now: datetime, withdrawn: bool
) -> int:
    if any(isinstance(action, Rename) for action in actions):
        raise BadInput(
            "a rename says which rows of prices are whose: give it beside them, with --files and "
            "--actions together; nothing was written"
        )
    if not actions:
        return 0
    result = lake.append_actions(dataset, actions, recorded_at=now, withdrawn=withdrawn)
    return result.written
