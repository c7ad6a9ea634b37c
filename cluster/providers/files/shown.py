"""Actions that a file's own columns show: payments and ratios by day, and adjusted closes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from cluster.errors import BadInput
from cluster.providers.files.actions import known_before
from market.actions import Action, Dividend, SpinOff, Split
from market.actions.implied import disagreements, shows, steps
from market.arrays import Days, Floats, from_day
from market.calendar import get_calendar
from market.errors import DataNotFit
from market.instruments import Instrument


@dataclass(frozen=True, eq=False)
class History:
    """The days of one instrument from all files, in order, shape (n,): closes above 0, columns."""

    instrument: Instrument
    source: str
    sessions: Days
    close: Floats
    beside: Mapping[str, Floats]


@dataclass
class Book:
    """What is known of actions: those to record and which of them columns show, contradictions, notes."""

    actions: list[Action] = field(default_factory=list)
    shown: list[Action] = field(default_factory=list)
    findings: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def enter(book: Book, history: History, declared: Sequence[Action]) -> None:
    """Enter what one instrument's columns show, beside what was declared of it.

    Declared splits, dividends and spin-offs stand; without any those that have a column of their
    own, and without such columns those that the adjusted close shows. Adjusted closes are compared
    with what stands then. Raises BadInput for adjusted closes that no actions can have made.
    """
    chosen: list[Action] = [
        action for action in declared if isinstance(action, (Split, Dividend, SpinOff))
    ]
    if not chosen and {"dividend", "split"} & history.beside.keys():
        chosen = list(_of_columns(history, book))
        book.actions += chosen
        book.shown += chosen
    adjusted = history.beside.get("adjusted_close")
    if adjusted is None:
        return
    try:
        if chosen:
            book.findings += _disagreeing(history, adjusted, chosen)
        elif {"dividend", "split"}.isdisjoint(history.beside):
            _enter_implied(book, history, adjusted)
    except DataNotFit as exc:
        raise BadInput(
            f"{history.source}: {history.instrument.symbol}: {exc}: say --raw (leaves the adjusted close "
            "out) or --adjusted (takes it alone); nothing was written"
        ) from exc


def _enter_implied(book: Book, history: History, adjusted: Floats) -> None:
    found = [
        _split(history, step.row, ratio)
        if (ratio := step.split) is not None
        else _dividend(history, step.row, step.dividend)
        for step in steps(history.close, adjusted)
    ]
    book.actions += found
    book.shown += found
    if found:
        splits = sum(isinstance(action, Split) for action in found)
        book.notes.append(
            f"{history.instrument.symbol}: its adjusted closes show {splits} splits and "
            f"{len(found) - splits} payments"
        )


def _of_columns(history: History, book: Book) -> Iterable[Action]:
    """A split or a payment for each row that has one. One that closes are adjusted for is none."""
    for row, ratio in enumerate(history.beside.get("split", ())):
        if not ratio > 0.0 or ratio == 1.0:  # yfinance writes 0 for none, others 1
            continue
        if row and not shows(ratio, before=history.close[row - 1], after=history.close[row]):
            book.notes.append(
                f"{history.instrument.symbol}: closes are adjusted already for the split of {ratio:g} on "
                f"{history.sessions[row]}, so it is not recorded"
            )
            continue
        yield _split(history, row, float(ratio))
    for row, amount in enumerate(history.beside.get("dividend", ())):
        if amount > 0.0:
            yield _dividend(history, row, float(amount))


def _disagreeing(history: History, adjusted: Floats, actions: Sequence[Action]) -> list[str]:
    found = disagreements(history.close, adjusted, _factors(history, actions))
    return [
        f"{history.instrument.symbol} {history.sessions[row]}: the adjusted close shows a factor of "
        f"{shown:.6g}, the actions one of {theirs:.6g}"
        for row, theirs, shown in found
    ]


def _factors(history: History, actions: Iterable[Action]) -> dict[int, float]:
    """Of each row with an ex-date: the ratio of its splits over what payments leave of the price."""
    ratios: dict[int, float] = {}
    paid: dict[int, float] = {}
    for action in actions:
        row = int(np.searchsorted(history.sessions, np.datetime64(action.ex_date)))
        if not 0 < row < len(history.close):
            continue
        ratios.setdefault(row, 1.0)
        if isinstance(action, Split):
            ratios[row] *= action.ratio
        elif isinstance(action, Dividend):
            paid[row] = paid.get(row, 0.0) + action.amount
        elif isinstance(action, SpinOff):
            paid[row] = paid.get(row, 0.0) + action.value
    return {
        row: ratio / max(1.0 - paid.get(row, 0.0) / float(history.close[row - 1]), 1e-9)
        for row, ratio in ratios.items()
    }


def _split(history: History, row: int, ratio: float) -> Split:
    day = from_day(history.sessions[row])
    known = known_before(get_calendar(history.instrument.calendar), day)
    owner = history.instrument.instrument_id
    return Split(instrument_id=owner, ex_date=day, available_at=known, ratio=ratio)


def _dividend(history: History, row: int, amount: float) -> Dividend:
    day = from_day(history.sessions[row])
    return Dividend(
        instrument_id=history.instrument.instrument_id,
        ex_date=day,
        available_at=known_before(get_calendar(history.instrument.calendar), day),
        amount=amount,
        currency=history.instrument.currency,
    )
