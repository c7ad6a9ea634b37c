"""What is traded: an instrument with a permanent id and the interval in which its symbol held."""

import math
import re
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

from market.errors import BadParameter

Fields = Literal["ohlcv", "close"]

DATASET: Final = r"[a-z][a-z0-9-]{0,39}"
"""What a dataset may be called."""
SYMBOL: Final = r"[A-Z0-9^][A-Z0-9.\-^=]{0,23}"
"""What a symbol is made of, as a regular expression."""
SYMBOL_IN_WORDS: Final = "1 to 24 capitals, digits and . - ^ =, the first of them no . - or ="


def in_capitals(text: str) -> str:
    """A symbol as people write it (`` mine:aapl ``) as it is meant: ``mine:AAPL``.

    What is no ASCII stays as it is: the capital of ``ß`` would be another symbol.
    """
    if not text.isascii():
        return text
    dataset, colon, symbol = text.strip(" ").rpartition(":")
    return f"{dataset}{colon}{symbol.upper()}"


def is_symbol(text: str) -> bool:
    """Whether it may be an instrument's symbol."""
    return re.fullmatch(SYMBOL, text) is not None


@dataclass(frozen=True, slots=True)
class Instrument:
    """One symbol of one instrument.

    ``instrument_id`` is permanent; ``symbol`` holds from ``valid_from`` until ``valid_to``
    (half-open: the day on which the next begins; None while it still holds). ``fields`` says what
    its bars carry; ``adjusted`` that its prices were adjusted after the fact, so that they are not
    point in time. Orders are whole multiples of ``lot_size`` units, prices of ``tick_size`` in
    ``currency``; None where it is not known. Raises BadParameter for an interval that ends before it
    begins, and for a lot or tick that is not above 0.
    """

    instrument_id: str
    symbol: str
    name: str
    exchange: str
    calendar: str
    currency: str
    valid_from: date
    valid_to: date | None
    dataset: str
    fields: Fields
    adjusted: bool
    synthetic: bool
    lot_size: float | None = None
    tick_size: float | None = None

    def __post_init__(self) -> None:
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise BadParameter(
                f"{self.symbol} of {self.instrument_id}: valid_to={self.valid_to}: expected "
                f"{self.valid_from} or later",
                parameter="valid_to",
            )
        for name, value in (("lot_size", self.lot_size), ("tick_size", self.tick_size)):
            if value is not None and not (math.isfinite(value) and value > 0.0):
                raise BadParameter(
                    f"{name}={value} of {self.instrument_id}: expected above 0, or None",
                    parameter=name,
                )

    def is_valid_on(self, day: date) -> bool:
        """Whether the symbol meant this instrument on that day."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)
