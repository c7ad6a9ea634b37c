"""Bars of a span, page by page, each page judged against the one before it.

Alpaca gives bars by symbol and then by time. So a page that repeats, comes late or is left out can
be told: keys must rise, and where bars are missing at the seam of two pages (or at either end) one
more request asks whether there are any.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from cluster.providers.alpaca.asks import Ask
from cluster.providers.alpaca.client import AlpacaClient
from cluster.providers.alpaca.sdk import Adjustment, DataFeed, StockBarsRequest, TimeFrame
from cluster.providers.kit.errors import ProviderError, ProviderUnavailable

Row = dict[str, Any]
Key = tuple[str, datetime]
_PATH = "/stocks/bars"
_FRAMES = {"1Day": TimeFrame.Day, "1Min": TimeFrame.Minute}
# The most that Alpaca gives a page.
_LIMIT = 10_000
_TICK = timedelta(microseconds=1)


def fetch_bars(client: AlpacaClient, ask: Ask) -> dict[str, list[Row]]:
    """Bars by symbol in time order, each with its aware `at`.

    Raises ProviderUnavailable where pages repeat, come out of order or are left out, so that the
    span is asked again as a whole.
    """
    found: dict[str, list[Row]] = {symbol: [] for symbol in ask.symbols}
    last: Key | None = None
    for page in _pages(client, ask):
        keys = [(symbol, row["at"]) for symbol, row in page]
        _check_order(keys, last)
        _check_seam(client, ask, last, keys[0])
        for symbol, row in page:
            if symbol not in found:
                raise ProviderError("alpaca answered for a symbol that was not asked for")
            found[symbol].append(row)
        last = keys[-1]
    _check_seam(client, ask, last, None)
    return found


def _pages(client: AlpacaClient, ask: Ask) -> Iterator[list[tuple[str, Row]]]:
    params = _params(ask.symbols, ask, ask.begin, ask.stop, limit=_LIMIT)
    tokens: set[str] = set()
    while True:
        document = client.fetch(_PATH, params)
        page = _rows(document)
        if page:
            yield page
        token = document.get("next_page_token")
        if not token:
            return
        if token in tokens:
            raise ProviderUnavailable("alpaca repeats a page: its token came before")
        tokens.add(token)
        params |= {"page_token": token}


def _params(
    symbols: Sequence[str], ask: Ask, begin: datetime, stop: datetime, *, limit: int
) -> dict[str, Any]:
    request = StockBarsRequest(
        symbol_or_symbols=list(symbols),
        timeframe=_FRAMES[ask.timeframe],
        start=begin,
        end=stop,
        limit=limit,
        # The lake keeps raw prices: what splits and dividends do to them is told by actions.
        adjustment=Adjustment.RAW,
        feed=DataFeed(ask.feed),
    )
    return {
        name: getattr(value, "value", value) for name, value in request.to_request_fields().items()
    }


def _rows(document: Any) -> list[tuple[str, Row]]:
    """The bars of a page in its order. Raises ProviderUnavailable for another shape."""
    try:
        return [
            (symbol, bar | {"at": _instant(bar["t"])})
            for symbol, bars in (document["bars"] or {}).items()
            for bar in bars
        ]
    except (KeyError, TypeError, AttributeError, ValueError) as exc:
        raise ProviderUnavailable(
            f"alpaca {_PATH}: an answer of another form: {type(exc).__name__}"
        ) from exc


def _instant(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ProviderError("alpaca gave a stamp without a time zone")
    return at.astimezone(UTC)


def _check_order(keys: list[Key], last: Key | None) -> None:
    """Raise ProviderUnavailable unless the keys rise, from the last one of the page before on."""
    if last is not None and keys[0] <= last:
        what = "repeats a page" if keys[-1] <= last else "gave pages out of order"
        raise ProviderUnavailable(f"alpaca {what}: {keys[0][0]} at {keys[0][1]:%Y-%m-%d %H:%M}")
    if any(later <= earlier for earlier, later in pairwise(keys)):
        raise ProviderUnavailable("alpaca gave the bars of a page out of order")


def _check_seam(client: AlpacaClient, ask: Ask, last: Key | None, following: Key | None) -> None:
    """Raise ProviderUnavailable if Alpaca has bars between two pages that neither of them held."""
    for symbols, begin, stop in _holes(ask, last, following):
        params = _params(symbols, ask, begin, stop, limit=1)
        if _rows(client.fetch(_PATH, params)):
            raise ProviderUnavailable(
                f"alpaca left out a page: bars of {symbols[0]} from {begin:%Y-%m-%d %H:%M} on"
            )


def _holes(
    ask: Ask, last: Key | None, following: Key | None
) -> Iterator[tuple[Sequence[str], datetime, datetime]]:
    """Symbols and spans in which bars may be missing, by the calendar."""
    low = None if last is None else last[0]
    high = None if following is None else following[0]
    if last is not None and following is not None and low == high:
        if ask.expects(last[1], following[1]):
            yield (last[0],), last[1] + _TICK, following[1] - _TICK
        return
    if last is not None and ask.expects(last[1], None):
        yield (last[0],), last[1] + _TICK, ask.stop
    # Symbols that neither page names: the calendar can't tell whether they traded at all.
    between = [
        symbol
        for symbol in ask.symbols
        if (low is None or symbol > low) and (high is None or symbol < high)
    ]
    if between:
        yield between, ask.begin, ask.stop
    if following is not None and ask.expects(None, following[1]):
        yield (following[0],), ask.begin, following[1] - _TICK
