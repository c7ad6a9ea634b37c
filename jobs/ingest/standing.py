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
    ends = [one.last_session for one in lake.holdings() if one.dataset == dataset]
    passed = min(ends, default=date.min + _SETTLING) - _SETTLING
    return tuple(
        dict.fromkeys(
            one.instrument_id
            for one in lake.instruments()
            if one.dataset == dataset and (one.valid_to is None or one.valid_to > passed)
        )
    )


def check_adjustment(lake: Lake, instruments: Iterable[Instrument]) -> None:
    """Raise BadInput where adjusted prices would stand beside raw ones of the same instrument."""
    standing = {one.instrument_id: one.adjusted for one in lake.instruments()}
    for one in instruments:
        if standing.get(one.instrument_id, one.adjusted) != one.adjusted:
            kinds = ("adjusted", "raw") if one.adjusted else ("raw", "adjusted")
            raise BadInput(
                f"{one.instrument_id}: {kinds[0]} prices, but the lake holds {kinds[1]} ones: "
                "mixed adjustments; take another dataset name for them"
            )
