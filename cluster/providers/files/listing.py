"""The instruments of a dataset of files: from the symbols alone, or from a file that lists them."""

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from cluster.errors import BadInput
from cluster.providers.files.records import Kind, records_of
from cluster.providers.files.request import FilesRequest
from cluster.stores.lake.validity import check_intervals
from market.arrays import from_day
from market.calendar import get_calendar
from market.currencies import CURRENCIES
from market.errors import MarketError
from market.instruments import SYMBOL_IN_WORDS, Fields, Instrument, is_symbol

_KINDS: dict[str, Kind] = {
    **dict.fromkeys(
        ("instrument_id", "symbol", "name", "exchange", "calendar", "currency"), "text"
    ),
    "valid_from": "date",
    "valid_to": "date",
    "adjusted": "flag",
    "lot_size": "number",
    "tick_size": "number",
}


def derived(
    symbols: Mapping[str, bool], request: FilesRequest, *, close_only: bool
) -> list[Instrument]:
    """One instrument a symbol, valid from the calendar's first session: bars do not say since when.

    `symbols` says of each whether its prices are adjusted.
    """
    defaults = _defaults(request, close_only=close_only)
    return checked([Instrument(**_named(symbol, symbols, defaults)) for symbol in symbols])


def listed(
    path: Path, symbols: Mapping[str, bool], request: FilesRequest, *, close_only: bool
) -> list[Instrument]:
    """The instruments of a CSV or Parquet file with a column `symbol` and any of the others.

    What a row leaves empty is as in `derived`. Raises BadInput for a file that cannot be read, an
    unknown column, overlapping intervals of a symbol, an unknown currency or calendar.
    """
    defaults = _defaults(request, close_only=close_only)
    rows = records_of(path, request, kinds=_KINDS, required=("symbol",))
    for number, row in enumerate(rows, start=1):
        if row["symbol"] is None:
            raise BadInput(f"{path.name}: row {number} has no symbol")
    return checked([Instrument(**_filled(row, symbols, defaults)) for row in rows])


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


def _defaults(request: FilesRequest, *, close_only: bool) -> dict[str, Any]:
    calendar = request.calendar
    try:
        first = from_day(get_calendar(calendar).days[0])
    except MarketError as exc:
        raise BadInput(f"--calendar: {exc}") from exc
    kind: Fields = "close" if close_only else "ohlcv"
    return {
        "dataset": request.dataset,
        "exchange": calendar,
        "calendar": calendar,
        "currency": request.currency,
        "valid_from": first,
        "valid_to": None,
        "fields": kind,
        "synthetic": False,
    }


def _named(symbol: str, symbols: Mapping[str, bool], defaults: dict[str, Any]) -> dict[str, Any]:
    own = {"symbol": symbol, "name": symbol, "instrument_id": f"{defaults['dataset']}:{symbol}"}
    return defaults | own | {"adjusted": symbols.get(symbol, False)}


def _filled(
    row: dict[str, Any], symbols: Mapping[str, bool], defaults: dict[str, Any]
) -> dict[str, Any]:
    known = {name: value for name, value in row.items() if value is not None}
    filled = _named(str(row["symbol"]), symbols, defaults) | known
    dataset = defaults["dataset"]
    if not str(filled["instrument_id"]).startswith(f"{dataset}:"):
        filled["instrument_id"] = f"{dataset}:{filled['instrument_id']}"
    return {field.name: filled.get(field.name) for field in fields(Instrument)}
