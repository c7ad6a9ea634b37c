"""What the lake holds of a dataset already: what is still to be taken, and what must not stand beside it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from cluster.errors import BadInput
from cluster.stores.lake import Lake
from market.instruments import Instrument

_DAY = timedelta(days=1)
# An ingest that dies may leave the last actions to the next one.
_SETTLING = timedelta(days=31)


@dataclass(frozen=True)
class Window:
    """Sessions from `start` to `end`, both included, of these instruments."""

    start: date
    end: date
    instruments: tuple[Instrument, ...]


def windows(
    instruments: Iterable[Instrument],
    *,
    first: date,
    last: date,
    length: timedelta | None,
    held: Mapping[str, date],
) -> list[Window]:
    """The pieces in time order, each at most `length` long; without a length the span in one.

    An instrument begins again at the last session held of it, so that a late correction of that
    one is seen, and ends where its last symbol does.
    """
    rows: dict[str, list[Instrument]] = defaultdict(list)
    for instrument in instruments:
        rows[instrument.instrument_id].append(instrument)
    if length is None:
        whole = Window(
            first, last, tuple(instrument for group in rows.values() for instrument in group)
        )
        return [whole] if first <= last else []
    spans = {name: _span(group, first, last, held.get(name)) for name, group in rows.items()}
    starts = [start for start, end in spans.values() if start <= end]
    pieces = []
    start = min(starts, default=last + _DAY)
    while start <= last:
        end = min(start + length - _DAY, last)
        wanted = [name for name, (begin, stop) in spans.items() if begin <= end and start <= stop]
        chosen = tuple(instrument for name in wanted for instrument in rows[name])
        if chosen:
            pieces.append(Window(start, end, chosen))
        start = end + _DAY
    return pieces


def _span(rows: list[Instrument], first: date, last: date, held: date | None) -> tuple[date, date]:
    """First and last session to take of one instrument; the first after the last: none."""
    begin = max(first, min(instrument.valid_from for instrument in rows)) if held is None else held
    ends = [
        last if instrument.valid_to is None else instrument.valid_to - _DAY for instrument in rows
    ]
    return begin, min(last, max(ends))


def held_ids(lake: Lake, dataset: str) -> tuple[str, ...]:
    """The instruments of a dataset that may have bars or actions to come.

    By id: a symbol may have changed since, or belong to another by now. One whose end is known is
    among them until the ingests have passed it by a month.
    """
    ends = [holding.last_session for holding in lake.holdings() if holding.dataset == dataset]
    passed = min(ends, default=date.min + _SETTLING) - _SETTLING
    return tuple(
        dict.fromkeys(
            instrument.instrument_id
            for instrument in lake.instruments()
            if instrument.dataset == dataset
            and (instrument.valid_to is None or instrument.valid_to > passed)
        )
    )


def check_adjustment(lake: Lake, instruments: Iterable[Instrument]) -> None:
    """Raise BadInput where adjusted prices would stand beside raw ones of the same instrument."""
    standing = {instrument.instrument_id: instrument.adjusted for instrument in lake.instruments()}
    for instrument in instruments:
        if standing.get(instrument.instrument_id, instrument.adjusted) != instrument.adjusted:
            kinds = ("adjusted", "raw") if instrument.adjusted else ("raw", "adjusted")
            raise BadInput(
                f"{instrument.instrument_id}: {kinds[0]} prices, but the lake holds {kinds[1]} ones: "
                "mixed adjustments; take another dataset name for them"
            )
