"""Alpaca's corporate actions as ours, as far as it tells enough of them."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from cluster.providers.alpaca.assets import SymbolChange
from cluster.providers.alpaca.client import AlpacaClient
from cluster.providers.alpaca.sdk import CorporateActionsRequest
from cluster.providers.alpaca.sdk import announced as models
from cluster.providers.kit.errors import ProviderUnavailable
from market.actions import (
    Action,
    Delisting,
    Dividend,
    Rename,
    SpecialDividend,
    SpinOff,
    Split,
)
from market.calendar import Calendar

_PATH = "/corporate-actions"
_PER_REQUEST = 100  # symbols: a URL has its limits

Announcement = models.CorporateAction
FirstClose = Callable[[str, date], tuple[float, datetime] | None]
"""The first close of a symbol from a day on, and when it was known."""


def fetch(
    client: AlpacaClient, symbols: Sequence[str], *, start: date, end: date
) -> list[Announcement]:
    """All announcements of these symbols with a date in the span, each once."""
    found: dict[str, Announcement] = {}
    for place in range(0, len(symbols), _PER_REQUEST):
        for document in _pages(client, symbols[place : place + _PER_REQUEST], start, end):
            found |= {str(announcement.id): announcement for announcement in _parsed(document)}
    return list(found.values())


def symbol_changes(announced: Sequence[Announcement]) -> list[SymbolChange]:
    """The renames among them."""
    return [
        SymbolChange(announcement.old_symbol, announcement.new_symbol, announcement.process_date)
        for announcement in announced
        if isinstance(announcement, models.NameChange)
        and announcement.old_symbol != announcement.new_symbol
    ]


def ending(announcement: Announcement) -> tuple[str, date] | None:
    """The symbol that trades no more, and from which day; None where none ends."""
    match announcement:
        case models.WorthlessRemoval():
            return announcement.symbol, announcement.process_date
        case models.CashMerger() | models.StockMerger() | models.StockAndCashMerger():
            return announcement.acquiree_symbol, announcement.effective_date
        case _:
            return None


def endings(announced: Sequence[Announcement]) -> dict[str, date]:
    """The day from which a symbol trades no more, by symbol."""
    return dict(filter(None, map(ending, announced)))


@dataclass(frozen=True)
class Translation:
    """From announcements to actions.

    `ids` are the instruments by every symbol that they had. Alpaca does not say when an action was
    announced: it counts as known from the close before its ex-date. `first_close` values the child
    of a spin-off.
    """

    ids: Mapping[str, str]
    calendar: Calendar
    first_close: FirstClose

    def actions(self, announced: Sequence[Announcement]) -> Iterator[Action]:
        """Those that our kinds can express; unit splits, share mergers and rights are left out."""
        for announcement in announced:
            action = self._action(announcement)
            if action is not None:
                yield action

    def _action(self, announcement: Announcement) -> Action | None:  # noqa: PLR0911 - one line a kind
        match announcement:
            case models.ForwardSplit() | models.ReverseSplit() if announcement.symbol in self.ids:
                ratio = announcement.new_rate / announcement.old_rate
                return Split(
                    **self._common(announcement, announcement.symbol, announcement.ex_date),
                    ratio=ratio,
                )
            case models.StockDividend() if announcement.symbol in self.ids:
                return Split(
                    **self._common(announcement, announcement.symbol, announcement.ex_date),
                    ratio=1.0 + announcement.rate,
                )
            case models.CashDividend() if announcement.symbol in self.ids:
                return self._dividend(announcement)
            case models.SpinOff() if {
                announcement.source_symbol,
                announcement.new_symbol,
            } <= self.ids.keys():
                return self._spin_off(announcement)
            case models.NameChange() if announcement.new_symbol in self.ids:
                common = self._common(
                    announcement, announcement.new_symbol, announcement.process_date
                )
                return Rename(**common, new_symbol=announcement.new_symbol)
            case models.CashMerger() if announcement.acquiree_symbol in self.ids:
                common = self._common(
                    announcement, announcement.acquiree_symbol, announcement.effective_date
                )
                return Delisting(**common, value=announcement.rate)
            case models.WorthlessRemoval() if announcement.symbol in self.ids:
                return Delisting(
                    **self._common(announcement, announcement.symbol, announcement.process_date),
                    value=0.0,
                )
            case _:
                return None

    def _dividend(self, announcement: models.CashDividend) -> Dividend | None:
        kind = SpecialDividend if announcement.special else Dividend
        if not announcement.rate > 0.0:
            return None
        return kind(
            **self._common(announcement, announcement.symbol, announcement.ex_date),
            amount=announcement.rate,
            currency="USD",
            pay_date=announcement.payable_date,
        )

    def _spin_off(self, announcement: models.SpinOff) -> SpinOff | None:
        priced = self.first_close(announcement.new_symbol, announcement.ex_date)
        if priced is None:
            return None
        price, known_at = priced
        return SpinOff(
            **(
                self._common(announcement, announcement.source_symbol, announcement.ex_date)
                | {"available_at": known_at}
            ),
            child_id=self.ids[announcement.new_symbol],
            ratio=announcement.new_rate / announcement.source_rate,
            child_price=price,
        )

    def _common(self, announcement: Announcement, symbol: str, ex_date: date) -> dict[str, Any]:
        before = self.calendar.session_close(self.calendar.previous_session(ex_date))
        return {
            "instrument_id": self.ids[symbol],
            "ex_date": ex_date,
            "available_at": before,
            "event_id": str(announcement.id),  # so that a moved ex-date is no second action
        }


def _pages(
    client: AlpacaClient, symbols: Sequence[str], start: date, end: date
) -> Iterator[dict[str, Any]]:
    request = CorporateActionsRequest(symbols=list(symbols), start=start, end=end)
    params = {name: getattr(v, "value", v) for name, v in request.to_request_fields().items()}
    params["symbols"] = ",".join(symbols)
    tokens: set[str] = set()
    while True:
        document = client.fetch(_PATH, params, version="v1")
        yield document
        token = document.get("next_page_token")
        if not token:
            return
        if token in tokens:
            raise ProviderUnavailable("alpaca repeats a page of corporate actions")
        tokens.add(token)
        params |= {"page_token": token}


def _parsed(document: Mapping[str, Any]) -> list[Announcement]:
    """The SDK's models of a page, in its order; kinds that it does not know are left out."""
    try:
        groups = models.CorporateActionsSet(document["corporate_actions"]).data
    except (KeyError, TypeError, ValueError) as exc:
        raise ProviderUnavailable(
            f"alpaca {_PATH}: an answer of another form: {type(exc).__name__}"
        ) from exc
    return [announcement for group in groups.values() for announcement in group]
