"""The instruments of a dataset of files: from the symbols alone, or from a file that lists them."""

from collections.abc import Iterable
from dataclasses import fields
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from cluster.errors import BadInput
from cluster.providers.files.reading import read
from cluster.stores.lake.validity import check_intervals
from market.arrays import from_day
from market.calendar import get_calendar
from market.currencies import CURRENCIES
from market.errors import MarketError
from market.instruments import SYMBOL_IN_WORDS, Fields, Instrument, is_symbol

_TEXTS = ("instrument_id", "symbol", "name", "exchange", "calendar", "currency")
_COLUMNS = (
    *_TEXTS,
    *("valid_from", "valid_to", "adjusted", "lot_size", "tick_size"),
)
_NUMBERS = ("lot_size", "tick_size")


def derived(
    symbols: Iterable[str],
    *,
    dataset: str,
    calendar: str,
    currency: str,
    adjusted: bool,
    close_only: bool,
) -> list[Instrument]:
    """One instrument a symbol, valid from the calendar's first session: bars do not say since when."""
    defaults = _defaults(dataset, calendar, currency, adjusted=adjusted, close_only=close_only)
    return checked([Instrument(**_named(symbol, defaults)) for symbol in symbols])


def listed(
    path: Path,
    *,
    dataset: str,
    calendar: str,
    currency: str,
    adjusted: bool,
    close_only: bool,
) -> list[Instrument]:
    """The instruments of a CSV or Parquet file with a column `symbol` and any of the others.

    What a row leaves empty is as in `derived`. Raises BadInput for a file that cannot be read, an
    unknown column, overlapping intervals of a symbol, an unknown currency or calendar.
    """
    defaults = _defaults(dataset, calendar, currency, adjusted=adjusted, close_only=close_only)
    table = read(path, texts=_TEXTS, numbers=())  # an id of digits keeps its leading zeros
    if unknown := [name for name in table.column_names if name not in _COLUMNS]:
        raise BadInput(
            f"{path.name}: unknown column {unknown[0]!r}: expected {', '.join(_COLUMNS)}"
        )
    if "symbol" not in table.column_names:
        raise BadInput(f"{path.name}: no column symbol")
    rows = _typed(table, path).to_pylist()
    return checked([Instrument(**_filled(row, defaults)) for row in rows])


def checked(instruments: list[Instrument]) -> list[Instrument]:
    """The instruments. Raises BadInput for what no lake may hold, before anything is written."""
    for instrument in instruments:
        if not is_symbol(instrument.symbol):
            raise BadInput(f"symbol {instrument.symbol[:30]!r}: expected {SYMBOL_IN_WORDS}")
        if instrument.currency not in CURRENCIES:
            raise BadInput(
                f"{instrument.symbol}: unknown currency {instrument.currency[:8]!r}: expected a code of ISO 4217 "
                "such as USD"
            )
        try:
            get_calendar(instrument.calendar)
        except MarketError as exc:
            raise BadInput(f"{instrument.symbol}: {exc}") from exc
    check_intervals(instruments)
    _check_adjustment(instruments)
    return instruments


def _check_adjustment(instruments: list[Instrument]) -> None:
    kinds: dict[str, bool] = {}
    for instrument in instruments:
        if kinds.setdefault(instrument.instrument_id, instrument.adjusted) != instrument.adjusted:
            raise BadInput(
                f"{instrument.instrument_id}: adjusted and raw prices under one instrument: mixed "
                "adjustments; give each an instrument_id of its own"
            )


def _defaults(
    dataset: str, calendar: str, currency: str, *, adjusted: bool, close_only: bool
) -> dict[str, Any]:
    try:
        first = from_day(get_calendar(calendar).days[0])
    except MarketError as exc:
        raise BadInput(f"--calendar: {exc}") from exc
    kind: Fields = "close" if close_only else "ohlcv"
    return {
        "dataset": dataset,
        "exchange": calendar,
        "calendar": calendar,
        "currency": currency,
        "valid_from": first,
        "valid_to": None,
        "fields": kind,
        "adjusted": adjusted,
        "synthetic": False,
    }


def _named(symbol: str, defaults: dict[str, Any]) -> dict[str, Any]:
    own = {"symbol": symbol, "name": symbol, "instrument_id": f"{defaults['dataset']}:{symbol}"}
    return defaults | own


def _filled(row: dict[str, Any], defaults: dict[str, Any]) -> dict[str, Any]:
    known = {name: value for name, value in row.items() if value not in {None, ""}}
    filled = _named(str(row["symbol"]), defaults) | known
    dataset = defaults["dataset"]
    if not str(filled["instrument_id"]).startswith(f"{dataset}:"):
        filled["instrument_id"] = f"{dataset}:{filled['instrument_id']}"
    return {field.name: filled.get(field.name) for field in fields(Instrument)}


def _typed(table: pa.Table, path: Path) -> pa.Table:
    """Dates, numbers and flags as such. Raises BadInput that names the column."""
    types = dict.fromkeys(_COLUMNS, pa.string())
    types |= {"valid_from": pa.date32(), "valid_to": pa.date32(), "adjusted": pa.bool_()}
    types |= dict.fromkeys(_NUMBERS, pa.float64())
    for index, name in enumerate(table.column_names):
        try:
            table = table.set_column(index, name, pc.cast(table[name], types[name]))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as exc:
            raise BadInput(f"{path.name}: column {name}: {exc}") from exc
    return table
