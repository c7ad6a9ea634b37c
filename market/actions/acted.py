"""Raw bars that remember what happened to the share: prices and events travel together."""

from collections.abc import Iterable
from dataclasses import dataclass, fields

from market.actions.kinds import Action
from market.bars import Bars


@dataclass(frozen=True, eq=False)
class ActedBars(Bars):
    """Bars as recorded, with all that was ever told of the instrument's actions.

    Whoever reads prices over time must use them: a backtest books them (`market.backtest.Panel`),
    features and statistics adjust for them.
    """

    actions: tuple[Action, ...] = ()


def with_actions(bars: Bars, actions: Iterable[Action]) -> Bars:
    """The bars with those of the actions that are theirs; the bars themselves where none is."""
    own = tuple(action for action in actions if action.instrument_id == bars.instrument_id)
    if not own:
        return bars
    return ActedBars(
        **{field.name: getattr(bars, field.name) for field in fields(Bars)}, actions=own
    )


def actions_with(bars: Bars) -> tuple[Action, ...]:
    """The actions that bars carry; none unless they remember any."""
    return bars.actions if isinstance(bars, ActedBars) else ()
