"""What the lake holds of a dataset already, and what must not be put beside it."""

from collections.abc import Iterable
from datetime import date, timedelta

from cluster.errors import BadInput
from cluster.stores.lake import Lake
from market.instruments import Instrument

# An ingest that dies may leave the last actions to the next one.
_SETTLING = timedelta(days=31)


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
