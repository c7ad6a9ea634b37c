"""What is listed on the synthetic market, and what is planted in it."""

from dataclasses import dataclass
from datetime import date

from market.instruments import Instrument

DATASET = "synthetic"
EPOCH = date(2010, 1, 1)
"""The market's first day."""
SECTORS = ("Energy", "Finance", "Health", "Industry", "Retail", "Technology")


@dataclass(frozen=True, slots=True)
class PlantedSignal:
    """A regularity put into the market on purpose, so that a predictor has something to find."""

    symbol: str
    kind: str
    coefficient: float
    description: str


AUTOREGRESSION = PlantedSignal(
    symbol="SYN001",
    kind="ar1",
    coefficient=0.05,
    description="daily log returns follow an AR(1): 5 % of yesterday's return comes again today",
)


def symbol_of(index: int) -> str:
    """SYN001 for index 0."""
    return f"SYN{index + 1:03d}"


def sector_of(index: int) -> int:
    """The sector's number: instruments take the sectors in turn."""
    return index % len(SECTORS)


def listing(index: int) -> Instrument:
    """The instrument with that index."""
    symbol = symbol_of(index)
    return Instrument(
        instrument_id=f"{DATASET}:{symbol}",
        symbol=symbol,
        name=f"Synthetic {SECTORS[sector_of(index)]} {index + 1}",
        exchange="SYNTHETIC",
        calendar="24/7",
        currency="USD",
        valid_from=EPOCH,
        valid_to=None,
        dataset=DATASET,
        fields="ohlcv",
        adjusted=False,
        synthetic=True,
    )
