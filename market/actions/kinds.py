"""The kinds of corporate actions: what each says of a share, and what it refuses to say."""

import math
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from market.arrays import to_stamp
from market.errors import BadParameter


@dataclass(frozen=True, kw_only=True)
class Action:
    """Something that happens to one instrument.

    ``ex_date`` is the first session that trades without what is given; ``available_at`` (aware)
    when the market could know of it, as a rule the announcement. It counts at T when
    available_at <= T and the session of ``ex_date`` has opened. ``event_id`` is the source's own id
    of it, unique among the instrument's actions, where the source has one: then an announcement
    that moves the ex-date is known for the same action, and two dividends of one day for two.
    A telling that is ``withdrawn`` calls the action off.
    """

    kind: ClassVar[str]
    instrument_id: str
    ex_date: date
    available_at: datetime
    event_id: str | None = None
    withdrawn: bool = False

    def __post_init__(self) -> None:
        to_stamp(self.available_at)  # raises for a naive time
        if self.event_id == "":
            raise BadParameter(
                f"event_id of the {self.kind} of {self.instrument_id} is empty: expected an id or None",
                parameter="event_id",
            )

    @property
    def key(self) -> tuple[str, ...]:
        """What makes two announcements the same action: its id, or else its kind and ex-date."""
        if self.event_id is not None:
            return self.instrument_id, "event", self.event_id
        return self.instrument_id, self.kind, self.ex_date.isoformat()


@dataclass(frozen=True, kw_only=True)
class Split(Action):
    """``ratio`` new shares for one old: 2 for 2:1, 0.1 for a reverse split of 1:10."""

    kind: ClassVar[str] = "split"
    ratio: float

    def __post_init__(self) -> None:
        super().__post_init__()
        _positive(self, "ratio", self.ratio)


@dataclass(frozen=True, kw_only=True)
class Dividend(Action):
    """``amount`` for each share held at the close before ``ex_date``, gross.

    Adjustment takes it for an amount in the currency of the prices.
    """

    kind: ClassVar[str] = "dividend"
    amount: float
    currency: str
    pay_date: date | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        _positive(self, "amount", self.amount)


@dataclass(frozen=True, kw_only=True)
class SpecialDividend(Dividend):
    """A dividend outside the usual ones. It adjusts as they do; forecasts of income leave it out."""

    kind: ClassVar[str] = "special-dividend"


@dataclass(frozen=True, kw_only=True)
class SpinOff(Action):
    """``ratio`` shares of ``child_id`` for each share held at the close before ``ex_date``.

    ``child_price`` is what a child's share is worth then, in the parent's currency: as a rule its
    first close, so the action is not available before it.
    """

    kind: ClassVar[str] = "spin-off"
    child_id: str
    ratio: float
    child_price: float

    def __post_init__(self) -> None:
        super().__post_init__()
        _positive(self, "ratio", self.ratio)
        _positive(self, "child_price", self.child_price)

    @property
    def key(self) -> tuple[str, ...]:
        """One child is not another."""
        return (*super().key, self.child_id)

    @property
    def value(self) -> float:
        """What leaves each share of the parent."""
        return self.ratio * self.child_price


@dataclass(frozen=True, kw_only=True)
class Rename(Action):
    """From ``ex_date`` on the instrument trades as ``new_symbol``. Prices do not change."""

    kind: ClassVar[str] = "rename"
    new_symbol: str


@dataclass(frozen=True, kw_only=True)
class Delisting(Action):
    """``ex_date`` is the first session without trading.

    A share is then worth ``value`` (a takeover's cash, 0 in bankruptcy) or the last close less
    ``haircut`` (0 to 1); exactly one of them is given. Haircuts where the value is not known are
    customary: Shumway (1997) measured -30 % on NYSE and AMEX for delistings for cause.
    """

    kind: ClassVar[str] = "delisting"
    value: float | None = None
    haircut: float | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if (self.value is None) == (self.haircut is None):
            raise BadParameter(
                f"delisting of {self.instrument_id}: give either value or haircut",
                parameter="value",
            )
        if self.value is not None and not (math.isfinite(self.value) and self.value >= 0.0):
            raise BadParameter(f"value={self.value}: expected 0 or more", parameter="value")
        if self.haircut is not None and not 0.0 <= self.haircut <= 1.0:
            raise BadParameter(f"haircut={self.haircut}: expected 0 to 1", parameter="haircut")

    def worth(self, last_close: float) -> float:
        """What a holder has for each share after the last session."""
        if self.value is not None:
            return self.value
        return last_close * (1.0 - (self.haircut or 0.0))

    def final_return(self, last_close: float) -> float:
        """The return from the last close (above 0) to what a share is worth after it."""
        if not last_close > 0.0:
            raise BadParameter(f"last_close={last_close}: expected above 0", parameter="last_close")
        return self.worth(last_close) / last_close - 1.0


def _positive(action: Action, name: str, value: float) -> None:
    if not (math.isfinite(value) and value > 0.0):
        raise BadParameter(
            f"{name}={value} of the {action.kind} of {action.instrument_id} on {action.ex_date}: "
            "expected above 0",
            parameter=name,
        )
