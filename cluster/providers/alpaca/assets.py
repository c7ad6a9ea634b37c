"""Alpaca's assets as instruments: permanent ids, and the symbols that they had."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from cluster.errors import UnknownSymbol
from cluster.providers.alpaca.client import AlpacaClient
from cluster.providers.alpaca.sdk import AssetClass, GetAssetsRequest
from cluster.providers.kit.errors import ProviderUnavailable
from market.errors import near_names, offered
from market.instruments import Instrument

CALENDAR = "XNYS"
_PREFIX = "alpaca:"
_MICS = {
    "NYSE": "XNYS",
    "NASDAQ": "XNAS",
    "AMEX": "XASE",
    "ARCA": "ARCX",
    "NYSEARCA": "ARCX",
    "BATS": "BATS",
    "OTC": "OTCM",
}


@dataclass(frozen=True)
class SymbolChange:
    """On `day` the old symbol became the new one."""

    old: str
    new: str
    day: date


def fetch_assets(client: AlpacaClient) -> dict[str, Mapping[str, Any]]:
    """US equities by their present symbol; of two with one symbol the active one."""
    request = GetAssetsRequest(asset_class=AssetClass.US_EQUITY)
    params = {name: getattr(v, "value", v) for name, v in request.to_request_fields().items()}
    found: dict[str, Mapping[str, Any]] = {}
    for asset in client.fetch("/assets", params):
        try:
            symbol, _ = asset["symbol"], asset["id"]
        except (KeyError, TypeError) as exc:
            raise ProviderUnavailable("alpaca /assets: an answer of another form") from exc
        if symbol not in found or asset.get("status") == "active":
            found[symbol] = asset
    return found


def chosen(
    assets: Mapping[str, Mapping[str, Any]], symbols: Sequence[str]
) -> dict[str, Mapping[str, Any]]:
    """The assets of these symbols or instrument ids, by present symbol, sorted.

    An id that Alpaca lists no more is left out: nothing is to come of it. Raises UnknownSymbol with
    near names.
    """
    present = {id_of(asset): symbol for symbol, asset in assets.items()}
    symbols = [present.get(symbol, symbol) for symbol in symbols]
    symbols = [symbol for symbol in symbols if not symbol.startswith(_PREFIX)]
    if unknown := [symbol for symbol in symbols if symbol not in assets]:
        near = near_names(unknown[0], sorted(assets))
        message = f"alpaca knows no symbol {unknown[0][:20]!r}{offered(near)}"
        raise UnknownSymbol(message, near=near)
    return {symbol: assets[symbol] for symbol in sorted(set(symbols))}


def to_instruments(
    assets: Mapping[str, Mapping[str, Any]],
    changes: Iterable[SymbolChange],
    *,
    first: date,
    ended: Mapping[str, date],
) -> list[Instrument]:
    """One row for each symbol that each asset had since `first`, which is as far as Alpaca knows.

    `ended` are the dates from which an asset's symbol trades no more.
    """
    by_new: dict[str, list[SymbolChange]] = {}
    for change in changes:
        by_new.setdefault(change.new, []).append(change)
    return [
        row
        for symbol, asset in assets.items()
        for row in _rows(symbol, asset, by_new, first=first, end=ended.get(symbol))
    ]


def id_of(asset: Mapping[str, Any]) -> str:
    """The instrument id: Alpaca's own, which outlives the symbol."""
    return f"{_PREFIX}{asset['id']}"


def _rows(
    symbol: str,
    asset: Mapping[str, Any],
    by_new: Mapping[str, list[SymbolChange]],
    *,
    first: date,
    end: date | None,
) -> list[Instrument]:
    """Backwards from the present symbol, change by change."""
    rows = []
    while True:
        # Each change must lie before the one that follows it: a circle of names comes to an end.
        earlier = [
            change
            for change in by_new.get(symbol, ())
            if change.day > first and (not end or change.day < end)
        ]
        change = max(earlier, key=lambda change: change.day, default=None)
        begin = first if change is None else change.day
        rows.append(_instrument(symbol, asset, begin, end))
        if change is None:
            return rows[::-1]
        symbol, end = change.old, change.day


def _instrument(symbol: str, asset: Mapping[str, Any], begin: date, end: date | None) -> Instrument:
    return Instrument(
        instrument_id=id_of(asset),
        symbol=symbol,
        name=asset.get("name") or symbol,
        exchange=_MICS.get(asset.get("exchange", ""), CALENDAR),
        calendar=CALENDAR,
        currency="USD",
        valid_from=begin,
        valid_to=end,
        dataset="alpaca",
        fields="ohlcv",
        adjusted=False,
        synthetic=False,
        lot_size=_number(asset.get("min_trade_increment")),
        tick_size=_number(asset.get("price_increment")),
    )


def _number(value: Any) -> float | None:
    return None if value is None else float(value)
