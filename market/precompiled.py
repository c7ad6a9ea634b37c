"""Every kernel that ships, called once in the forms that requests and jobs call it.

So numba compiles it, or finds that it has, before anybody waits for it. Rules of strategies with a
`step` are not among them: they are compiled in each process (`backtest.signals`).
"""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime

import numpy as np

from market.arrays import Floats
from market.backtest import Costs, Panel, run
from market.bars import Bars
from market.calendar import get_calendar
from market.features import SETS, InstrumentSet
from market.features.cross_section import ACROSS
from market.indicators import Indicator, names, parse
from market.indicators.core.indicator import FIELDS
from market.indicators.panel import batch_panel
from market.labels.barriers import triple_barrier
from market.labels.uniqueness import uniqueness
from market.models.forward import Network
from market.portfolio.risk import equal_risk_weights
from market.quality.validation import validate
from market.strategies import BASELINE, find_strategy, make_strategy, strategy_names
from market.strategies.core.evaluation import weight_path
from market.strategies.core.inputs import inputs
from market.worlds import SyntheticWorld

_ROWS = 5  # four abreast, and one alone
_FIRST, _LAST = date(2016, 1, 4), date(2022, 12, 30)
_RECORDED = datetime(2023, 1, 1, tzinfo=UTC)


def precompile() -> Iterator[str]:
    """Calls them; yields what is being compiled, before it is."""
    world = SyntheticWorld(start=_FIRST, end=_LAST, seed=1, instruments=_ROWS)
    bars = [world.daily(symbol, _FIRST, _LAST) for symbol in world.symbols]
    panel = Panel.from_bars(bars)
    for name in names():
        yield f"indicator {name}"
        _indicator(parse(name), bars[0], panel)
    for name, work in _OTHERS.items():
        yield name
        work(bars, panel)


def _indicator(indicator: Indicator, bars: Bars, panel: Panel) -> None:
    """Over one series and over a panel, with bars that miss nothing and with some that do; by steps."""
    whole = {name: getattr(bars, name) for name in FIELDS}
    pierced = {name: _pierced(values) for name, values in whole.items()}
    for fields in (whole, pierced):
        indicator.batch(**fields)
    indicator.step(indicator.start(), **{name: float(values[0]) for name, values in whole.items()})
    tame = {
        name: np.ascontiguousarray(np.tile(values, (_ROWS, 1))) for name, values in whole.items()
    }
    for fields in (tame, panel.fields()):
        batch_panel((indicator.name,), **fields)


def _pierced(values: Floats) -> Floats:
    given = values.copy()
    given[len(given) // 2] = np.nan
    return given


def _strategies(bars: list[Bars], panel: Panel) -> None:  # noqa: ARG001  # one form for all
    for name in strategy_names(scope="symbol"):
        inputs(make_strategy(name, {}).input_names(), **panel.fields())
    run(panel, make_strategy(BASELINE, {}), mode="next-open", costs=Costs(), sleeve_cash=1_000.0)
    close = np.ascontiguousarray(panel.close[:, -600:].T)
    for name in strategy_names(scope="portfolio"):
        weight_path(
            find_strategy(name)(),
            close,
            session=panel.session[-600:],
            calendar=get_calendar("XNYS"),
        )
    equal_risk_weights(np.cov(np.diff(close[:, :2], axis=0), rowvar=False))


def _features(bars: list[Bars], panel: Panel) -> None:
    for features in SETS.values():
        if isinstance(features, InstrumentSet):
            features.of_bars(bars[0])
    across = np.ascontiguousarray(panel.close.T)
    there, groups = np.isfinite(across), np.zeros(across.shape, np.int64)
    for operation in ACROSS.values():
        operation.compute(across, there, groups, 25)


def _models(bars: list[Bars], panel: Panel) -> None:  # noqa: ARG001
    layers = [(np.ones((2, 3)), np.ones(2)), (np.ones((1, 2)), np.ones(1))]
    Network.from_layers(layers).sigmoid(np.ones((2, 3)))
    uniqueness(triple_barrier(bars[0].close, horizon=5, gain=1.0, loss=1.0))


def _deliveries(bars: list[Bars], panel: Panel) -> None:  # noqa: ARG001
    table = bars[0].take(slice(0, 9)).to_arrow(recorded_at=_RECORDED)
    validate(table.take([*range(4, 9), *range(5)]))


def _worlds(bars: list[Bars], panel: Panel) -> None:  # noqa: ARG001
    # With all its signals.
    world = SyntheticWorld(start=_FIRST, end=_LAST, seed=1, mode="planted")
    for symbol in world.symbols:
        world.daily(symbol, _FIRST, _LAST)
    world.minutes(world.symbols[0], _FIRST)


_OTHERS: dict[str, Callable[[list[Bars], Panel], None]] = {
    "strategies": _strategies,
    "features": _features,
    "models and labels": _models,
    "checks of deliveries": _deliveries,
    "worlds": _worlds,
}
