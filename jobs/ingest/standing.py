"""What the lake holds of a dataset already, and what must not be put beside it."""

from collections.abc import Iterable

from cluster.errors import BadInput
from cluster.stores.lake import Lake
from market.instruments import Instrument


def held_symbols(lake: Lake, dataset: str) -> tuple[str, ...]:
    """The symbols of a dataset that still hold."""
    held = [one for one in lake.instruments() if one.dataset == dataset and one.valid_to is None]
    return tuple(one.symbol for one in held)


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
