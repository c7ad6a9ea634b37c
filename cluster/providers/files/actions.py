"""Corporate actions in a file: a row each, checked against the prices that they are of."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import numpy as np

from cluster.errors import BadInput
from cluster.providers.files.records import Kind, Value, records_of
from cluster.providers.files.request import FilesRequest
from market.actions import (
    Action,
    Delisting,
    Dividend,
    Rename,
    SpecialDividend,
    SpinOff,
    Split,
    renamed,
)
from market.actions.implied import shows
from market.arrays import Days, Floats, from_day
from market.calendar import Calendar, get_calendar
from market.errors import MarketError, near_names
from market.instruments import Instrument

COLUMNS: Final[dict[str, Kind]] = {
    **dict.fromkeys(("symbol", "kind"), "text"),
    "ex_date": "date",
    **dict.fromkeys(("ratio", "amount"), "number"),
    "currency": "text",
    "pay_date": "date",
    "child": "text",
    "child_price": "number",
    "new_symbol": "text",
    **dict.fromkeys(("value", "haircut"), "number"),
    "announced": "date",
    "event_id": "text",
}
"""The columns of a file of actions; the first three are needed."""
_SAYS: Final[dict[type[Action], tuple[tuple[str, ...], tuple[str, ...]]]] = {
    Split: (("ratio",), ()),
    Dividend: (("amount",), ("currency", "pay_date")),
    SpecialDividend: (("amount",), ("currency", "pay_date")),
    SpinOff: (("child", "ratio", "child_price"), ()),
    Rename: (("new_symbol",), ()),
    Delisting: ((), ("value", "haircut")),
}
"""What each kind must say, and what it may."""
KINDS: Final = {kind.kind: kind for kind in _SAYS}
_OF_ALL: Final = ("symbol", "kind", "ex_date", "announced", "event_id")
_IN_PRICES: Final = (Split, Dividend, SpinOff)

Closes = Callable[[str], tuple[Days, Floats] | None]
"""Sessions and closes of an instrument, in order; None where there are none."""


@dataclass(frozen=True)
class Declared:
    """Reads rows of actions: of these instruments of a dataset, with these closes."""

    dataset: str
    instruments: Sequence[Instrument]
    closes: Closes

    def of_file(self, path: Path, request: FilesRequest) -> list[Action]:
        """The actions of a file. Raises BadInput that names the row and what is wrong with it."""
        rows = records_of(path, request, kinds=COLUMNS, required=("symbol", "kind", "ex_date"))
        return [self.of_row(row, at=f"{path.name}: row {n}") for n, row in enumerate(rows, 1)]

    def of_row(self, row: dict[str, Value], *, at: str, check: bool = True) -> Action:
        """The action of one row, whose place `at` is told with its faults.

        `check` compares it with the prices: one that is called off need not fit them.
        """
        told: dict[str, Any] = {name: value for name, value in row.items() if value is not None}
        if lacking := [name for name in ("symbol", "kind", "ex_date") if name not in told]:
            raise BadInput(f"{at}: no {lacking[0]}; nothing was written")
        kind = _kind(str(told["kind"]), at)
        must, may = _SAYS[kind]
        _check_fields(kind, told, must, may, at)
        instrument = self._meant(str(told["symbol"]), told["ex_date"], at)
        calendar = get_calendar(instrument.calendar)
        own: dict[str, Any] = {name: told[name] for name in (*must, *may) if name in told}
        if "child" in own:
            own["child_id"] = self._child(own.pop("child"))
        if issubclass(kind, Dividend):
            own.setdefault("currency", instrument.currency)
        try:
            action = kind(
                instrument_id=instrument.instrument_id,
                ex_date=told["ex_date"],
                available_at=_known(kind, told, calendar),
                event_id=told.get("event_id"),
                **own,
            )
        except MarketError as exc:
            raise BadInput(f"{at}: {exc}; nothing was written") from exc
        if check:
            self._check_prices(action, instrument, at)
        return action

    def _meant(self, symbol: str, ex_date: date, at: str) -> Instrument:
        """The instrument of that id, or of that symbol on the day or just before it."""
        bare = symbol.removeprefix(f"{self.dataset}:")
        rows = [
            row for row in self.instruments if symbol == row.instrument_id or bare == row.symbol
        ]
        if not rows:
            near = near_names(bare, sorted({row.symbol for row in self.instruments}))
            hint = f"; did you mean {', '.join(near)}?" if near else ""
            raise BadInput(
                f"{at}: {self.dataset} has no {symbol[:30]!r}{hint}; nothing was written"
            )
        day_before = ex_date - timedelta(days=1)
        then = [row for row in rows if row.is_valid_on(ex_date)] or [
            row for row in rows if row.is_valid_on(day_before)
        ]
        named = {row.instrument_id: row for row in then or rows}
        if len(named) > 1:
            raise BadInput(f"{at}: {symbol!r} is one of {', '.join(named)}: say which id")
        return next(iter(named.values()))

    def _child(self, symbol: str) -> str:
        known = {row.symbol: row.instrument_id for row in self.instruments}
        return known.get(symbol, symbol if ":" in symbol else f"{self.dataset}:{symbol}")

    def _check_prices(self, action: Action, instrument: Instrument, at: str) -> None:
        if not isinstance(action, _IN_PRICES):
            return
        if instrument.adjusted:
            raise BadInput(
                f"{at}: prices of {instrument.symbol} are adjusted, so that this {action.kind} is in "
                "them already: leave the row out, or give raw prices; nothing was written"
            )
        held = self.closes(instrument.instrument_id)
        if held is None or not isinstance(action, Split):
            return
        sessions, close = held
        row = int(np.searchsorted(sessions, np.datetime64(action.ex_date)))
        if 0 < row < len(close) and not shows(
            action.ratio, before=close[row - 1], after=close[row]
        ):
            raise BadInput(
                f"{at}: {instrument.symbol} goes from {close[row - 1]:g} to {close[row]:g} on "
                f"{sessions[row]}, where a split of {action.ratio:g} gives {close[row - 1] / action.ratio:g}: "
                "the prices are adjusted for it already, or the day or ratio is wrong; leave the row "
                "out or mend it; nothing was written"
            )


def with_renames(instruments: Sequence[Instrument], actions: Iterable[Action]) -> list[Instrument]:
    """The instruments by their symbols before and after each rename; the id is the first one's.

    What was listed under the new symbol belongs to the renamed one. Raises BadInput where a rename
    does not fit the symbols.
    """
    found = list(instruments)
    for rename in (action for action in actions if isinstance(action, Rename)):
        row = max(
            (listed for listed in found if listed.instrument_id == rename.instrument_id),
            key=lambda listed: listed.valid_from,
        )
        try:
            halves = renamed(row, rename)
        except MarketError as exc:
            raise BadInput(f"{exc}; nothing was written") from exc
        later = f"{row.dataset}:{rename.new_symbol}"
        rest = [listed for listed in found if listed is not row and listed.instrument_id != later]
        found = [*rest, *halves]
    return found


def known_before(calendar: Calendar, ex_date: date) -> datetime:
    """The close before an ex-date: from then on an action counts as known where nobody says since when."""
    return calendar.session_close(calendar.previous_session(ex_date))


def _known(kind: type[Action], told: dict[str, Any], calendar: Calendar) -> datetime:
    if announced := told.get("announced"):
        return _close_from(calendar, announced)
    if kind is SpinOff:  # what a child is worth is known at its first close
        return _close_from(calendar, told["ex_date"])
    return known_before(calendar, told["ex_date"])


def _close_from(calendar: Calendar, day: date) -> datetime:
    """The close of the first session on or after a day."""
    day_before = from_day(np.datetime64(day) - 1)
    return calendar.session_close(calendar.next_session(day_before))


def _kind(name: str, at: str) -> type[Action]:
    found = KINDS.get(name.strip().casefold().replace(" ", "-").replace("_", "-"))
    if found is None:
        raise BadInput(f"{at}: kind {name[:30]!r}: expected one of {', '.join(KINDS)}")
    return found


def _check_fields(
    kind: type[Action], told: dict[str, Any], must: Sequence[str], may: Sequence[str], at: str
) -> None:
    if lacking := [name for name in must if name not in told]:
        raise BadInput(f"{at}: a {kind.kind} needs {lacking[0]}; nothing was written")
    if foreign := [name for name in told if name not in {*_OF_ALL, *must, *may}]:
        raise BadInput(
            f"{at}: a {kind.kind} has no {foreign[0]}: it has {', '.join((*must, *may))}; nothing was "
            "written"
        )
