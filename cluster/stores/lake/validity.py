"""When a symbol holds: half-open intervals of dates, so that one ends on the day the next begins."""

from collections import defaultdict
from collections.abc import Iterable
from itertools import combinations

from cluster.errors import BadInput
from market.instruments import Instrument


def check_intervals(instruments: Iterable[Instrument]) -> None:
    """Raise BadInput if two rows claim a symbol, or an instrument has two symbols, on one day."""
    claims: dict[tuple[str, str], list[Instrument]] = defaultdict(list)
    for instrument in instruments:
        for claimed in {instrument.symbol, instrument.instrument_id}:
            claims[instrument.dataset, claimed].append(instrument)
    for (dataset, claimed), group in claims.items():
        for first, second in combinations(group, 2):
            if _overlap(first, second):
                raise BadInput(
                    f"{claimed} in {dataset}: {first.symbol} of {first.instrument_id} from "
                    f"{first.valid_from} and {second.symbol} of {second.instrument_id} from "
                    f"{second.valid_from} overlap; end the first before the second begins"
                )


def _overlap(first: Instrument, second: Instrument) -> bool:
    """Two intervals share a day exactly if the later start lies in both."""
    later_start = max(first.valid_from, second.valid_from)
    return first.is_valid_on(later_start) and second.is_valid_on(later_start)
