"""The report of a backtest: one HTML file that needs nothing else."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any, Protocol

import jinja2
import numpy as np
from markupsafe import Markup

from jobs.backtest.charts import line_chart
from jobs.backtest.gather import Result
from jobs.backtest.hover import STYLE
from jobs.backtest.lines import Line
from jobs.backtest.over_time import activity, is_long, year_rows
from jobs.backtest.summary import against_baseline
from market.backtest import drawdown
from market.instruments import Instrument
from market.statistics import METHODS

_MINUS, _NOTHING = "\N{MINUS SIGN}", "\N{EN DASH}"
_PERCENT = {
    "total_return", "cagr", "volatility", "max_drawdown", "hit_rate",
    "value_at_risk_95", "expected_shortfall_95", "best", "worst",
}  # fmt: skip
_ROWS = (
    "total_return", "cagr", "volatility", "sharpe", "sortino", "max_drawdown", "calmar",
    "hit_rate", "best", "worst", "value_at_risk_95", "expected_shortfall_95", "skew", "kurtosis",
)  # fmt: skip

_SEVERAL, _HALF = 2, 0.5  # sleeves, and the share of one that is too much
_SHOWN = 5  # best and worst trades
WIDE, _NARROW = 960.0, 400.0  # units, about pixels


@dataclass(frozen=True)
class FigureRow:
    """A figure of the strategy beside the baseline's, and how it is defined."""

    name: str
    strategy: str
    baseline: str
    method: str


class Reported(Protocol):
    """What the page says of a run besides its result and manifest; a plan has it."""

    @property
    def instruments(self) -> Sequence[Instrument]: ...

    @property
    def sleeve_cash(self) -> float: ...

    @property
    def universe_name(self) -> str: ...

    def settled_request(self) -> dict[str, Any]: ...


def render_report(plan: Reported, result: Result, *, manifest: Mapping[str, Any]) -> str:
    """The page as text. Every value is escaped; charts are inline SVG."""
    return _template().render(
        plan=plan,
        request=plan.settled_request(),
        manifest=manifest,
        metrics=result.metrics(),
        currency=" and ".join(sorted({instrument.currency for instrument in plan.instruments})),
        rows=[_row(name, result) for name in _ROWS],
        hover_style=STYLE,
        equity_chart=_of_both_widths(equity_chart, result),
        drawdown_chart=_of_both_widths(_drawdown_chart, result),
        instruments=_instruments(plan, result),
        notes=[*_concentration(plan, result), *manifest["caveats"]],
        against=against_baseline(result.metrics()["baseline"]),
        is_log=is_long(result),
        years=year_rows(result),
        activity=activity(result),
        best_trades=_trades(plan, result),
    )


def _template() -> jinja2.Template:
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    environment.filters.update(percent=percent, number=number, points=points)
    return environment.from_string((resources.files("jobs.backtest") / "report.html").read_text())


def percent(value: float | None) -> str:
    return _NOTHING if value is None else f"{value * 100:,.2f} %".replace("-", _MINUS)


def points(value: float | None) -> str:
    """Percent without its sign, to one decimal: a cell of a table of them."""
    return _NOTHING if value is None else f"{value * 100:,.1f}".replace("-", _MINUS)


def number(value: float | None) -> str:
    return _NOTHING if value is None else f"{value:,.2f}".replace("-", _MINUS)


def short_money(value: float) -> str:
    """An axis label: 950k, 1.25M."""
    for size, unit in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= size:
            return f"{value / size:.4g}{unit}"
    return f"{value:.4g}"


def _row(name: str, result: Result) -> FigureRow:
    show = percent if name in _PERCENT else number
    ours, theirs = (figures.values[name] for figures in (result.figures, result.baseline_figures))
    return FigureRow(name.replace("_", " "), show(ours), show(theirs), METHODS[name])


def equity_chart(result: Result, *, width: float = WIDE) -> Markup:
    lines = [
        Line("baseline: buy and hold", result.baseline, "baseline"),
        Line("strategy", result.equity, "strategy"),
    ]
    title = "Equity at each close" + (", log scale" if (log := is_long(result)) else "")
    return line_chart(
        result.session,
        lines,
        label=short_money,
        told=number,
        title=title,
        width=width,
        height=316.0 if width == WIDE else 240.0,
        log=log,
    )


def _drawdown_chart(result: Result, *, width: float) -> Markup:
    lines = [
        Line("baseline: buy and hold", drawdown(result.baseline), "baseline"),
        Line("strategy", drawdown(result.equity), "fall", fill=True),
    ]
    return line_chart(
        result.session,
        lines,
        label=lambda value: f"{value * 100:.4g} %".replace("-", _MINUS),
        told=percent,
        title="Drawdown from the highest equity so far",
        width=width,
        height=206.0,
    )


def _of_both_widths(chart: Callable[..., Markup], result: Result) -> Markup:
    """For a page and for a phone; the style sheet shows one of them."""
    each = Markup('<div class="chart">{}</div><div class="chart narrow">{}</div>')
    return each.format(chart(result, width=WIDE), chart(result, width=_NARROW))


def _concentration(plan: Reported, result: Result) -> list[str]:
    """A line where one sleeve is more than half of the final equity."""
    last = result.sleeves[:, -1]
    row = int(last.argmax())
    share = float(last[row] / result.equity[-1])
    if len(last) < _SEVERAL or share <= _HALF:
        return []
    symbol = plan.instruments[row].symbol
    return [
        f"One sleeve of {len(last)} is {share:.0%} of the final equity: {symbol}. The figures are "
        "mostly its own, and say little of the idea."
    ]


def _trades(plan: Reported, result: Result) -> list[dict[str, Any]]:
    """The trades that gained and that lost most, best first."""
    symbols = {instrument.instrument_id: instrument.symbol for instrument in plan.instruments}
    ranked = result.trades.sort_by([("pnl", "descending")])
    worst = max(_SHOWN, len(ranked) - _SHOWN)
    shown = [*ranked[:_SHOWN].to_pylist(), *ranked[worst:].to_pylist()]
    return [{**row, "symbol": symbols[row["instrument_id"]]} for row in shown]


def _instruments(plan: Reported, result: Result) -> list[dict[str, Any]]:
    """One row a sleeve, best first."""
    ids = result.trades["instrument_id"].to_numpy(zero_copy_only=False)
    counts = dict(zip(*np.unique(ids, return_counts=True), strict=True))
    rows = [
        {
            "symbol": instrument.symbol,
            "name": instrument.name,
            "trades": int(counts.get(instrument.instrument_id, 0)),
            "final": float(sleeve[-1]),
            "gain": float(sleeve[-1]) / plan.sleeve_cash - 1.0,
            "baseline": float(held[-1]) / plan.sleeve_cash - 1.0,
        }
        for instrument, sleeve, held in zip(
            plan.instruments, result.sleeves, result.baseline_sleeves, strict=True
        )
    ]
    return sorted(rows, key=lambda row: row["gain"], reverse=True)
