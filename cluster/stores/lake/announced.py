"""Actions of instruments as they were announced, altered and called off: what of them stood when."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from cluster.stores.lake.lake import Lake
from market.actions import Action, adjust_forward
from market.actions.adjustment import KINDS, check_currency
from market.actions.forward import late_tellings
from market.actions.standing import ever_counted, known, standing
from market.arrays import Days, Stamps
from market.bars import Bars
from market.errors import DataNotFit


@dataclass(frozen=True, eq=False)
class Announced:
    """All that was told of one instrument's actions, and the currency of its prices."""

    tellings: tuple[Action, ...]
    currency: str

    def adjusted(self, bars: Bars, *, at: datetime | None) -> Bars:
        """The bars adjusted forward by what was known at a time; None: by what stands in the end.

        Raises DataNotFit for a payment in another currency than that of the prices.
        """
        counting = standing(self.tellings) if at is None else known(self.tellings, at=at)
        return adjust_forward(bars, counting, currency=self.currency)

    def fault(self) -> str:
        """Why prices cannot be adjusted for all that ever counted; empty where they can."""
        try:
            check_currency(ever_counted(self.tellings), KINDS["all"], self.currency)
        except DataNotFit as exc:
            return str(exc)
        return ""

    def changes(self, session: Days, known_at: Stamps) -> Stamps:
        """When actions changed what bars of before are, which were there from `known_at` (n,) on."""
        return late_tellings(self.tellings, session, known_at)


def announced(lake: Lake, instrument_ids: Iterable[str], *, snapshot: str) -> dict[str, Announced]:
    """Those of the instruments that have actions and prices recorded raw, by id."""
    told: dict[str, list[Action]] = defaultdict(list)
    for action in lake.tellings(instrument_ids, snapshot=snapshot):
        told[action.instrument_id].append(action)
    listed = lake.directory(snapshot=snapshot).instruments if told else ()
    raw = {
        instrument.instrument_id: instrument.currency
        for instrument in listed
        if not instrument.adjusted
    }
    return {
        name: Announced(tuple(told[name]), raw[name]) for name in sorted(told.keys() & raw.keys())
    }
