"""How an instrument of a world is listed: invented, and marked so."""

from datetime import date

from market.instruments import Instrument
from market.worlds.roles import DATASET, SECTORS, id_of, symbol_of


def listing(
    index: int, *, calendar: str, first: date, end: date | None, decimals: int | None
) -> Instrument:
    """Instrument ``index`` under its first symbol, listed from ``first`` until ``end`` (excluded)."""
    return Instrument(
        instrument_id=id_of(index),
        symbol=symbol_of(index),
        name=f"Invented {SECTORS[index % len(SECTORS)]} {index + 1}",
        exchange="SYNTHETIC",
        calendar=calendar,
        currency="USD",
        valid_from=first,
        valid_to=end,
        dataset=DATASET,
        fields="ohlcv",
        adjusted=False,
        synthetic=True,
        tick_size=None if decimals is None else 10.0**-decimals,
    )
