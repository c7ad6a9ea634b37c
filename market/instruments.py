"""What is traded: an instrument with a permanent id and the interval in which its symbol held."""

import math
from dataclasses import dataclass
from datetime import date
from typing import Literal

from market.errors import BadParameter

Fields = Literal["ohlcv", "close"]


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
