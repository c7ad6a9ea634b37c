"""A synthetic world: a market of known truth on any calendar, all of it a function of its arguments."""

from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any, Literal, get_args

import pyarrow as pa

from market.actions import Action
from market.arrays import Days, Floats
from market.bars import Bars
from market.calendar import get_calendar
from market.errors import BadParameter
from market.instruments import Instrument
from market.universes import MembershipChange
from market.worlds.cast import Cast
from market.worlds.deliveries import FEWEST, clean_delivery, faults, faulty_delivery
from market.worlds.faults import KINDS, Fault, Timeframe
from market.worlds.hours import Hours
from market.worlds.loadings import Loadings
from market.worlds.members import memberships
from market.worlds.paths import Paths
from market.worlds.planted import planted
from market.worlds.regimes import RegimePath
from market.worlds.restatements import Restatement, restatements, vintages
from market.worlds.roles import Role, role_of
from market.worlds.signals import Signal, spread_volatility

WorldMode = Literal["null", "planted", "faulty"]
_MOST, _SHORTEST = 999, 60


class SyntheticWorld:
    """A market whose truth can be asked for: regimes, returns, signals, actions, faults.

    ``null``: every price, dividends and final payments counted, is a martingale: nothing earns at
    zero cost. ``planted``: the named signals are there and nothing else. ``faulty``: the planted
    market, delivered with faults. A world is the same on every machine, whatever is asked for and
    in whatever order, and an instrument is the same however many there are. ``decimals`` rounds
    prices (2: cents); None leaves them as drawn, so that the truth holds to the last digits.

    Raises BadParameter for arguments out of range and unknown symbols, DataNotFit for days that are
    no sessions of the world or of the instrument.
    """

    def __init__(
        self,
        *,
        start: date,
        end: date,
        seed: int = 7,
        instruments: int = 24,
        calendar: str = "XNYS",
        mode: WorldMode = "null",
        decimals: int | None = None,
    ) -> None:
        _between("seed", seed, 0, 2**32 - 1)
        _between("instruments", instruments, 1, _MOST)
        _between("decimals", 2 if decimals is None else decimals, 0, 8)
        _one_of("mode", mode, get_args(WorldMode))
        self._arguments: dict[str, Any] = {
            "start": start, "end": end, "seed": seed, "instruments": instruments,
            "calendar": calendar, "mode": mode, "decimals": decimals,
        }  # fmt: skip
        self.mode, self.decimals = mode, decimals
        self.hours = Hours.of(get_calendar(calendar), start, end)
        _enough(self.hours, FEWEST if mode == "faulty" else _SHORTEST)
        self._paths = Paths(seed, self.hours, planted=mode != "null")
        self._cast = Cast(self._paths, instruments=instruments, decimals=decimals)
        self.symbols = self._cast.symbols

    def __reduce__(self) -> tuple[Any, ...]:
        """Only the arguments travel to another process: the rest is drawn there again."""
        return partial(SyntheticWorld, **self._arguments), ()

    @property
    def sessions(self) -> Days:
        """The world's sessions, shape (n,)."""
        return self.hours.days

    @property
    def regimes(self) -> RegimePath:
        """The hidden regimes: parameters, transitions, and the state of each session."""
        return self._paths.regimes

    def role(self, symbol: str) -> Role:
        """What the instrument is there for."""
        return role_of(self._cast.find(symbol))

    def loadings(self, symbol: str) -> Loadings:
        """How it hangs on the factors. The follower of a planted pair has its leader's, and a spread."""
        index = self._cast.find(symbol)
        if not (self._paths.planted and role_of(index) is Role.FOLLOWER):
            return self._paths.character(index).loadings
        spread = spread_volatility(self.hours.per_year)
        return replace(self._paths.character(index - 1).loadings, spread_vol=spread)

    def returns(self, symbol: str) -> Floats:
        """The true total log return of each session, shape (n,); NaN where it is not listed."""
        (trading,) = self._cast.chosen(symbol)
        return self._cast.spread(trading, trading.returns)

    def closes(self, symbol: str) -> Floats:
        """Raw closes by session, shape (n,); NaN where it is not listed. Much faster than bars."""
        (trading,) = self._cast.chosen(symbol)
        return self._cast.spread(trading, trading.closes)

    def daily(self, symbol: str, start: date, end: date) -> Bars:
        """Raw daily bars from ``start`` to ``end``, both included, as far as it is listed."""
        trading, rows = self._cast.listed(symbol, start, end)
        return trading.days(rows)

    def minutes(self, symbol: str, day: date) -> Bars:
        """The trading minutes of that session; together they are exactly its daily bar."""
        trading, row = self._cast.row(symbol, day)
        return trading.minutes(row)

    def delivery(
        self, symbol: str, start: date, end: date, *, timeframe: Timeframe = "1Day"
    ) -> pa.Table:
        """The bars as a feed delivers them (BAR_SCHEMA), session by session; ``faulty``: with faults.

        A session's part is the same whatever else is asked for, but for what lies outside the dates.
        """
        _one_of("timeframe", timeframe, tuple(KINDS))
        trading, rows = self._cast.listed(symbol, start, end)
        deliver = faulty_delivery if self.mode == "faulty" else clean_delivery
        return deliver(trading, rows, timeframe)

    def vintages(self, symbol: str, start: date, end: date) -> pa.Table:
        """Daily bars (BAR_SCHEMA) with what was told first and corrected later, in every mode."""
        trading, rows = self._cast.listed(symbol, start, end)
        return vintages(trading, rows)

    def listings(self) -> list[Instrument]:
        """Instruments by symbol and interval: one that is renamed has two rows."""
        return [row for member in self._cast.chosen(None) for row in self._cast.listings(member)]

    def actions(self, symbol: str | None = None) -> tuple[Action, ...]:
        """The actions of one instrument or of all, each with when it was announced."""
        return tuple(
            action for member in self._cast.chosen(symbol) for action in member.life.actions
        )

    def memberships(self) -> tuple[MembershipChange, ...]:
        """The changes of the world's index, founders included: ``market.universes`` reads them."""
        return tuple(
            change
            for member in self._cast.chosen(None)
            for change in memberships(self._paths, member.index, member.life)
        )

    def signals(self) -> tuple[Signal, ...]:
        """What can be predicted, with its theoretical strength; empty in ``null``."""
        return tuple(planted(self._paths, len(self.symbols)))

    def restatements(self, symbol: str | None = None) -> tuple[Restatement, ...]:
        """What ``vintages`` corrects, of one instrument or of all."""
        return tuple(
            restatement
            for member in self._cast.chosen(symbol)
            for restatement in restatements(member)
        )

    def faults(self, symbol: str | None = None) -> tuple[Fault, ...]:
        """What is wrong with the deliveries, of one instrument or of all; only in ``faulty``."""
        chosen = tuple(self._cast.chosen(symbol)) if self.mode == "faulty" else ()
        return tuple(fault for member in chosen for name in KINDS for fault in faults(member, name))


def _between(parameter: str, value: int, low: int, high: int) -> None:
    if not low <= value <= high:
        raise BadParameter(f"{parameter}={value}: expected {low} to {high}", parameter=parameter)


def _one_of(parameter: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        message = f"{parameter}={value!r}: expected one of {', '.join(known)}"
        raise BadParameter(message, parameter=parameter)


def _enough(hours: Hours, least: int) -> None:
    if len(hours) < least:
        raise BadParameter(
            f"{len(hours)} sessions of {hours.calendar.name}: expected {least} or more; "
            "set end later",
            parameter="end",
        )
