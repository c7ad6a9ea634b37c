"""The newest quote of each symbol as ready bytes; only what depends on now is put in per answer."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import orjson

from deployments.feed.wire import to_json
from market.calendar import get_calendar
from market.quotes import Quote

_STATUS_FOR = timedelta(seconds=1)


@dataclass(slots=True)
class _Row:
    timestamp: datetime
    calendar: str
    source: str
    head: bytes  # the JSON object of the quote without its closing brace
    delisted_on: date | None


class QuoteTable:
    """Quotes by symbol. Belongs to one event loop.

    `max_age_s` is the age from which a quote counts as stale.
    """

    def __init__(self, *, max_age_s: float) -> None:
        self._max_age_ms = max_age_s * 1000
        self._rows: dict[str, _Row] = {}
        self._given_away: frozenset[str] = frozenset()
        self._statuses: dict[str, tuple[datetime, bytes]] = {}

    def put(
        self,
        quote: Quote,
        *,
        calendar: str,
        instrument_id: str | None = None,
        delisted_on: date | None = None,
    ) -> None:
        """Take a quote in; an older one than what stands is left out.

        Without an id it is a streamed one, whose source is its dataset. From the session
        `delisted_on` on it is stale, whatever its age, and its market is closed.
        """
        name = quote.symbol
        if instrument_id is None:
            instrument_id = f"{quote.source}:{quote.symbol}"
            name = instrument_id if name in self._given_away else name
        # The subscription comes before the snapshot: ticks from in between may be older than
        # what that holds.
        standing = self._rows.get(name)
        if standing is None or quote.timestamp >= standing.timestamp:
            head = b'%b,"instrument_id":%b' % (to_json(quote)[:-1], orjson.dumps(instrument_id))
            self._rows[name] = _Row(quote.timestamp, calendar, quote.source, head, delisted_on)

    def give_away(self, symbols: Collection[str]) -> None:
        """Bare symbols that are streamed, but mean an instrument of another dataset."""
        for symbol in set(symbols) - self._given_away:
            self._rows.pop(symbol, None)
        self._given_away = frozenset(symbols)

    def forget(self, source: str) -> None:
        """Leave out every quote of a source: what it still has is put in again."""
        self._rows = {name: row for name, row in self._rows.items() if row.source != source}

    def get(self, symbol: str, *, now: datetime) -> bytes | None:
        """The quote as a JSON object with its age at `now`; None for a symbol without one.

        A streamed one answers to its dataset's name before it too, as in `synthetic:SYN001`.
        """
        row = self._rows.get(symbol) or self._streamed(symbol)
        if row is None:
            return None
        # Two clocks are involved, so a quote may seem to come from the next millisecond.
        age_ms = max(0, (now - row.timestamp) // _MILLISECOND)
        if row.delisted_on is not None and _has_come(row.delisted_on, row.calendar, now):
            day = row.delisted_on.isoformat().encode()
            return (
                b'%b,"delisted_on":"%b","age_ms":%d,"is_stale":true,"market_status":"closed"}'
                % (
                    row.head,
                    day,
                    age_ms,
                )
            )
        return b'%b,"age_ms":%d,"is_stale":%b,"market_status":"%b"}' % (
            row.head,
            age_ms,
            b"true" if age_ms > self._max_age_ms else b"false",
            self._status(row.calendar, now),
        )

    def symbols(self) -> list[str]:
        """The symbols that have a quote."""
        return list(self._rows)

    def _streamed(self, named: str) -> _Row | None:
        dataset, _, symbol = named.partition(":")
        row = self._rows.get(symbol)
        return row if row is not None and row.source == dataset else None

    def _status(self, calendar: str, now: datetime) -> bytes:
        """Whether the market is open, looked up once a second: a search takes microseconds."""
        known = self._statuses.get(calendar)
        if known is None or not known[0] <= now < known[0] + _STATUS_FOR:
            known = (now, get_calendar(calendar).status(now).encode())
            self._statuses[calendar] = known
        return known[1]


def _has_come(day: date, calendar: str, now: datetime) -> bool:
    return get_calendar(calendar).current_session(now) >= day


_MILLISECOND = timedelta(milliseconds=1)
