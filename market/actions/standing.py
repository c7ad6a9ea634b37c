"""Which actions count at an instant, and what a rename makes of an instrument."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from market.actions.kinds import Action, Rename
from market.calendar import Calendar
from market.errors import DataNotFit
from market.instruments import Instrument


def counted(actions: Iterable[Action], *, at: datetime, calendar: Calendar) -> list[Action]:
    """The actions that count at ``at`` (aware), in order of ex-date.

    An ex-date that is no session counts from the next one. CMES opens a session before its UTC
    midnight: the calendar knows, the date of ``at`` does not. A later announcement of the same
    action (its ``key``) replaces an earlier one from when it is available, so that each action
    counts once. Raises DataNotFit for two announcements of one action that became available
    together and differ: which of them is right, or that they are two, only their source knows.
    """
    session = calendar.current_session(at)
    # Only now: an announcement that moves the ex-date into the future calls the former date off.
    come = [action for action in known(actions, at=at) if action.ex_date <= session]
    return sorted(come, key=lambda action: (action.ex_date, action.available_at, action.kind))


def known(actions: Iterable[Action], *, at: datetime) -> list[Action]:
    """Of each action what was announced last by ``at`` (aware), come or to come. Raises as ``counted``."""
    return _newest([action for action in actions if action.available_at <= at])


def _newest(known: list[Action]) -> list[Action]:
    """Of each action the latest announcement; DataNotFit where two are the latest and differ."""
    standing: dict[tuple[str, ...], Action] = {}
    clashes: dict[tuple[str, ...], Action] = {}
    for action in sorted(known, key=lambda announced: announced.available_at):
        former = standing.get(action.key, action)
        if former.available_at < action.available_at:
            # A later announcement settles what two before it left open.
            clashes.pop(action.key, None)
        elif former != action:
            clashes[action.key] = action
        standing[action.key] = action
    for action in clashes.values():
        raise DataNotFit(
            f"two announcements of the {action.kind} of {action.instrument_id} on {action.ex_date} became "
            f"available at {action.available_at.isoformat()} and differ: give the one that stands, or "
            "each its own event_id if they are two"
        )
    return list(standing.values())


def renamed(instrument: Instrument, rename: Rename) -> tuple[Instrument, Instrument]:
    """The instrument's rows before and after: the id stays, the symbol's interval is cut.

    Raises DataNotFit if the row is another instrument's or does not hold on the day before.
    """
    valid = instrument.valid_from < rename.ex_date and (
        instrument.valid_to is None or rename.ex_date < instrument.valid_to
    )
    if instrument.instrument_id != rename.instrument_id or not valid:
        raise DataNotFit(
            f"rename of {rename.instrument_id} on {rename.ex_date} does not fit "
            f"{instrument.symbol} of {instrument.instrument_id}, valid from {instrument.valid_from}"
        )
    before = replace(instrument, valid_to=rename.ex_date)
    return before, replace(instrument, symbol=rename.new_symbol, valid_from=rename.ex_date)
