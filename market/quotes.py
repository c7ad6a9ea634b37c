"""A quote: the best bid and ask, and the last trade, of one symbol at one instant."""

from dataclasses import dataclass
from datetime import datetime


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
    """Whether the quote is older than ``max_age_s`` seconds at ``now`` (aware UTC)."""
    return (now - quote.timestamp).total_seconds() > max_age_s
