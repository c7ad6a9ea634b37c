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
    action (instrument, kind, ex-date, child) replaces an earlier one from when it is available.
    """
    session = calendar.current_session(at)
    known = [one for one in actions if one.available_at <= at and one.ex_date <= session]
    newest: dict[tuple[str, ...], datetime] = {}
    for one in known:
        newest[one.key] = max(one.available_at, newest.get(one.key, one.available_at))
    standing = [one for one in known if one.available_at == newest[one.key]]
    return sorted(standing, key=lambda one: (one.ex_date, one.available_at, one.kind))


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
