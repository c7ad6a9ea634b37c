"""Which actions count at an instant, and what a rename makes of an instrument."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime

from market.actions.kinds import Action, Delisting, Rename
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
    """Of each action what was announced last by ``at`` (aware), come or to come. Raises as ``counted``.

    Nothing of those that were called off by then.
    """
    return _newest([action for action in actions if action.available_at <= at])


def standing(actions: Iterable[Action]) -> list[Action]:
    """The same after all that was ever announced."""
    return _newest(list(actions))


def once_by(actions: Iterable[Action], last: date) -> list[Action]:
    """All that is told of actions which were once to happen by a day: a later telling may move them."""
    told = list(actions)
    keys = {action.key for action in told if action.ex_date <= last}
    return [action for action in told if action.key in keys]


def ever_counted(actions: Iterable[Action]) -> list[Action]:
    """What counted at some time: it was not told anew, or called off, before its ex-date."""
    counting: list[Action] = []
    later: dict[tuple[str, ...], datetime] = {}
    for action in sorted(actions, key=lambda announced: announced.available_at, reverse=True):
        anew = later.get(action.key)
        if not action.withdrawn and (anew is None or anew.date() >= action.ex_date):
            counting.append(action)
        later[action.key] = action.available_at
    return counting[::-1]


def delisted_on(actions: Iterable[Action]) -> date | None:
    """The first session without trading, by actions that stand; None where none delists."""
    days = [action.ex_date for action in actions if isinstance(action, Delisting)]
    return min(days, default=None)


def _newest(known: list[Action]) -> list[Action]:
    """Of each action the latest announcement; DataNotFit where two are the latest and differ."""
    newest: dict[tuple[str, ...], Action] = {}
    clashes: dict[tuple[str, ...], Action] = {}
    for action in sorted(known, key=lambda announced: announced.available_at):
        former = newest.get(action.key, action)
        if former.available_at < action.available_at:
            # A later announcement settles what two before it left open.
            clashes.pop(action.key, None)
        elif former != action:
            clashes[action.key] = action
        newest[action.key] = action
    for action in clashes.values():
        raise DataNotFit(
            f"two announcements of the {action.kind} of {action.instrument_id} on {action.ex_date} became "
            f"available at {action.available_at.isoformat()} and differ: give the one that stands, or "
            "each its own event_id if they are two"
        )
    return [action for action in newest.values() if not action.withdrawn]


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
