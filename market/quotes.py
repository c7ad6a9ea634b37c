"""A quote: the best bid and ask, and the last trade, of one symbol at one instant."""

from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa

from market.bars import INSTANT
from market.errors import BadParameter

QUOTE_SCHEMA = pa.schema(
    [
        pa.field("instrument_id", pa.string(), nullable=False),
        pa.field("timestamp", INSTANT, nullable=False),  # when the quote was current
        *(
            pa.field(f"{side}_{part}", pa.float64())
            for side in ("bid", "ask", "last")
            for part in ("price", "size")
        ),
        pa.field("source", pa.string(), nullable=False),
        pa.field("available_at", INSTANT, nullable=False),  # when the market could know it
        pa.field("recorded_at", INSTANT, nullable=False),  # when the lake wrote this vintage
        pa.field("vintage", pa.string(), nullable=False),  # "recorded" or "backfilled"
    ]
)


@dataclass(frozen=True, slots=True)
class Quote:
    """Prices in the instrument's currency, sizes in units; a missing side or size is None.

    ``timestamp`` is aware UTC: the instant at which the quote was current. ``source`` names where
    it comes from ("synthetic", "last-close", …).
    """

    symbol: str
    timestamp: datetime
    bid_price: float | None
    bid_size: float | None
    ask_price: float | None
    ask_size: float | None
    last_price: float | None
    last_size: float | None
    source: str


def is_stale(quote: Quote, *, now: datetime, max_age_s: float) -> bool:
    """Whether the quote is older than ``max_age_s`` seconds at ``now`` (aware UTC).

    So is one stamped further ahead than that: clocks differ a little, but a quote from the future
    is not of now. Raises BadParameter unless max_age_s >= 0.
    """
    if not max_age_s >= 0.0:
        raise BadParameter(f"max_age_s={max_age_s}: expected 0 or more", parameter="max_age_s")
    return abs((now - quote.timestamp).total_seconds()) > max_age_s
